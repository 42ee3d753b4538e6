//! Cassettes that are put in while the server runs, one for each session: a test's own recording answers its requests, each
//! interaction once. What is left of a session without one is the responder's.
//!
//! It knows no file format: whoever starts the server says how a cassette is read.

use faultline_scenarios::exchange::{Answer, Decision, Verdict};
use faultline_scenarios::file::When;
use faultline_scenarios::matcher::fits;
use faultline_scenarios::{Plan, error_plan};
use faultline_wire::{AwsError, Call};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where a cassette is to be read from.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// From these bytes.
    Content(&'a [u8]),
    /// From a file, below whatever folder the reader allows.
    Path(&'a str),
}

/// Reads cassettes, of whatever kind.
pub trait CassetteReader: Send + Sync {
    /// The cassette, or everything that is wrong with it. It may take its time.
    ///
    /// # Errors
    /// One sentence for each problem.
    fn read(&self, source: Source<'_>) -> Result<Cassette, Vec<String>>;
}

/// A cassette that can be played.
#[derive(Clone, Debug, Default)]
pub struct Cassette {
    /// What it is called.
    pub name: String,
    /// What was recorded, in its order.
    pub interactions: Vec<Interaction>,
    /// What is in it and cannot be played, one sentence each.
    pub skipped: Vec<String>,
}

/// One recorded request and its answer.
#[derive(Clone, Debug)]
pub struct Interaction {
    /// The request.
    pub call: Call,
    /// What requests like it have in common with it.
    pub when: When,
    /// The answer.
    pub plan: Arc<Plan>,
}

/// The cassettes of the sessions of one server.
#[derive(Default)]
pub(crate) struct Cassettes {
    reader: Option<Arc<dyn CassetteReader>>,
    decks: Mutex<BTreeMap<String, Deck>>,
}

/// A cassette that is being played.
struct Deck {
    cassette: Cassette,
    played: Vec<bool>,
    calls: u64,
}

impl Cassettes {
    /// None yet.
    pub(crate) fn new(reader: Option<Arc<dyn CassetteReader>>) -> Self {
        Self { reader, decks: Mutex::default() }
    }

    /// Who reads them.
    pub(crate) fn reader(&self) -> Option<Arc<dyn CassetteReader>> {
        self.reader.clone()
    }

    /// Puts a cassette in, in the place of the session's last one.
    pub(crate) fn insert(&self, session: &str, cassette: Cassette) {
        let played = vec![false; cassette.interactions.len()];
        self.decks().insert(session.to_owned(), Deck { cassette, played, calls: 0 });
    }

    /// Takes the cassette of a session out, or all of them; how many.
    pub(crate) fn forget(&self, session: Option<&str>) -> usize {
        let mut decks = self.decks();
        match session {
            Some(session) => usize::from(decks.remove(session).is_some()),
            None => std::mem::take(&mut *decks).len(),
        }
    }

    /// Which cassettes there are, and how much of each was played.
    pub(crate) fn list(&self, session: Option<&str>) -> Value {
        let decks = self.decks();
        let wanted = decks.iter().filter(|(name, _)| session.is_none_or(|session| session == *name));
        wanted.map(|(name, deck)| deck.summary(name)).collect()
    }

    /// The answer of the session's cassette; none where it has no cassette.
    pub(crate) fn answer(&self, session: &str, call: &Call) -> Option<Answer> {
        self.decks().get_mut(session).map(|deck| deck.answer(call))
    }

    fn decks(&self) -> MutexGuard<'_, BTreeMap<String, Deck>> {
        self.decks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deck {
    fn summary(&self, session: &str) -> Value {
        let played = self.played.iter().filter(|played| **played).count();
        json!({ "session": session, "cassette": self.cassette.name, "interactions": self.played.len(), "played": played })
    }

    fn answer(&mut self, call: &Call) -> Answer {
        self.calls += 1;
        let (plan, verdict) = match self.choose(call) {
            Ok(number) => {
                self.played[number] = true;
                let scenario = format!("cassette {}", self.cassette.name).into();
                let verdict = Verdict::Scripted { scenario, reply: number + 1 };
                (self.cassette.interactions[number].plan.clone(), verdict)
            }
            Err(why) => (missed(&why), Verdict::Unmatched { why }),
        };
        Answer { plan, decision: Decision { verdict, faults: Vec::new(), seed: 0, call: self.calls } }
    }

    /// The first interaction that was not played and is for the same path and body, else for a request like it.
    fn choose(&self, call: &Call) -> Result<usize, String> {
        let all = || self.cassette.interactions.iter().enumerate();
        let left = || all().filter(|(number, _)| !self.played[*number]);
        let found =
            left().find(|(_, one)| one.is_for(call)).or_else(|| left().find(|(_, one)| one.is_like(call)));
        match found {
            Some((number, _)) => Ok(number),
            None => {
                Err(self.miss(call, all().filter(|(_, one)| one.is_for(call) || one.is_like(call)).count()))
            }
        }
    }

    fn miss(&self, call: &Call, played: usize) -> String {
        let name = &self.cassette.name;
        if played > 0 {
            let times = if played == 1 { "once".to_owned() } else { format!("{played} times") };
            return format!("the cassette `{name}` has this request {times}, and each answer is played once");
        }
        let misses = self.cassette.interactions.iter().enumerate().filter_map(|(number, one)| {
            fits(&one.when, call).err().map(|miss| (place(&miss.field), number, miss))
        });
        // Of those that are as near, the first.
        match misses.reduce(|best, next| if next.0 > best.0 { next } else { best }) {
            Some((_, number, miss)) => {
                format!(
                    "nearest in the cassette `{name}` is interaction {}: {}: {}",
                    number + 1,
                    miss.field,
                    miss.why
                )
            }
            None => format!("the cassette `{name}` is empty"),
        }
    }
}

/// How near a request is that fails in this field: the matcher looks at fields in this order.
fn place(field: &str) -> usize {
    const ORDER: [&str; 5] = ["operation", "model", "turn", "text", "toolResults"];
    ORDER.iter().position(|known| *known == field).unwrap_or(ORDER.len())
}

impl Interaction {
    fn is_for(&self, call: &Call) -> bool {
        let Call { operation, model_id, body, .. } = &self.call;
        *operation == call.operation && *model_id == call.model_id && !body.is_null() && *body == call.body
    }

    fn is_like(&self, call: &Call) -> bool {
        fits(&self.when, call).is_ok()
    }
}

/// A miss gets Bedrock's own error shape: every client shows its message.
fn missed(why: &str) -> Arc<Plan> {
    Arc::new(error_plan(&AwsError::validation(format!("faultline: no cassette answers this request; {why}"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_scenarios::key::key;
    use faultline_wire::Operation;

    fn call(model: &str, text: &str) -> Call {
        Call {
            operation: Operation::Converse,
            model_id: model.into(),
            base: String::new(),
            headers: Vec::new(),
            body: json!({"messages": [{"role": "user", "content": [{ "text": text }]}]}),
        }
    }

    fn interaction(text: &str) -> Interaction {
        let call = call("m", text);
        Interaction { when: key(&call), call, plan: Arc::new(Plan::empty()) }
    }

    fn deck(texts: &[&str]) -> Cassettes {
        let cassettes = Cassettes::new(None);
        let interactions = texts.iter().map(|text| interaction(text)).collect();
        cassettes.insert("t", Cassette { name: "c".into(), interactions, skipped: Vec::new() });
        cassettes
    }

    fn ask(cassettes: &Cassettes, call: &Call) -> Result<usize, String> {
        match cassettes.answer("t", call).unwrap().decision.verdict {
            Verdict::Scripted { scenario, reply } if &*scenario == "cassette c" => Ok(reply),
            Verdict::Unmatched { why } => Err(why),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_interaction_is_played_once_the_exact_one_first() {
        let cassettes = deck(&["on 2026-01-01", "on 2026-01-02", "other"]);
        assert_eq!(ask(&cassettes, &call("m", "on 2026-01-02")), Ok(2));
        assert_eq!(ask(&cassettes, &call("m", "on 2026-01-02")), Ok(1), "a date makes no difference");
        assert_eq!(ask(&cassettes, &call("m", "other")), Ok(3));
        let again = ask(&cassettes, &call("m", "other")).unwrap_err();
        assert_eq!(again, "the cassette `c` has this request once, and each answer is played once");
        assert!(ask(&cassettes, &call("m", "on 2027-07-07")).unwrap_err().contains("2 times"));
        let summary = json!([{"session": "t", "cassette": "c", "interactions": 3, "played": 3}]);
        assert_eq!(cassettes.list(Some("t")), summary);
    }

    #[test]
    fn a_miss_names_what_came_nearest() {
        let cassettes = deck(&["one", "two"]);
        let why = "nearest in the cassette `c` is interaction 1: text: wanted a text like \"one\", the request has \"x\"";
        assert_eq!(ask(&cassettes, &call("m", "x")), Err(why.to_owned()));
        let why = ask(&cassettes, &call("n", "one")).unwrap_err();
        assert!(why.contains("interaction 1: model: wanted a text like \"m\""), "{why}");
        assert!(ask(&deck(&[]), &call("m", "x")).unwrap_err().contains("is empty"));
    }

    #[test]
    fn a_session_without_a_cassette_is_left_alone() {
        let cassettes = deck(&["one"]);
        assert!(cassettes.answer("", &call("m", "one")).is_none());
        assert_eq!((cassettes.forget(Some("x")), cassettes.forget(None), cassettes.forget(None)), (0, 1, 0));
        assert!(cassettes.answer("t", &call("m", "one")).is_none());
    }
}
