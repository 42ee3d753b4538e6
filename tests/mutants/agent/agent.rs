//! The loop: ask, try again where that helps, run tools, ask again, until there is an answer.

use crate::ask::{Ask, Outcome};
use crate::bug::Bug;
use crate::client::{Head, Model};
use crate::decide::{Next, decide, not_empty};
use crate::errors::SILENCE;
use crate::failure::{Failure, Remedy};
use crate::history::{self, Given, Planned};
use crate::limits::{ATTEMPTS, Deadline, REPEATS, TURNS, backoff};
use crate::message::{Block, Message};
use crate::tally::Tally;
use crate::tools::Tools;
use crate::{stream, unary};
use aws_sdk_bedrockruntime::types::{ContentBlock, Message as Turn, ToolConfiguration};
use serde_json::Value;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// An agent and its conversation.
pub(crate) struct Agent {
    model: Model,
    offered: ToolConfiguration,
    bug: Bug,
    turns: Vec<Turn>,
    unary: bool,
    plain: bool,
    /// What every attempt cost.
    pub(crate) tally: Tally,
    /// What ran.
    pub(crate) tools: Tools,
    /// What the last failed attempt had received.
    half: Vec<Block>,
}

impl Agent {
    /// An agent that has heard nothing yet.
    pub(crate) async fn new(model: Model, bug: Bug) -> Result<Self, String> {
        let tools = Tools::find().await?;
        Ok(Self {
            model,
            offered: tools.configuration().map_err(|why| why.to_string())?,
            bug,
            turns: Vec::new(),
            unary: false,
            plain: false,
            tally: Tally::new(bug),
            tools,
            half: Vec::new(),
        })
    }

    /// Answers a prompt. A turn that fails leaves no trace in the conversation.
    pub(crate) async fn prompt(&mut self, text: &str) -> Result<String, Failure> {
        let before = self.turns.len();
        self.turns.push(history::prompt(text)?);
        let answer = self.answer(Deadline::start()).await;
        if answer.is_err() {
            if self.bug.is(Bug::KeepsHalfMessages) {
                self.keep_half()?;
            } else {
                self.turns.truncate(before);
            }
        }
        answer
    }

    fn keep_half(&mut self) -> Result<(), Failure> {
        let blocks = std::mem::take(&mut self.half);
        let message = Message { blocks, ..Message::default() };
        let calls = history::plan(&message, self.bug);
        if !message.blocks.is_empty() {
            self.turns.push(history::assistant(&self.shown(&message.blocks), &calls, self.bug)?);
        }
        Ok(())
    }

    async fn answer(&mut self, deadline: Deadline) -> Result<String, Failure> {
        let mut planned: Vec<Planned> = Vec::new();
        let mut repeats = 0;
        let limit = if self.bug.is(Bug::LoopsForever) { u32::MAX } else { TURNS };
        for _ in 0..limit {
            let message = self.ask(deadline, &planned).await?;
            let next = decide(&message, self.bug)?;
            let calls = history::plan(&message, self.bug);
            repeats = if same(&calls, &planned) { repeats + 1 } else { 1 };
            if let Next::Answer = next {
                self.turns.push(history::assistant(&self.shown(&message.blocks), &calls, self.bug)?);
                return Ok(message.text());
            }
            if repeats > REPEATS && !self.bug.is(Bug::LoopsForever) {
                let what = format!("the model made the same tool call {repeats} times");
                return Err(Failure::own("Loop", what).of(message.request_id.as_deref()));
            }
            self.turns.push(history::assistant(&self.shown(&message.blocks), &calls, self.bug)?);
            self.run(&calls).await?;
            planned = calls;
        }
        Err(Failure::own("MaxTurns", format!("no answer after {TURNS} model calls")))
    }

    /// Runs every call and adds the results.
    async fn run(&mut self, calls: &[Planned]) -> Result<(), Failure> {
        let mut results: Vec<Given> = Vec::new();
        for call in calls {
            results.push(self.result(call).await?);
        }
        self.turns.extend(history::results(calls, &results, self.bug)?);
        Ok(())
    }

    /// What of a message goes into the history. Llama's Converse refuses words beside a call.
    fn shown(&self, blocks: &[Block]) -> Vec<Block> {
        let apart = self.model.id.contains("meta.llama")
            && blocks.iter().any(|block| matches!(block, Block::Call(_)));
        blocks.iter().filter(|block| !apart || !matches!(block, Block::Text(_))).cloned().collect()
    }

