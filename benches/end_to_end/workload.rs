//! What is asked and what is answered: a scenario among others, a request that belongs to it, and its plan.

use anyhow::{Result, anyhow};
use clap::ValueEnum;
use faultline_scenarios::{Book, Plan, Sessions, load};
use faultline_wire::{Call, Route};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Scenarios that a request is not for, asked before the one that it is for.
const DECOYS: usize = 19;

/// What the request says.
pub(crate) const PROMPT: &str = "Tell me a story.";

/// Where the request goes.
pub(crate) const PATH: &str = "/model/anthropic.claude-3-haiku-20240307-v1:0/converse-stream";

/// Which stream is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Workload {
    /// 54 frames at once: 50 deltas of 20 characters.
    Burst,
    /// The same, a delta every 20 ms.
    Steady,
    /// 12 frames, a delta every second.
    Slow,
    /// A cassette of 60 frames with gaps of 0.9 to 61 ms.
    Recorded,
    /// Few deltas, 100 ms apart: for smoke runs of the paced measurements.
    Smoke,
}

impl Workload {
    /// Deltas, and the time between two.
    fn shape(self) -> (usize, Duration) {
        match self {
            Self::Burst => (50, Duration::ZERO),
            Self::Steady => (50, Duration::from_millis(20)),
            Self::Slow => (8, Duration::from_secs(1)),
            Self::Recorded => (GAPS.len() * 6, Duration::ZERO),
            Self::Smoke => (5, Duration::from_millis(100)),
        }
    }

    /// The scenarios that a server plays: all but the last have other prompts.
    pub(crate) fn book(self) -> Result<Book> {
        let names =
            (0..DECOYS).map(|number| (format!("decoy-{number}"), format!("Tell me a joke {number}.")));
        let named = names.chain([("story".to_owned(), PROMPT.to_owned())]);
        let load = |(name, prompt): (String, String)| {
            load::scenario(&name, &name, &self.scenario(&prompt)).map_err(|bad| anyhow!(bad.to_text()))
        };
        Ok(Book::new(named.map(load).collect::<Result<_>>()?))
    }

    /// The one scenario that the request is for, as a file.
    pub(crate) fn text(self) -> String {
        self.scenario(PROMPT)
    }

    fn scenario(self, prompt: &str) -> String {
        let (deltas, token) = self.shape();
        if self == Self::Recorded {
            return cassette(prompt, deltas);
        }
        let fragments: Vec<String> =
            (0..deltas).map(|number| format!("twenty characters {number:02}")).collect();
        let block = json!({ "text": fragments.concat(), "fragments": fragments });
        let pace = json!({ "token": format!("{}ms", token.as_millis()) });
        json!({ "faultline": 1, "prompt": prompt, "replies": [{ "message": [block], "pace": pace }] })
            .to_string()
    }

    /// The plan that the request is answered with: its bytes are the same for every stream.
    pub(crate) fn plan(self) -> Result<Arc<Plan>> {
        let route = Route::parse("POST", PATH).ok_or_else(|| anyhow!("{PATH} is no operation"))?;
        let call = Call::new(route, Vec::new(), serde_json::from_str(&body())?);
        Ok(Sessions::new(self.book()?).answer(&"".into(), &call, Duration::ZERO).plan)
    }

    /// When each frame is due, and where it ends in the body.
    pub(crate) fn due(self) -> Result<Vec<(Duration, usize)>> {
        let plan = self.plan()?;
        let mut end = 0;
        let data = plan.actions().iter().filter(|action| !action.bytes().is_empty());
        Ok(data
            .map(|action| {
                end += action.bytes().len();
                (action.at, end)
            })
            .collect())
    }
}

/// The gaps of a cassette, in milliseconds: again and again.
const GAPS: [f64; 10] = [3.2, 17.5, 41.25, 8.0, 0.9, 60.75, 25.3, 12.0, 33.125, 5.5];

/// Deltas as they were recorded.
fn cassette(prompt: &str, deltas: usize) -> String {
    let mut at = 250.0;
    let frame = |number: usize| {
        at += GAPS[number % GAPS.len()];
        let text = format!("twenty characters {number:02}");
        json!({"t_ms": at, "event": "contentBlockDelta", "payload": {"contentBlockIndex": 0, "delta": {"text": text}}, "p": 7})
    };
    let frames: Vec<_> = (0..deltas).map(frame).collect();
    json!({ "faultline": 1, "prompt": prompt, "replies": [{ "head": {"t_ms": 250}, "frames": frames }] })
        .to_string()
}

/// The request body: a small Converse request.
pub(crate) fn body() -> String {
    json!({
        "messages": [{ "role": "user", "content": [{ "text": PROMPT }] }],
        "inferenceConfig": { "maxTokens": 512 },
    })
    .to_string()
}
