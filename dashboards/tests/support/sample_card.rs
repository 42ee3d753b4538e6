//! A made-up card in the shape that grading gives. Nothing here was measured.

use super::sample::{Shape, stream, throttled};
use faultline_dashboards::card::{Breach, Calibration, Card, Graded};
use faultline_dashboards::{Request, Verdict};

fn breach(oracle: &str, rule: &str, request: Option<u64>, what: &str) -> Breach {
    Breach { oracle: oracle.to_owned(), rule: rule.to_owned(), request, what: what.to_owned() }
}

fn entry(group: &str, name: &str, verdict: Verdict) -> Graded {
    let name = format!("{group}/{name}");
    Graded {
        group: group.to_owned(),
        about: "The stream ends after a delta, the connection closes properly.".to_owned(),
        citations: vec!["boto/botocore#3525".to_owned()],
        expectation: "an answer or an honest error, no false success".to_owned(),
        replay: format!("faultline grade --only {name} -- python agent.py"),
        name,
        verdict,
        end: "success".to_owned(),
        wall_ms: 214.0,
        calls: 1,
        ..Graded::default()
    }
}

fn asked(request: Request) -> Request {
    let body = "{\n  \"messages\": [\n    { \"role\": \"user\", \"content\": [{ \"text\": \"Where is <A-1>?\" }] }\n  ]\n}";
    Request { body: body.to_owned(), ..request }
}

/// A failure with two requests.
fn failure(group: &str, name: &str) -> Graded {
    let cut = Shape::new(14, 120.0, 24.0).broken("cut", "cut at contentBlockDelta nth 12");
    Graded {
        breaches: vec![
            breach(
                "O1",
                "no success without messageStop",
                Some(2),
                "success was told, messageStop never came",
            ),
            breach("expect", "the scenario's own expectation", None, "the answer lacks \"packed\""),
        ],
        stdout: "One is on its way, one is be".to_owned(),
        stderr: "WARNING: slow\nstream over".to_owned(),
        calls: 2,
        requests: vec![asked(throttled(1, "ConverseStream")), asked(stream(2, cut))],
        ..entry(group, name, Verdict::Failed)
    }
}

/// A card with everything on it.
pub(crate) fn card() -> Card {
    let passed = |group: &'static str, count: usize| {
        (0..count).map(move |number| entry(group, &format!("scenario_{number}"), Verdict::Passed))
    };
    let skipped = Graded {
        skipped: "it waits in real time: --slow plays it".to_owned(),
        calls: 0,
        ..entry("timing", "first_token_late", Verdict::Skipped)
    };
    let known =
        Graded { known: Some("the SDK has no fix yet".to_owned()), ..failure("transport", "rst_after_stop") };
    let mut results: Vec<Graded> = passed("errors", 12).collect();
    results.extend(passed("exceptions", 9));
    results.push(failure("exceptions", "throttling_mid_text"));
    results.extend(passed("transport", 4));
    results.extend([failure("transport", "cut_in_text"), known]);
    results.extend(passed("timing", 3));
    results.push(skipped);
    Card {
        agent: "python agent.py".to_owned(),
        command: "faultline grade --html card.html -- python agent.py".to_owned(),
        version: "0.1.0".to_owned(),
        started: "2030-01-02 03:04:05Z".to_owned(),
        elapsed_ms: 21_400.0,
        calibration: Calibration {
            streams: true,
            tools: 2,
            printed: 1,
            user_agent: "Boto3/1.43.11 md/Botocore#1.43.11".to_owned(),
            run_ms: 180.0,
            note: String::new(),
        },
        threshold: 100.0,
        success: false,
        results,
        outdated: vec!["errors/old passes now: take it out".to_owned()],
        interrupted: None,
    }
}
