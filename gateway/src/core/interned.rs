//! One copy of what thousands of memberships name alike: each answer and frame brings its own.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{Arc, LazyLock, Mutex};

use protocol::id::Name;
use protocol::room::RoomType;
use protocol::subject::Shard;

use super::lock;

static NAMES: LazyLock<Mutex<Pool<Name>>> = LazyLock::new(Mutex::default);
static PLACES: LazyLock<Mutex<Pool<Arc<Place>>>> = LazyLock::new(Mutex::default);

/// Below this nothing is looked through for what nobody holds any more.
const SMALL: usize = 1_024;

/// Where a room's log is, and who may find the room.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub room_type: RoomType,
    pub shard: Shard,
}

/// The copy of a name that all hold.
pub fn name(name: &Name) -> Name {
    lock(&NAMES).copy(name.clone(), Name::is_shared)
}

/// The copy of a place that all hold.
pub fn place(place: Place) -> Arc<Place> {
    lock(&PLACES).copy(Arc::new(place), |place| Arc::strong_count(place) > 1)
}

/// What somebody holds, and for a while what nobody holds any more.
pub struct Pool<T> {
    all: HashSet<T>,
    /// How many there may be before those that nobody holds are looked for.
    most: usize,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { all: HashSet::new(), most: SMALL }
    }
}

impl<T: Clone + Eq + Hash> Pool<T> {
    /// The one that equals this, or this.
    pub fn copy(&mut self, new: T, is_held: fn(&T) -> bool) -> T {
        if let Some(known) = self.all.get(&new) {
            return known.clone();
        }
        if self.all.len() >= self.most {
            self.all.retain(is_held);
            self.most = SMALL.max(2 * self.all.len());
        }
        self.all.insert(new.clone());
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ones_are_one_and_what_nobody_holds_goes() {
        let mut pool = Pool::default();
        let held = |name: &Arc<String>| Arc::strong_count(name) > 1;
        let first = pool.copy(Arc::new("a".to_owned()), held);
        assert!(Arc::ptr_eq(&first, &pool.copy(Arc::new("a".to_owned()), held)));
        for number in 0..10 * SMALL {
            pool.copy(Arc::new(number.to_string()), held);
        }
        assert!(pool.all.len() <= SMALL, "{}", pool.all.len());
        assert!(Arc::ptr_eq(&first, &pool.copy(Arc::new("a".to_owned()), held)), "who is held stays");
    }
}
