//! The scenarios that a server plays, and which of them a request belongs to.

use crate::cast::Casting;
use crate::matcher::first_text;
use crate::near::guess;
use crate::pace::Speed;
pub use crate::scenario::Scenario;
use crate::takes::joined;
use crate::test_folder::test_folder;
use faultline_wire::{Call, Operation};
use std::collections::HashSet;
use std::sync::Arc;

/// The scenarios of a server.
#[derive(Debug, Default)]
pub struct Book {
    /// In the order of their files.
    pub scenarios: Vec<Arc<Scenario>>,
    /// How fast they are played.
    pub speed: Speed,
    /// Whether a request that no scenario wants gets an improvised reply.
    pub improvise: bool,
    /// Whether replies are cast for an agent that the scenarios were not written for.
    pub cast: Option<Casting>,
}

impl Book {
    /// A book of these scenarios, as written. Takes of one recorded request that stand in several files are joined.
    pub fn new(scenarios: Vec<Scenario>) -> Self {
        Self { scenarios: joined(scenarios).into_iter().map(Arc::new).collect(), ..Self::default() }
    }

    /// The scenario of that name.
    pub fn named(&self, name: &str) -> Option<&Arc<Scenario>> {
        self.scenarios.iter().find(|scenario| *scenario.name == *name)
    }

    /// The names that more than one scenario has, each once: a session can be bound to the first of them only.
    pub fn duplicates(&self) -> Vec<&str> {
        let (mut seen, mut twice) = (HashSet::new(), Vec::new());
        for name in self.scenarios.iter().map(|scenario| &*scenario.name) {
            if !seen.insert(name) && !twice.contains(&name) {
                twice.push(name);
            }
        }
        twice
    }

    /// The scenario that `call` belongs to. A session called like a scenario, or `scenario@anything`, is bound
    /// to it; one called like a folder, or `folder@anything`, to those below it; of these the first whose prompt and `when`
    /// fit, else the first that takes anything. A book of one scenario does not look at its prompt, and where it is cast
    /// not at its `when` either.
    ///
    /// # Errors
    /// When there is none, or the name before `@` is no scenario's: what came nearest, and which field failed. A
    /// book that improvises answers all the same, so it does not say what came nearest.
    pub fn choose(&self, session: &str, call: &Call) -> Result<&Arc<Scenario>, String> {
        if let Some(scenario) = self.bound(session)? {
            return Ok(scenario);
        }
        if let [only] = self.scenarios.as_slice()
            && (only.file.when.is_none() || self.cast.is_some())
        {
            return Ok(only);
        }
        let (first, folder) = (first_text(call), &*self.folder(session));
        let found = self.below(folder).find(|scenario| scenario.wants(call, &first));
        let found = found.or_else(|| self.below(folder).find(|scenario| scenario.takes_anything()));
        found.ok_or_else(|| if self.improvise { String::new() } else { self.nearest(folder, call, &first) })
    }

    /// The scenario that a session is bound to by its name. Only a name with `@` must be bound.
    fn bound(&self, session: &str) -> Result<Option<&Arc<Scenario>>, String> {
        let whole = self.named(session);
        match session.split_once('@') {
            Some((name, _)) if whole.is_none() => match self.named(name) {
                None if self.folder(name).is_empty() => Err(self.unknown(name)),
                found => Ok(found),
            },
            _ => Ok(whole),
        }
    }

    /// The folder that a session is bound to by its name; the empty one, which holds everything, where there is none.
    fn folder(&self, session: &str) -> String {
        let name = session.split_once('@').map_or(session, |(name, _)| name);
        let own = Some(name.to_owned()).filter(|name| self.is_folder(name));
        own.or_else(|| Some(test_folder(name)).filter(|name| self.is_folder(name))).unwrap_or_default()
    }

    fn is_folder(&self, name: &str) -> bool {
        !name.is_empty() && self.below(name).next().is_some()
    }

    /// The scenarios of a folder and of those in it.
    fn below<'a, 'f>(&'a self, folder: &'f str) -> impl Iterator<Item = &'a Arc<Scenario>> + use<'a, 'f> {
        let is_below = move |scenario: &&Arc<Scenario>| {
            folder.is_empty() || scenario.name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        };
        self.scenarios.iter().filter(is_below)
    }

    fn unknown(&self, name: &str) -> String {
        let guess = guess(name, self.scenarios.iter().map(|scenario| &*scenario.name));
        let guess = guess.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
        format!("the session is bound to `{name}`, which is no scenario{guess}")
    }

    fn nearest(&self, folder: &str, call: &Call, first: &str) -> String {
        if self.scenarios.is_empty() {
            return "no scenarios are loaded".to_owned();
        }
        let candidates = self.below(folder).filter(|scenario| scenario.plays(call.operation));
        let ranked = candidates.map(|scenario| (scenario.nearness(call, first), scenario));
        let first_of_best = ranked.reduce(|best, next| if next.0 > best.0 { next } else { best });
        match first_of_best {
            Some(((fitted, _), scenario)) if fitted > 0 || call.operation.is_converse() => {
                format!("nearest is `{}`: {}", scenario.name, scenario.why_not(call, first))
            }
            _ => without_form(call.operation),
        }
    }
}

