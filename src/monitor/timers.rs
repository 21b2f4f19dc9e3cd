//! Moments by name, in their order: whoever waits for thousands of them finds the next one at once.

use std::collections::{BTreeMap, BTreeSet};

use crate::monitor::moment::Moment;

/// At most one moment for each key.
#[derive(Clone, Debug)]
pub(in crate::monitor) struct Timers<K> {
    by_key: BTreeMap<K, Moment>,
    in_order: BTreeSet<(Moment, K)>,
}

impl<K> Default for Timers<K> {
    fn default() -> Self {
        Self { by_key: BTreeMap::new(), in_order: BTreeSet::new() }
    }
}

impl<K: Clone + Ord> Timers<K> {
    /// Sets the moment of a key; `None`: it has none.
    pub(in crate::monitor) fn set(&mut self, key: &K, moment: Option<Moment>) {
        if self.get(key) == moment {
            return;
        }
        if let Some(before) = self.by_key.remove(key) {
            self.in_order.remove(&(before, key.clone()));
        }
        if let Some(moment) = moment {
            self.by_key.insert(key.clone(), moment);
            self.in_order.insert((moment, key.clone()));
        }
    }

    /// The moment of a key.
    pub(in crate::monitor) fn get(&self, key: &K) -> Option<Moment> {
        self.by_key.get(key).copied()
    }

    /// The first of all.
    pub(in crate::monitor) fn first(&self) -> Option<Moment> {
        self.in_order.first().map(|(moment, _)| *moment)
    }

    /// The keys whose moment has come, the first one first.
    pub(in crate::monitor) fn due(&self, now: Moment) -> impl Iterator<Item = &K> {
        let due = self.in_order.iter().take_while(move |(moment, _)| *moment <= now);
        due.map(|(_, key)| key)
    }

    /// How many there are.
    pub(in crate::monitor) fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Forgets all.
    pub(in crate::monitor) fn clear(&mut self) {
        self.by_key.clear();
        self.in_order.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_key_has_one_moment_and_the_first_comes_first() {
        let second = |seconds| Moment(Duration::from_secs(seconds));
        let mut timers = Timers::default();
        for (key, seconds) in [("a", 3), ("b", 1), ("c", 2), ("b", 4)] {
            timers.set(&key, Some(second(seconds)));
        }
        assert_eq!(timers.first(), Some(second(2)));
        assert_eq!(timers.due(second(3)).collect::<Vec<_>>(), [&"c", &"a"]);
        timers.set(&"c", None);
        assert_eq!((timers.first(), timers.len()), (Some(second(3)), 2));
    }
}
