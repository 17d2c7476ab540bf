//! Read marks of one socket: of each room one is stored at a time, and what comes meanwhile is merged into the newest.

use std::collections::HashMap;

use protocol::id::RoomId;

/// A room's mark in flight, and what waits behind it.
#[derive(Default)]
struct Marking {
    answers: Vec<u64>,
    next: Option<(u64, Vec<u64>)>,
}

#[derive(Default)]
pub struct Reads {
    by_room: HashMap<RoomId, Marking>,
    /// Answers that are owed to marks that wait.
    owed: usize,
}

impl Reads {
    /// What these keep open: jobs in flight and answers owed.
    pub fn open(&self) -> usize {
        self.by_room.len() + self.owed
    }

    /// Takes a mark; true: it is to be stored now.
    pub fn offer(&mut self, room: &RoomId, seq: u64, reference: Option<u64>) -> bool {
        match self.by_room.get_mut(room) {
            None => {
                self.by_room.insert(room.clone(), Marking { answers: reference.into_iter().collect(), next: None });
                true
            }
            Some(marking) => {
                let (newest, answers) = marking.next.get_or_insert_default();
                *newest = seq.max(*newest);
                answers.extend(reference);
                self.owed += usize::from(reference.is_some());
                false
            }
        }
    }

    /// The room's mark in flight ended: whose `ref`s it answers, and the mark that is to be stored next.
    pub fn settle(&mut self, room: &RoomId) -> (Vec<u64>, Option<u64>) {
        let Some(marking) = self.by_room.get_mut(room) else { return (Vec::new(), None) };
        let Some((seq, answers)) = marking.next.take() else {
            return (self.by_room.remove(room).unwrap_or_default().answers, None);
        };
        self.owed -= answers.len();
        (std::mem::replace(&mut marking.answers, answers), Some(seq))
    }
}
