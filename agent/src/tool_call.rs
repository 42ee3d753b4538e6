//! One tool call from its first attempt to its end: waits, retries, fallbacks. It emits notes, not events, and knows
//! no message.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::clock::Clock;
use crate::tool_attempt::{Attempt, Limits, attempt};
use crate::tool_note::{Note, Notes};
use crate::tools::{Entry, Gate, Health, ToolContext, ToolError, ToolOutput};

/// A call that may run.
pub(crate) struct ToolCall {
    pub(crate) entry: Arc<Entry>,
    pub(crate) input: Map<String, Value>,
    /// The input in canonical form.
    pub(crate) canonical: String,
    pub(crate) id: String,
    pub(crate) key: String,
    /// The hard timeout of a tool that has none of its own.
    pub(crate) hard_timeout: Option<Duration>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// What came of a call.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) result: Result<ToolOutput, String>,
    /// Whether any tool was asked.
    pub(crate) ran: bool,
    /// Whether the output is what a tool had sent when it was stopped.
    pub(crate) partial: bool,
}

/// What came of one tool of a call.
struct Tried {
    result: Result<ToolOutput, ToolError>,
    ran: bool,
    partial: bool,
}

impl ToolCall {
    /// Runs the call through its tool and, where that is unwell, its fallbacks. `first` is the tool's own answer to
    /// whether an attempt may begin; where it is `Go`, the call counts as announced.
    pub(crate) async fn run(&self, first: Gate, notes: &Notes) -> Settled {
        let (mut entry, mut gate, mut ran) = (&self.entry, first, false);
        let mut announced = matches!(gate, Gate::Go(_));
        loop {
            let tried = self.ask(entry, gate, &mut announced, notes).await;
            ran |= tried.ran;
            let error = match (self.fallback(entry, &tried), tried.result) {
                (Some(next), Err(error)) => {
                    notes.send(Note::Fallback { tool: next.name().to_owned(), error: error.message });
                    entry = next;
                    gate = entry.admit(self.clock.now());
                    continue;
                }
                (_, Ok(output)) => return Settled { result: Ok(output), ran, partial: tried.partial },
                (None, Err(error)) => error,
            };
            return Settled { result: Err(in_words(&error.message)), ran, partial: false };
        }
    }

    /// The tool that is asked next. A write that has begun is not given to another tool: it may have taken effect.
    fn fallback<'a>(&self, entry: &'a Entry, tried: &Tried) -> Option<&'a Arc<Entry>> {
        let unwell = tried.result.as_ref().is_err_and(|error| error.transient);
        let harmless = entry.policy.idempotent || !tried.ran;
        let next = entry.fallback.as_ref().filter(|_| unwell && harmless)?;
        next.check.check(&self.input).is_ok().then_some(next)
    }

    /// Asks one tool, as often as its policy allows.
    async fn ask(&self, entry: &Entry, first: Gate, announced: &mut bool, notes: &Notes) -> Tried {
        let (mut gate, mut number) = (first, 0);
        let mut last = None;
        loop {
            let wait = match gate {
                Gate::Go(wait) => wait,
                Gate::Shut(why) => {
                    let ran = last.is_some();
                    let error = last.unwrap_or_else(|| {
                        ToolError::transient(format!("{} was not run. {why}", entry.name()))
                    });
                    return Tried { result: Err(error), ran, partial: false };
                }
            };
            tokio::time::sleep(wait).await;
            if !std::mem::replace(announced, true) {
                notes.send(Note::Started);
            }
            number += 1;
            let error = match self.attempt(entry, number, notes).await {
                Attempt::Whole(output) => return Tried { result: Ok(output), ran: true, partial: false },
                Attempt::Partial(output) => return Tried { result: Ok(output), ran: true, partial: true },
                Attempt::Failed(error) => error,
            };
            if !error.transient || !entry.policy.idempotent || number > entry.policy.retries {
                return Tried { result: Err(error), ran: true, partial: false };
            }
            let after = entry.policy.wait_after(number);
            notes.send(Note::Retry { attempt: number + 1, after, error: error.message.clone() });
            last = Some(error);
            tokio::time::sleep(after).await;
            gate = entry.admit(self.clock.now());
        }
    }

    async fn attempt(&self, entry: &Entry, number: u32, notes: &Notes) -> Attempt {
        let limits =
            Limits { hard: entry.policy.hard_timeout.or(self.hard_timeout), soft: entry.policy.soft_timeout };
        let context = ToolContext::new(&self.id, &self.key, number);
        let on_piece = |piece| notes.send(Note::Piece(piece));
        let ended = attempt(&*entry.tool, &self.input, context, limits, on_piece).await;
        let now = self.clock.now();
        let unwell = matches!(&ended, Attempt::Failed(error) if error.transient);
        entry.report(if unwell { Health::Unwell } else { Health::Well }, now);
        if let Attempt::Whole(output) = &ended {
            entry.remember(&self.canonical, output, now);
        }
        ended
    }
}

/// Bedrock refuses an error result without content.
fn in_words(message: &str) -> String {
    if message.trim().is_empty() {
        "The tool failed without a message.".to_owned()
    } else {
        message.to_owned()
    }
}
