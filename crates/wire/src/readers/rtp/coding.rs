//! Codings of pictures, told from how the payloads of RTP packets begin: H.264 (RFC 6184), H.265 (RFC 7798), JPEG (RFC 2435), and
//! the program streams of MPEG-2 in which recorders of Chinese makers pack theirs (GB/T 28181; ISO/IEC 13818-1, 2.5.3.3).
//!
//! The payload type says little: 96 is whatever both ends agreed on. A packet of a coding has to fit it, and one of a few has to
//! show it, by what hardly anything else begins with: a fragment of a picture, `7c 85`, or a set of parameters, `67 64`. Of
//! packets of random bytes, such as encrypted ones, three in a row pass once in half a million times.

/// Bytes of a payload that are looked at.
pub(in crate::readers) const LOOKED_AT: usize = 9;

/// What the beginning of a payload says of a coding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Says {
    /// It is none of that coding.
    No,
    /// It may be.
    Fits,
    /// Hardly anything else begins so.
    Shows,
}

/// A coding, and what a payload of a payload type says of it.
type Coding = (&'static [u8], fn(u8, &[u8]) -> Says);

const CODINGS: [Coding; 4] =
    [(b"H264", h264), (b"H265", h265), (b"JPEG", jpeg), (b"MPEG program stream", program_stream)];

/// The coding of the pictures in packets of one stream, each with its payload type and how its payload begins.
pub(in crate::readers) fn of<'a>(
    packets: &(impl Iterator<Item = (u8, &'a [u8])> + Clone),
) -> Option<&'static [u8]> {
    let is = |(_, says): &&Coding| {
        let mut all = packets.clone().map(|(kind, payload)| says(kind, payload));
        let mut shown = false;
        all.all(|of| {
            shown |= of == Says::Shows;
            of != Says::No
        }) && shown
    };
    CODINGS.iter().find(is).map(|(word, _)| *word)
}

/// A byte that tells the unit: a bit that is never set, two for its importance, five for its type.
fn h264(_: u8, payload: &[u8]) -> Says {
    let [first, rest @ ..] = payload else { return Says::No };
    let (importance, kind) = (first >> 5, first & 0x1f);
    let fits = |it: bool| if it { Says::Fits } else { Says::No };
    match (kind, rest) {
        _ if first & 0x80 != 0 => Says::No,
        // A slice.
        (1, _) => Says::Fits,
        // What all else hangs on: a slice, and parameters of pictures.
        (5 | 8, _) => fits(importance > 0),
        (6 | 9, _) => fits(importance == 0),
        // Parameters: what profile the stream needs follows.
        (7, [66 | 77 | 88 | 100 | 110 | 122 | 244, ..]) if importance > 0 => Says::Shows,
        // Several units, each behind its length.
        (24, [0, 1..=255, unit, ..]) => fits(matches!(unit & 0x9f, 1 | 5..=9)),
        // A fragment of a slice, first or last or neither.
        (28, [head, ..]) if matches!(head & 0x3f, 1 | 5) && head & 0xc0 != 0xc0 => Says::Shows,
        _ => Says::No,
    }
}

/// Two bytes: a bit that is never set, six for the type, then layer 0 and the lowest of temporal layers but for few.
fn h265(_: u8, payload: &[u8]) -> Says {
    let [first, second, rest @ ..] = payload else { return Says::No };
    if first & 0x81 != 0 || !matches!(second, 1..=3) {
        return Says::No;
    }
    match (first >> 1, rest) {
        (0..=9 | 16..=21 | 34 | 35 | 39 | 40 | 48, _) => Says::Fits,
        // Parameters of the whole stream, and of a sequence: one layer at least.
        (32, [0x0c, 0x01, ..]) | (33, [0x01, ..]) => Says::Shows,
        // A fragment of a slice.
        (49, [head, ..]) if matches!(head & 0x3f, 0..=9 | 16..=21) && head & 0xc0 != 0xc0 => Says::Shows,
        _ => Says::No,
    }
}

/// Payload type 26: where in the picture it goes on, its type, quality, and size in blocks of eight.
fn jpeg(kind: u8, payload: &[u8]) -> Says {
    match payload {
        [_, _, _, _, 0 | 1 | 64 | 65, 1..=255, 1..=255, 1..=255, ..] if kind == 26 => Says::Shows,
        _ => Says::No,
    }
}

/// The head of a pack. What follows in other packets is anything.
fn program_stream(_: u8, payload: &[u8]) -> Says {
    match payload {
        [0, 0, 1, 0xba, clock, ..] if clock & 0xc4 == 0x44 => Says::Shows,
        _ => Says::Fits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_testkit::SplitMix64;

    fn coding(payloads: &[&[u8]]) -> Option<&'static str> {
        of_kind(96, payloads)
    }

    fn of_kind(kind: u8, payloads: &[&[u8]]) -> Option<&'static str> {
        let word = of(&payloads.iter().map(|payload| (kind, *payload)))?;
        Some(std::str::from_utf8(word).unwrap())
    }

    #[test]
    fn fragments_and_parameters_show_a_coding() {
        assert_eq!(coding(&[&[0x7c, 0x85, 9], &[0x7c, 0x05, 9], &[0x7c, 0x45]]), Some("H264"));
        assert_eq!(coding(&[&[0x67, 0x64, 0, 0x29], &[0x68, 0xee], &[0x65, 0x88]]), Some("H264"));
        assert_eq!(coding(&[&[0x62, 0x01, 0x93], &[0x62, 0x01, 0x13], &[0x62, 0x01, 0x53]]), Some("H265"));
        assert_eq!(coding(&[&[0x40, 0x01, 0x0c, 0x01], &[0x42, 0x01, 0x01], &[0x44, 0x01]]), Some("H265"));
        assert_eq!(of_kind(26, &[&[0, 0, 0, 0, 1, 80, 80, 60, 1]]), Some("JPEG"));
        assert_eq!(coding(&[&[0, 0, 1, 0xba, 0x44, 0], &[9; 9], &[0x80; 9]]), Some("MPEG program stream"));
    }

    #[test]
    fn what_only_fits_shows_none() {
        assert_eq!(coding(&[&[0x41, 0x9a], &[0x41, 0x9a], &[0x41, 0x9a]]), None);
        assert_eq!(coding(&[&[0x02, 0x01], &[0x02, 0x01]]), None);
        // A fragment that would be first and last, and one of no slice.
        assert_eq!(coding(&[&[0x7c, 0xc5], &[0x7c, 0x87]]), None);
        // One packet that is none spoils it, as does an end that was cut.
        assert_eq!(coding(&[&[0x7c, 0x85], &[0xfc, 0x85]]), None);
        assert_eq!(coding(&[&[0x7c], &[], &[0, 0, 1, 0xba]]), None);
        assert_eq!(of_kind(96, &[&[0, 0, 0, 0, 1, 80, 80, 60, 1]]), None);
        // Sound: AAC in frames (RFC 3640), and G.711.
        assert_eq!(coding(&[&[0, 0x10, 0x0a, 0x80], &[0, 0x10, 0x0b, 0]]), None);
        assert_eq!(of_kind(0, &[&[0xff; 9], &[0x7f; 9], &[0xfe; 9]]), None);
    }

    #[test]
    fn random_bytes_pass_for_pictures_hardly_ever() {
        let mut random = SplitMix64::new(6);
        let shown = (0..2_000_000).filter(|_| {
            let three = [random.next(), random.next(), random.next()].map(u64::to_be_bytes);
            of(&three.iter().map(|bytes| (96, &bytes[..]))).is_some()
        });
        let count = shown.count();
        assert!(count < 20, "{count} of 2,000,000");
    }
}
