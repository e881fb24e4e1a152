//! What must never be attributed, and what must.

use lenscap_catalog::{
    Caller, Catalog, Confidence, DeviceClass, Endpoint, Reach, Role, Serves, SharedGroup, Transport,
};
use lenscap_wire::Field;

fn vendor(catalog: &Catalog, host: &str) -> Option<String> {
    catalog.name(host).map(|endpoint| catalog.vendor(endpoint.vendor).id.to_string())
}

#[test]
fn look_alikes_are_nobody() {
    let catalog = Catalog::builtin();
    let names = [
        "mindspring.com",
        "hiring.com",
        "offspring.com",
        "carlo.com",
        "enblink.com",
        "shenyi.com",
        "jiayi.com",
        "finest.com",
        "honest.com",
        "parenti.com",
        "gorefurbo.com",
        "tacticrealtime.com",
        "lavasecurity.com",
        "travasecurity.com",
        "blahajcloud.net",
        "gaimoupy.net",
        "55hike.com",
        "hikunpeng.com",
        "chiddns.com",
        "dahuawang.com",
        "gdahua.com",
        "dahuabloc.com",
        "hichips.com",
        "hichipharm.com",
        "jcloudedge.com",
        "jdcloudedge.com",
        "tvt.im",
        "tvt85.com",
        "foscam.us",
        "dvrlists.com",
        "p2p3.nwsvr2.com",
        "runtopcam.com",
        "hik-connect.com.evil.example",
        "xhik-connect.com",
        "hik-connect.comx",
        "hik-connect..com",
        "com",
        "",
        ".",
    ];
    for name in names {
        assert_eq!(vendor(&catalog, name), None, "{name}");
        assert_eq!(vendor(&catalog, &format!("www.{name}")), None, "www.{name}");
    }
}

#[test]
fn the_names_they_look_like_are_somebody() {
    let catalog = Catalog::builtin();
    for (name, id) in [
        ("ring.com", "ring"),
        ("fw.RING.com.", "ring"),
        ("arlo.com", "arlo"),
        ("ezvizlife.com", "ezviz"),
        ("hiddns.com", "hikvision"),
        ("hik-connect.com", "hikvision"),
        ("hik-connectru.com", "hikvision"),
        ("easy4ip.com", "dahua"),
        ("log.ys7.com", "ezviz"),
        ("arlo.netgear.com", "arlo"),
        ("x.ring.devices.a2z.com", "ring"),
    ] {
        assert_eq!(vendor(&catalog, name).as_deref(), Some(id), "{name}");
    }
}

#[test]
fn pairs_that_belong_together_do() {
    let catalog = Catalog::builtin();
    for family in [
        &["cloudlinks.cn", "cloud-links.net"][..],
        &["icloseli.com", "icloseli.cn", "closeli.com"],
        &["hik-connect.com", "hik-connectru.com"],
        &["av380.net", "nvdvr.net", "nvcam.net"],
    ] {
        let first = vendor(&catalog, family[0]);
        assert!(first.is_some(), "{family:?}");
        assert!(family.iter().all(|name| vendor(&catalog, name) == first), "{family:?}");
    }
}

/// Names of no camera's maker, of our own choosing: what homes and offices ask for all day, and names that only look alike.
const ORDINARY: &str = include_str!("ordinary-names.txt");

#[test]
fn ordinary_names_are_nobody() {
    let catalog = Catalog::builtin();
    let mut count = 0;
    for name in ORDINARY.lines() {
        count += 1;
        for host in [name.to_owned(), format!("www.{name}"), format!("p2p.api.{name}")] {
            assert_eq!(vendor(&catalog, &host), None, "{host}");
        }
    }
    assert!(count > 400, "{count}");
}

#[test]
fn firms_that_parted_and_guests_are_kept_apart() {
    let catalog = Catalog::builtin();
    assert_eq!(vendor(&catalog, "smart.ipro.com").as_deref(), Some("i-pro"));
    assert_eq!(vendor(&catalog, "x.viewnetcam.com").as_deref(), Some("panasonic"));
    // Sign-on pages that a guest's telephone calls.
    assert_eq!(vendor(&catalog, "eu.network-auth.com"), None);
    assert_eq!(vendor(&catalog, "n1.meraki.com").as_deref(), Some("meraki"));
    assert_eq!(vendor(&catalog, "vzweb7-prod.vz.netgear.com").as_deref(), Some("netgear"));
    assert_eq!(vendor(&catalog, "www.netgear.com"), None);
}

