//! What the checker says.

use std::fmt;

use chatmesh_client::protocol::id::{EventId, RoomId};

use super::ClientId;

/// Where something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Log,
    Archive,
    /// Folded pages of the history.
    History,
    Client(ClientId),
}

/// One thing that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Acknowledged, seen or stored elsewhere, and not there.
    Lost { seq: Option<u64>, id: Option<EventId>, place: Place },
    /// There more than once: two `seq`s under one key, or one `seq` twice.
    Doubled { seqs: Vec<u64>, place: Place },
    /// `then` came or was stored after `first`, and must not have.
    Reordered { first: u64, then: u64, place: Place },
    /// Seen by somebody who may not see it.
    Leaked { seq: u64, client: ClientId },
    /// Not the same in two places.
    Altered { seq: u64, place: Place },
    /// Stored although it was finally refused.
    Unwanted { seq: u64, id: EventId },
}

/// The judgement of a run.
#[derive(Debug, Default)]
pub struct Report {
    pub violations: Vec<(RoomId, Violation)>,
    /// Events in log and archive.
    pub events: u64,
    /// Sends that were acknowledged.
    pub acknowledged: u64,
    /// Events that clients received.
    pub received: u64,
}

impl Report {
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    pub fn lost(&self) -> usize {
        self.count(|violation| matches!(violation, Violation::Lost { .. }))
    }

    pub fn doubled(&self) -> usize {
        self.count(|violation| matches!(violation, Violation::Doubled { .. }))
    }

    pub fn reordered(&self) -> usize {
        self.count(|violation| matches!(violation, Violation::Reordered { .. }))
    }

    pub fn leaked(&self) -> usize {
        self.count(|violation| matches!(violation, Violation::Leaked { .. }))
    }

    /// Altered on the way, or stored although refused.
    pub fn wrong(&self) -> usize {
        self.count(|violation| matches!(violation, Violation::Altered { .. } | Violation::Unwanted { .. }))
    }

    fn count(&self, is: impl Fn(&Violation) -> bool) -> usize {
        self.violations.iter().filter(|(_, violation)| is(violation)).count()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log => out.write_str("the log"),
            Self::Archive => out.write_str("the archive"),
            Self::History => out.write_str("the history"),
            Self::Client(ClientId(number)) => write!(out, "what client {number} saw"),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost { seq, id, place } => {
                out.write_str("lost")?;
                if let Some(seq) = seq {
                    write!(out, " seq {seq}")?;
                }
                if let Some(id) = id {
                    write!(out, " id {id}")?;
                }
                write!(out, " from {place}")
            }
            Self::Doubled { seqs, place } => write!(out, "doubled seq {seqs:?} in {place}"),
            Self::Reordered { first, then, place } => write!(out, "seq {then} after {first} in {place}"),
            Self::Leaked { seq, client: ClientId(number) } => write!(out, "leaked seq {seq} to client {number}"),
            Self::Altered { seq, place } => write!(out, "altered seq {seq} in {place}"),
            Self::Unwanted { seq, id } => write!(out, "stored seq {seq} id {id} after a final refusal"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Lines of details; the counts stand in the first line.
        const SHOWN: usize = 20;
        write!(out, "{} events, {} acknowledged sends, {} received: ", self.events, self.acknowledged, self.received)?;
        let counts = (self.lost(), self.doubled(), self.reordered(), self.leaked(), self.wrong());
        let (lost, doubled, reordered, leaked, wrong) = counts;
        write!(out, "{lost} lost, {doubled} doubled, {reordered} reordered, {leaked} leaked, {wrong} wrong")?;
        for (room, violation) in self.violations.iter().take(SHOWN) {
            write!(out, "\n  room {room}: {violation}")?;
        }
        Ok(())
    }
}
