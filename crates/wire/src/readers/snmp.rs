//! SNMP (RFC 3416, RFC 1157): what an agent says it is.
//!
//! A message is a sequence of version, community and one of the known units, which fills the datagram. Facts, of the answers of
//! an agent and of its traps of version 1: `snmp.sys_descr`, `snmp.sys_object_id` (dotted, without a leading dot),
//! `snmp.name`. The community is as good as a password, and not said. Messages of version 3 are recognised by their
//! header. Bounds: 32 variables, 64 numbers of an object identifier.

use arrayvec::ArrayString;
use std::fmt::Write;

use crate::{
    Activity, Field, Message, Read, Reader, ReaderId, Route,
    der::{Elements, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE},
    reader::Facts,
    readers::layout::{say, text},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(96),
    app: "snmp",
    activity: Some(Activity::Signalling),
    hides: false,
    fields: &[Field::SnmpName, Field::SnmpSysDescr, Field::SnmpSysObjectId],
    read: Read::Message(&[Route::UdpFirst(161, &[SEQUENCE]), Route::UdpFirst(162, &[SEQUENCE])], read),
};

const INTEGER: u8 = 0x02;
const ANSWER: u8 = 0xa2;
const OLD_TRAP: u8 = 0xa4;
/// `1.3.6.1.2.1.1`, the group of what is said of a system.
const SYSTEM: [u8; 6] = [0x2b, 6, 1, 2, 1, 1];
/// `1.3.6.1.4.1`, below which makers stand.
const ENTERPRISES: [u8; 5] = [0x2b, 6, 1, 4, 1];
const MAX_VARIABLES: usize = 32;
const MAX_ARCS: usize = 64;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let mut outer = Elements::new(message.payload);
    let Some(mut inside) = outer.enter(SEQUENCE) else { return false };
    match inside.contents(INTEGER) {
        Some([0 | 1]) => {}
        // A header of message id, size, flags and the model of security, then its parameters.
        Some([3]) => {
            let header = inside.contents(SEQUENCE).map(Elements::new);
            let tags = header.map(|header| {
                header.map(|(tag, _)| tag).take(5).fold(0u64, |all, tag| all << 8 | u64::from(tag))
            });
            return tags == Some(0x0202_0402) && inside.contents(OCTET_STRING).is_some();
        }
        _ => return false,
    }
    if inside.contents(OCTET_STRING).is_none() {
        return false;
    }
    let rest = inside.clone();
    let unit = (0xa0..=0xa8).find_map(|tag| Some((tag, rest.clone().enter(tag)?)));
    match unit {
        Some((OLD_TRAP, mut unit)) => {
            let enterprise = unit.contents(OBJECT_IDENTIFIER);
            // Some name the group of the trap there, which is the same for all.
            say_object(enterprise.filter(|object| object.starts_with(&ENTERPRISES)), facts);
            enterprise.is_some() || message.is_cut()
        }
        Some((tag, mut unit)) => {
            let numbers = [(); 3].map(|()| unit.contents(INTEGER).is_some());
            let variables = unit.enter(SEQUENCE);
            if numbers != [true; 3] || variables.is_none() {
                return message.is_cut();
            }
            if let Some(variables) = variables.filter(|_| tag == ANSWER) {
                say_variables(variables, facts);
            }
            true
        }
        None => false,
    }
}

fn say_variables(mut variables: Elements<'_>, facts: Facts<'_>) {
    for _ in 0..MAX_VARIABLES {
        let Some(mut variable) = variables.contents(SEQUENCE).map(Elements::new) else { break };
        let object = variable.contents(OBJECT_IDENTIFIER).and_then(|object| object.strip_prefix(&SYSTEM));
        match (object, variable.next()) {
            (Some([1, 0]), Some((OCTET_STRING, value))) => say(Field::SnmpSysDescr, described(value), facts),
            (Some([2, 0]), Some((OBJECT_IDENTIFIER, value))) => say_object(Some(value), facts),
            (Some([5, 0]), Some((OCTET_STRING, value))) => {
                say(Field::SnmpName, text(value, 0, value.len()), facts);
            }
            _ => {}
        }
    }
}

/// A description may have several lines.
fn described(value: &[u8]) -> Option<&[u8]> {
    let value = value.trim_ascii();
    (!value.iter().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace())).then_some(value)
}

fn say_object(object: Option<&[u8]>, facts: Facts<'_>) {
    if let Some(dotted) = object.and_then(dotted) {
        say(Field::SnmpSysObjectId, Some(dotted.as_bytes()), facts);
    }
}

