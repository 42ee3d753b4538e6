//! Which scenarios are played. Pure.

use faultline_scenarios::Scenario;
use std::sync::Arc;

/// The scenarios that any of the words means, in their own order; all of them without words. A word is a group, a name or
/// the first folders of one (with or without the group), or the id of a failure.
///
/// # Errors
/// The first word that means none.
pub(crate) fn pick(scenarios: &[Arc<Scenario>], words: &[String]) -> Result<Vec<Arc<Scenario>>, String> {
    for word in words {
        if !scenarios.iter().any(|scenario| is_meant(scenario, word)) {
            return Err(format!(
                "--only {word}: no scenario, group or id is called so (`faultline list` shows them)"
            ));
        }
    }
    let wanted = |scenario: &Scenario| words.is_empty() || words.iter().any(|word| is_meant(scenario, word));
    Ok(scenarios.iter().filter(|scenario| wanted(scenario)).cloned().collect())
}

fn is_meant(scenario: &Scenario, word: &str) -> bool {
    let word = word.trim_end_matches('/');
    let begins =
        |name: &str| name == word || name.strip_prefix(word).is_some_and(|rest| rest.starts_with('/'));
    let own = scenario.name.split_once('/').map_or("", |(_, own)| own);
    begins(&scenario.name) || begins(own) || scenario.file.id.as_deref() == Some(word)
}

/// The group of a scenario: the first folder of its name.
pub(crate) fn group(name: &str) -> &str {
    name.split_once('/').map_or("", |(group, _)| group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_scenarios::file::ScenarioFile;

    fn check(words: &[&str], expected: Result<&[&str], &str>) {
        let scenario = |name: &str, id: &str| {
            Arc::new(Scenario::new(name, ScenarioFile { id: Some(id.to_owned()), ..ScenarioFile::default() }))
        };
        let all = [
            scenario("errors/throttle", "pre-429-tpm"),
            scenario("exceptions/every/throttling/first", "exc-429"),
            scenario("exceptions/every/internal/first", "exc-500"),
            scenario("hello", "x"),
        ];
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let picked = pick(&all, &words);
        let names =
            picked.map(|picked| picked.iter().map(|scenario| scenario.name.to_string()).collect::<Vec<_>>());
        match (names, expected) {
            (Ok(names), Ok(expected)) => assert_eq!(names, expected, "{words:?}"),
            (Err(why), Err(part)) => assert!(why.contains(part), "{why}"),
            (other, _) => panic!("{words:?}: {other:?}"),
        }
    }

    #[test]
    fn groups_names_parts_of_names_and_ids_pick() {
        check(&["errors"], Ok(&["errors/throttle"]));
        check(&["hello", "errors/throttle"], Ok(&["errors/throttle", "hello"]));
        check(
            &["exceptions/every"],
            Ok(&["exceptions/every/throttling/first", "exceptions/every/internal/first"]),
        );
        check(&["every/internal"], Ok(&["exceptions/every/internal/first"]));
        check(&["pre-429-tpm"], Ok(&["errors/throttle"]));
        check(&["errors/"], Ok(&["errors/throttle"]));
    }

    #[test]
    fn a_word_that_means_nothing_is_told() {
        check(&["errors", "error"], Err("--only error: "));
        check(&["throttl"], Err("--only throttl: "));
    }
}
