//! Documents of XML in bodies of HTTP: who reads one is told by its first elements.
//!
//! A root element that one protocol alone has is enough; a name that several have counts with the namespace that it declares.
//! To add a document: a file beside this one with `read`, and an arm in [`root`].

use super::{super::onvif, body::Side, cgi_xml, isapi, tvt, upnp};
use crate::{
    reader::Facts,
    xml::{Part, Xml},
};

/// Reads a document from its beginning.
pub(super) type Read = fn(&mut Xml<'_>, Facts<'_>);

/// What a document's first elements tell.
pub(super) enum Root {
    /// This reader reads it.
    Known(Read),
    /// Nobody does.
    Other,
    /// They are not there (yet).
    Open,
}

/// Who reads a document that this side sent.
pub(super) fn root(text: &str, side: Side) -> Root {
    let mut xml = Xml::new(text);
    let Some(Part::Begins { path, tag }) = xml.next() else { return Root::Open };
    match (path, side) {
        ("Envelope", _) => {
            let named = tag.mentions(onvif::NAME);
            envelope(&mut xml, named, side)
        }
        (_, Side::Refusal) => Root::Other,
        ("config", _) if tvt::is_of(&tag) => tvt::root(&mut xml, side),
        ("root", Side::Server) if upnp::is_of(&tag) => Root::Known(upnp::read),
        ("CGI_Result", Side::Server) => Root::Known(cgi_xml::read_foscam),
        ("rcp", Side::Server) => Root::Known(cgi_xml::read_rcp),
        ("EventNotificationAlert", _) if isapi::is_of(&tag) => Root::Known(isapi::read),
        ("EventNotificationAlert", _) => Root::Known(isapi::read_alarm),
        (root, Side::Server) if isapi::is_of(&tag) && isapi::is_login(root) => Root::Known(isapi::read_login),
        (_, Side::Server) if isapi::is_of(&tag) => Root::Known(isapi::read),
        _ => Root::Other,
    }
}

/// Who reads the rest of an envelope of SOAP, told by the element in its body, and by a namespace that it or one around it
/// names.
fn envelope(xml: &mut Xml<'_>, mut named: bool, side: Side) -> Root {
    while let Some(part) = xml.next() {
        let Part::Begins { path, tag } = part else { continue };
        named |= tag.mentions(onvif::NAME);
        let Some(operation) = path.strip_prefix("Envelope/Body/") else { continue };
        let by_device = match side {
            Side::Server => operation.ends_with("Response") || operation == "Fault",
            Side::Refusal => operation == "Fault",
            Side::Client => operation == "Notify",
        };
        return match side {
            _ if !named => Root::Other,
            _ if by_device => Root::Known(onvif::answer),
            Side::Client => Root::Known(onvif::request),
            Side::Server | Side::Refusal => Root::Other,
        };
    }
    Root::Open
}
