//! Broken files: every problem is named with its place and a way out, and nothing panics.

use faultline_scenarios::load::{self, LoadError};
use faultline_scenarios::{Scenario, Speed};
use faultline_wire::{Family, Operation};
use proptest::prelude::*;
use std::path::Path;

#[test]
fn every_broken_file_says_what_is_wrong_where_and_what_to_do() {
    insta::glob!("broken/*", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let problems = load::scenarios("broken", name, &text).expect_err(name);
        for problem in &problems.problems {
            let span = problem.span.offset()..problem.span.offset() + problem.span.len();
            assert!(text.get(..span.start).is_some(), "{name}: {problem} is shown beside a character");
            assert!(span.end <= text.len() + 1, "{name}: {problem} is shown behind the end");
        }
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!("broken", problems.to_text());
        });
    });
}

const GOOD: &str = r#"faultline: 1
about: Grüße, 世界 – a file that is right.
seen: [owner/repo#1]
seed: 3
model: anthropic.claude-3-5-sonnet-20240620-v1:0
prompt: [Hello, And again]
pace: { first: 40ms, token: 5ms }
replies:
  - message:
      - text: "Grüße \U0001F600"
        fragments: ["Grü", "ße ", "\U0001F600"]
      - toolUse: { toolUseId: a, name: calculator, input: { expression: 1 + 1 } }
  - when: { turn: 2, text: { regex: 'a+' }, json: { '$.messages[0].role': user } }
    events: [messageStart: { role: assistant }, messageStop: { stopReason: end_turn }]
  - error: { type: ThrottlingException, retryAfter: 2s }
  - frames: [{ t_ms: 1.5, event: messageStart, payload: { role: assistant }, p: 7 }, { t_ms: 2, raw: AAAA }]
faults:
  - { do: reset, at: 'contentBlockDelta 0 nth 2', call: 1, times: 2 }
  - { do: { corrupt: { part: prelude } }, at: 40%, probability: 0.5 }
  - { do: throttle, quota: { tokens: 4000, per: 1m }, firstModel: true }
expect: { outcome: survives, text: [Grüße], calls: 3 }
"#;

#[test]
fn json_loads_by_the_same_loader() {
    let yaml = load::scenario("a", "a.yaml", GOOD).unwrap_or_else(|bad| panic!("{}", bad.to_text()));
    let json = r#"{"faultline": 1, "prompt": "Hi", "replies": [{"message": [{"text": "Grüße \ud83d\ude00"}]}],
        "faults": [{"do": {"stall": {"for": "1s"}}, "at": "end"}]}"#;
    let json = load::scenario("b", "b.json", json).unwrap_or_else(|bad| panic!("{}", bad.to_text()));
    assert_eq!((yaml.file.replies.len(), json.file.replies.len()), (4, 1));
    assert_eq!(json.file.replies[0].message.as_ref().unwrap()[0]["text"], "Grüße 😀");
}

#[test]
fn words_that_older_yaml_took_for_true_or_false_are_texts() {
    for word in ["no", "yes", "on", "off", "y", "n"] {
        let text = format!("faultline: 1\nprompt: {word}\nreplies: [{{ message: [{{ text: {word} }}] }}]\n");
        let file =
            load::scenario("a", "a.yaml", &text).unwrap_or_else(|bad| panic!("{}", bad.to_text())).file;
        assert_eq!(file.replies[0].message.as_ref().unwrap()[0]["text"], word);
    }
}

#[test]
fn a_folder_gives_the_good_files_and_the_problems_of_the_bad_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (good, bad) = load::path(&folder.join("tests/broken"));
    assert!(good.is_empty() && bad.len() >= 30, "{} good, {} bad", good.len(), bad.len());
    let (good, bad) = load::path(&folder.join("tests/snapshots"));
    assert!(good.is_empty() && matches!(bad.as_slice(), [LoadError::Empty { .. }]));
    let (good, bad) = load::path(&folder.join("tests/broken/there-is-none.yaml"));
    assert!(good.is_empty() && matches!(bad.as_slice(), [LoadError::Read { .. }]));
}

#[test]
fn deep_nesting_and_alias_bombs_are_refused() {
    let bomb: String =
        (1..20).map(|n| format!("a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(9))).collect();
    for text in
        ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000), format!("a0: &a0 x\n{bomb}")]
    {
        assert!(load::scenario("a", "a.yaml", &text).is_err());
    }
}

