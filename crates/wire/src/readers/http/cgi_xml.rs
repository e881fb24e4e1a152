//! What cameras answer over HTTP in XML: the interfaces of Foscam and Bosch. Those in lines are [`cgi`](super::cgi)'s.
//!
//! Facts about the sender: `cgi.role` `device`, `cgi.api`; of Foscam's (root element `CGI_Result`, values
//! percent-encoded) `cgi.model`, `cgi.serial`, `cgi.name`, `cgi.firmware`, `cgi.mac`. Bosch's (root element `rcp`, in which it repeats the
//! `command`, `type` and `direction` that it was asked for) says what a value is by a number, so none is read.

use crate::{
    Fact, Field,
    reader::Facts,
    readers::layout::say,
    text::{MAX_VALUE, Text, percent_decoded},
    xml::{Part, Xml},
};

/// Says that the sender is a device, and by which interface.
pub(super) fn say_api(name: &str, facts: Facts<'_>) {
    facts(Fact::of_sender(Field::CgiRole, b"device"));
    facts(Fact::of_sender(Field::CgiApi, name.as_bytes()));
}

/// Reads a document whose root element is `CGI_Result`.
pub(super) fn read_foscam(xml: &mut Xml<'_>, facts: Facts<'_>) {
    say_api("foscam", facts);
    while let Some(part) = xml.next() {
        let Part::Ends { path, text } = part else { continue };
        let field = match path {
            "CGI_Result/productName" => Field::CgiModel,
            "CGI_Result/serialNo" => Field::CgiSerial,
            "CGI_Result/devName" => Field::CgiName,
            "CGI_Result/firmwareVer" => Field::CgiFirmware,
            "CGI_Result/mac" => Field::CgiMac,
            _ => continue,
        };
        let mut decoded = Text::<MAX_VALUE>::new();
        percent_decoded(text, &mut decoded);
        say(field, Some(decoded.as_bytes()), facts);
    }
}

/// Reads a document whose root element is `rcp`.
pub(super) fn read_rcp(xml: &mut Xml<'_>, facts: Facts<'_>) {
    let mut missing = 0b111_u8;
    while missing != 0 {
        match xml.next() {
            Some(Part::Begins { path: "rcp/command", .. }) => missing &= 0b110,
            Some(Part::Begins { path: "rcp/type", .. }) => missing &= 0b101,
            Some(Part::Begins { path: "rcp/direction", .. }) => missing &= 0b011,
            Some(_) => {}
            None => return,
        }
    }
    say_api("rcp", facts);
}

#[cfg(test)]
mod tests {
    use crate::{
        Probe,
        readers::{
            http::READER,
            tests::{cut_stream_everywhere, stream},
        },
    };

    fn said(status: &str, body: &str) -> Vec<String> {
        let head = format!(
            "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: {}",
            body.len()
        );
        let half = format!("{head}\r\n\r\n{body}");
        let (probe, said) = stream(&READER, half.as_bytes(), false);
        assert_eq!(probe, Probe::Match);
        cut_stream_everywhere(&READER, half.as_bytes());
        said.iter().filter_map(|line| line.strip_prefix("sender cgi.")).map(str::to_owned).collect()
    }

    #[test]
    fn devices_say_what_they_are() {
        let foscam = "<CGI_Result><result>0</result><productName>E1%2bV3</productName><serialNo>1</serialNo>\
            <devName>Yard%5FCam</devName><firmwareVer>1.2</firmwareVer><mac>020000000001</mac></CGI_Result>";
        let all = [
            "role device",
            "api foscam",
            "model E1+V3",
            "serial 1",
            "name Yard_Cam",
            "firmware 1.2",
            "mac 020000000001",
        ];
        assert_eq!(said("200 OK", foscam), all);
        let rcp = "<rcp><command><hex>0x0001</hex></command><type>T_OCTET</type><direction>READ</direction>\
            <result><str>E</str></result></rcp>";
        assert_eq!(said("200 OK", rcp), ["role device", "api rcp"]);
        for name in ["command", "type", "direction"] {
            assert!(said("200 OK", &rcp.replace(name, "x")).is_empty(), "{name}");
        }
        assert!(said("200 OK", "<rcp><user>x</user></rcp>").is_empty());
        assert!(said("500 Error", foscam).is_empty() && said("200 OK", "<result>0</result>").is_empty());
    }
}
