//! Frames over an interface: for the tests that make one of their own.

use crate::OwnedFrame;

/// Sends Ethernet frames over an interface, one after another as fast as it takes them; what a snap length had cut off is
/// zeros.
pub fn send(interface: &str, frames: &[OwnedFrame]) {
    let inactive = ::pcap::Capture::from_device(interface).expect("libpcap knows the interface");
    let mut handle = inactive.open().expect("the interface can be opened");
    // What is sent is not to be read again.
    handle.direction(::pcap::Direction::In).expect("it is a handle of Linux");
    for frame in frames {
        let mut bytes = frame.bytes.clone();
        bytes.resize(frame.wire_length as usize, 0);
        handle.sendpacket(&bytes[..]).expect("the interface takes the frame");
    }
}