/// Loads, and if that works, compiles: neither may panic.
fn survives(text: &str) {
    let Ok(scenarios) = load::scenarios("a", "a.yaml", text) else { return };
    scenarios.iter().for_each(|scenario| plays(scenario, text));
}

fn plays(scenario: &Scenario, text: &str) {
    for (number, reply) in scenario.file.replies.iter().enumerate().filter(|(_, r)| r.improvise.is_none()) {
        for operation in [Operation::Converse, Operation::ConverseStream] {
            let plan = scenario.compile(reply, number, operation, Family::Claude, Speed::Written);
            assert!(plan.is_ok(), "{text}\nreply {number} loads and cannot be played: {:?}", plan.err());
        }
    }
}

/// Takes out, doubles or replaces a run of characters at a place.
fn mutated(text: &str, edits: &[(usize, usize, u8, char)]) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for (at, length, how, letter) in edits {
        let start = at % (letters.len() + 1);
        let end = (start + length).min(letters.len());
        let run: Vec<char> = letters[start..end].to_vec();
        let new = match how % 3 {
            0 => vec![],
            1 => [run.clone(), run].concat(),
            _ => vec![*letter],
        };
        letters.splice(start..end, new);
    }
    letters.into_iter().collect()
}

const SEVERAL: &str = r#"faultline: 1
prompt: Hello ${case}
parameters: { place: { early: contentBlockDelta 0, late: end }, count: [1, 2, 3] }
replies: [{ message: [{ text: "Grüße ${count}" }] }]
faults: [{ do: reset, at: "${place}", times: "${count}" }]
"#;

/// The names of the scenarios that a text stands for; none for one with problems.
fn names(yaml: &str) -> Vec<String> {
    let scenarios = load::scenarios("a", "a.yaml", yaml).unwrap_or_default();
    scenarios.iter().map(|scenario| scenario.name.to_string()).collect()
}

#[test]
fn a_file_stands_for_one_scenario_for_each_combination_of_its_parameters() {
    assert_eq!(names(SEVERAL), ["a/early/1", "a/early/2", "a/early/3", "a/late/1", "a/late/2", "a/late/3"]);
    let scenarios = load::scenarios("a", "a.yaml", SEVERAL).unwrap();
    let last = &scenarios[5].file;
    assert_eq!(last.replies[0].message.as_ref().unwrap()[0]["text"], "Grüße 3");
    assert_eq!((last.faults[0].times, last.prompt.as_ref().unwrap().first()), (Some(3), "Hello late/3"));
    assert_eq!(names(GOOD), ["a"]);
}

#[test]
fn a_problem_of_several_combinations_is_said_once() {
    let bad = SEVERAL.replace("do: reset", "do: resett");
    let problems = load::scenarios("a", "a.yaml", &bad).expect_err("no such fault");
    assert_eq!(problems.problems.len(), 1, "{}", problems.to_text());
}

#[test]
fn a_file_of_several_scenarios_is_not_one() {
    let problems = load::scenario("a", "a.yaml", SEVERAL).expect_err("six scenarios");
    assert_eq!(
        problems.problems[0].to_string(),
        "parameters: the file stands for 6 scenarios, one was wanted"
    );
}

proptest! {
    #[test]
    fn no_damage_to_a_file_with_parameters_makes_the_loader_panic(
        edits in proptest::collection::vec((0..400_usize, 0..20_usize, any::<u8>(), any::<char>()), 1..4)
    ) {
        survives(&mutated(SEVERAL, &edits));
    }

    #[test]
    fn no_text_makes_the_loader_panic(text in "\\PC{0,200}") {
        survives(&text);
    }

    #[test]
    fn no_bytes_make_the_loader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        survives(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_damage_to_a_good_file_makes_the_loader_panic(
        edits in proptest::collection::vec((0..2000_usize, 0..30_usize, any::<u8>(), any::<char>()), 1..4)
    ) {
        survives(&mutated(GOOD, &edits));
    }

    #[test]
    fn no_moved_line_makes_the_loader_panic(from in 0..25_usize, to in 0..25_usize, indent in 0..6_usize) {
        let mut lines: Vec<String> = GOOD.lines().map(str::to_owned).collect();
        let line = lines.remove(from % lines.len());
        lines.insert(to % lines.len(), format!("{}{}", " ".repeat(indent), line.trim_start()));
        survives(&lines.join("\n"));
    }
}
