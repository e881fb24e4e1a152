//! What answers of ONVIF tell of video: a door controller and a loudspeaker have services and events, too, but neither profiles
//! of video nor events of its sources.

use super::operation;
use crate::xml::Part;

/// What a part of an answer tells of video that its device serves, in a word.
pub(super) fn told(part: &Part<'_>) -> Option<&'static [u8]> {
    match part {
        Part::Begins { path, tag } => described(path).or_else(|| {
            let counted = *path == "Envelope/Body/GetServicesResponse/Service/Capabilities/Capabilities";
            let count = || tag.attribute("VideoSources");
            (counted && count().is_some_and(|count| is_some(count.as_bytes()))).then_some(b"sources")
        }),
        Part::Ends { path, text } => {
            if is_event(path, text) {
                Some(b"events")
            } else {
                counted(path, text)
            }
        }
    }
}

/// What an element that begins describes: a source or an encoder in a profile (ONVIF Media 5.2, Media2 5.2) or by itself, the
/// service that sets how sources see (ONVIF Imaging) and what it is set to, a still picture, what stands on the picture, or where a
/// camera looks (ONVIF PTZ): nothing without a picture has that service.
fn described(path: &str) -> Option<&'static [u8]> {
    Some(match operation(path)? {
        (
            "GetProfilesResponse",
            "Profiles/VideoSourceConfiguration"
            | "Profiles/VideoEncoderConfiguration"
            | "Profiles/Configurations/VideoSource"
            | "Profiles/Configurations/VideoEncoder",
        ) => b"profiles",
        ("GetVideoSourcesResponse", "VideoSources")
        | (
            "GetVideoSourceConfigurationsResponse" | "GetVideoEncoderConfigurationsResponse",
            "Configurations",
        )
        | ("GetVideoSourceConfigurationResponse" | "GetVideoEncoderConfigurationResponse", "Configuration")
        | ("GetVideoEncoderConfigurationOptionsResponse", "Options")
        | ("GetProfileResponse", "Profile/VideoSourceConfiguration" | "Profile/VideoEncoderConfiguration") => {
            b"sources"
        }
        ("GetImagingSettingsResponse", "ImagingSettings")
        | ("GetOptionsResponse", "ImagingOptions")
        | ("GetCapabilitiesResponse", "Capabilities/Imaging") => b"imaging",
        ("GetCapabilitiesResponse", "Capabilities/PTZ")
        | ("GetNodesResponse" | "GetNodeResponse", "PTZNode")
        | ("GetStatusResponse", "PTZStatus")
        | ("GetPresetsResponse", "Preset")
        | ("GetConfigurationsResponse", "PTZConfiguration") => b"ptz",
        ("GetOSDsResponse", "OSDs") => b"osd",
        ("GetSnapshotUriResponse", "MediaUri" | "Uri") => b"snapshot",
        _ => return None,
    })
}

/// What an element that ends names of the services that only devices with video have, or that they have sources of it. The service
/// for media is none of these: loudspeakers have it, too.
fn counted(path: &str, text: &[u8]) -> Option<&'static [u8]> {
    match operation(path)? {
        ("GetServicesResponse", "Service/Namespace") => match text {
            b"http://www.onvif.org/ver20/imaging/wsdl" => Some(b"imaging"),
            b"http://www.onvif.org/ver20/ptz/wsdl" => Some(b"ptz"),
            _ => None,
        },
        ("GetCapabilitiesResponse", "Capabilities/Extension/DeviceIO/VideoSources") => {
            is_some(text).then_some(b"sources")
        }
        _ => None,
    }
}

/// Whether digits are more than zero.
fn is_some(count: &[u8]) -> bool {
    count.iter().all(u8::is_ascii_digit) && count.iter().any(|digit| *digit != b'0')
}

/// Whether an element that ends is the topic of an event that comes from a source of video or from what looks at its pictures
/// (ONVIF Core 9.4, Analytics): `tns1:VideoSource/MotionAlarm`, and not `tns1:Door/State`.
fn is_event(path: &str, topic: &[u8]) -> bool {
    if !matches!(operation(path), Some(("PullMessagesResponse" | "Notify", "NotificationMessage/Topic"))) {
        return false;
    }
    let name = topic.splitn(2, |&byte| byte == b':').last().unwrap_or(topic);
    let mut levels = name.split(|&byte| byte == b'/');
    match levels.next() {
        Some(b"VideoSource" | b"VideoAnalytics") => levels.next().is_some(),
        Some(b"RuleEngine") => levels.next().is_some_and(|rule| LOOKING.contains(&rule)),
        _ => false,
    }
}