#[test]
fn who_calls_a_name_is_told_by_the_label_in_front_of_it() {
    let catalog = Catalog::builtin();
    let caller = |host: &str| catalog.name(host).and_then(|endpoint| endpoint.caller);
    assert_eq!(caller("apiieu.hik-connect.com"), Some(Caller::App));
    assert_eq!(caller("dev.ezvizlife.com"), Some(Caller::Device));
    assert_eq!(caller("hik-connect.com"), None);
    assert_eq!(caller("MS-cam-e002.immedia-semi.com"), Some(Caller::Device));
    assert_eq!(caller("rest-e002.immedia-semi.com"), Some(Caller::App));
    assert_eq!(caller("rest-hw-e002.immedia-semi.com"), Some(Caller::Device));
    let proves = |host: &str| catalog.name(host).unwrap().proves_camera;
    assert!(proves("euw1-app-tapo-care.i.tplinknbu.com") && !proves("euw1-app-server.i.tplinknbu.com"));
    assert!(proves("security-app-eu.eufylife.com") && !proves("home-api.eufylife.com"));
    // The other label of a firm's own does not count.
    assert_eq!(caller("security-app.x.eufylife.com"), None);
}

#[test]
fn clouds_for_more_than_cameras_prove_none_unless_an_entry_says_so() {
    let catalog = Catalog::builtin();
    for endpoint in catalog.endpoints().iter().chain(catalog.labels()) {
        let weak = endpoint.roles.only_web() || endpoint.confidence == Confidence::Low;
        assert!(!(weak && endpoint.proves_camera), "{}", endpoint.domain);
    }
    assert_eq!(catalog.vendor(catalog.vendor_id("tuya").unwrap()).serves, Serves::Mixed);
    assert_eq!(catalog.vendor(catalog.vendor_id("hikvision").unwrap()).serves, Serves::Cameras);
}

/// An address of a rented machine may be another's tomorrow: it names its vendor weakly.
#[test]
fn address_ranges_name_their_vendor_weakly() {
    let catalog = Catalog::builtin();
    let of = |address: &str| {
        let range = catalog.address(address.parse().unwrap())?;
        Some((catalog.vendor(range.vendor).id.to_string(), range.confidence))
    };
    assert_eq!(of("50.19.254.134"), Some(("tutk".to_owned(), Confidence::Low)));
    assert_eq!(of("::ffff:209.206.63.1"), Some(("meraki".to_owned(), Confidence::Medium)));
    assert_eq!(of("47.104.4.169"), Some(("v380".to_owned(), Confidence::Low)));
    assert_eq!(of("50.19.254.135"), None);
    assert_eq!(of("8.8.8.8"), None);
    assert!(catalog.prefixes().iter().all(|range| range.confidence < Confidence::High));
}

#[test]
fn shared_names_are_never_attributed() {
    let catalog = Catalog::builtin();
    assert!(catalog.shared_names().len() >= 265);
    for name in catalog.shared_names() {
        for host in [name.domain.to_string(), format!("x.{}", name.domain), format!("A.b.{}.", name.domain)] {
            assert_eq!(vendor(&catalog, &host), None, "{host}");
            assert!(catalog.shared(&host).is_some(), "{host}");
        }
    }
}

#[test]
fn a_full_host_in_a_cloud_is_a_vendors_but_nothing_below_it() {
    let catalog = Catalog::builtin();
    for (host, id, group) in [
        ("nest-camera-media.googleapis.com", "nest", SharedGroup::Cloud),
        ("netatmocameraimage.blob.core.windows.net", "netatmo", SharedGroup::Cloud),
        ("meari-eu.oss-eu-central-1.aliyuncs.com", "meari", SharedGroup::Cloud),
        ("wyze-iot.s3-us-west-2.amazonaws.com", "wyze", SharedGroup::Cloud),
        ("ntp1.dlink.com", "dlink", SharedGroup::MixedVendor),
    ] {
        assert_eq!(vendor(&catalog, host).as_deref(), Some(id));
        assert_eq!(catalog.shared_group(host), Some(group));
        assert_eq!(vendor(&catalog, &format!("x.{host}")), None);
        assert_eq!(vendor(&catalog, &format!("x{host}")), None);
    }
}