/// What is said of an operation that messages and events have no form for.
fn without_form(operation: Operation) -> String {
    let name = operation.name();
    if operation.streams() {
        return format!(
            "{name} is answered from recordings only (replies of `frames`), and none is for this request"
        );
    }
    format!(
        "{name} has no form in scenarios: only replies of `error` or `body` answer it, and none is for this request"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn book(files: &[(&str, &str)]) -> Book {
        let load = |(name, text): &(&str, &str)| {
            let text = format!("faultline: 1\n{text}\n");
            crate::load::scenario(name, name, &text).unwrap_or_else(|bad| panic!("{}", bad.to_text()))
        };
        Book::new(files.iter().map(load).collect())
    }

    fn call(operation: Operation, prompt: &str) -> Call {
        Call {
            operation,
            model_id: "amazon.nova-pro-v1:0".into(),
            base: String::new(),
            headers: Vec::new(),
            body: json!({"messages": [{"role": "user", "content": [{"text": prompt}]}]}),
        }
    }

    fn check(book: &Book, session: &str, call: &Call, expected: &str) {
        let why = book.choose(session, call).map_or_else(|why| why, |scenario| scenario.name.to_string());
        assert_eq!(why, expected, "{session} {}", call.operation.name());
    }

    const HI: &str = "replies: [{message: [{text: hi}]}]";

    fn two() -> Book {
        let (orders, weather) =
            (format!("prompt: Where is my order?\n{HI}"), format!("prompt: Will it rain today?\n{HI}"));
        book(&[("orders", &orders), ("weather", &weather)])
    }

    #[test]
    fn the_nearest_scenario_is_the_one_with_the_nearest_prompt() {
        let rain = r#"nearest is `weather`: prompt: wanted "Will it rain today?", the first user message is "Will it snow today?""#;
        check(&two(), "", &call(Operation::Converse, "Will it snow today?"), rain);
        let order = r#"nearest is `orders`: prompt: wanted "Where is my order?", the first user message is "where's the order""#;
        check(&two(), "", &call(Operation::Converse, "where's the order"), order);
    }

    #[test]
    fn a_field_that_fits_is_nearer_than_a_prompt_that_does_not() {
        let (same, other) =
            (format!("prompt: Go\nwhen: {{model: claude}}\n{HI}"), format!("prompt: Gone\n{HI}"));
        let why = "nearest is `same`: model: wanted a text that contains \"claude\", the request has amazon.nova-pro-v1:0";
        check(&book(&[("other", &other), ("same", &same)]), "", &call(Operation::Converse, "Go"), why);
    }

    #[test]
    fn an_operation_without_a_form_is_said_to_have_none() {
        let stream = "InvokeModelWithResponseStream is answered from recordings only (replies of `frames`), and none is for this request";
        check(&two(), "", &call(Operation::InvokeModelWithResponseStream, "x"), stream);
        let unary = "InvokeModel has no form in scenarios: only replies of `error` or `body` answer it, and none is for this request";
        check(&two(), "", &call(Operation::InvokeModel, "x"), unary);
        let recording = "when: {operation: InvokeModelWithResponseStream, model: claude}\nreplies: [{frames: [{event: chunk, payload: {bytes: e30=}}]}]";
        let book = book(&[("orders", HI), ("recorded", recording)]);
        let book = Book { scenarios: book.scenarios[1..].to_vec(), ..book };
        let near = "nearest is `recorded`: model: wanted a text that contains \"claude\", the request has amazon.nova-pro-v1:0";
        check(&book, "", &call(Operation::InvokeModelWithResponseStream, "x"), near);
        check(&book, "", &call(Operation::InvokeModel, "x"), unary);
    }

    #[test]
    fn a_session_bound_to_no_scenario_is_unmatched() {
        let rain = call(Operation::Converse, "Will it rain today?");
        check(&two(), "orders@1", &rain, "orders");
        check(&two(), "orders", &rain, "orders");
        check(
            &two(),
            "order@1",
            &rain,
            "the session is bound to `order`, which is no scenario, did you mean `orders`?",
        );
        check(&two(), "nosuch@1", &rain, "the session is bound to `nosuch`, which is no scenario");
        check(&two(), "nosuch", &rain, "weather");
        check(
            &book(&[("only", HI)]),
            "nosuch@1",
            &rain,
            "the session is bound to `nosuch`, which is no scenario",
        );
        check(&book(&[("a@2", HI), ("b", HI)]), "a@2", &rain, "a@2");
    }

    #[test]
    fn a_session_called_like_a_folder_has_what_is_in_it() {
        let go = |reply: &str| format!("prompt: Go\nreplies: [{{message: [{{text: {reply}}}]}}]");
        let book = book(&[
            ("a/one", &go("one")),
            ("b/one", &go("two")),
            ("b/c/two", &go("three")),
            ("d/t__one/x", &go("four")),
        ]);
        let call = call(Operation::Converse, "Go");
        for (session, expected) in [
            ("", "a/one"),
            ("b", "b/one"),
            ("b@7", "b/one"),
            ("b/c", "b/c/two"),
            ("b/one", "b/one"),
            ("d/t::one", "d/t__one/x"),
            ("x", "a/one"),
        ] {
            check(&book, session, &call, expected);
        }
        let other = super::tests::call(Operation::Converse, "Stop");
        let why = "nearest is `b/c/two`: prompt: wanted \"Go\", the first user message is \"Stop\"";
        check(&book, "b/c", &other, why);
        check(&book, "x@1", &call, "the session is bound to `x`, which is no scenario");
    }

    #[test]
    fn names_that_several_scenarios_have_are_told() {
        assert_eq!(
            book(&[("a", HI), ("b", HI), ("a", HI), ("c", HI), ("a", HI), ("c", HI)]).duplicates(),
            ["a", "c"]
        );
        assert_eq!(two().duplicates(), [""; 0]);
    }
}
