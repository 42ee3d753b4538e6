//! Recordings that other tools made, as takes: which kind a file is, what is in it, what is not taken from it and why.
//!
//! Bytes in, takes out: each format is one leaf. No file is read here but by [`file()`] and [`folder()`], which know the
//! notes beside an `.es` recording. What a file does not keep is not made up: where it has no times, everything comes at
//! one moment.

mod body;
mod ddapm;
mod es;
mod exchange;
mod go_vcr;
mod har;
mod httpmock;
mod kind;
mod nock;
mod origin;
mod played;
mod req_llm;
mod ruby_vcr;
mod tree;
mod vcrpy;
mod wiremock;
mod written;
mod yaml;

pub use es::{ImportError, Recording, file, folder, is_recording};
pub use kind::Kind;
pub use played::{condition, plan};
pub use written::{Written, written};

use crate::take::Take;
use exchange::{Exchange, Not, Taken};
use faultline_scenarios::file::Provenance;
use tree::Tree;

/// A file beside the one that is imported, by its path from there: WireMock keeps bodies so.
pub type Beside<'a> = &'a dyn Fn(&str) -> Option<Vec<u8>>;

/// The exchanges of a document, or what is wrong with each.
type Entries = Vec<Result<Exchange, String>>;

/// What a file holds.
#[derive(Debug)]
pub struct Imported {
    /// Whose recording it is.
    pub kind: Kind,
    /// The name that it gives itself: of the test that was recorded.
    pub name: Option<String>,
    /// Its takes, in their order.
    pub takes: Vec<Take>,
    /// What was not taken.
    pub skipped: Vec<Skipped>,
    /// What was taken and is not as it was on the wire, each with how often.
    pub notes: Vec<(&'static str, usize)>,
}

/// An exchange that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Which one, from 1.
    pub number: usize,
    /// Why.
    pub why: String,
    /// Whether something is wrong with it; else it is none of Bedrock's.
    pub is_broken: bool,
}

/// Why a file cannot be imported at all.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Unreadable {
    /// It is neither a stream, nor JSON, nor YAML.
    #[error("neither an event stream, nor JSON, nor YAML: {0}")]
    Syntax(String),
    /// It is ours already.
    #[error("a scenario already: `faultline serve` plays it")]
    Scenario,
    /// Nobody whom we know wrote it.
    #[error("no recording that is known; where it is one all the same, say which: --kind {}", Kind::ALL.map(Kind::name).join("|"))]
    Unknown,
    /// It is an event stream, and not all of it is sound.
    #[error("no sound event stream: {0}")]
    Frames(String),
}

/// The takes of a file. `kind`: whose it is, where that shall not be found out.
///
/// # Errors
/// When it cannot be read as any kind, or not as that one.
pub fn read(bytes: &[u8], kind: Option<Kind>, beside: Beside<'_>) -> Result<Imported, Unreadable> {
    if kind == Some(Kind::Es) || (kind.is_none() && es::begins_a_stream(bytes)) {
        let take = es::take(bytes).map_err(Unreadable::Frames)?;
        let (skipped, notes) = (Vec::new(), vec![(es::NOTHING_KEPT, 1)]);
        return Ok(Imported { kind: Kind::Es, name: None, takes: vec![take], skipped, notes });
    }
    // Some suites keep whole cassettes packed: `test_agent.yaml.gz`.
    let whole = body::unpacked(bytes.to_vec(), None).map_err(Unreadable::Syntax)?;
    let documents = documents(&whole).map_err(Unreadable::Syntax)?;
    let first = documents.first().ok_or_else(|| Unreadable::Syntax("it is empty".to_owned()))?;
    if kind.is_none() && first.has("faultline") {
        return Err(Unreadable::Scenario);
    }
    let kind = kind.or_else(|| Kind::of(first)).ok_or(Unreadable::Unknown)?;
    let name = (kind == Kind::Har).then(|| har::name(first)).flatten();
    let entries = documents.iter().flat_map(|document| entries(kind, document, beside));
    Ok(gathered(kind, name, entries))
}

/// JSON is tried first: it has escapes that YAML has not, and is quicker.
fn documents(bytes: &[u8]) -> Result<Vec<Tree>, String> {
    let text = std::str::from_utf8(bytes).map_err(|why| why.to_string())?;
    let text = text.trim_start_matches('\u{FEFF}');
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) => Ok(vec![value.into()]),
        Err(why) if text.trim_start().starts_with(['{', '[']) => {
            yaml::documents(text).map_err(|_| why.to_string())
        }
        Err(_) => yaml::documents(text),
    }
}

fn entries(kind: Kind, document: &Tree, beside: Beside<'_>) -> Entries {
    match kind {
        Kind::Es => Vec::new(),
        Kind::Vcrpy => vcrpy::entries(document),
        Kind::RubyVcr => ruby_vcr::entries(document),
        Kind::GoVcr => go_vcr::entries(document),
        Kind::Nock => nock::entries(document),
        Kind::Wiremock => wiremock::entries(document, beside),
        Kind::Har => har::entries(document),
        Kind::Ddapm => ddapm::entries(document),
        Kind::ReqLlm => req_llm::entries(document),
        Kind::Httpmock => httpmock::entries(document),
    }
}

fn gathered(
    kind: Kind,
    name: Option<String>,
    entries: impl Iterator<Item = Result<Exchange, String>>,
) -> Imported {
    let mut out = Imported { kind, name, takes: Vec::new(), skipped: Vec::new(), notes: Vec::new() };
    for (number, entry) in (1..).zip(entries) {
        match entry.map_err(Not::Sound).and_then(Exchange::take) {
            Ok(taken) => out.add(taken),
            Err(Not::Ours(why)) => out.skipped.push(Skipped { number, why, is_broken: false }),
            Err(Not::Sound(why)) => out.skipped.push(Skipped { number, why, is_broken: true }),
        }
    }
    out
}

impl Imported {
    fn add(&mut self, Taken { take, notes }: Taken) {
        for note in notes {
            match self.notes.iter_mut().find(|(known, _)| *known == note) {
                Some((_, count)) => *count += 1,
                None => self.notes.push((note, 1)),
            }
        }
        let from = Provenance { by: Some(self.kind.name().to_owned()), ..take.from.clone() };
        self.takes.push(Take { from, ..take });
    }
}
