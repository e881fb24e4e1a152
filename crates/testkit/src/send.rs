//! Frames over an interface: for the tests that make one of their own.

use crate::OwnedFrame;

/// An interface that Ethernet frames are sent over.
#[expect(missing_debug_implementations, reason = "a handle of libpcap has none")]
pub struct Sender(::pcap::Capture<::pcap::Active>);

impl Sender {
    /// Opens an interface.
    pub fn new(interface: &str) -> Self {
        let inactive = ::pcap::Capture::from_device(interface).expect("libpcap knows the interface");
        let handle = inactive.open().expect("the interface can be opened");
        // What is sent is not to be read again.
        handle.direction(::pcap::Direction::In).expect("it is a handle of Linux");
        Self(handle)
    }

    /// Sends a frame; what a snap length had cut off is zeros.
    pub fn send(&mut self, frame: &OwnedFrame) {
        let mut bytes = frame.bytes.clone();
        bytes.resize(frame.wire_length as usize, 0);
        self.0.sendpacket(&bytes[..]).expect("the interface takes the frame");
    }
}

/// Sends frames over an interface, one after another as fast as it takes them.
pub fn send(interface: &str, frames: &[OwnedFrame]) {
    let mut sender = Sender::new(interface);
    for frame in frames {
        sender.send(frame);
    }
}
