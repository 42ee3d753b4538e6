//! Which scenarios the demo does not play, and why. Pure.

use faultline_scenarios::Scenario;

/// Scenarios that the reference agent cannot come through yet: it would hang, or show a failure that is its own.
const NOT_YET: [(&str, &str); 2] = [
    (
        "exceptions/throttling_first",
        "the agent of the demo leaves retries to the SDK, which makes none once a stream has begun",
    ),
    (
        "transport/stall_head",
        "the reference agent has no limit on the wait for the head of a response, and would wait for ever",
    ),
];

/// Why `scenario` is left out; `None` when it is played.
pub(crate) fn left_out(scenario: &Scenario) -> Option<&'static str> {
    if scenario.file.real_time {
        return Some("it waits in real time, up to many minutes");
    }
    if scenario.file.interrupt.is_some() {
        return Some("somebody stops the agent there, which `grade` does");
    }
    if !scenario.file.tools.is_empty() && scenario.file.faults.is_empty() {
        return Some("its own tools fail, and the reference agent has others");
    }
    NOT_YET.iter().find(|(name, _)| *name == &*scenario.name).map(|(_, why)| *why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_exists() {
        let library = crate::library::scenarios();
        for (name, _) in NOT_YET {
            assert!(library.iter().any(|scenario| &*scenario.name == name), "{name} is no scenario");
        }
    }

    #[test]
    fn scenarios_in_real_time_are_left_out() {
        let library = crate::library::scenarios();
        assert!(library.iter().any(|scenario| scenario.file.real_time));
        for scenario in library.iter().filter(|scenario| scenario.file.real_time) {
            assert!(left_out(scenario).is_some(), "{}", scenario.name);
        }
    }
}