/// Rules that look at pictures.
const LOOKING: [&[u8]; 6] = [
    b"CellMotionDetector",
    b"FieldDetector",
    b"LineDetector",
    b"MotionRegionDetector",
    b"MyRuleDetector",
    b"TamperDetector",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn begins(place: &str) -> Option<&'static [u8]> {
        described(&format!("Envelope/Body/{place}"))
    }

    #[test]
    fn profiles_and_sources_of_video_are_described() {
        assert_eq!(begins("GetProfilesResponse/Profiles/VideoSourceConfiguration"), Some(&b"profiles"[..]));
        assert_eq!(
            begins("GetProfilesResponse/Profiles/Configurations/VideoEncoder"),
            Some(&b"profiles"[..])
        );
        assert_eq!(begins("GetVideoSourcesResponse/VideoSources"), Some(&b"sources"[..]));
        assert_eq!(begins("GetSnapshotUriResponse/MediaUri"), Some(&b"snapshot"[..]));
        assert_eq!(begins("GetCapabilitiesResponse/Capabilities/PTZ"), Some(&b"ptz"[..]));
        assert_eq!(begins("GetStatusResponse/PTZStatus"), Some(&b"ptz"[..]));
        assert_eq!(begins("GetImagingSettingsResponse/ImagingSettings"), Some(&b"imaging"[..]));
    }

    #[test]
    fn services_and_counts_of_sources_tell() {
        let told =
            |place: &str, text: &str| counted(&format!("Envelope/Body/{place}"), text.as_bytes()).is_some();
        let service = "GetServicesResponse/Service/Namespace";
        assert!(told(service, "http://www.onvif.org/ver20/ptz/wsdl"));
        assert!(told(service, "http://www.onvif.org/ver20/imaging/wsdl"));
        for other in ["ver10/media", "ver20/media", "ver10/deviceIO", "ver10/accesscontrol", "ver20/ptzx"] {
            assert!(!told(service, &format!("http://www.onvif.org/{other}/wsdl")), "{other}");
        }
        let sources = "GetCapabilitiesResponse/Capabilities/Extension/DeviceIO/VideoSources";
        assert!(told(sources, "1") && told(sources, "16"));
        for count in ["0", "", "00", "one", "-1"] {
            assert!(!told(sources, count), "{count}");
        }
        assert!(!told("GetCapabilitiesResponse/Capabilities/Extension/DeviceIO/VideoOutputs", "1"));
    }

    #[test]
    fn what_devices_without_video_have_is_none() {
        for place in [
            "GetProfilesResponse",
            "GetProfilesResponse/Profiles/AudioSourceConfiguration",
            "GetProfilesResponse/Profiles/Configurations/AudioOutput",
            "GetCapabilitiesResponse/Capabilities/Media",
            "GetStreamUriResponse/MediaUri",
            "GetVideoSourcesResponse",
            "GetSnapshotUri/ProfileToken",
            "GetNodesResponse",
            "GetStatusResponse",
            "GetCapabilitiesResponse/Capabilities/Extension/DeviceIO",
        ] {
            assert_eq!(begins(place), None, "{place}");
        }
    }

    #[test]
    fn events_of_video_are_told_by_their_topics() {
        let told = |topic: &str| {
            let path = "Envelope/Body/PullMessagesResponse/NotificationMessage/Topic";
            is_event(path, topic.as_bytes())
        };
        assert!(told("tns1:VideoSource/MotionAlarm") && told("VideoSource/ImageTooDark/ImagingService"));
        assert!(told("tns1:RuleEngine/CellMotionDetector/Motion"));
        for topic in [
            "tns1:Door/State/DoorMode",
            "tns1:Device/Trigger/Relay",
            "tns1:AudioAnalytics/Audio/DetectedSound",
            "tns1:RuleEngine/AudioDetector/Level",
            "tns1:VideoSource",
            "tns1:VideoSources/MotionAlarm",
            "",
        ] {
            assert!(!told(topic), "{topic}");
        }
        assert!(!is_event(
            "Envelope/Body/Subscribe/NotificationMessage/Topic",
            b"tns1:VideoSource/MotionAlarm"
        ));
    }
}
