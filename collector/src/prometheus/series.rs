//! One series: totals over all processes that told it, or what was told last.

use super::value::Value;
use std::collections::BTreeMap;

/// So many processes of one series are told apart; the oldest are taken for ended.
const APART: usize = 64;

/// How points of a series come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    /// Each says how much there was since its process began.
    Cumulative,
    /// Each says how much more there is.
    Delta,
    /// The last one counts.
    Last,
}

/// What a point says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    /// When its process began, nanoseconds since 1970; 0 where it does not say.
    pub(super) start: u64,
    /// When it was so.
    pub(super) at: u64,
    /// When that came.
    pub(super) received: i64,
    /// `None`: there is none any more.
    pub(super) value: Option<Value>,
}

/// A series.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    /// What ended processes came to, and everything that came as a difference.
    ended: Option<Value>,
    /// The last point of each process, by its start.
    running: BTreeMap<u64, (u64, Value)>,
    /// When the last point came; `None` where it counts however long ago it came.
    fresh: Option<i64>,
}

impl Series {
    /// Takes a point.
    pub(super) fn take(&mut self, nature: Nature, told: Told) {
        match nature {
            Nature::Cumulative => self.total(told),
            Nature::Delta => self.difference(told),
            Nature::Last => self.last(told),
        }
    }

    fn total(&mut self, Told { start, at, value, .. }: Told) {
        let Some(value) = value else { return };
        match self.running.get(&start) {
            // An old one that came late.
            Some((known, _)) if at < *known => return,
            Some((_, known)) if known.is_beyond(&value) => self.end(known.clone()),
            _ => {}
        }
        self.running.insert(start, (at, value));
        if self.running.len() > APART
            && let Some((_, (_, value))) = self.running.pop_first()
        {
            self.end(value);
        }
    }

    fn difference(&mut self, Told { start, at, value, .. }: Told) {
        let Some(value) = value else { return };
        // Who was not answered in time sends again.
        let again = self.running.get(&start).is_some_and(|(known, same)| *known == at && *same == value);
        if !again {
            self.end(value.clone());
            self.running = BTreeMap::from([(start, (at, value))]);
        }
    }

    fn last(&mut self, Told { at, value, received, .. }: Told) {
        if self.running.first_key_value().is_some_and(|(known, _)| at < *known) {
            return;
        }
        self.fresh = Some(received);
        self.running = value.map(|value| (at, (at, value))).into_iter().collect();
    }

    fn end(&mut self, value: Value) {
        self.ended = Some(match self.ended.take() {
            Some(ended) => ended.plus(value),
            None => value,
        });
    }

    /// What it is. `None` where it is nothing, or was told last before `since`.
    pub(super) fn value(&self, nature: Nature, since: i64) -> Option<Value> {
        if self.fresh.is_some_and(|fresh| fresh < since) {
            return None;
        }
        let running = self.running.values().map(|(_, value)| value.clone());
        let running = running.filter(|_| nature != Nature::Delta);
        self.ended.clone().into_iter().chain(running).reduce(Value::plus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(nature: Nature, points: &[(u64, u64, f64)], expected: f64) {
        let mut series = Series::default();
        for (start, at, value) in points {
            let value = Some(Value::Number(*value));
            series.take(nature, Told { start: *start, at: *at, received: 100, value });
        }
        assert_eq!(series.value(nature, 100), Some(Value::Number(expected)), "{nature:?} {points:?}");
    }

    #[test]
    fn totals_of_processes_add_up() {
        use Nature::Cumulative;
        check(Cumulative, &[(1, 2, 3.0), (1, 3, 5.0)], 5.0);
        check(Cumulative, &[(1, 2, 3.0), (7, 8, 1.0), (9, 10, 2.0)], 6.0);
        check(Cumulative, &[(1, 2, 3.0), (7, 8, 1.0), (1, 9, 4.0)], 5.0);
        // Late and again.
        check(Cumulative, &[(1, 3, 5.0), (1, 2, 3.0), (1, 3, 5.0)], 5.0);
        // It began again and did not say so.
        check(Cumulative, &[(0, 2, 5.0), (0, 3, 1.0), (0, 4, 2.0)], 7.0);
        let many: Vec<_> = (1..=200).map(|start| (start, start + 1, 1.0)).collect();
        check(Cumulative, &many, 200.0);
    }

    #[test]
    fn differences_add_up_once() {
        check(Nature::Delta, &[(1, 2, 3.0), (2, 3, 4.0), (2, 3, 4.0), (3, 4, 1.0)], 8.0);
    }

    #[test]
    fn the_last_one_counts_while_it_is_fresh() {
        check(Nature::Last, &[(0, 2, 3.0), (0, 4, 1.0), (0, 3, 9.0)], 1.0);
        let mut series = Series::default();
        let told = |at, value| Told { start: 0, at, received: 100, value };
        series.take(Nature::Last, told(1, Some(Value::Number(1.0))));
        assert_eq!(series.value(Nature::Last, 101), None, "it came too long ago");
        series.take(Nature::Last, told(2, None));
        assert_eq!(series.value(Nature::Last, 0), None, "it was said to be gone");
    }

    #[test]
    fn buckets_add_up_where_they_are_the_same() {
        let of = |bound: f64| Value::Distribution {
            bounds: vec![bound],
            counts: vec![1, 2],
            sum: Some(4.0),
            count: 3,
        };
        let both = Value::Distribution { bounds: vec![1.0], counts: vec![2, 4], sum: Some(8.0), count: 6 };
        assert_eq!(of(1.0).plus(of(1.0)), both);
        assert_eq!(of(1.0).plus(of(2.0)), of(2.0));
    }
}
