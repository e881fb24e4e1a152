//! What a station is taken for by the paths that others ask of it, by the pages that it answers with, and by the realm that it asks
//! a password for.

mod common;

use common::device;
use lenscap_testkit::{Host, MORNING, Scenario, Side};
use serde_json::Value;

/// What is said of the station that is asked for paths, each over a connection of its own, and answers all alike.
fn asked_for(paths: &[&str], answer: &str) -> Value {
    let mut s = Scenario::new(MORNING, 7);
    let (desk, server) =
        (Host::new("02:00:00:00:53:20", "192.168.1.20"), Host::new("02:00:00:00:53:80", "192.168.1.80"));
    for path in paths {
        let mut tcp = s.tcp(desk, server.port(80));
        let request = format!("GET {path} HTTP/1.1\r\nHost: 192.168.1.80\r\n\r\n");
        tcp.send(&mut s, Side::Client, request.as_bytes());
        tcp.send(&mut s, Side::Server, answer.as_bytes());
        tcp.close(&mut s, Side::Client);
    }
    device(&s.frames, "02:00:00:00:53:80")
}

const PICTURES: &str = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n";
const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>";
const LOGIN: &str =
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"Home\"\r\nContent-Length: 0\r\n\r\n";

#[test]
fn a_path_counts_where_the_answer_shows_that_it_is_there() {
    let stream = ["/videostream.cgi"];
    assert_eq!(asked_for(&stream, PICTURES)["standing"], "camera");
    for answer in [PAGE, LOGIN] {
        assert_ne!(asked_for(&stream, answer)["standing"], "camera", "{answer}");
    }
}

#[test]
fn a_path_that_was_answered_with_something_makes_a_possible_camera_alone() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";
    let probed = asked_for(&["/cgi-bin/api.cgi?cmd=GetDevInfo"], answer);
    assert_eq!((&probed["standing"], &probed["kind_points"]), (&"suspected".into(), &30.into()));
}

#[test]
fn who_has_the_paths_of_several_makers_was_scanned() {
    let one = ["/axis-cgi/mjpg/video.cgi", "/axis-cgi/jpg/image.cgi"];
    let several = [
        "/axis-cgi/mjpg/video.cgi",
        "/ISAPI/System/deviceInfo",
        "/cgi-bin/magicBox.cgi?action=getDeviceType",
    ];
    assert_eq!(asked_for(&one, PICTURES)["vendor"], "axis");
    let scanned = asked_for(&several, PICTURES);
    assert_ne!(scanned["standing"], "camera");
    assert!(scanned["vendor"].is_null(), "{scanned}");
}

/// What is said of a server of pages with this one.
fn shows_page(page: &str) -> Value {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length:";
    asked_for(&["/"], &format!("{head} {}\r\n\r\n{page}", page.len()))
}

#[test]
fn a_page_with_a_makers_scripts_is_his_whatever_its_title() {
    let page = "<html><title>WEB SERVICE</title><script src=\"jsBase/lib/jquery.js\"></script></html>";
    let shown = shows_page(page);
    // Any page may have a folder of that name, so that it is no more than possible.
    assert_eq!((&shown["standing"], &shown["vendor"]), (&"suspected".into(), &"dahua".into()));
    for other in [
        "<html><title>My home</title><a href=\"/view/viewer_index.shtml\">Garage camera</a></html>".into(),
        page.replace("src=\"jsBase", "src=\"https://cdn.example/jsBase"),
        page.replace("jsBase", "js"),
        page.replace("lib/jquery", "common"),
        page.replace("<script src=\"jsBase/lib/jquery.js\">", "<p>jsBase/lib/jquery.js</p>"),
        page[..page.len() - 24].to_owned(),
    ] {
        let shown = shows_page(&other);
        assert_eq!((&shown["standing"], &shown["vendor"]), (&"other".into(), &Value::Null), "{other}");
    }
    let redirected = "HTTP/1.1 302 Found\r\nLocation: /doc/page/login.asp?_1\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(asked_for(&["/"], redirected)["standing"], "suspected", "doors have that page, too");
}

#[test]
fn a_realm_holds_what_could_be_a_serial_number() {
    let of = |realm: &str| asked_for(&["/"], &LOGIN.replace("Home", realm))["vendor"].clone();
    assert_eq!(of("Login to 9Z01234PAB56789"), "dahua");
    assert_eq!(of("Login to 0123456789abcdef0123456789abcdef"), "dahua");
    assert!(of("Login to router12345").is_null());
}

/// A door controller answers by ONVIF, too, but has no source of video.
#[test]
fn who_tells_of_its_video_by_onvif_is_a_camera() {
    let said = |body: &str| {
        let body = format!(
            "<e:Envelope xmlns:t='http://www.onvif.org/ver10/media/wsdl'><e:Body>{body}</e:Body></e:Envelope>"
        );
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length:";
        asked_for(&["/onvif/media"], &format!("{head} {}\r\n\r\n{body}", body.len()))["standing"].clone()
    };
    let profiles = |source: &str| {
        let profile = format!("<t:Profiles><t:{source}SourceConfiguration/></t:Profiles>");
        said(&format!("<t:GetProfilesResponse>{profile}</t:GetProfilesResponse>"))
    };
    assert_eq!((profiles("Video"), profiles("Audio")), ("camera".into(), "suspected".into()));
    let event = |topic: &str| {
        let message =
            format!("<t:NotificationMessage><t:Topic>tns1:{topic}</t:Topic></t:NotificationMessage>");
        said(&format!("<t:PullMessagesResponse>{message}</t:PullMessagesResponse>"))
    };
    assert_eq!(
        (event("VideoSource/MotionAlarm"), event("Door/State")),
        ("camera".into(), "suspected".into())
    );
}
