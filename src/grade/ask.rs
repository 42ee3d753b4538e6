//! What an agent is asked in one run, and in which forms it gets it. Pure.

use crate::toolbox::variables as tools_at;
use faultline_scenarios::Scenario;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;
use std::time::Duration;

/// What an agent is asked when a scenario has no prompt.
const PROMPT: &str = "Hello.";

/// The model that is named where a scenario names none.
const MODEL: &str = "anthropic.claude-sonnet-4-5-20250929-v1:0";

/// Where the prompt goes, in a command and in the body for a service.
pub(crate) const PLACE: &str = "{prompt}";

/// One run's question.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// The scenario's name.
    pub(crate) scenario: String,
    /// What a user says, one turn after the other.
    pub(crate) prompts: Vec<String>,
    /// The model id that the scenario was written for; an agent need not ask for it.
    pub(crate) model: String,
    /// Where the agent may write what it knows of itself.
    pub(crate) report: Option<PathBuf>,
    /// Where the scenario's own tools are served, if it has any.
    pub(crate) tools: Option<String>,
    /// Where it may keep its conversation for a second run, if there is one.
    pub(crate) state: Option<PathBuf>,
    /// How long it may take, in real time.
    pub(crate) limit: Duration,
}

impl Ask {
    /// The question of a scenario.
    pub(crate) fn of(scenario: &Scenario, model: Option<&str>, limit: Duration) -> Self {
        let prompts = scenario.file.prompt.as_ref().map(|prompt| prompt.all()).unwrap_or_default();
        let prompts = if prompts.is_empty() { vec![PROMPT] } else { prompts };
        Self {
            scenario: scenario.name.to_string(),
            prompts: prompts.into_iter().map(str::to_owned).collect(),
            model: model.or(scenario.file.model.as_deref()).unwrap_or(MODEL).to_owned(),
            report: None,
            tools: None,
            state: None,
            limit,
        }
    }

    /// The question of the first run and that of the second, where an agent is stopped and started again.
    pub(crate) fn in_two(self) -> (Self, Self) {
        let (first, rest) = self.prompts.split_at(self.prompts.len().min(1));
        let (first, rest) = (first.to_vec(), rest.to_vec());
        (Self { prompts: first, ..self.clone() }, Self { prompts: rest, ..self })
    }

    /// The variables that say it.
    pub(crate) fn variables(&self) -> Vec<(&'static str, OsString)> {
        let mut variables = vec![
            ("FAULTLINE_PROMPT", self.prompt().into()),
            ("FAULTLINE_SCENARIO", self.scenario.clone().into()),
            ("FAULTLINE_MODEL", self.model.clone().into()),
        ];
        variables.extend(self.state.iter().map(|path| ("FAULTLINE_STATE", path.clone().into_os_string())));
        variables.extend(self.report.iter().map(|path| ("FAULTLINE_REPORT", path.clone().into_os_string())));
        variables
            .extend(self.tools.iter().flat_map(|url| tools_at(url)).map(|(name, url)| (name, url.into())));
        variables
    }

    /// Standard input: a line for each prompt, so a line break within one becomes a space.
    pub(crate) fn stdin(&self) -> String {
        let line = |prompt: &String| prompt.replace(['\r', '\n'], " ") + "\n";
        self.prompts.iter().map(line).collect()
    }

    /// The command's words with the prompt in its place.
    pub(crate) fn words(&self, command: &[OsString]) -> Vec<OsString> {
        command.iter().map(|word| replaced(word, &self.prompt())).collect()
    }

    /// The body for a service: the template with the prompt as JSON text in its place.
    pub(crate) fn body(prompt: &str, template: &str) -> String {
        let text = serde_json::Value::from(prompt).to_string();
        // The quotes around it are the template's own: `{"prompt": "{prompt}"}`.
        template.replace(PLACE, &text[1..text.len() - 1])
    }

    fn prompt(&self) -> String {
        self.prompts.join("\n")
    }
}

/// A word need not be text, so bytes are looked at.
fn replaced(word: &OsString, prompt: &str) -> OsString {
    let (bytes, place) = (word.as_bytes(), PLACE.as_bytes());
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        if bytes[at..].starts_with(place) {
            out.extend_from_slice(prompt.as_bytes());
            at += place.len();
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    OsString::from_vec(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(prompts: &[&str]) -> Ask {
        Ask {
            scenario: "group/name".to_owned(),
            prompts: prompts.iter().map(|&prompt| prompt.to_owned()).collect(),
            model: MODEL.to_owned(),
            report: None,
            tools: None,
            state: None,
            limit: Duration::ZERO,
        }
    }

    #[test]
    fn a_prompt_is_one_line_of_standard_input_whatever_it_holds() {
        assert_eq!(ask(&["Where\nis it?", "And now?"]).stdin(), "Where is it?\nAnd now?\n");
    }

    #[test]
    fn the_prompt_stands_wherever_the_command_has_a_place_for_it() {
        let command = ["ask", "--text={prompt}", "{prompt}{prompt}", "{ prompt }", "\u{fc}{prompt}"]
            .map(OsString::from);
        let words = ask(&["it's {prompt}"]).words(&command);
        assert_eq!(
            words,
            [
                "ask",
                "--text=it's {prompt}",
                "it's {prompt}it's {prompt}",
                "{ prompt }",
                "\u{fc}it's {prompt}"
            ]
        );
    }

    #[test]
    fn a_body_stays_json_whatever_the_prompt_holds() {
        let template = r#"{"input": {"prompt": "{prompt}"}}"#;
        for prompt in ["plain", "say \"hi\"", "a\nb\\", "\"", "{prompt}"] {
            let body: serde_json::Value = serde_json::from_str(&Ask::body(prompt, template)).unwrap();
            assert_eq!(body["input"]["prompt"], prompt);
        }
    }
}
