//! Logs of a room: the entries after each event are the ones given, and no others changed.

use protocol::entry::Entry;
use protocol::event::Event;
use protocol::fold::Timeline;
use protocol::id::UserId;
use serde_json::{Value as Json, json};

use crate::cases;

fn views(timeline: &Timeline, viewer: &UserId) -> Vec<Json> {
    timeline.entries.values().map(|entry| json!(entry.clone().view(viewer))).collect()
}

#[test]
fn each_event_changes_exactly_the_entries_told() {
    for case in cases("folding") {
        let viewer = UserId::parse(case["viewer"].as_str().unwrap()).unwrap();
        let begin: Vec<Entry> = serde_json::from_value(case["begin"].clone()).unwrap();
        let mut timeline = Timeline::new(begin);
        assert_eq!(json!(views(&timeline, &viewer)), case["begin"], "{}", case["name"]);
        for step in case["steps"].as_array().unwrap() {
            let before = views(&timeline, &viewer);
            let event: Event = serde_json::from_value(step["event"].clone()).unwrap();
            timeline.apply(&event);
            let changed: Vec<Json> = views(&timeline, &viewer).into_iter().filter(|entry| !before.contains(entry)).collect();
            assert_eq!(step["changed"], json!(changed), "{}, after {}", case["name"], event.seq);
        }
        assert_eq!(json!(views(&timeline, &viewer)), case["entries"], "{}", case["name"]);
    }
}
