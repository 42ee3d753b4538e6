//! `faultline record` and `faultline cassette` as their users see them. No account: the upstream is `faultline serve`
//! behind TLS, which checks every signature.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/command.rs"]
mod command;
#[path = "support/served.rs"]
mod served;

use command::{code, faultline, file, run, temporary, text};
use served::{Served, post, saying};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

const KEYS: &str = "AKIDUPSTREAM:upstream-secret:upstream-token";

/// What the upstream says to anybody who says nothing else.
const HELLO: &str = "\
faultline: 1
pace: { first: 30ms, token: 5ms }
when: { text: { contains: '' } }
order: takes
replies:
  - message: [{ text: \"Hello. Ask ann@example.org about it, or somebody else who knows.\" }]
";

/// A request by curl, with keys of its own.
const ASK: &str = r#"curl -s -o /dev/null -H "authorization: Bearer upstream-secret" "$AWS_ENDPOINT_URL/model/m/converse" -d "$BODY""#;

/// An upstream that takes signed requests alone.
struct Upstream {
    served: Served,
    ca: PathBuf,
}

fn upstream(name: &str, scenario: &str) -> Upstream {
    let ca = temporary(&format!("{name}-ca.pem"));
    let scenario = file(&format!("{name}-upstream.yaml"), scenario);
    let tls = ["--tls", "--ca", ca.to_str().unwrap()];
    let arguments =
        [&["serve", &scenario, "--json", "--auth", "sigv4", "--auth-keys", KEYS][..], &tls].concat();
    Upstream { served: Served::start(&mut faultline(&arguments)), ca }
}

fn folder(name: &str) -> PathBuf {
    let path = temporary(name);
    let _ = std::fs::remove_dir_all(&path);
    path
}

impl Upstream {
    /// `faultline record` in front of it, with its keys.
    fn record(&self, folder: &Path, more: &[&str]) -> Command {
        let url = self.served.said("https");
        let arguments = [
            "record",
            folder.to_str().unwrap(),
            "--upstream",
            &url,
            "--upstream-ca",
            self.ca.to_str().unwrap(),
        ];
        let mut command = faultline(&[&arguments[..], more].concat());
        let mut keys = KEYS.split(':');
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            command.env(name, keys.next().unwrap());
        }
        command.env("AWS_REGION", "eu-west-3").env_remove("AWS_BEARER_TOKEN_BEDROCK");
        command
    }

    /// The same around the reference agent, which asks one thing.
    fn record_agent(&self, folder: &Path, mode: &str, prompt: &str) -> Output {
        let agent = [env!("CARGO_BIN_EXE_faultline"), "agent", prompt];
        let arguments = [&["--mode", mode, "--"][..], &agent].concat();
        self.record(folder, &arguments).output().unwrap()
    }
}

/// `faultline cassette …`.
fn cassette(arguments: &[&str]) -> (i32, String, String) {
    let output = run(&[&["cassette"][..], arguments].concat());
    (code(&output), text(&output.stdout), text(&output.stderr))
}

fn cassettes(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { all.extend(cassettes(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

#[test]
fn what_is_recorded_replays_without_upstream_or_keys_and_holds_no_secret() {
    let (upstream, folder) = (upstream("record", HELLO), folder("record"));
    let recorded = upstream.record_agent(&folder, "record", "Hi from jo@example.org");
    let said = text(&recorded.stderr);
    assert_eq!(
        (code(&recorded), text(&recorded.stdout)),
        (0, "Hello. Ask ann@example.org about it, or somebody else who knows.\n".to_owned()),
        "{said}"
    );
    assert!(
        said.contains("1 answer recorded into 1 file of ") && said.contains("redacted email: 2 ("),
        "{said}"
    );

    let files = cassettes(&folder);
    let kept = std::fs::read_to_string(&files[0]).unwrap();
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(kept.contains("region: eu-west-3") && kept.contains("by: \"faultline "), "{kept}");
    for secret in ["example.org", "upstream-secret", "upstream-token", "AKIDUPSTREAM", "Signature"] {
        assert!(!kept.contains(secret), "{secret} in {kept}");
    }

    // Whoever looks for a fault may log everything, and send it to somebody.
    let logged = upstream
        .record(&folder, &["--log", "trace", "--", "sh", "-c", ASK])
        .env("BODY", saying("I am jo@example.org"))
        .output()
        .unwrap();
    let log = text(&logged.stderr);
    assert!(code(&logged) == 0 && log.contains("TRACE "), "{log}");
    for secret in ["jo@example.org", "upstream-secret", "upstream-token"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }

    drop(upstream);
    let agent = [env!("CARGO_BIN_EXE_faultline"), "agent"];
    let replay = |prompt: &str| {
        let arguments =
            [&["record", folder.to_str().unwrap(), "--mode", "replay", "--"][..], &agent, &[prompt]];
        faultline(&arguments.concat()).output().unwrap()
    };
    let replayed = replay("Hi from al@example.org");
    assert!(text(&replayed.stdout).starts_with("Hello. Ask email-"), "{}", text(&replayed.stdout));
    assert_eq!(code(&replayed), 0, "{}", text(&replayed.stderr));
    let missed = replay("Something else");
    let said = text(&missed.stderr);
    assert_eq!(code(&missed), 1);
    assert!(
        said.contains("no cassette: nearest is `001-converse-stream`: text: wanted a text like"),
        "{said}"
    );
}

#[test]
fn missing_is_asked_once_spies_write_nothing_and_refresh_tells_what_drifted() {
    // So slow that a busy machine makes no difference of times.
    let hello = HELLO.replace("first: 30ms", "first: 600ms");
    let (first, folder) = (upstream("modes", &hello), folder("modes"));
    let said = |output: &Output| text(&output.stderr);
    let missing = first.record_agent(&folder, "record-missing", "One");
    assert!(
        said(&missing).contains("1 answer recorded") && said(&missing).contains("0 answers from cassettes"),
        "{}",
        said(&missing)
    );
    let again = first.record_agent(&folder, "record-missing", "One");
    assert!(
        said(&again).contains("0 answers recorded") && said(&again).contains("1 answer from cassettes"),
        "{}",
        said(&again)
    );
    let before = std::fs::read(&cassettes(&folder)[0]).unwrap();
    let spied = first.record_agent(&folder, "spy", "Two");
    assert!(said(&spied).contains("1 answer passed on and not kept"), "{}", said(&spied));
    assert_eq!(cassettes(&folder).len(), 1);
    let same = first.record_agent(&folder, "refresh", "One");
    assert!(said(&same).contains("1 of 1 refreshed without drift"), "{}", said(&same));

    std::fs::write(&cassettes(&folder)[0], before).unwrap();
    let later = hello.replace("message: [", "stopReason: max_tokens\n    message: [");
    let second = upstream("modes-later", &later);
    let drifted = second.record_agent(&folder, "refresh", "One");
    assert!(said(&drifted).contains("  stop reason: end_turn -> max_tokens"), "{}", said(&drifted));
    assert!(said(&drifted).contains("0 of 1 refreshed without drift"), "{}", said(&drifted));
}

#[test]
fn who_has_no_keys_no_region_or_no_folder_is_told_before_anything_starts() {
    let check = |arguments: &[&str], exit: i32, part: &str| {
        let mut command = faultline(&[&["record"][..], arguments, &["--", "true"]].concat());
        for name in [
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            "AWS_PROFILE",
            "AWS_ACCESS_KEY_ID",
            "AWS_BEARER_TOKEN_BEDROCK",
        ] {
            command.env_remove(name);
        }
        let none = temporary("no-such-file");
        command.env("AWS_CONFIG_FILE", &none).env("AWS_SHARED_CREDENTIALS_FILE", &none);
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        let output = command.output().unwrap();
        assert_eq!(code(&output), exit, "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(part), "{arguments:?}: {}", text(&output.stderr));
    };
    let none = folder("nothing");
    let none = none.to_str().unwrap();
    check(&[none], 2, "no region: give --region");
    check(&[none, "--region", "us-east-1"], 2, "no AWS credentials: set AWS_ACCESS_KEY_ID");
    check(&[none, "--region", "us-east-1", "--upstream-auth", "bearer"], 2, "needs AWS_BEARER_TOKEN_BEDROCK");
    check(&[none, "--upstream", "nonsense", "--upstream-auth", "none"], 2, "`nonsense` is no endpoint");
    check(&[none, "--redact", "x=("], 2, "`(` is no regular expression");
    check(
        &["/proc/cassettes", "--upstream", "http://127.0.0.1:9", "--upstream-auth", "none"],
        4,
        "/proc/cassettes: cannot be made",
    );
    check(&["examples", "--mode", "replay"], 3, "broken.yaml");
}

#[test]
fn a_full_disk_is_told_and_the_client_gets_everything() {
    let long =
        HELLO.replace("Hello.", &"Hello. ".repeat(4000)).replace("first: 30ms, token: 5ms", "first: 1ms");
    let (upstream, folder) = (upstream("full", &long), folder("full"));
    let prepared = upstream.record(&folder, &["--json"]);
    let mut limited = Command::new("sh");
    // Files end after eight blocks; who writes on gets an error.
    let script = r#"trap "" XFSZ; ulimit -f 8; exec "$0" "$@""#;
    limited.args(["-c", script]).arg(prepared.get_program()).args(prepared.get_args());
    limited.envs(prepared.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.current_dir(env!("CARGO_MANIFEST_DIR"));
    let recorder = Served::start(&mut limited);
    for _ in 0..3 {
        let answer = post(&recorder.address(), "/model/m/converse", "", &saying("Hi")).unwrap();
        assert!(
            answer.matches("Hello.").count() == 4000 && answer.contains("end_turn"),
            "the answer is not whole"
        );
    }
    let output = recorder.stop();
    let said = text(&output.stderr);
    assert_eq!(code(&output), 4, "{said}");
    assert_eq!(said.matches("not recorded: ").count(), 1, "{said}");
    assert!(
        said.contains("cannot be written: File too large") && said.contains("3 answers could not be written"),
        "{said}"
    );
    assert_eq!(cassettes(&folder), Vec::<PathBuf>::new(), "nothing half is left");
}

/// How often the recorder is killed.
const KILLS: usize = 100;

#[test]
fn a_kill_at_any_moment_loses_no_answer_that_was_complete_and_leaves_no_half_cassette() {
    let upstream = upstream("kill", &HELLO.replace("first: 30ms, token: 5ms", "first: 1ms, token: 1ms"));
    let root = folder("kill");
    let mut complete = 0;
    for round in 0..KILLS {
        let folder = root.join(format!("round-{round:03}"));
        let recorder = Served::start(&mut upstream.record(&folder, &["--json"]));
        // Later and later, and over again.
        let seen = load_until(recorder, 1 + round * 7 % 41);
        let kept: String = cassettes(&folder)
            .iter()
            .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
            .map(|path| std::fs::read_to_string(path).unwrap())
            .collect();
        for text in &seen {
            assert!(kept.contains(&format!("like: \"{text}\"")), "round {round} lost {text}");
        }
        complete += seen.len();
    }
    assert!(complete > KILLS * 10, "no load: {complete} answers");
    let (exit, _, said) = cassette(&["show", "--short", root.to_str().unwrap()]);
    assert_eq!(exit, 0, "a half cassette: {said}");

    // The next start removes what was under way.
    let last = root.join(format!("round-{:03}", KILLS - 1));
    std::fs::write(last.join(".7.part"), "half").unwrap();
    let output = Served::start(&mut upstream.record(&last, &["--json"])).stop();
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    assert!(cassettes(&last).iter().all(|path| path.extension().is_some_and(|ending| ending == "yaml")));
}

/// Asks from several sides, and kills the recorder once so many answers were complete; the texts of all that were.
fn load_until(recorder: Served, enough: usize) -> BTreeSet<String> {
    let (address, count) = (recorder.address(), AtomicUsize::new(0));
    let ask = |side: usize| {
        let mut seen = Vec::new();
        for number in 0.. {
            let text = format!("side {side} number {number}");
            if post(&address, "/model/m/converse-stream", "", &saying(&text)).is_none() {
                break;
            }
            count.fetch_add(1, Ordering::Relaxed);
            seen.push(text);
        }
        seen
    };
    std::thread::scope(|scope| {
        let sides: Vec<_> = (0..6).map(|side| scope.spawn(move || ask(side))).collect();
        while count.load(Ordering::Relaxed) < enough {
            std::thread::yield_now();
        }
        recorder.kill();
        sides.into_iter().flat_map(|side| side.join().unwrap()).collect()
    })
}

#[test]
fn each_test_has_a_folder_of_its_own_and_a_bearer_token_goes_on() {
    let scenario = file("folders-upstream.yaml", HELLO);
    let upstream = Served::start(&mut faultline(&[
        "serve",
        &scenario,
        "--json",
        "--auth",
        "sigv4",
        "--auth-keys",
        "bearer:bedrock-key",
    ]));
    let folder = folder("folders");
    let arguments = ["record", folder.to_str().unwrap(), "--upstream", &upstream.said("url"), "--json"];
    let mut command = faultline(&arguments);
    let recorder = Served::start(command.env("AWS_BEARER_TOKEN_BEDROCK", "bedrock-key"));
    let ask = |headers: &str, path: &str| post(&recorder.address(), path, headers, &saying("Hi")).unwrap();
    let header = ask("x-faultline-session: tests/test_a.py::test_one\r\n", "/model/m/converse");
    assert!(header.starts_with("HTTP/1.1 200"), "{header}");
    ask("", "/s/test_two/model/m/converse");
    ask("", "/model/m/converse");
    let output = recorder.stop();
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let names: Vec<String> = cassettes(&folder)
        .iter()
        .map(|path| path.strip_prefix(&folder).unwrap().display().to_string())
        .collect();
    assert_eq!(
        names,
        ["001-converse.yaml", "test_two/001-converse.yaml", "tests/test_a.py__test_one/001-converse.yaml"]
    );
}

#[test]
fn cassettes_are_shown_compared_counted_scrubbed_and_trimmed() {
    let upstream = upstream("cassette", HELLO);
    let (one, two) = (folder("cassette-one"), folder("cassette-two"));
    for folder in [&one, &two] {
        assert_eq!(code(&upstream.record_agent(folder, "record", "Hi")), 0);
    }
    let (first, second) = (one.to_str().unwrap(), two.to_str().unwrap());
    let (exit, shown, _) = cassette(&["show", first]);
    assert!(
        exit == 0 && shown.contains("contentBlockDelta 0 \"Hello.") && shown.contains("end_turn, complete"),
        "{shown}"
    );
    assert_eq!(
        cassette(&["diff", first, second, "--no-timing"]),
        (0, "no difference\n".into(), String::new())
    );
    let (exit, counted, _) = cassette(&["stats", first, second]);
    assert!(
        exit == 0 && counted.contains(": 2 streams, 0 other answers") && counted.contains("pace: { first: "),
        "{counted}"
    );

    let (exit, named, _) = cassette(&["scrub", "--check", "--redact", "greeting=Hello", first]);
    assert!(exit == 1 && named.contains("001-converse-stream.yaml"), "{named}");
    let (exit, _, said) = cassette(&["scrub", "--redact", "greeting=Hello", first]);
    assert!(exit == 0 && said.contains("redacted greeting: 1 (1 time)"), "{said}");
    let (exit, differs, _) = cassette(&["diff", first, second, "--no-timing"]);
    assert!(exit == 1 && differs.contains("text: \"redacted-greeting-1. Ask"), "{differs}");

    let (exit, _, said) = cassette(&["trim", "--longest-wait", "1ms", first]);
    assert!(exit == 0 && said.contains("1 of 1 cassette changed"), "{said}");
    let (_, differs, _) = cassette(&["stats", first, "--json"]);
    let stats: serde_json::Value = serde_json::from_str(&differs).unwrap();
    let total = stats.as_object().unwrap().values().next().unwrap()["totalMs"]["max"].as_f64().unwrap();
    assert!(total <= 20.0, "{total}");
    std::fs::write(cassettes(&one)[0].as_path(), "faultline: 1\nreplies: [{message: [{text: hi}]}]\n")
        .unwrap();
    let (exit, _, said) = cassette(&["trim", "--takes", "1", first]);
    assert!(exit == 3 && said.contains("is no cassette"), "{said}");
}