    async fn result(&mut self, planned: &Planned) -> Result<Given, Failure> {
        let call = &planned.call;
        let input = match &call.input {
            Ok(input) => input,
            Err(why) if self.bug.is(Bug::CrashesOnBadInput) => {
                return Err(Failure::own("JSONDecodeError", why));
            }
            Err(why) => return Ok(Err(format!("{why}. Write the call again."))),
        };
        match self.tools.run(planned, input, self.bug).await {
            Some(result) => Ok(result),
            None if self.bug.is(Bug::CrashesOnUnknownTool) => Err(Failure::own("KeyError", &call.name)),
            None => {
                Ok(Err(format!("There is no tool {:?}: use one of those that you were told of.", call.name)))
            }
        }
    }

    /// One message, however many attempts that takes within the limits.
    async fn ask(&mut self, deadline: Deadline, planned: &[Planned]) -> Result<Message, Failure> {
        let mut failed = 0;
        let mut before = None;
        loop {
            let outcome = self.attempt(deadline).await;
            self.tally.attempt(outcome.usage.as_ref());
            self.half = outcome.half;
            let failure = match outcome.result.and_then(|message| not_empty(message, self.bug)) {
                Ok(message) => return Ok(message),
                // Out of time in the middle of a retry: why there was one says more.
                Err(failure) if failure.kind == SILENCE && deadline.is_over() => before.unwrap_or(failure),
                Err(failure) => failure,
            };
            failed += 1;
            let Some(wait) = self.next_attempt(failure.remedy, failed).filter(|wait| deadline.allows(*wait))
            else {
                return Err(failure);
            };
            tokio::time::sleep(wait).await;
            before = Some(failure);
            if self.bug.is(Bug::RerunsTools) && !planned.is_empty() {
                self.turns.pop();
                self.run(planned).await?;
            }
        }
    }

    async fn attempt(&self, deadline: Deadline) -> Outcome {
        let head = Head::new(self.unary);
        let turns = if self.plain { history::without_status(&self.turns) } else { self.turns.clone() };
        let turns = if self.bug.is(Bug::KeepsEveryPicture) {
            turns
        } else {
            history::with_few_pictures(&turns, &self.model.id, self.bug)
        };
        let carries_results =
            self.turns.last().is_some_and(|turn| turn.content.iter().any(ContentBlock::is_tool_result));
        let drops = carries_results && self.bug.is(Bug::DropsToolConfig);
        let ask = Ask {
            model: &self.model,
            turns: &turns,
            tools: (!drops).then(|| self.offered.clone()),
            deadline,
            bug: self.bug,
        };
        let mut outcome =
            if self.unary { unary::attempt(&ask, &head).await } else { stream::attempt(&ask, &head).await };
        if let Ok(message) = &mut outcome.result {
            message.request_id = head.seen().request_id;
        }
        outcome
    }

    /// How long to wait for the next attempt, if there is one.
    fn next_attempt(&mut self, remedy: Remedy, failed: u32) -> Option<Duration> {
        let attempts = match remedy {
            Remedy::Unary => return (!std::mem::replace(&mut self.unary, true)).then_some(Duration::ZERO),
            Remedy::Plain if history::has_status(&self.turns) => {
                return (!std::mem::replace(&mut self.plain, true)).then_some(Duration::ZERO);
            }
            Remedy::Plain => return None,
            Remedy::Final => return None,
            _ if self.bug.is(Bug::RetriesForever) => u32::MAX,
            Remedy::AgainOnce => 2,
            Remedy::Again => ATTEMPTS,
        };
        (failed < attempts).then(|| match self.bug {
            Bug::RetriesAtOnce => Duration::ZERO,
            Bug::RetriesInStep => Duration::from_millis(150),
            // Short enough to become a storm before the prompt's time is over.
            Bug::RetriesForever => backoff(failed.min(2), chance()),
            _ => backoff(failed, chance()),
        })
    }
}

/// Any number: the standard library's keys differ for each.
fn chance() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn same(calls: &[Planned], before: &[Planned]) -> bool {
    let spelled = |planned: &[Planned]| -> Vec<(String, Option<Value>)> {
        let spelled = planned.iter().map(|planned| {
            (planned.call.name.clone(), planned.call.input.as_ref().ok().cloned().map(Value::Object))
        });
        spelled.collect()
    };
    !calls.is_empty() && spelled(calls) == spelled(before)
}