#[test]
fn every_endpoint_finds_its_vendor_and_covers_what_it_says() {
    let catalog = Catalog::builtin();
    for endpoint in catalog.endpoints() {
        let found = catalog.name(endpoint.domain.as_ref());
        // Of a domain that is a web site among other things the site stands in its place.
        let found = found.map(|found| (found.vendor, found.domain.as_ref()));
        assert_eq!(found, Some((endpoint.vendor, endpoint.domain.as_ref())));
        let below = format!("unheard-of.{}", endpoint.domain);
        let found = catalog.name(&below);
        assert_eq!(found == Some(endpoint), endpoint.reach == Reach::Suffix, "{below}");
    }
}

#[test]
fn names_that_phones_and_lamps_call_prove_no_camera() {
    let catalog = Catalog::builtin();
    for name in [
        "ui.com",
        "svc.ui.com",
        "tuya.com",
        "a1.tuyaeu.com",
        "m1.tuyaus.com",
        "tuyacn.com",
        "tuyain.com",
        "iotbing.com",
        "tplinkcloud.com",
        "tplinkra.com",
        "tp-link.com",
        "mydlink.com",
        "coolkit.cc",
        "ewelink.cc",
        "aqara.cn",
        "ot.io.mi.com",
        "ots.io.mi.com",
        "meraki.com",
        "alarm.com",
        "vivintsky.com",
        "netatmo.net",
    ] {
        let endpoint = catalog.name(name).unwrap_or_else(|| panic!("{name}"));
        assert!(!endpoint.proves_camera, "{name}");
    }
    assert_eq!(catalog.name("de.io.mi.com"), None);
    for endpoint in catalog.endpoints() {
        if endpoint.roles.only_web() || endpoint.confidence == Confidence::Low {
            assert!(!endpoint.proves_camera, "{}", endpoint.domain);
        }
    }
    assert!(catalog.name("smartcamera.api.io.mi.com").unwrap().proves_camera);
    assert!(catalog.name("hik-connect.com").unwrap().roles.has(Role::Register));
}

#[test]
fn hardware_prefixes_take_the_longest_block() {
    let catalog = Catalog::builtin();
    let held = |mac| {
        catalog.mac(mac).map(|oui| (catalog.vendor(oui.vendor).id.to_string(), oui.bits, oui.camera_specific))
    };
    assert_eq!(held([0x44, 0x19, 0xb6, 1, 2, 3]), Some(("hikvision".into(), 24, true)));
    assert_eq!(held([0x00, 0x05, 0x5d, 1, 2, 3]), Some(("dlink".into(), 24, false)));
    for block in catalog.blocks() {
        let [_, _, mac @ ..] = (block.prefix | 1).to_be_bytes();
        let found = catalog.mac(mac).unwrap();
        assert!(found.bits >= block.bits && (found.bits > block.bits || found.vendor == block.vendor));
        assert_eq!(mac[0] & 3, 0, "no block is of group or locally administered addresses");
    }
    assert_eq!(held([0x46, 0x19, 0xb6, 1, 2, 3]), None);
    assert_eq!(held([0; 6]), None);
    assert_eq!(held([0xff; 6]), None);
}

#[test]
fn ports_name_their_users() {
    let catalog = Catalog::builtin();
    let users = catalog.port(Transport::Udp, 37020);
    assert!(
        users
            .iter()
            .any(|port| catalog.vendor(port.vendor).id == "hikvision" && port.confidence == Confidence::High)
    );
    assert!(catalog.port(Transport::Tcp, 37020).is_empty());
    assert!(catalog.port(Transport::Tcp, 0).is_empty());
}

#[test]
fn banners_find_maker_class_and_what_stands_beside() {
    let catalog = Catalog::builtin();
    let best = |field: Field, value: &str| {
        let hits = catalog.banners(field, value.as_bytes());
        let hit = hits.first().unwrap_or_else(|| panic!("{field} {value}"));
        let vendor = hit.banner.vendor.map_or("", |id| catalog.vendor(id).id.as_ref()).to_owned();
        (vendor, hit.captured.clone().map_or("", |range| &value[range]).to_owned())
    };
    for (field, value, vendor, captured) in [
        (Field::HttpServer, "Linux/2.x UPnP/1.0 avtech/1.3, x", "avtech", ""),
        (Field::HttpServer, "DCS-932L", "dlink", "DCS-932L"),
        (Field::HttpRealm, "AXIS_00408C123456", "axis", "00408C123456"),
        (Field::HttpRealm, "Login to 3E05ABCPAA12345", "dahua", "3E05ABCPAA12345"),
        (Field::OnvifScopeHardware, "DS-2CD2032-I", "hikvision", "DS-2CD2032-I"),
        (Field::OnvifScopeName, "HIKVISION DS-2CD2032-I", "hikvision", "DS-2CD2032-I"),
        (Field::FtpBanner, "AXIS 2100 Network Camera version 2.40", "axis", "AXIS 2100"),
        (Field::TelnetBanner, "\r\nWelcome to DCS-900", "dlink", "DCS-900"),
        (Field::DhcpVendorClass, "AXIS,Network Camera,P1435-LE,8.40", "axis", "P1435-LE,8.40"),
        (Field::RtspServer, "Hipcam RealServer/V1.0", "", "V1.0"),
    ] {
        assert_eq!(best(field, value), (vendor.to_owned(), captured.to_owned()), "{field} {value}");
    }
    assert!(catalog.banners(Field::SmtpEhlo, b"AXIS").is_empty());
    let apps = catalog.banners(Field::UaApp, b"Hik-Connect/4.1 iOS");
    assert!(apps.iter().all(|hit| hit.banner.device_class == DeviceClass::App && !hit.banner.is_camera));
}

