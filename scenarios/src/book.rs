//! The scenarios that a server plays, and which of them a request belongs to.

use crate::compile::{CompileError, Setting, compile};
use crate::exchange::Verdict;
use crate::file::{Order, Reply, ScenarioFile};
use crate::matcher::{self, first_text};
use crate::pace::Speed;
use crate::plan::Plan;
use crate::seed::Seed;
use faultline_wire::{Call, Family, Operation};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A loaded scenario with the plans that were compiled from it.
#[derive(Debug)]
pub struct Scenario {
    /// Its name: the path of its file below the loaded folder, without extension.
    pub name: Arc<str>,
    /// What its author wrote.
    pub file: ScenarioFile,
    plans: Mutex<HashMap<(usize, Operation, Family), Arc<Plan>>>,
}

impl Scenario {
    /// A scenario of this name.
    pub fn new(name: &str, file: ScenarioFile) -> Self {
        Self { name: name.into(), file, plans: Mutex::default() }
    }

    /// The family whose style the replies have for a request for `model_id`.
    pub fn family(&self, model_id: &str) -> Family {
        Family::of(self.file.model.as_deref().unwrap_or(model_id))
    }

    /// The compiled plan of reply `number` (from 0), made once for each operation and family.
    ///
    /// # Errors
    /// When the reply has no form for the operation.
    pub fn plan(
        &self,
        number: usize,
        operation: Operation,
        family: Family,
        speed: Speed,
    ) -> Result<Arc<Plan>, CompileError> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = plans.get(&(number, operation, family)) {
            return Ok(plan.clone());
        }
        let plan = Arc::new(self.compile(&self.file.replies[number], number, operation, family, speed)?);
        plans.insert((number, operation, family), plan.clone());
        Ok(plan)
    }

    /// Compiles `reply` as if it were reply `number`.
    ///
    /// # Errors
    /// When the reply has no form for the operation.
    pub fn compile(
        &self,
        reply: &Reply,
        number: usize,
        operation: Operation,
        family: Family,
        speed: Speed,
    ) -> Result<Plan, CompileError> {
        let seed = Seed::new(self.file.seed).of("reply").of(number as u64);
        let prompt = self.file.prompt.as_ref().map_or("", |prompt| prompt.first());
        let setting = Setting {
            operation,
            family,
            pace: self.file.pace,
            speed,
            seed: &seed,
            prompt_chars: prompt.len(),
        };
        compile(reply, &setting)
    }

    /// Which reply answers `call`, the `nth` of its session (from 1).
    ///
    /// # Errors
    /// Why none does.
    pub fn choose(&self, call: &Call, nth: u64) -> Result<usize, String> {
        let fits = |reply: &Reply| reply.when.as_ref().is_some_and(|when| matcher::fits(when, call).is_ok());
        if let Some(number) = self.file.replies.iter().position(fits) {
            return Ok(number);
        }
        let place = match self.file.order {
            Order::Conversation => call.assistant_turns(),
            Order::Call => usize::try_from(nth.saturating_sub(1)).unwrap_or(usize::MAX),
        };
        match self.file.replies.get(place) {
            Some(reply) if reply.when.is_none() => Ok(place),
            Some(_) => Err(self.nearest_reply(call)),
            None => Err(format!(
                "it has {} replies, the request asks for turn {}",
                self.file.replies.len(),
                place + 1
            )),
        }
    }

    fn nearest_reply(&self, call: &Call) -> String {
        let misses = self.file.replies.iter().enumerate().filter_map(|(at, reply)| {
            let miss = matcher::fits(reply.when.as_ref()?, call).err()?;
            Some((miss.fitted, format!("reply {}: {}: {}", at + 1, miss.field, miss.why)))
        });
        misses.max_by_key(|(fitted, _)| *fitted).map(|(_, why)| why).unwrap_or_default()
    }

    /// Whether `call`, whose first user message is `first`, belongs here.
    fn wants(&self, call: &Call, first: &str) -> bool {
        let prompt = self.file.prompt.as_ref();
        !self.takes_anything()
            && prompt.is_none_or(|prompt| prompt.first().trim() == first.trim())
            && self.file.when.as_ref().is_none_or(|when| matcher::fits(when, call).is_ok())
    }

    /// Why `call` does not belong here, with the number of fields that fitted.
    fn miss(&self, call: &Call, first: &str) -> Option<(usize, String)> {
        if let Some(miss) = self.file.when.as_ref().and_then(|when| matcher::fits(when, call).err()) {
            return Some((miss.fitted, format!("{}: {}", miss.field, miss.why)));
        }
        let prompt = self.file.prompt.as_ref()?.first();
        let differs = prompt.trim() != first.trim();
        differs.then(|| (0, format!("prompt: wanted {prompt:?}, the first user message is {first:?}")))
    }

    fn takes_anything(&self) -> bool {
        self.file.prompt.is_none() && self.file.when.is_none()
    }
}

/// The scenarios of a server.
#[derive(Debug, Default)]
pub struct Book {
    /// In the order of their files.
    pub scenarios: Vec<Arc<Scenario>>,
    /// How fast they are played.
    pub speed: Speed,
    /// Whether a request that no scenario wants gets an improvised reply.
    pub improvise: bool,
}

impl Book {
    /// A book of these scenarios, as written.
    pub fn new(scenarios: Vec<Scenario>) -> Self {
        Self { scenarios: scenarios.into_iter().map(Arc::new).collect(), ..Self::default() }
    }

    /// The scenario of that name.
    pub fn named(&self, name: &str) -> Option<&Arc<Scenario>> {
        self.scenarios.iter().find(|scenario| *scenario.name == *name)
    }

    /// The scenario that `call` belongs to. A session called like a scenario, or `scenario@anything`, is bound
    /// to it; else the first whose prompt and `when` fit; else the first that takes anything. A book of one
    /// scenario does not look at its prompt.
    ///
    /// # Errors
    /// What came nearest, and which field failed.
    pub fn choose(&self, session: &str, call: &Call) -> Result<&Arc<Scenario>, Verdict> {
        let bound = session.split_once('@').map_or(session, |(name, _)| name);
        if let Some(scenario) = self.named(bound) {
            return Ok(scenario);
        }
        if let [only] = self.scenarios.as_slice()
            && only.file.when.is_none()
        {
            return Ok(only);
        }
        let first = first_text(call);
        let found = self.scenarios.iter().find(|scenario| scenario.wants(call, &first));
        let found = found.or_else(|| self.scenarios.iter().find(|scenario| scenario.takes_anything()));
        found.ok_or_else(|| Verdict::Unmatched { why: self.nearest(call, &first) })
    }

    fn nearest(&self, call: &Call, first: &str) -> String {
        let misses = self.scenarios.iter().filter_map(|scenario| {
            let (fitted, why) = scenario.miss(call, first)?;
            Some((fitted, format!("nearest is `{}`: {why}", scenario.name)))
        });
        let first_of_best = misses.reduce(|best, next| if next.0 > best.0 { next } else { best });
        first_of_best.map_or_else(|| "no scenarios are loaded".to_owned(), |(_, why)| why)
    }
}
