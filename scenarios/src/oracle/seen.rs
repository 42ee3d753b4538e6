//! A transcript with what each exchange gave its client: read once, judged by every oracle.

use super::{Breach, Oracle, Transcript};
use crate::answered::{Delivered, delivered};
use crate::exchange::{Exchange, Verdict};
use crate::file::{Expect, ExpectedOutcome};
use crate::run_end::{RunEnd, RunExit};
use faultline_wire::message::Block;
use serde_json::Value;

/// One request and what its client was given.
pub(super) struct Turn<'a> {
    pub(super) exchange: &'a Exchange,
    pub(super) given: Delivered,
}

/// What the oracles read.
pub(super) struct Seen<'a> {
    /// The transcript itself.
    pub(super) transcript: &'a Transcript<'a>,
    /// Its Converse and ConverseStream requests, in their order.
    pub(super) turns: Vec<Turn<'a>>,
}

impl<'a> Seen<'a> {
    /// Reads what was given.
    pub(super) fn new(transcript: &'a Transcript<'a>) -> Self {
        let converse = transcript.exchanges.iter().filter(|exchange| exchange.call.operation.is_converse());
        let turns = converse.map(|exchange| Turn { exchange, given: delivered(exchange) });
        Self { transcript, turns: turns.collect() }
    }

    /// How the run ended, where somebody ran the agent.
    pub(super) fn run(&self) -> Option<&'a RunEnd> {
        self.transcript.run
    }

    /// Whether the agent says that it has a complete answer.
    pub(super) fn claims_success(&self) -> bool {
        self.run().is_some_and(|run| run.exit == RunExit::Success)
    }

    /// What the scenario expects.
    pub(super) fn expect(&self) -> Option<&'a Expect> {
        self.transcript.scenario.file.expect.as_ref()
    }

    /// How the scenario expects the run to end.
    pub(super) fn expected(&self) -> Option<ExpectedOutcome> {
        self.expect().map(|expect| expect.outcome)
    }

    /// The prompts of the scenario.
    pub(super) fn prompts(&self) -> Vec<&'a str> {
        self.transcript.scenario.file.prompt.as_ref().map(|prompt| prompt.all()).unwrap_or_default()
    }

    /// How often a text that was delivered once comes out of this agent; `None` when it prints no answers.
    pub(super) fn prints(&self) -> Option<usize> {
        self.transcript.sentinel.map(|(_, times)| times.max(1))
    }

    /// Whether the last text of the script, with its sentinel, was delivered in a whole message.
    pub(super) fn final_answer_arrived(&self) -> bool {
        let Some((word, _)) = self.transcript.sentinel else { return false };
        self.turns.iter().any(|turn| turn.given.is_whole() && turn.given.text().contains(word))
    }
}

impl Turn<'_> {
    /// A breach that this request shows.
    pub(super) fn breach(&self, oracle: Oracle, what: String) -> Breach {
        Breach { oracle, request: Some(self.exchange.id), what }
    }

    /// The request, in a few words.
    pub(super) fn name(&self) -> String {
        let call = &self.exchange.call;
        format!("request {} ({} {})", self.exchange.id, call.operation.name(), call.model_id)
    }

    /// Which turn of the conversation it asks for: the assistant turns that it holds.
    pub(super) fn place(&self) -> usize {
        self.exchange.call.assistant_turns()
    }

    /// Whether no scenario wanted it.
    pub(super) fn is_unmatched(&self) -> bool {
        matches!(self.exchange.decision.verdict, Verdict::Unmatched { .. })
    }

    /// Whether it was refused as Bedrock refuses it.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self.exchange.decision.verdict, Verdict::Refused { .. })
    }

    /// The toolResult blocks of all its messages, in order.
    pub(super) fn results(&self) -> Vec<&Value> {
        let content = self.exchange.call.messages().into_iter().flat_map(|message| message.content());
        let result = |block| if let Block::ToolResult(members) = block { Some(members) } else { None };
        content.filter_map(result).collect()
    }
}
