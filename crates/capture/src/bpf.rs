//! Classic BPF, run over a frame of which two lengths are known.
//!
//! libpcap compiles a filter, and its programs are run here: an instruction that asks for the length (`len`,
//! `greater`, `less`) must be told the length on the wire, which the binding of libpcap has no argument for. The
//! instructions are those of "The BSD Packet Filter" (USENIX Winter 1993), with libpcap's `mod` and `xor`.

/// Words of scratch memory.
const MEMORY: usize = 16;

/// Jumps back, which libpcap compiles for `protochain`, may go on for so many steps, and so many more a byte.
const STEPS: usize = 4096;
const STEPS_OF_BYTE: usize = 16;

/// One instruction: what it does, how far it jumps if true or false, and its constant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Instruction {
    code: u16,
    if_true: u8,
    if_false: u8,
    constant: u32,
}

/// A compiled filter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Program(Vec<Instruction>);

/// A frame as a filter sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    /// What was captured.
    pub(crate) bytes: &'a [u8],
    /// Bytes on the wire.
    pub(crate) wire_length: u32,
}

impl Seen<'_> {
    fn word(&self, at: u32) -> Option<u32> {
        self.bytes.get(at as usize..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
    }

    fn half(&self, at: u32) -> Option<u32> {
        self.bytes.get(at as usize..)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes).into())
    }

    fn byte(&self, at: u32) -> Option<u32> {
        self.bytes.get(at as usize).map(|byte| u32::from(*byte))
    }
}

/// The registers of a run.
#[derive(Default)]
struct Registers {
    a: u32,
    x: u32,
    memory: [u32; MEMORY],
}

/// What follows an instruction.
enum After {
    /// The instruction so many places on; -1 for this one again.
    Go(i64),
    /// The verdict; 0 refuses the frame.
    Done(u32),
}

impl Program {
    /// Reads instructions as the binding of libpcap prints them: code, two jumps and the constant in decimal.
    pub(crate) fn parse(lines: impl IntoIterator<Item = String>) -> Option<Self> {
        let instruction = |line: String| {
            let mut numbers = line.split(' ').map(str::parse::<u32>);
            let mut number = || numbers.next()?.ok();
            Some(Instruction {
                code: u16::try_from(number()?).ok()?,
                if_true: u8::try_from(number()?).ok()?,
                if_false: u8::try_from(number()?).ok()?,
                constant: number()?,
            })
        };
        lines.into_iter().map(instruction).collect::<Option<Vec<_>>>().map(Self)
    }

    /// Its instructions: operation, jumps where true and where false, constant.
    #[cfg(target_os = "linux")]
    pub(crate) fn into_instructions(self) -> impl Iterator<Item = (u16, u8, u8, u32)> {
        self.0.into_iter().map(|of| (of.code, of.if_true, of.if_false, of.constant))
    }

    /// Whether the program lets a frame through. One that reads beyond the captured bytes refuses it, as libpcap's
    /// does.
    pub(crate) fn keeps(&self, frame: Seen<'_>) -> bool {
        let mut registers = Registers::default();
        let mut at = 0_usize;
        for _ in 0..STEPS + STEPS_OF_BYTE * frame.bytes.len() {
            let Some(&instruction) = self.0.get(at) else { return false };
            match registers.run(instruction, frame) {
                Some(After::Go(by)) => match at.checked_add_signed(by as isize + 1) {
                    Some(next) => at = next,
                    None => return false,
                },
                Some(After::Done(verdict)) => return verdict != 0,
                None => return false,
            }
        }
        false
    }
}

impl Registers {
    /// Runs one instruction; `None` where the frame has no such bytes, or the instruction is unknown.
    fn run(&mut self, instruction: Instruction, frame: Seen<'_>) -> Option<After> {
        let Instruction { code, if_true, if_false, constant } = instruction;
        match code & 7 {
            0 => self.a = self.load(code, constant, frame)?,
            1 if code == 0xb1 => self.x = 4 * (frame.byte(constant)? & 15),
            1 => self.x = self.load(code, constant, frame)?,
            2 => *self.memory.get_mut(constant as usize)? = self.a,
            3 => *self.memory.get_mut(constant as usize)? = self.x,
            4 => self.a = calculate(code, self.a, self.operand(code, constant))?,
            5 if code == 0x05 => return Some(After::Go(i64::from(constant as i32))),
            5 => {
                let jumps = compare(code, self.a, self.operand(code, constant))?;
                return Some(After::Go(i64::from(if jumps { if_true } else { if_false })));
            }
            6 => {
                let verdict = match code & 0x18 {
                    0 => constant,
                    0x10 => self.a,
                    _ => self.x,
                };
                return Some(After::Done(verdict));
            }
            _ if code & 0xf8 == 0 => self.x = self.a,
            _ => self.a = self.x,
        }
        Some(After::Go(0))
    }

    fn load(&self, code: u16, constant: u32, frame: Seen<'_>) -> Option<u32> {
        match code & 0xf8 {
            0x00 => Some(constant),
            0x20 => frame.word(constant),
            0x28 => frame.half(constant),
            0x30 => frame.byte(constant),
            0x40 => frame.word(self.x.checked_add(constant)?),
            0x48 => frame.half(self.x.checked_add(constant)?),
            0x50 => frame.byte(self.x.checked_add(constant)?),
            0x60 => self.memory.get(constant as usize).copied(),
            0x80 => Some(frame.wire_length),
            _ => None,
        }
    }

