//! The lane alone: answers and time in, frames out.

use std::time::Duration;

use protocol::id::RoomId;

use super::*;

const NOW_MS: u64 = 1_800_000_000_000;

struct Try {
    lane: Lane,
    now: Instant,
    reference: u64,
    texts: Vec<(u64, String, String)>,
    results: Vec<oneshot::Receiver<Result<Stored, ClientError>>>,
}

impl Try {
    fn with(messages: usize) -> Self {
        let mut it = Self { lane: Lane::default(), now: Instant::now(), reference: 0, texts: vec![], results: vec![] };
        for number in 0..messages {
            let (done, result) = oneshot::channel();
            let change = NewChange::message(&RoomId::parse("r").unwrap(), number.to_string());
            it.lane.push(Pending { change, id: None, done, _place: None, on_wire: None });
            it.results.push(result);
        }
        it
    }

    /// Texts that leave now.
    fn leave(&mut self) -> Vec<String> {
        let from = self.texts.len();
        while let Some(frame) = self.lane.next(self.reference + 1, NOW_MS, self.now) {
            let frame = serde_json::to_value(frame).unwrap();
            self.reference += 1;
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            self.texts.push((self.reference, text(&frame["body"]["text"]), text(&frame["id"])));
        }
        self.texts[from..].iter().map(|(_, text, _)| text.clone()).collect()
    }

    fn answer(&mut self, reference: u64, result: Result<u64, (bool, Option<u64>)>) {
        let id = EventId::at(NOW_MS);
        let result = result.map(|seq| Stored { id, seq, ts: 1, dup: false }).map_err(|(retryable, retry_after_ms)| {
            ClientError::Refused { code: "c".into(), message: "m".into(), retryable, retry_after_ms }
        });
        self.lane.answered(reference, result, self.now);
    }

    fn result(&mut self, message: usize) -> Option<Result<Stored, ClientError>> {
        self.results[message].try_recv().ok()
    }
}

fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

#[test]
fn up_to_64_are_on_the_wire_in_the_order_of_writing() {
    let mut it = Try::with(100);
    assert_eq!(it.leave(), numbers(0..64));
    assert!(it.leave().is_empty());
    it.answer(1, Ok(10));
    it.answer(2, Ok(11));
    assert_eq!(it.leave(), numbers(64..66));
    assert_eq!(it.result(0).unwrap().unwrap().seq, 10);
    assert!(it.result(2).is_none());
}

#[test]
fn after_a_failure_that_may_pass_all_goes_again_from_the_first_under_the_same_ids() {
    let mut it = Try::with(5);
    it.leave();
    it.answer(1, Ok(10));
    it.answer(2, Err((true, None)));
    it.answer(3, Err((true, None)));
    it.now += Duration::from_secs(30);
    assert!(it.leave().is_empty(), "two answers are missing");
    it.answer(4, Err((true, None)));
    it.answer(5, Err((true, None)));
    assert_eq!(it.leave(), ["1"], "the first alone, to see whether it passes");
    it.answer(6, Ok(11));
    assert_eq!(it.leave(), ["2", "3"]);
    it.answer(7, Ok(12));
    assert_eq!(it.leave(), ["4"]);
    for text in 1..5 {
        let ids: Vec<_> = it.texts.iter().filter(|(_, other, _)| *other == text.to_string()).map(|(_, _, id)| id).collect();
        assert!(ids.len() == 2 && ids[0] == ids[1], "one id for every try of {text}");
    }
}

#[test]
fn waits_as_long_as_the_server_asks_else_with_backoff() {
    let mut it = Try::with(1);
    it.leave();
    it.answer(1, Err((true, Some(7_000))));
    it.now += Duration::from_millis(6_999);
    assert!(it.leave().is_empty());
    it.now += Duration::from_millis(1);
    assert_eq!(it.leave(), ["0"]);
    it.answer(2, Err((true, None)));
    it.now += Duration::from_millis(499);
    assert!(it.leave().is_empty());
    it.now += Duration::from_secs(2);
    assert_eq!(it.leave(), ["0"]);
}

#[test]
fn a_final_refusal_fails_alone() {
    let mut it = Try::with(3);
    it.leave();
    it.answer(2, Err((false, None)));
    it.answer(1, Ok(10));
    it.answer(3, Ok(11));
    assert!(it.result(0).unwrap().is_ok());
    assert!(matches!(it.result(1), Some(Err(ClientError::Refused { retryable: false, .. }))));
    assert!(it.result(2).unwrap().is_ok());
    assert!(it.lane.is_empty());
}

#[test]
fn a_break_sends_again_what_was_not_answered_and_not_seen() {
    let mut it = Try::with(3);
    it.leave();
    it.answer(1, Ok(10));
    it.lane.broke();
    let seen = EventId::parse(&it.texts[1].2).unwrap();
    it.lane.seen(Stored { id: seen, seq: 11, ts: 1, dup: false });
    assert_eq!(it.result(1).unwrap().unwrap().seq, 11);
    assert_eq!(it.leave(), ["2"]);
    assert_eq!(it.texts[2].2, it.texts[3].2, "the id stays");
}

#[test]
fn what_waited_for_seven_days_is_shown_and_not_sent() {
    let mut it = Try::with(2);
    it.leave();
    it.lane.broke();
    assert!(it.lane.next(9, NOW_MS + ID_PAST_MS + 1, it.now).is_none());
    assert_eq!(it.result(0), Some(Err(ClientError::Expired)));
    assert_eq!(it.result(1), Some(Err(ClientError::Expired)));
    assert!(it.lane.is_empty());
}
