//! RTP and RTCP packets (RFC 3550).

/// A stream that goes on with each packet.
#[derive(Clone, Copy, Debug)]
pub struct Rtp {
    /// Payload type, below 128.
    pub payload_type: u8,
    /// The number of the next packet.
    pub sequence: u16,
    /// The time stamp of the next packet.
    pub time: u32,
    /// The source (SSRC).
    pub source: u32,
}

impl Rtp {
    /// The next packet; the time stamp then moves by `later`, by 0 within a frame of pictures.
    pub fn packet(&mut self, payload: &[u8], later: u32) -> Vec<u8> {
        let head = [&[0x80, self.payload_type][..], &self.sequence.to_be_bytes()].concat();
        let packet = [&head[..], &self.time.to_be_bytes(), &self.source.to_be_bytes(), payload].concat();
        self.sequence = self.sequence.wrapping_add(1);
        self.time = self.time.wrapping_add(later);
        packet
    }
}

/// A sender's report without blocks, and a description with its canonical name.
pub fn rtcp(source: u32, name: &str) -> Vec<u8> {
    let mut report = [&[0x80, 200, 0, 6][..], &source.to_be_bytes(), &[0; 20]].concat();
    let mut chunk = [&source.to_be_bytes()[..], &[1, name.len() as u8], name.as_bytes(), &[0]].concat();
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    report.extend([0x81, 202]);
    report.extend(((chunk.len() / 4) as u16).to_be_bytes());
    report.extend(chunk);
    report
}
