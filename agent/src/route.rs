//! Which model is asked, and which next. Pure.

use std::collections::HashMap;
use std::time::Duration;

/// The models behind the first, and how to choose among all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// Who is asked, in this order, when the model of the configuration gives no answer: its retries are used up, its
    /// circuit is open, or it refuses for a reason of its own. To begin small and escalate, name the small model in
    /// the configuration and larger ones here. Default none.
    pub fallbacks: Vec<String>,
    /// How long the first event may take. Where it has not come by then and another model is left, that one is asked and
    /// the slow attempt is dropped; the last model is waited for. A model that was slower of late is asked after those
    /// that were not, or were not asked yet. Default none: the order is as written, and nobody is hurried.
    pub latency_budget: Option<Duration>,
}

/// How fast models answered of late.
#[derive(Debug, Default)]
pub(crate) struct Latencies {
    first_events: HashMap<String, Duration>,
}

impl Latencies {
    /// An answer began so long after it was asked for. The newest counts for a quarter.
    pub(crate) fn record(&mut self, model: &str, first_event: Duration) {
        self.first_events
            .entry(model.to_owned())
            .and_modify(|usual| *usual = (*usual * 3 + first_event) / 4)
            .or_insert(first_event);
    }

    fn is_slow(&self, model: &str, budget: Option<Duration>) -> bool {
        let usual = self.first_events.get(model);
        budget.zip(usual).is_some_and(|(budget, usual)| *usual > budget)
    }
}

impl Route {
    /// All models in the order in which they are asked, each once.
    pub(crate) fn order(&self, first: &str, latencies: &Latencies) -> Vec<String> {
        let mut models: Vec<String> = Vec::new();
        for model in std::iter::once(first).chain(self.fallbacks.iter().map(String::as_str)) {
            if !models.iter().any(|known| known == model) {
                models.push(model.to_owned());
            }
        }
        models.sort_by_key(|model| latencies.is_slow(model, self.latency_budget));
        models
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(budget: Option<u64>, observed: &[(&str, u64)], expected: &[&str]) {
        let mut latencies = Latencies::default();
        for (model, millis) in observed {
            latencies.record(model, Duration::from_millis(*millis));
        }
        let fallbacks = ["medium", "large", "small"].map(str::to_owned).to_vec();
        let route = Route { fallbacks, latency_budget: budget.map(Duration::from_millis) };
        assert_eq!(route.order("small", &latencies), expected, "{budget:?} {observed:?}");
    }

    #[test]
    fn models_come_as_written_and_slow_ones_last() {
        check(None, &[("small", 900)], &["small", "medium", "large"]);
        check(Some(500), &[], &["small", "medium", "large"]);
        check(Some(500), &[("small", 900)], &["medium", "large", "small"]);
        check(Some(500), &[("small", 900), ("medium", 900), ("large", 900)], &["small", "medium", "large"]);
        check(Some(500), &[("small", 500), ("large", 900)], &["small", "medium", "large"]);
    }

    #[test]
    fn one_slow_answer_is_forgotten_after_some_fast_ones() {
        check(Some(500), &[("small", 900), ("small", 100)], &["medium", "large", "small"]);
        check(
            Some(500),
            &[("small", 900), ("small", 100), ("small", 100), ("small", 100)],
            &["small", "medium", "large"],
        );
    }
}
