//! SNMP (RFC 3416, RFC 1157): what an agent says it is.
//!
//! A message is a sequence of version, community and one of the known units, which fills the datagram. Facts, of the answers of
//! an agent and of its traps of version 1: `snmp.sys_descr`, `snmp.sys_object_id` (dotted, without a leading dot),
//! `snmp.name`. The community is as good as a password, and not said. Messages of version 3 are recognised by their
//! header. Of the groups that makers of cameras have for themselves `snmp.model`, `snmp.serial`, `snmp.firmware` and `snmp.mac`.
//! A trap of version 2 tells its object, where a maker's, as `snmp.sys_object_id`. Bounds: 32 variables, 64 numbers of an object identifier.

use arrayvec::ArrayString;
use std::fmt::Write;

use crate::{
    Activity, Field, Message, Read, Reader, ReaderId, Route,
    der::{Elements, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE},
    reader::Facts,
    readers::layout::{array, say, say_mac, text},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(96),
    app: "snmp",
    activity: Some(Activity::Signalling),
    hides: false,
    fields: &[
        Field::SnmpFirmware,
        Field::SnmpMac,
        Field::SnmpModel,
        Field::SnmpName,
        Field::SnmpSerial,
        Field::SnmpSysDescr,
        Field::SnmpSysObjectId,
    ],
    read: Read::Message(&[Route::UdpFirst(161, &[SEQUENCE]), Route::UdpFirst(162, &[SEQUENCE])], read),
};

const INTEGER: u8 = 0x02;
const ANSWER: u8 = 0xa2;
/// The port of an agent.
const AGENT: u16 = 161;
const OLD_TRAP: u8 = 0xa4;
/// `1.3.6.1.2.1.1`, the group of what is said of a system.
const SYSTEM: [u8; 6] = [0x2b, 6, 1, 2, 1, 1];
/// `1.3.6.1.4.1`, below which makers stand.
const ENTERPRISES: [u8; 5] = [0x2b, 6, 1, 4, 1];
/// What stands in groups of makers, below [`ENTERPRISES`]: of Hikvision (39165, 50001), Dahua (1004849) and Mobotix (21701).
const OWN: [(&[u8], Field); 11] = [
    (&[0x82, 0xb1, 0x7d, 1, 1, 0], Field::SnmpModel),
    (&[0x82, 0xb1, 0x7d, 1, 3, 0], Field::SnmpFirmware),
    (&[0x82, 0xb1, 0x7d, 1, 4, 0], Field::SnmpMac),
    (&[0x83, 0x86, 0x51, 1, 3, 0], Field::SnmpSerial),
    (&[0xbd, 0xaa, 0x31, 2, 1, 1, 1, 0], Field::SnmpFirmware),
    (&[0xbd, 0xaa, 0x31, 2, 1, 2, 4, 0], Field::SnmpSerial),
    (&[0xbd, 0xaa, 0x31, 2, 1, 2, 5, 0], Field::SnmpFirmware),
    (&[0xbd, 0xaa, 0x31, 2, 1, 2, 6, 0], Field::SnmpModel),
    (&[0x81, 0xa9, 0x45, 2, 1, 1, 0], Field::SnmpModel),
    (&[0x81, 0xa9, 0x45, 2, 1, 2, 0], Field::SnmpSerial),
    (&[0x81, 0xa9, 0x45, 2, 4, 1, 1, 0], Field::SnmpFirmware),
];
/// `1.3.6.1.6.3.1.1.4.1.0`, what a trap of version 2 is of.
const TRAP_OBJECT: [u8; 10] = [0x2b, 6, 1, 6, 3, 1, 1, 4, 1, 0];
const TRAP: u8 = 0xa7;
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
            // A manager answers an inform, with the agent's own words, from another port than an agent answers from.
            let is_agents = tag == ANSWER && message.packet.ports.0 == AGENT;
            match variables {
                Some(variables) if is_agents => say_variables(variables, facts),
                Some(variables) if tag == TRAP => say_trap(variables, facts),
                _ => {}
            }
            true
        }
        None => false,
    }
}

fn say_variables(mut variables: Elements<'_>, facts: Facts<'_>) {
    for _ in 0..MAX_VARIABLES {
        let Some(mut variable) = variables.contents(SEQUENCE).map(Elements::new) else { break };
        let whole = variable.contents(OBJECT_IDENTIFIER);
        let value = variable.next();
        if let (Some(own), Some((OCTET_STRING, value))) =
            (whole.and_then(|object| object.strip_prefix(&ENTERPRISES)), value)
        {
            say_own(own, value, facts);
        }
        match (whole.and_then(|object| object.strip_prefix(&SYSTEM)), value) {
            (Some([1, 0]), Some((OCTET_STRING, value))) => say(Field::SnmpSysDescr, described(value), facts),
            (Some([2, 0]), Some((OBJECT_IDENTIFIER, value))) => say_object(Some(value), facts),
            (Some([5, 0]), Some((OCTET_STRING, value))) => {
                say(Field::SnmpName, text(value, 0, value.len()), facts);
            }
            _ => {}
        }
    }
}