#[test]
fn no_vendor_is_its_own_maker_or_owner_by_any_way() {
    let catalog = Catalog::builtin();
    for (start, vendor) in catalog.vendors() {
        let mut above: Vec<_> = vendor.oem_of.iter().copied().chain(catalog.parent(start)).collect();
        let mut at = 0;
        while let Some(id) = above.get(at).copied() {
            assert_ne!(id, start, "{}", vendor.id);
            let next = catalog.vendor(id).oem_of.iter().copied().chain(catalog.parent(id));
            let new: Vec<_> = next.filter(|id| !above.contains(id)).collect();
            above.extend(new);
            at += 1;
        }
    }
}

#[test]
fn what_nobody_can_look_up_is_not_sure() {
    let catalog = Catalog::builtin();
    let unknown = ["public code", "public payloads", "several public repositories", "product list"];
    let is_lost = |source: &str| unknown.iter().any(|words| source.contains(words));
    let is_sure = |confidence, source: &str| confidence == Confidence::High && is_lost(source);
    for endpoint in catalog.endpoints() {
        // Whose a name below a domain is, the domain's own source tells, though no more than that.
        let whole = endpoint.domain.split_once('.').and_then(|(_, above)| catalog.name(above));
        let is_no_more = |it: &Endpoint| {
            it.vendor == endpoint.vendor
                && it.confidence >= endpoint.confidence
                && it.proves_camera >= endpoint.proves_camera
        };
        let is_weak = endpoint.confidence == Confidence::Low || whole.is_some_and(is_no_more);
        assert!(is_weak || !is_lost(&endpoint.source), "{}: {}", endpoint.domain, endpoint.source);
    }
    // What a label in front of a domain adds is never less sure than that whose the domain is.
    for label in catalog.labels() {
        let whole = catalog.name(label.domain.as_ref()).unwrap();
        let is_surer = label.confidence > whole.confidence && is_lost(&label.source);
        assert!(!is_surer, "{}: {}", label.domain, label.source);
    }
    for banner in catalog.all_banners() {
        let is_sure = is_sure(banner.confidence, &banner.source);
        assert!(!is_sure, "{} {}: {}", banner.field, banner.value, banner.source);
    }
    for (_, vendor) in catalog.vendors() {
        for protocol in vendor.speaks.iter() {
            let is_weak = protocol.confidence == Confidence::Low;
            assert!(is_weak || !is_lost(&protocol.source), "{}: {}", vendor.id, protocol.source);
        }
        for fact in vendor.oem_facts() {
            assert!(!is_sure(fact.confidence, &fact.source), "{}: {}", vendor.id, fact.source);
        }
    }
    for port in catalog.ports() {
        let is_weak = port.confidence == Confidence::Low;
        assert!(is_weak || !is_lost(&port.source), "{}: {}", port.port, port.source);
    }
    for prefix in catalog.prefixes() {
        let is_weak = prefix.confidence == Confidence::Low;
        assert!(is_weak || !is_lost(&prefix.source), "{}: {}", prefix.net, prefix.source);
    }
}

#[test]
fn a_firm_whose_prefixes_are_on_more_than_cameras_is_not_called_a_camera() {
    for (_, vendor) in Catalog::builtin().vendors().filter(|(_, vendor)| vendor.serves == Serves::Mixed) {
        assert!(!vendor.name.to_lowercase().contains("cameras"), "{}", vendor.name);
    }
}