/// An object identifier with dots (ITU-T X.690, 8.19).
fn dotted(object: &[u8]) -> Option<ArrayString<128>> {
    let mut text = ArrayString::new();
    let (mut arc, mut count) = (0u32, 0);
    for byte in object {
        arc = arc.checked_mul(128)? | u32::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        if count == 0 {
            let first = (arc / 40).min(2);
            write!(text, "{first}.{}", arc - 40 * first).ok()?;
        } else {
            write!(text, ".{arc}").ok()?;
        }
        (arc, count) = (0, count + 1);
    }
    let ends = object.last().is_some_and(|byte| byte & 0x80 == 0);
    (ends && count <= MAX_ARCS).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts},
    };

    fn element(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
        let contents = contents.concat();
        [&[tag, 0x82][..], &(contents.len() as u16).to_be_bytes(), &contents].concat()
    }

    fn variable(last: u8, tag: u8, value: &[u8]) -> Vec<u8> {
        let object = [&SYSTEM[..], &[last, 0]].concat();
        element(SEQUENCE, &[&element(OBJECT_IDENTIFIER, &[&object]), &element(tag, &[value])])
    }

    fn message(version: u8, unit: &[u8]) -> Vec<u8> {
        element(SEQUENCE, &[&element(INTEGER, &[&[version]]), &element(OCTET_STRING, &[b"made up"]), unit])
    }

    fn answer(tag: u8) -> Vec<u8> {
        let number = element(INTEGER, &[&[0]]);
        let variables = element(
            SEQUENCE,
            &[
                &variable(1, OCTET_STRING, b"; EXAMPLE X1; Network Camera; 9.80"),
                // 1.3.6.1.4.1.32473, which stands for examples (RFC 5612).
                &variable(2, OBJECT_IDENTIFIER, &[0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 7]),
                &variable(3, 0x43, &[1]),
                &variable(5, OCTET_STRING, b"hall"),
            ],
        );
        message(1, &element(tag, &[&number, &number, &number, &variables]))
    }

    #[test]
    fn an_answer_tells_what_the_agent_is() {
        assert_eq!(
            facts(&READER, &answer(ANSWER)).unwrap(),
            [
                "sender snmp.sys_descr ; EXAMPLE X1; Network Camera; 9.80",
                "sender snmp.sys_object_id 1.3.6.1.4.1.32473.7",
                "sender snmp.name hall",
            ]
        );
        cut_everywhere(&READER, &Packet::default(), &answer(ANSWER));
        // What is asked, or set, is not what the sender is.
        assert_eq!(facts(&READER, &answer(0xa3)), Some(vec![]));
    }

    #[test]
    fn an_old_trap_tells_its_enterprise() {
        let trap =
            element(OLD_TRAP, &[&element(OBJECT_IDENTIFIER, &[&[0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59]])]);
        assert_eq!(
            facts(&READER, &message(0, &trap)).unwrap(),
            ["sender snmp.sys_object_id 1.3.6.1.4.1.32473"]
        );
    }

    #[test]
    fn a_trap_that_names_its_group_tells_nothing() {
        let trap = element(OLD_TRAP, &[&element(OBJECT_IDENTIFIER, &[&[0x2b, 6, 1, 6, 3, 1, 1, 5]])]);
        assert_eq!(facts(&READER, &message(0, &trap)), Some(vec![]));
    }

    #[test]
    fn what_is_nearly_a_message_is_none() {
        let number = element(INTEGER, &[&[7]]);
        let header = element(SEQUENCE, &[&number, &number, &element(OCTET_STRING, &[&[4]]), &number]);
        let third = |header: &[u8]| {
            element(SEQUENCE, &[&element(INTEGER, &[&[3]]), header, &element(OCTET_STRING, &[&[0; 9]])])
        };
        assert_eq!(facts(&READER, &third(&header)), Some(vec![]));
        assert_eq!(facts(&READER, &third(&number)), None);
        assert_eq!(facts(&READER, &message(2, &element(ANSWER, &[]))), None);
        assert_eq!(facts(&READER, &message(1, &element(0xa9, &[&number]))), None);
        assert_eq!(facts(&READER, &message(1, &element(ANSWER, &[&number]))), None);
        assert_eq!(facts(&READER, b"x"), None);
    }

    #[test]
    fn identifiers_are_dotted() {
        let shown = |bytes: &[u8]| dotted(bytes).map(|text| text.to_string());
        assert_eq!(shown(&[0x88, 0x37, 3]).as_deref(), Some("2.999.3"));
        assert_eq!(shown(&[0x2b, 0x81]), None);
        assert_eq!(shown(&[0x2b, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), None);
        assert_eq!(shown(&[1; 200]), None);
    }
}