/// Says what stands in a maker's own group.
fn say_own(own: &[u8], value: &[u8], facts: Facts<'_>) {
    match OWN.iter().find(|(object, _)| *object == own) {
        Some((_, Field::SnmpMac)) if value.len() == 6 => say_mac(Field::SnmpMac, array(value, 0), facts),
        Some(&(_, field)) => say(field, text(value, 0, value.len()), facts),
        None => {}
    }
}

fn say_trap(mut variables: Elements<'_>, facts: Facts<'_>) {
    for _ in 0..MAX_VARIABLES {
        let Some(mut variable) = variables.contents(SEQUENCE).map(Elements::new) else { break };
        if variable.contents(OBJECT_IDENTIFIER) == Some(&TRAP_OBJECT) {
            let object = variable.contents(OBJECT_IDENTIFIER);
            return say_object(object.filter(|object| object.starts_with(&ENTERPRISES)), facts);
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
        readers::tests::{cut_everywhere, facts, facts_in},
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

    fn from(port: u16, bytes: &[u8]) -> Option<Vec<String>> {
        let packet =
            Packet { ports: (port, 50_000), payload_length: bytes.len() as u32, ..Packet::default() };
        facts_in(&READER, &packet, bytes)
    }

    #[test]
    fn an_answer_tells_what_the_agent_is() {
        assert_eq!(
            from(AGENT, &answer(ANSWER)).unwrap(),
            [
                "sender snmp.sys_descr ; EXAMPLE X1; Network Camera; 9.80",
                "sender snmp.sys_object_id 1.3.6.1.4.1.32473.7",
                "sender snmp.name hall",
            ]
        );
        cut_everywhere(&READER, &Packet { ports: (AGENT, 50_000), ..Packet::default() }, &answer(ANSWER));
        // What is asked, or set, is not what the sender is.
        assert_eq!(from(AGENT, &answer(0xa3)), Some(vec![]));
        // Who is informed says it back.
        assert_eq!(from(162, &answer(ANSWER)), Some(vec![]));
    }

    fn unit(tag: u8, variables: &[(&[u8], u8, &[u8])]) -> Vec<u8> {
        let number = element(INTEGER, &[&[0]]);
        let all: Vec<Vec<u8>> = variables
            .iter()
            .map(|(object, kind, value)| {
                element(SEQUENCE, &[&element(OBJECT_IDENTIFIER, &[object]), &element(*kind, &[value])])
            })
            .collect();
        let all: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
        message(1, &element(tag, &[&number, &number, &number, &element(SEQUENCE, &all)]))
    }

    #[test]
    fn makers_have_groups_of_their_own() {
        let own = |last: &[u8]| [&ENTERPRISES[..], last].concat();
        let (model, mac) = (own(&[0x82, 0xb1, 0x7d, 1, 1, 0]), own(&[0x82, 0xb1, 0x7d, 1, 4, 0]));
        let serial = own(&[0xbd, 0xaa, 0x31, 2, 1, 2, 4, 0]);
        let other = own(&[0x82, 0xb1, 0x7e, 1, 1, 0]);
        let bytes = unit(
            ANSWER,
            &[
                (&model, OCTET_STRING, b"E-1"),
                (&mac, OCTET_STRING, &[2, 0, 0x5e, 0x10, 0, 1]),
                (&serial, OCTET_STRING, b"0E0E"),
                (&other, OCTET_STRING, b"no"),
                (&model[..7], OCTET_STRING, b"no"),
            ],
        );
        let said = ["sender snmp.model E-1", "sender snmp.mac 02:00:5e:10:00:01", "sender snmp.serial 0E0E"];
        assert_eq!(from(AGENT, &bytes).unwrap(), said);
        assert_eq!(from(162, &bytes), Some(vec![]));
        cut_everywhere(&READER, &Packet { ports: (AGENT, 50_000), ..Packet::default() }, &bytes);
    }

    #[test]
    fn a_trap_tells_whose_object_it_is_of() {
        let maker = [&ENTERPRISES[..], &[0x81, 0xfd, 0x59]].concat();
        let of = |object: &[u8]| facts(&READER, &unit(TRAP, &[(&TRAP_OBJECT, OBJECT_IDENTIFIER, object)]));
        assert_eq!(of(&maker).unwrap(), ["sender snmp.sys_object_id 1.3.6.1.4.1.32473"]);
        assert_eq!(of(&[0x2b, 6, 1, 6, 3, 1, 1, 5, 4]), Some(vec![]));
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
