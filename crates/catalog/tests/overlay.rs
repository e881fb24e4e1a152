//! A user's files: what they change, and what they are told when they are wrong.

use std::fs;

use lenscap_catalog::{Catalog, CatalogError, Subject};
use lenscap_wire::Field;
use proptest::prelude::*;

const NEW: &str = r#"
id = "acme-eyes"
name = "Acme Eyes"
aliases = ["Acme"]
country = "DE"
ndaa_889 = false
prc_headquartered = false
oem_of = ["dahua"]
oem_source = "its own manual"
kind = "camera-brand"
oui = ["021122"]
oui_blocks = ["0211223/28", "021122344/36"]
oui_camera_specific = true

[[endpoint]]
domain = "acme-eyes.example"
match = "suffix"
roles = ["p2p", "api"]
confidence = "high"
source = "own capture"

[[port]]
proto = "udp"
port = 37020
use = "discovery"
confidence = "low"
source = "own capture"

[[prefix]]
net = "192.0.2.0/24"
roles = ["p2p"]
confidence = "medium"
source = "own capture"

[[prefix]]
net = "2001:db8::/32"
roles = ["p2p"]
confidence = "medium"
source = "own capture"

[[banner]]
where = "http.server"
match = "prefix"
value = "AcmeEye/"
captures = "firmware"
device_class = "camera"
is_camera = true
confidence = "high"
source = "own capture"
"#;

#[test]
fn a_new_vendor_is_found_by_everything_it_brings() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("acme.toml");
    fs::write(&path, NEW).unwrap();
    let catalog = Catalog::with(&[&path]).unwrap();
    let acme = catalog.vendor_id("acme-eyes").unwrap();
    assert_eq!(acme.0 as usize, Catalog::builtin().vendors().len());
    assert_eq!(catalog.vendor(acme).oem_of.as_ref(), [catalog.vendor_id("dahua").unwrap()]);
    assert_eq!(catalog.name("P2P.acme-eyes.example.").unwrap().vendor, acme);
    assert_eq!(catalog.mac([2, 0x11, 0x22, 0x34, 0x4f, 1]).unwrap().bits, 36);
    assert_eq!(catalog.mac([2, 0x11, 0x22, 0x35, 0, 1]).unwrap().bits, 28);
    assert_eq!(catalog.mac([2, 0x11, 0x22, 0x45, 0, 1]).unwrap().bits, 24);
    for (address, known) in
        [("192.0.2.9", true), ("::ffff:192.0.2.9", true), ("192.0.3.1", false), ("2001:db8::1", true)]
    {
        assert_eq!(catalog.address(address.parse().unwrap()).is_some(), known, "{address}");
    }
    assert_eq!(catalog.port(lenscap_catalog::Transport::Udp, 37020).len(), 2);
    let hits = catalog.banners(Field::HttpServer, b"acmeeye/1.2 (x)");
    assert_eq!((hits[0].banner.vendor, hits[0].captured.clone()), (Some(acme), Some(8..11)));
    assert_ne!(catalog.digest(), Catalog::builtin().digest());
}

#[test]
fn an_override_changes_what_it_names_and_keeps_the_rest() {
    let mut catalog = Catalog::builtin();
    let ring = catalog.vendor_id("ring").unwrap();
    let before = catalog.vendor(ring).clone();
    let text = "id = \"ring\"\nparent = \"Someone\"\n[[endpoint]]\ndomain = \"hik-connect.com\"\nmatch = \"exact\"\n\
                roles = [\"web\"]\nconfidence = \"low\"\nsource = \"me\"\n";
    catalog.overlay(text, "mine").unwrap();
    assert_eq!(catalog.vendor(ring).parent, "Someone");
    assert_eq!((&catalog.vendor(ring).name, catalog.vendor(ring).kind), (&before.name, before.kind));
    assert_eq!(catalog.name("hik-connect.com").unwrap().vendor, ring);
    assert_eq!(catalog.name("x.hik-connect.com"), None);
    assert_eq!(catalog.endpoints().len(), Catalog::builtin().endpoints().len());
}

fn diagnostic(text: &str) -> String {
    let mut catalog = Catalog::builtin();
    let before = catalog.digest();
    let told = catalog.overlay(text, "f").unwrap_err().to_string();
    assert_eq!(catalog.digest(), before);
    assert_eq!(catalog.name("acme-eyes.example"), None, "a file with a mistake changes nothing");
    told
}