    fn operand(&self, code: u16, constant: u32) -> u32 {
        if code & 8 == 0 { constant } else { self.x }
    }
}

fn calculate(code: u16, a: u32, by: u32) -> Option<u32> {
    Some(match code & 0xf0 {
        0x00 => a.wrapping_add(by),
        0x10 => a.wrapping_sub(by),
        0x20 => a.wrapping_mul(by),
        0x30 => a.checked_div(by)?,
        0x40 => a | by,
        0x50 => a & by,
        0x60 => a.checked_shl(by).unwrap_or(0),
        0x70 => a.checked_shr(by).unwrap_or(0),
        0x80 => a.wrapping_neg(),
        0x90 => a.checked_rem(by)?,
        0xa0 => a ^ by,
        _ => return None,
    })
}

fn compare(code: u16, a: u32, with: u32) -> Option<bool> {
    Some(match code & 0xf0 {
        0x10 => a == with,
        0x20 => a > with,
        0x30 => a >= with,
        0x40 => a & with != 0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(lines: &[&str]) -> Program {
        Program::parse(lines.iter().map(ToString::to_string)).unwrap()
    }

    #[test]
    fn a_length_is_that_of_the_wire() {
        // ld len; jge 1000; ret -1; ret 0
        let greater = program(&["128 0 0 0", "53 0 1 1000", "6 0 0 4294967295", "6 0 0 0"]);
        assert!(greater.keeps(Seen { bytes: &[0; 96], wire_length: 1342 }));
        assert!(!greater.keeps(Seen { bytes: &[0; 96], wire_length: 96 }));
    }

    #[test]
    fn what_reads_beyond_the_frame_or_the_program_refuses() {
        let seen = |bytes| Seen { bytes, wire_length: 4 };
        let load = program(&["32 0 0 1", "6 0 0 1"]);
        assert!(load.keeps(seen(&[0; 5])));
        assert!(!load.keeps(seen(&[0; 4])));
        assert!(!program(&["0 0 0 7"]).keeps(seen(&[])), "it never returns");
        assert!(!program(&["52 0 0 0", "6 0 0 1"]).keeps(seen(&[])), "it divides by zero");
        assert!(!program(&["32 0 0 4294967295", "6 0 0 1"]).keeps(seen(&[0; 8])));
        // A jump to itself.
        assert!(!program(&["5 0 0 4294967295"]).keeps(seen(&[0; 8])));
        assert!(!program(&["2 0 0 16", "6 0 0 1"]).keeps(seen(&[])), "no such word of memory");
    }

    #[test]
    fn only_instructions_are_read() {
        for line in ["", "1 2 3", "1 2 3 x", "1 256 0 0", "65536 0 0 0"] {
            assert_eq!(Program::parse([line.to_string()]), None, "{line}");
        }
    }

    #[cfg(feature = "live")]
    mod twin {
        use super::*;
        use lenscap_testkit::{SplitMix64, random_traffic};
        use proptest::prelude::*;

        const EXPRESSIONS: &[&str] = &[
            "tcp port 443",
            "udp and not port 53",
            "ip[8] < 64 and ip[0] & 0xf > 4",
            "ip6 protochain 6",
            "ip protochain 17",
            "vlan 10 and host 192.168.1.64",
            "net 10.0.0.0/8 or ip6 net fe80::/10",
            "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
            "greater 100",
            "less 100",
            "len % 7 = 3 or len / 3 > 60 or len << 2 > 1000 or len ^ 5 = 60",
            "ether[12:2] * 3 - ether[0:4] >= ether[5] | 7",
            "ether host ff:ff:ff:ff:ff:ff or arp or mpls 3",
            "(udp[4:2] >> 1) & 3 = 1",
        ];

        fn compiled(expression: &str) -> (pcap::BpfProgram, Program) {
            let theirs = pcap::Capture::dead(pcap::Linktype::ETHERNET).unwrap();
            let theirs = theirs.compile(expression, true).unwrap();
            let ours = Program::parse(theirs.get_instructions().iter().map(ToString::to_string)).unwrap();
            (theirs, ours)
        }

        #[test]
        fn verdicts_are_those_of_libpcap() {
            let mut random = SplitMix64::new(3);
            let (mut kept, mut refused) = (0, 0);
            for expression in EXPRESSIONS {
                let (theirs, ours) = compiled(expression);
                for frame in random_traffic(7, 600) {
                    let cut = (random.next() as usize) % (2 * frame.bytes.len());
                    let bytes = &frame.bytes[..cut.min(frame.bytes.len())];
                    let verdict = ours.keeps(Seen { bytes, wire_length: bytes.len() as u32 });
                    assert_eq!(verdict, theirs.filter(bytes), "{expression} on {bytes:02x?}");
                    if verdict { kept += 1 } else { refused += 1 }
                }
            }
            assert!(kept > 500 && refused > 500, "{kept} {refused}");
        }

        proptest! {
            #[test]
            fn verdicts_on_any_bytes(bytes: Vec<u8>, n in 0..EXPRESSIONS.len()) {
                let (theirs, ours) = compiled(EXPRESSIONS[n]);
                let seen = Seen { bytes: &bytes, wire_length: bytes.len() as u32 };
                prop_assert_eq!(ours.keeps(seen), theirs.filter(&bytes));
            }
        }
    }
}
