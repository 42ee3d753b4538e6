//! `faultline grade` as its users see it: a good agent, bad ones, agents that hang, services, baselines, reports.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const AGENT: [&str; 2] = ["python3", "tests/grade/agent.py"];

fn faultline(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_faultline"));
    command
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("FAULTLINE_LOG")
        .env("NO_COLOR", "1");
    command
}

/// Grades a command with the scenarios of this test.
fn grade(options: &[&str], command: &[&str]) -> Output {
    let words = [&["grade", "tests/grade/scenarios", "--jobs", "1"], options, &["--"], command].concat();
    faultline(&words).output().unwrap()
}

fn agent(flaws: &[&'static str]) -> Vec<&'static str> {
    AGENT.iter().chain(flaws).copied().collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn temporary(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("grade-{name}"));
    let _ = std::fs::remove_file(&path);
    path
}

fn path(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

/// What a run said, without what changes from run to run.
fn golden(output: &Output) -> String {
    format!("exit code {}\n\n{}\n{}", code(output), text(&output.stderr), text(&output.stdout))
}

macro_rules! assert_golden {
    ($output:expr) => {
        insta::with_settings!({filters => vec![
            (r"\d+(\.\d+)? m?s\b", "[time]"),
            (r"[0-9a-f]{8}-[0-9a-f-]{27}", "[request id]"),
            (r"faultline[a-z0-9]{12}\b", "[sentinel]"),
            (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
        ]}, { insta::assert_snapshot!(golden(&$output)) });
    };
}

#[test]
fn a_good_agent_passes() {
    assert_golden!(grade(&[], &agent(&[])));
}

#[test]
fn an_agent_that_takes_failures_for_answers_fails_and_is_told_why() {
    assert_golden!(grade(&[], &agent(&["success-always"])));
}

#[test]
fn an_agent_that_repeats_what_cannot_succeed_fails() {
    let output = grade(&["--only", "pre-403-model-access"], &agent(&["retries-all"]));
    assert_eq!(code(&output), 1);
    let said = text(&output.stdout);
    assert!(said.contains("✗ errors/denied\n    O5  "), "{said}");
    assert!(said.contains("0 of 1 passed: 0 %, grade F"), "{said}");
}

#[test]
fn an_agent_that_never_asks_cannot_be_graded_and_its_own_words_are_shown() {
    assert_golden!(grade(&[], &["sh", "-c", "echo no module named agent >&2; exit 3"]));
    let output = grade(&[], &["no-such-command"]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("`no-such-command` cannot be started"), "{}", text(&output.stderr));
}

#[test]
fn an_agent_that_does_not_end_by_itself_cannot_be_graded() {
    let output = grade(&["--time-limit", "2s"], &agent(&["hangs"]));
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("it must end by itself"), "{}", text(&output.stderr));
}

#[test]
fn how_often_an_agent_prints_its_answer_is_found_out() {
    for (flaw, said) in [
        ("silent", "does not print its answers (judged by exit code and wire alone)"),
        ("twice", "prints its answer 2 times"),
        ("no-tools", "offers no tools"),
    ] {
        let output = grade(&["--only", "clean"], &agent(&[flaw]));
        assert_eq!(code(&output), 0, "{flaw}: {}", text(&output.stdout));
        assert!(
            text(&output.stdout).lines().next().unwrap().contains(said),
            "{flaw}: {}",
            text(&output.stdout)
        );
    }
}

#[test]
fn scenarios_that_an_agent_does_not_get_to_are_skipped_with_the_reason() {
    let output = grade(&["--only", "clean"], &agent(&["no-tools"]));
    let said = text(&output.stdout);
    assert!(said.contains("skipped 1: the scenario calls a tool, the agent offers none"), "{said}");
    assert!(said.contains("1 of 1 passed: 100 %, grade A+"), "{said}");
}

#[test]
fn the_prompt_comes_in_three_ways() {
    let script = r#"read line; test "$line" = "$FAULTLINE_PROMPT" && test "$1" = "ask: $line" && exec python3 tests/grade/agent.py <<END
$line
END"#;
    let output = grade(&["--only", "clean/text"], &["sh", "-c", script, "sh", "ask: {prompt}"]);
    assert_eq!(code(&output), 0, "{}{}", text(&output.stderr), text(&output.stdout));
}

#[test]
fn waiting_is_played_when_asked_for_and_at_its_own_speed() {
    let output = grade(&["--only", "errors/late"], &agent(&[]));
    assert_eq!(code(&output), 1, "nothing was put to the test");
    assert!(text(&output.stdout).contains("nothing was put to the test"));
    let json = temporary("slow.json");
    let output = grade(&["--only", "errors/late", "--slow", "--json", path(&json)], &agent(&[]));
    assert_eq!(code(&output), 0, "{}", text(&output.stdout));
    let late = &read(&json)["results"][0];
    assert!(late["wall_ms"].as_f64().unwrap() >= 700.0, "{late}");
    assert!(late["replay"].as_str().unwrap().contains(" --slow "), "{late}");
}

fn read(path: &std::path::Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_replay_command_plays_the_failure_again() {
    let json = temporary("replay.json");
    grade(
        &["--json", path(&json), "--seed", "5", "--model", "us.amazon.nova-pro-v1:0"],
        &agent(&["success-always"]),
    );
    let card = read(&json);
    let failed =
        card["results"].as_array().unwrap().iter().find(|result| result["verdict"] == "failed").unwrap();
    let replay = failed["replay"].as_str().unwrap();
    let words = "faultline grade tests/grade/scenarios --only errors/denied --seed 5 --model us.amazon.nova-pro-v1:0 -- python3";
    assert!(replay.starts_with(words), "{replay}");
    let folder = PathBuf::from(env!("CARGO_BIN_EXE_faultline"));
    let old = std::env::var("PATH").unwrap();
    let output = Command::new("sh")
        .args(["-c", replay])
        .env("PATH", format!("{}:{old}", folder.parent().unwrap().display()))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert_eq!(code(&output), 1);
    assert!(text(&output.stdout).contains("0 of 1 passed"), "{}", text(&output.stdout));
}

#[test]
fn every_form_of_the_card_tells_the_same() {
    let [json, junit, html, badge] = ["card.json", "card.xml", "card.html", "card.svg"].map(temporary);
    let files =
        ["--json", path(&json), "--junit", path(&junit), "--html", path(&html), "--badge", path(&badge)];
    assert_eq!(code(&grade(&files, &agent(&["success-always"]))), 1);
    let card = read(&json);
    let failed = &card["results"][2];
    assert_eq!((&failed["name"], &failed["verdict"]), (&"errors/denied".into(), &"failed".into()));
    assert_eq!(failed["breaches"][0]["oracle"], "O1");
    assert_eq!(failed["requests"][0]["status"], 403);
    assert!(failed["requests"][0]["timeline_text"].as_str().unwrap().contains("head   403 application/json"));
    assert!(failed["requests"][0]["body"].as_str().unwrap().contains("May I?"));
    let junit = std::fs::read_to_string(junit).unwrap();
    assert!(junit.contains(r#"tests="5" skipped="1" failures="1""#), "{junit}");
    let html = std::fs::read_to_string(html).unwrap();
    for part in ["errors/denied", "langgenius/dify#2829", "May I?", "shows"] {
        assert!(html.contains(part), "{part}");
    }
    assert!(std::fs::read_to_string(badge).unwrap().contains(">3 of 4</text>"));
}

#[test]
fn a_threshold_lets_some_fail() {
    for (threshold, expected) in [("75", 0), ("75%", 0), ("76", 1), ("0", 0)] {
        let output = grade(&["--threshold", threshold], &agent(&["success-always"]));
        assert_eq!(code(&output), expected, "{threshold}");
    }
    assert_eq!(code(&grade(&["--threshold", "101"], &AGENT)), 2);
}

#[test]
fn a_baseline_accepts_what_is_known_and_nothing_else() {
    let file = temporary("baseline.yaml");
    let written = grade(&["--write-baseline", path(&file)], &agent(&["success-always"]));
    assert_eq!(code(&written), 1);
    assert!(std::fs::read_to_string(&file).unwrap().ends_with("\"errors/denied\": \"known failure\"\n"));
    std::fs::write(&file, "errors/denied: the next version\nclean/text: was bad\nclean/gone: renamed\n")
        .unwrap();
    assert_golden!(grade(&["--baseline", path(&file)], &agent(&["success-always"])));
    std::fs::write(&file, "clean/text: was bad\n").unwrap();
    let output = grade(&["--baseline", path(&file), "--threshold", "10"], &agent(&["success-always"]));
    assert_eq!(code(&output), 1, "a new failure is one too many");
    std::fs::write(&file, "errors/denied:\n").unwrap();
    let output = grade(&["--baseline", path(&file)], &AGENT);
    assert_eq!(code(&output), 2);
    let said = text(&output.stderr);
    assert!(
        said.contains("`errors/denied` has no reason: give a reason why its failure is accepted"),
        "{said}"
    );
}

#[test]
fn the_effects_of_a_scenarios_own_tools_are_counted() {
    for (flaws, expected) in [(&[][..], "1 of 1 passed"), (&["runs-twice"], "    O4  ")] {
        let command = agent(flaws);
        let output =
            faultline(&[&["grade", "tests/grade/tools", "--"][..], &command].concat()).output().unwrap();
        let said = text(&output.stdout);
        assert!(said.contains(expected), "{flaws:?}: {said}{}", text(&output.stderr));
    }
}

/// Grades the test agent with the tools that fail, of the built-in library.
fn execution(only: &str, flaw: &'static str) -> String {
    let words = [&["grade", "--only", only, "--"][..], &agent(&[flaw])].concat();
    text(&faultline(&words).output().unwrap().stdout)
}

#[test]
fn an_agent_that_uses_the_scripted_tools_comes_through_all_of_them() {
    let said = execution("execution", "none");
    assert!(said.contains("28 of 28 passed: 100 %, grade A+"), "{said}");
}

#[test]
fn an_agent_that_calls_a_tool_again_when_its_result_was_lost_fails() {
    let said = execution("exec-effect-then-timeout", "retries-tools");
    assert!(said.contains("O4  the tool took effect 2 times for tooluse_"), "{said}");
    assert!(said.contains("0 of 2 passed"), "{said}");
    assert!(execution("exec-effect-then-timeout", "none").contains("2 of 2 passed"));
}

#[test]
fn an_agent_that_sends_results_as_they_are_is_refused() {
    let said = execution("exec-huge,exec-empty,exec-binary", "sends-all");
    for rule in ["input-fits-the-window", "tool-result-text-not-empty"] {
        assert!(said.contains(&format!("O2  Bedrock refuses Converse request 2 ({rule})")), "{said}");
    }
    assert!(said.contains("0 of 3 passed"), "{said}");
}

#[test]
fn an_agent_that_does_not_know_of_the_scripted_tools_is_judged_by_what_else_goes_wrong() {
    let said = execution("execution", "own-tools");
    let skipped = "skipped 22: the agent does not use the scripted tools ($FAULTLINE_TOOLS_URL)";
    assert!(said.contains(skipped) && said.contains("5 of 5 passed"), "{said}");
}

#[test]
fn words_that_mean_no_scenario_are_told() {
    let output = grade(&["--only", "eror"], &AGENT);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("--only eror: no scenario, group or id is called so"));
    for arguments in [
        &["grade"][..],
        &["grade", "--time-limit", "0s", "--", "true"],
        &["grade", "--port", "1", "--", "true"],
    ] {
        assert_eq!(code(&faultline(arguments).output().unwrap()), 2, "{arguments:?}");
    }
}

#[test]
fn results_are_the_same_and_in_the_same_order_however_many_run_at_once() {
    let cards = ["1", "8"].map(|jobs| {
        let json = temporary(&format!("jobs-{jobs}.json"));
        let words = ["grade", "tests/grade/scenarios", "--jobs", jobs, "--json", path(&json), "--"];
        let command = agent(&["success-always"]);
        assert_eq!(code(&faultline(&[&words[..], &command].concat()).output().unwrap()), 1);
        timeless(read(&json))
    });
    assert_eq!(cards[0], cards[1]);
}

/// A card without what belongs to one run only.
fn timeless(value: Value) -> Value {
    const TIMES: [&str; 8] =
        ["at_ms", "wall_ms", "run_ms", "elapsed_ms", "started", "command", "timeline_text", "summary"];
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(name, _)| !TIMES.contains(&name.as_str()))
            .map(|(name, value)| (name, timeless(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(timeless).collect(),
        other => other,
    }
}

/// An agent that, in one scenario, starts a process of its own and hangs. Both hold the pipe `fifo` open.
fn hanging(fifo: &str) -> String {
    format!(
        "case $FAULTLINE_SCENARIO in errors/denied) trap '' TERM; exec 9> {fifo}; sleep 3600 & echo started >&9; wait; wait;; \
         *) exec python3 tests/grade/agent.py;; esac"
    )
}

fn fifo(name: &str) -> PathBuf {
    let path = temporary(name);
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

/// Reads the pipe on a thread of its own: it tells first that the agent has started, then that nobody holds the pipe any
/// more, so that everything the agent started has ended.
fn watch(fifo: PathBuf) -> Receiver<&'static str> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(std::fs::File::open(fifo).unwrap());
        pipe.read_line(&mut String::new()).unwrap();
        tell.send("started").unwrap();
        pipe.read_to_string(&mut String::new()).unwrap();
        tell.send("ended").unwrap();
    });
    told
}

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn an_agent_over_its_time_is_ended_with_everything_it_started() {
    let fifo = fifo("limit.fifo");
    let script = hanging(path(&fifo));
    let told = watch(fifo);
    let output = grade(&["--only", "errors/denied", "--time-limit", "3s"], &["sh", "-c", &script]);
    assert_eq!(code(&output), 1);
    let said = text(&output.stdout);
    assert!(said.contains("stopped at the time limit"), "{said}");
    assert_eq!([told.recv_timeout(PATIENCE), told.recv_timeout(PATIENCE)], [Ok("started"), Ok("ended")]);
}

#[test]
fn an_interrupt_ends_every_agent_and_grades_nothing() {
    let output = interrupted("interrupt.fifo", &["--only", "errors/denied"]);
    assert!(text(&output.stderr).contains("interrupted: nothing is graded"), "{}", text(&output.stderr));
}

#[test]
fn what_was_graded_before_an_interrupt_is_told_and_marked() {
    let [json, junit, html, badge] = ["cut.json", "cut.xml", "cut.html", "cut.svg"].map(temporary);
    let baseline = temporary("cut.yaml");
    let output = interrupted(
        "cut.fifo",
        &[
            &["--jobs", "1", "--write-baseline", path(&baseline), "--json", path(&json)][..],
            &["--junit", path(&junit), "--html", path(&html), "--badge", path(&badge)],
        ]
        .concat(),
    );
    let said = text(&output.stderr);
    let why = "interrupted: 2 of 5 scenarios are graded, and no baseline is written";
    assert!(said.contains(why), "{said}");
    let said = text(&output.stdout);
    assert!(said.contains("2 of 2 passed") && said.contains("interrupted: 2 scenarios not played"), "{said}");
    let card = read(&json);
    assert_eq!((&card["interrupted"], &card["success"]), (&2.into(), &false.into()));
    assert_eq!(
        card["results"].as_array().unwrap().len(),
        3,
        "two that passed, one that was not to be played"
    );
    for (file, part) in
        [(junit, "interrupted: 2 scenarios"), (html, "This run was"), (badge, ">interrupted<")]
    {
        let said = std::fs::read_to_string(&file).unwrap();
        assert!(said.contains(part), "{}: {said}", file.display());
    }
    assert!(!baseline.exists());
}

/// Interrupts a run in which an agent hangs at errors/denied.
fn interrupted(name: &str, options: &[&str]) -> Output {
    let fifo = fifo(name);
    let script = hanging(path(&fifo));
    let told = watch(fifo);
    let words = [&["grade", "tests/grade/scenarios"][..], options, &["--", "sh", "-c", &script][..]].concat();
    let faultline = faultline(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    assert_eq!(told.recv_timeout(PATIENCE), Ok("started"));
    let number = faultline.id().to_string();
    assert!(Command::new("kill").args(["-INT", &number]).status().unwrap().success());
    let output = faultline.wait_with_output().unwrap();
    assert_eq!(code(&output), 4);
    assert_eq!(told.recv_timeout(PATIENCE), Ok("ended"));
    output
}

#[test]
fn what_an_agent_leaves_behind_does_not_hold_up_the_next_one() {
    let json = temporary("child.json");
    let output = grade(&["--only", "clean/text", "--json", path(&json)], &agent(&["child"]));
    assert_eq!(code(&output), 0, "{}", text(&output.stdout));
    assert!(read(&json)["elapsed_ms"].as_f64().unwrap() < 20_000.0);
}

/// The service under test: it has its port before it knows where faultline serves.
struct Service {
    child: Child,
    port: String,
}

impl Service {
    fn start() -> Self {
        let mut command = Command::new("python3");
        command.arg("tests/grade/service.py").current_dir(env!("CARGO_MANIFEST_DIR"));
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { child, port: port.trim().to_owned() }
    }

    fn tell(&mut self, endpoint: &str) {
        writeln!(self.child.stdin.take().unwrap(), "{endpoint}").unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Grades the service under a path; the output is without the line of standard error that names the endpoint.
fn grade_service(under: &str, options: &[&str]) -> Output {
    grade_service_in("tests/grade/scenarios", under, options)
}

fn grade_service_in(scenarios: &str, under: &str, options: &[&str]) -> Output {
    let mut service = Service::start();
    let url = format!("http://127.0.0.1:{}/{under}", service.port);
    let words = [&["grade", scenarios, "--url", &url][..], options].concat();
    let mut child = faultline(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    said.read_line(&mut first).unwrap();
    let endpoint = first.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    service.tell(endpoint.trim_end_matches(';'));
    let mut stderr = Vec::new();
    said.read_to_end(&mut stderr).unwrap();
    Output { stderr, ..child.wait_with_output().unwrap() }
}

#[test]
fn a_service_that_reads_on_when_its_caller_has_left_is_told() {
    let output = grade_service_in("tests/grade/interrupts", "ask", &["--only", "slow"]);
    let said = text(&output.stdout);
    assert_eq!(code(&output), 1, "{said}");
    assert!(said.contains("O11  request 1 was read for 3."), "{said}");
}

#[test]
fn an_agent_that_is_stopped_in_the_middle_ends_and_can_go_on_later() {
    let graded = |flaws: &[&'static str]| {
        let output =
            faultline(&["grade", "tests/grade/interrupts", "--"]).args(agent(flaws)).output().unwrap();
        (code(&output), text(&output.stdout))
    };
    let (code, said) = graded(&[]);
    assert!(code == 0 && said.contains("2 of 2 passed"), "{said}");
    let (code, said) = graded(&["orphans"]);
    assert!(code == 1 && said.contains("✗ tool") && said.contains("(tool-results-missing)"), "{said}");
    let (code, said) = graded(&["goes-on"]);
    assert!(code == 1 && said.contains("✗ slow") && said.contains("after it was interrupted"), "{said}");
}

#[test]
fn an_agent_that_is_a_service_is_graded_over_http() {
    let output = grade_service("ask", &[]);
    let (said, rest) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(code(&output), 0, "{rest}{said}");
    assert!(said.contains("4 of 4 passed"), "{said}");
    assert!(rest.contains("the agent does not stream, offers 1 tool, prints its answer"), "{rest}");
}

#[test]
fn the_requests_of_a_service_have_the_same_numbers_in_every_place() {
    let json = temporary("service.json");
    assert_eq!(code(&grade_service("retries-all", &["--json", path(&json)])), 1);
    let card = read(&json);
    let denied = &card["results"][2];
    assert_eq!((&denied["requests"][0]["number"], &denied["breaches"][0]["request"]), (&1.into(), &2.into()));
    let what = denied["breaches"][0]["what"].as_str().unwrap();
    assert!(what.contains("sent request 1 again unchanged as request 2"), "{what}");
}

#[test]
fn an_address_that_is_no_service_is_told() {
    for (url, why) in [
        ("https://127.0.0.1:1/", "TLS is not spoken to services"),
        ("no url", "invalid uri"),
        ("/x", "write http://"),
    ] {
        let output = faultline(&["grade", "--url", url]).output().unwrap();
        assert_eq!(code(&output), 2, "{url}");
        assert!(text(&output.stderr).contains(why), "{url}: {}", text(&output.stderr));
    }
    let output =
        faultline(&["grade", "--url", "http://127.0.0.1:1/", "--url-body", "{prompt}"]).output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("this is no JSON"), "{}", text(&output.stderr));
    let words = ["grade", "--url", "http://127.0.0.1:1/", "--url-body", r#"{"prompt": "Hi."}"#];
    let output = faultline(&words).output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(
        text(&output.stderr).contains("write {prompt} where the prompt goes"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_service_that_is_not_there_is_not_waited_for_for_ever() {
    let output =
        faultline(&["grade", "--url", "http://127.0.0.1:1/", "--time-limit", "1s"]).output().unwrap();
    assert_eq!(code(&output), 2);
    let said = text(&output.stderr);
    assert!(
        said.contains("nobody listened at http://127.0.0.1:1/ for 1s (--time-limit waits longer)"),
        "{said}"
    );
}

#[test]
fn a_service_that_cannot_be_graded_is_not_told_of_commands() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/ask", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // Who only looks whether somebody listens sends nothing.
            let body = BufReader::new(&stream).read_until(b'}', &mut Vec::new());
            if body.is_ok_and(|length| length > 0) {
                let answer =
                    "HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\ncontent-length: 8\r\n\r\nNo model";
                let _ = stream.write_all(answer.as_bytes());
            }
        }
    });
    let output = faultline(&["grade", "--url", &url, "--time-limit", "5s"]).output().unwrap();
    assert_eq!(code(&output), 2);
    let said = text(&output.stderr);
    for part in ["no request arrived (HTTP 502)", "--url-body", "its answer:\n  No model"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("standard") && !said.contains("FAULTLINE_PROMPT"), "{said}");
}

#[test]
fn the_reference_agent_comes_through_stalls_when_its_patience_is_shorter_than_the_limit() {
    let agent = [env!("CARGO_BIN_EXE_faultline"), "agent", "--idle-timeout"];
    for (patience, expected) in [("2s", 0), ("59s", 1)] {
        let only = ["grade", "--only", "stall_mid", "--time-limit", "6s", "--"];
        let output = faultline(&[&only[..], &agent, &[patience]].concat()).output().unwrap();
        assert_eq!(code(&output), expected, "{patience}: {}", text(&output.stdout));
    }
}

#[test]
fn the_card_promises_nothing_that_is_not_judged() {
    let json = temporary("expectation.json");
    grade(&["--only", "clean/text", "--json", path(&json)], &agent(&["success-always"]));
    assert_eq!(read(&json)["results"][0]["expectation"], "an answer");
}
