//! How to see a failure again: one command. Pure.

use super::bench::Manner;
use crate::shell::quoted;
use faultline_scenarios::{Scenario, Speed};
use std::path::PathBuf;
use std::time::Duration;

/// What of a command line belongs to every scenario.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    /// Where the scenarios came from; none: the built-in library.
    pub(crate) paths: Vec<PathBuf>,
    /// How they were played.
    pub(crate) manner: Manner,
    /// The seed, where one was given.
    pub(crate) seed: Option<u64>,
    /// The agent, as words for a shell.
    pub(crate) agent: String,
}

impl Replay {
    /// The command that plays one scenario again as it was played; what is the default is left out.
    pub(crate) fn of(&self, scenario: &Scenario) -> String {
        let mut words = vec!["faultline grade".to_owned()];
        words.extend(self.paths.iter().map(|path| quoted(&path.display().to_string())));
        words.push(format!("--only {}", quoted(&scenario.name)));
        words.extend(scenario.file.real_time.then(|| "--slow".to_owned()));
        words.extend(match self.manner.speed {
            Speed::Factor(factor) if (factor - 20.0).abs() > f64::EPSILON => {
                Some(format!("--speed {factor}x"))
            }
            Speed::Max => Some("--speed max".to_owned()),
            _ => None,
        });
        if self.manner.limit != Duration::from_secs(30) {
            words.push(format!("--time-limit {}ms", self.manner.limit.as_millis()));
        }
        words.extend(self.seed.map(|seed| format!("--seed {seed}")));
        words.extend(self.manner.model.iter().map(|model| format!("--model {}", quoted(model))));
        words.push(self.agent.clone());
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_scenarios::file::ScenarioFile;

    fn check(name: &str, real_time: bool, replay: &Replay, expected: &str) {
        let file = ScenarioFile { real_time, ..ScenarioFile::default() };
        assert_eq!(replay.of(&Scenario::new(name, file)), expected);
    }

    #[test]
    fn what_was_said_is_said_again_and_defaults_are_not() {
        let limit = Duration::from_secs(30);
        let manner = Manner { speed: Speed::Factor(20.0), limit, model: None, seed: 0 };
        let plain =
            Replay { paths: Vec::new(), manner, seed: None, agent: "-- python 'my agent.py'".to_owned() };
        check("a/b", false, &plain, "faultline grade --only a/b -- python 'my agent.py'");
        check("a/b", true, &plain, "faultline grade --only a/b --slow -- python 'my agent.py'");
        let manner = Manner {
            speed: Speed::Factor(2.5),
            limit: Duration::from_millis(1500),
            model: Some("m".to_owned()),
            seed: 7,
        };
        let much = Replay { paths: vec!["my scenarios".into()], manner, seed: Some(7), ..plain };
        let options = "--speed 2.5x --time-limit 1500ms --seed 7 --model m";
        let expected =
            format!("faultline grade 'my scenarios' --only 'a b' {options} -- python 'my agent.py'");
        check("a b", false, &much, &expected);
    }
}
