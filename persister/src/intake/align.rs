//! Stream and position brought to one another before reading: streams are made, lost tails are jumped over, and a gap is never skipped.

use fabric::{Fabric, FabricError};
use protocol::subject::Shard;

use super::{Intake, IntakeError};
use crate::position::{self, Position};

/// A number that no event had: how far a new beginning lies above the last known position.
pub const LEAP: u64 = 1 << 32;

/// What the log and the archive look like to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Read on at the position.
    Fits,
    /// The stream begins a leap above the position: it was made anew, and that is not recorded yet.
    MadeAnew,
    /// The stream ends below the position: its tail is lost.
    LostTail,
    /// Events between the position and the stream's first are gone unread.
    Gap { first_seq: u64 },
}

/// Compares the stream's ends with the position.
pub fn compare(position: u64, first_seq: u64, last_seq: u64) -> Finding {
    if first_seq > position + 1 {
        // Only a stream made by `align`, or purged by it, begins exactly there.
        let anew = position > 0 && first_seq == position + LEAP;
        return if anew { Finding::MadeAnew } else { Finding::Gap { first_seq } };
    }
    if last_seq < position { Finding::LostTail } else { Finding::Fits }
}

impl Intake {
    /// Makes the stream when it is missing and gives the position to read on from.
    pub(super) async fn align(&self, shard: &Shard) -> Result<Position, IntakeError> {
        let mut client = self.pool.get().await?;
        let from = position::read(&client, shard).await?;
        let first = (from.seq > 0).then_some(from.seq + LEAP);
        let ensured = self.fabric.ensure_stream(shard, first).await?;
        if ensured.created {
            tracing::info!(%shard, first.seq = ensured.info.first_seq, "stream made");
        }
        match compare(from.seq, ensured.info.first_seq, ensured.info.last_seq) {
            Finding::Fits => Ok(from),
            Finding::Gap { first_seq } => Err(IntakeError::Gap { position: from.seq, first_seq }),
            Finding::MadeAnew => {
                tracing::error!(%shard, position = from.seq, first.seq = from.seq + LEAP, "the log was made anew; what it held above the position is lost");
                self.alarms.add(1, "made_anew");
                Ok(position::jump(&mut client, shard, from, from.seq + LEAP - 1, "made anew").await?)
            }
            Finding::LostTail => {
                tracing::error!(%shard, position = from.seq, last.seq = ensured.info.last_seq, "the log lost its tail; it goes on above the position");
                self.alarms.add(1, "lost_tail");
                leap(&self.fabric, shard, from.seq).await?;
                Ok(position::jump(&mut client, shard, from, from.seq + LEAP - 1, "lost tail").await?)
            }
        }
    }
}

/// No number at or below the position comes again.
async fn leap(fabric: &Fabric, shard: &Shard, position: u64) -> Result<(), FabricError> {
    fabric.purge_below(shard, position + LEAP).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_never_taken_for_a_new_beginning() {
        assert_eq!(compare(0, 1, 0), Finding::Fits);
        assert_eq!(compare(10, 11, 10), Finding::Fits, "all purged");
        assert_eq!(compare(10, 5, 20), Finding::Fits);
        assert_eq!(compare(10, 12, 20), Finding::Gap { first_seq: 12 });
        assert_eq!(compare(0, LEAP, LEAP), Finding::Gap { first_seq: LEAP }, "an emptied archive");
        assert_eq!(compare(10, 10 + LEAP, 9 + LEAP), Finding::MadeAnew);
        assert_eq!(compare(10, 11 + LEAP, 10 + LEAP), Finding::Gap { first_seq: 11 + LEAP });
        assert_eq!(compare(10, 1, 9), Finding::LostTail);
    }
}
