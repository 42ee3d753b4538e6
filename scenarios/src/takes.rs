//! Takes of one recorded request that go on in a second file are one scenario. Pure.

use crate::file::Order;
use crate::scenario::Scenario;
use std::collections::HashMap;

/// The same scenarios, where those that hold takes of the same request in the same folder are joined, in their order.
pub(crate) fn joined(scenarios: Vec<Scenario>) -> Vec<Scenario> {
    let mut out: Vec<Scenario> = Vec::with_capacity(scenarios.len());
    let mut first: HashMap<(String, String), usize> = HashMap::new();
    for mut scenario in scenarios {
        if scenario.file.order == Order::Takes {
            let folder = scenario.name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
            let place = *first.entry((folder, format!("{:?}", scenario.file.when))).or_insert(out.len());
            if let Some(before) = out.get_mut(place) {
                before.file.replies.append(&mut scenario.file.replies);
                continue;
            }
        }
        out.push(scenario);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_of_one_request_in_one_folder_are_one_scenario() {
        let scenario = |(name, text, order): (&str, &str, &str)| {
            let when = format!("when: {{ text: {{ like: {text} }} }}");
            let text = format!("faultline: 1\n{when}\n{order}\nreplies: [{{message: [{{text: {name}}}]}}]\n");
            crate::load::scenario(name, name, &text).unwrap()
        };
        let (takes, calls) = ("order: takes", "order: call");
        let files = [
            ("a/1", "x", takes),
            ("a/2", "y", takes),
            ("a/3", "x", takes),
            ("b/1", "x", takes),
            ("a/4", "x", takes),
            ("a/5", "x", calls),
        ];
        let joined = joined(files.map(scenario).into());
        let seen: Vec<(&str, usize)> =
            joined.iter().map(|one| (&*one.name, one.file.replies.len())).collect();
        assert_eq!(seen, [("a/1", 3), ("a/2", 1), ("b/1", 1), ("a/5", 1)]);
    }
}
