//! Outputs of one tool by canonical input, for a while. Pure: time is an argument.

use std::collections::HashMap;
use std::time::Duration;

use super::ToolOutput;

/// How many outputs are kept; beyond, the one that expires first goes.
const CAPACITY: usize = 256;

/// What a tool gave, by its input in canonical form.
#[derive(Debug, Default)]
pub(super) struct Cache {
    entries: HashMap<String, (Duration, ToolOutput)>,
}

impl Cache {
    pub(super) fn get(&self, input: &str, now: Duration) -> Option<ToolOutput> {
        self.entries.get(input).filter(|(expires, _)| now < *expires).map(|(_, output)| output.clone())
    }

    pub(super) fn put(&mut self, input: String, output: ToolOutput, ttl: Duration, now: Duration) {
        self.entries.retain(|_, (expires, _)| now < *expires);
        if self.entries.len() >= CAPACITY
            && let Some(first) = self.entries.iter().min_by_key(|(_, (expires, _))| *expires)
        {
            let first = first.0.clone();
            self.entries.remove(&first);
        }
        self.entries.insert(input, (now.saturating_add(ttl), output));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn text(text: &str) -> ToolOutput {
        ToolOutput::Text(text.to_owned())
    }

    #[test]
    fn an_output_answers_until_it_expires() {
        let mut cache = Cache::default();
        cache.put("a".into(), text("1"), s(10), s(5));
        assert_eq!(cache.get("a", s(14)), Some(text("1")));
        assert_eq!((cache.get("a", s(15)), cache.get("b", s(5))), (None, None));
        cache.put("a".into(), text("2"), s(10), s(20));
        assert_eq!(cache.get("a", s(21)), Some(text("2")));
    }

    #[test]
    fn it_stays_small() {
        let mut cache = Cache::default();
        for n in 0..CAPACITY as u64 + 10 {
            cache.put(n.to_string(), text("x"), s(1000), s(n));
        }
        assert_eq!(cache.entries.len(), CAPACITY);
        assert_eq!((cache.get("9", s(300)), cache.get("10", s(300))), (None, Some(text("x"))));
    }
}
