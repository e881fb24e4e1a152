//! What answers of ONVIF tell of video: a door controller and a loudspeaker have services and events, too, but neither profiles
//! of video nor events of its sources.

use super::operation;
use crate::xml::Part;

/// What a part of an answer tells of video that its device serves, in a word.
pub(super) fn told(part: &Part<'_>) -> Option<&'static [u8]> {
    match part {
        Part::Begins { path, .. } => described(path),
        Part::Ends { path, text } => is_event(path, text).then_some(b"events"),
    }
}

/// What an element that begins describes: a source or an encoder in a profile (ONVIF Media 5.2, Media2 5.2) or by itself, the
/// service that sets how sources see (ONVIF Imaging), or a still picture.
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
        | ("GetCapabilitiesResponse", "Capabilities/Imaging") => b"sources",
        ("GetSnapshotUriResponse", "MediaUri" | "Uri") => b"snapshot",
        _ => return None,
    })
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