#[test]
fn mistakes_are_told_with_place_and_guess() {
    let change = |from: &str, to: &str| {
        assert!(NEW.contains(from), "{from}");
        NEW.replacen(from, to, 1)
    };
    for (from, to, place, what) in [
        ("confidence = \"high\"", "confidence = \"hgh\"", "19:14", "did you mean `high`?"),
        ("roles = [\"p2p\", \"api\"]", "roles = [\"p2p\", \"apy\"]", "18:9", "did you mean `api`?"),
        ("roles = [\"p2p\", \"api\"]", "roles = []", "16:10", "at least one role"),
        ("domain = ", "domian = ", "16:1", "did you mean `domain`?"),
        ("country = ", "contry = ", "5:1", "did you mean `country`?"),
        ("\"DE\"", "\"Germany\"", "5:11", "two capitals"),
        ("match = \"suffix\"", "match = \"sufix\"", "17:9", "did you mean `suffix`?"),
        ("match = \"prefix\"", "match = \"infix\"", "43:9", "expected one of `exact`"),
        ("http.server", "http.servr", "42:9", "did you mean `http.server`?"),
        ("acme-eyes.example", "Acme-eyes.example", "16:10", "lower case"),
        ("acme-eyes.example", "acme-eyes.example.", "16:10", "trailing dot"),
        ("acme-eyes.example", "*.example", "16:10", "no host name"),
        ("acme-eyes.example", "example", "16:10", "top-level domain"),
        ("acme-eyes.example", "amazonaws.com", "16:10", "shared name (cloud)"),
        ("port = 37020", "port = 65536", "24:8", "1 to 65535"),
        ("port = 37020", "port = 0", "24:8", "1 to 65535"),
        ("[\"dahua\"]", "[\"dahau\"]", "8:11", "did you mean `dahua`?"),
        ("[\"dahua\"]", "[\"acme-eyes\"]", "8:11", "not its own OEM"),
        ("\"021122\"", "\"02112\"", "11:8", "6 lower-case"),
        ("\"021122\"", "\"02112G\"", "11:8", "6 lower-case"),
        ("\"021122\"", "\"021122\", \"021122\"", "11:18", "twice"),
        ("0211223/28", "0211223/29", "12:15", "24, 28 or 36"),
        ("192.0.2.0/24", "192.0.2.1/24", "30:7", "`192.0.2.0/24`"),
        ("192.0.2.0/24", "192.0.2.0", "30:7", "prefix length"),
        ("kind = \"camera-brand\"\n", "", "2:6", "needs `kind`"),
        ("name = \"Acme Eyes\"\n", "", "2:6", "needs `name`"),
        ("id = \"acme-eyes\"", "id = \"Acme\"", "2:6", "an id is"),
        ("value = \"AcmeEye/\"", "value = \"A\"", "44:9", "2 to 255"),
        ("captures = \"firmware\"", "captures_at = 3", "45:15", "needs `captures`"),
        ("captures = \"firmware\"", "captures = \"firmware\"\ncaptures_at = 9", "46:15", "at most its end"),
        ("is_camera = true", "is_camera = \"yes\"", "47:13", "expected a boolean"),
        ("source = \"own capture\"", "source = \" \"", "20:10", "must say something"),
        ("ndaa_889 = false", "ndaa_889 = ", "6:12", ""),
    ] {
        let told = diagnostic(&change(from, to));
        assert!(told.starts_with(&format!("f:{place}: ")) && told.contains(what), "{to}: {place}: {told}");
    }
}

#[test]
fn a_file_that_is_not_there_is_told_with_its_name() {
    let error = Catalog::with(&["/nowhere/at/all.toml"]).unwrap_err();
    assert!(matches!(error, CatalogError::Read { .. }));
    assert!(error.to_string().starts_with("/nowhere/at/all.toml: "));
}

#[test]
fn lookup_says_what_is_known_and_from_where() {
    let catalog = Catalog::builtin();
    let told = |query: &str| catalog.lookup(query).to_string();
    for (query, what) in [
        ("dev.hik-connect.com", "Hikvision (hikvision), camera-vendor, CN"),
        ("dev.hik-connect.com", "source: tomasbedrich/hikconnect"),
        ("s3.amazonaws.com", "shared name, never attributed: amazonaws.com (cloud)"),
        ("wyze-iot.s3-us-west-2.amazonaws.com", "under a shared name: amazonaws.com (cloud)"),
        ("amazonaws.com", "below it, of wyze: "),
        ("mindspring.com", "not known"),
        ("hikvisoin", "did you mean the vendor `hikvision`?"),
        ("44:19:b6:01:02:03", "hardware prefix 4419b6/24"),
        ("4419.B601.0203", "Hikvision"),
        ("44-19-b6", "Hikvision"),
        ("00:05:5d:01:02:03", "other things than cameras"),
        ("02:00:00:00:00:01", "locally administered"),
        ("192.0.2.1", "in no vendor's address range"),
        ("imou", "reported to sell hardware of Dahua; source: user2684/imou_life"),
        ("Zhejiang Dahua Technology", "banner rtsp.realm prefix \"Login to\""),
        ("tuya.com", "proves no camera"),
    ] {
        assert!(told(query).contains(what), "{query}: {}", told(query));
    }
    assert!(matches!(catalog.lookup("beef.cafe").subject, Subject::Name { .. }));
    assert!(matches!(catalog.lookup("44:19:b").subject, Subject::Name { .. }));
    assert_eq!(catalog.lookup(" \u{1b}[31mx ").query, "[31mx");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn spoilt_files_and_odd_queries_are_answered(
        at in 0..NEW.len(), cut in 0..20_usize, piece in "[\\[\\]a-z0-9\"=.,é\n/-]{0,12}"
    ) {
        let end = (at + cut).min(NEW.len());
        let text = format!("{}{piece}{}", &NEW[..at], &NEW[end..]);
        let mut catalog = Catalog::builtin();
        if let Err(diagnostic) = catalog.overlay(&text, "f") {
            prop_assert!(diagnostic.line <= text.lines().count() + 1);
        }
        prop_assert!(!catalog.lookup(&piece).to_string().is_empty());
    }
}
