//! Scopes of ONVIF: what a device is called, in URIs such as `onvif://www.onvif.org/name/Yard`.

use crate::Field;

/// The field that a scope stands for (ONVIF Core, 7.3.2.2), and its value as it is written.
pub(super) fn field_of(scope: &[u8]) -> Option<(Field, &[u8])> {
    let rest = scope.strip_prefix(b"onvif://www.onvif.org/")?;
    let (kind, value) = rest.split_at_checked(memchr::memchr(b'/', rest)?)?;
    if kind.eq_ignore_ascii_case(b"Profile") {
        return Some((Field::OnvifClass, rest));
    }
    let (_, field) = SCOPES.iter().find(|(name, _)| kind.eq_ignore_ascii_case(name.as_bytes()))?;
    Some((*field, value.get(1..)?))
}

/// `name`, `hardware` and `type` are of the standard, the others of makers who say more.
const SCOPES: [(&str, Field); 12] = [
    ("firmware", Field::OnvifFirmware),
    ("firmwareversion", Field::OnvifFirmware),
    ("hardware", Field::OnvifScopeHardware),
    ("mac", Field::OnvifMac),
    ("macaddr", Field::OnvifMac),
    ("manufacturer", Field::OnvifManufacturer),
    ("model", Field::OnvifModel),
    ("name", Field::OnvifScopeName),
    ("serial", Field::OnvifSerial),
    ("serialnumber", Field::OnvifSerial),
    ("type", Field::OnvifClass),
    ("version", Field::OnvifFirmware),
];
