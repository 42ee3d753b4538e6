//! Made-up reports in the shapes that a demo gives. Nothing here was measured.

use faultline_dashboards::{Arm, Case, Mode, Replay, Report, Request, Tick, TickKind, Totals, Verdict};
use std::fmt::Write as _;

const MODEL: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

/// How one sample answer goes.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub frames: usize,
    pub first_ms: f64,
    pub step_ms: f64,
    pub ending: &'static str,
    pub fault: Option<&'static str>,
}

impl Shape {
    pub(crate) const fn new(frames: usize, first_ms: f64, step_ms: f64) -> Self {
        Self { frames, first_ms, step_ms, ending: "complete", fault: None }
    }

    pub(crate) const fn broken(self, ending: &'static str, fault: &'static str) -> Self {
        Self { ending, fault: Some(fault), ..self }
    }
}

/// A streamed answer.
pub(crate) fn stream(number: u64, shape: Shape) -> Request {
    let mut timeline = vec![tick(0.0, "200 application/vnd.amazon.eventstream", 0, TickKind::Head)];
    let mut at = shape.first_ms;
    for index in 0..shape.frames {
        let (label, bytes) = match index {
            0 => ("messageStart".to_owned(), 98),
            1 => ("contentBlockDelta 0 \"\"".to_owned(), 132),
            _ => (format!("contentBlockDelta 0 \"piece <{index}>\""), 141 + (index as u64 * 37) % 60),
        };
        timeline.push(tick(at, &label, bytes, TickKind::Data));
        at += shape.step_ms * (0.6 + ((index * 7) % 9) as f64 / 10.0);
    }
    if shape.fault.is_none() {
        for (label, bytes) in [("contentBlockStop 0", 112), ("messageStop end_turn", 110), ("metadata", 203)]
        {
            timeline.push(tick(at, label, bytes, TickKind::Data));
        }
    }
    let mut end = tick(at, shape.ending, 0, TickKind::End);
    end.fault = shape.fault.map(str::to_owned);
    timeline.push(end);
    if shape.ending == "stall" {
        timeline.push(tick(at + 2_000.0, "the client left", 0, TickKind::Note));
    }
    request(number, "ConverseStream", Some(200), shape, timeline)
}

/// An answer in one piece.
pub(crate) fn whole(number: u64, at_ms: f64) -> Request {
    let timeline = vec![
        tick(at_ms, "200 application/json", 0, TickKind::Head),
        tick(at_ms, "body", 512, TickKind::Data),
        tick(at_ms, "complete", 0, TickKind::End),
    ];
    request(number, "Converse", Some(200), Shape::new(1, at_ms, 0.0), timeline)
}

/// A refusal before the stream.
pub(crate) fn throttled(number: u64, operation: &str) -> Request {
    let fault = "throttle at start";
    let mut timeline = vec![
        tick(0.0, "429 application/json", 0, TickKind::Head),
        tick(0.0, "body", 62, TickKind::Data),
        tick(0.0, "complete", 0, TickKind::End),
    ];
    for tick in &mut timeline {
        tick.fault = Some(fault.to_owned());
    }
    let shape = Shape::new(1, 0.0, 0.0).broken("complete", fault);
    request(number, operation, Some(429), shape, timeline)
}

fn request(number: u64, operation: &str, status: Option<u16>, shape: Shape, timeline: Vec<Tick>) -> Request {
    Request {
        number,
        operation: operation.to_owned(),
        model: MODEL.to_owned(),
        summary: format!("messages: {}, tools: 2", number * 2 - 1),
        status,
        ending: shape.ending.to_owned(),
        faults: shape.fault.map(str::to_owned).into_iter().collect(),
        timeline_text: text(&timeline),
        body: String::new(),
        timeline,
    }
}

fn tick(at_ms: f64, label: &str, bytes: u64, kind: TickKind) -> Tick {
    Tick { at_ms, label: label.to_owned(), bytes, fault: None, kind }
}

fn text(timeline: &[Tick]) -> String {
    timeline.iter().fold(String::new(), |mut out, tick| {
        let kind = match tick.kind {
            TickKind::Head => "head",
            TickKind::Data => "data",
            TickKind::End => "end",
            TickKind::Note => "note",
        };
        let size = if tick.bytes > 0 { format!("{} B", tick.bytes) } else { String::new() };
        let fault = tick.fault.as_ref().map(|fault| format!("  fault: {fault}")).unwrap_or_default();
        let line = format!("{:>5.0} ms  {kind:<5}  {:<44}{size:>10}{fault}", tick.at_ms, tick.label);
        let _ = writeln!(out, "{}", line.trim_end());
        out
    })
}

/// An arm that passed, with the times of its requests added up.
pub(crate) fn arm(name: Mode, requests: Vec<Request>) -> Arm {
    let span = |request: &Request| request.timeline.iter().map(|tick| tick.at_ms).fold(0.0, f64::max);
    let total: f64 = requests.iter().map(span).sum();
    let first = requests.first().and_then(|request| request.timeline.get(1)).map_or(0.0, |tick| tick.at_ms);
    let streaming = name == Mode::Streaming;
    Arm {
        name,
        verdict: Verdict::Passed,
        outcome: "answered".to_owned(),
        expectation: "answers: “Both ship today.”".to_owned(),
        final_text: "Both ship today.".to_owned(),
        first_event_ms: Some(if streaming { first } else { total }),
        first_text_ms: Some(if streaming { first + 21.0 } else { total }),
        total_ms: Some(total + 3.4),
        requests,
        ..Arm::default()
    }
}

fn case(group: &str, name: &str, about: &str, citations: &[&str], arms: [Arm; 2]) -> Case {
    Case {
        group: group.to_owned(),
        name: name.to_owned(),
        about: about.to_owned(),
        citations: citations.iter().map(|text| (*text).to_owned()).collect(),
        arms: arms.into(),
    }
}

fn both(unary: Vec<Request>, streaming: Vec<Request>) -> [Arm; 2] {
    [arm(Mode::Unary, unary), arm(Mode::Streaming, streaming)]
}

/// A small report with one of everything, hostile texts included.
pub(crate) fn small() -> Report {
    let mut arms = both(
        vec![whole(1, 812.0)],
        vec![stream(1, Shape::new(4, 310.0, 40.0).broken("reset", "reset at contentBlockDelta 0"))],
    );
    arms[1].verdict = Verdict::Failed;
    arms[1].error = "the stream ended without messageStop <b>\"early\"</b>".to_owned();
    arms[0].tool_calls = vec!["get_order_status {\"order_id\":\"A-1\"}".to_owned()];
    let about = "A reset after the first words. <script>alert('x')</script>";
    let mut report = Report {
        title: "faultline demo".to_owned(),
        subtitle: "faultline 0.1.0, built-in library".to_owned(),
        command: "faultline demo --seed 7".to_owned(),
        started: "20 November 2026, 16:15".to_owned(),
        totals: Totals { elapsed_ms: 1_402.0, requests: 2, frames: 5, bytes: 1_124, faults: 1 },
        cases: vec![case("stream faults", "reset-early", about, &["boto/botocore#3525"], arms)],
        ..Report::default()
    };
    report.cases.push(Case {
        group: "basics".to_owned(),
        name: "not-run".to_owned(),
        arms: vec![Arm { outcome: "needs HTTP/2".to_owned(), ..Arm::default() }],
        ..Case::default()
    });
    report.replays = vec![replay(1, true), replay(2, false)];
    report
}

pub(crate) fn replay(number: usize, identical: bool) -> Replay {
    Replay {
        id: format!("converse-stream-text-{number:03}"),
        operation: "ConverseStream".to_owned(),
        model: MODEL.to_owned(),
        frames: 14 + number as u64,
        bytes: 2_103 + 91 * number as u64,
        identical,
        note: if identical { String::new() } else { "event 7 of 16 differs: usage.totalTokens".to_owned() },
    }
}

/// A report as a demo of the whole library gives.
pub(crate) fn realistic() -> Report {
    let mut cases = basics();
    cases.extend(tools());
    cases.extend(faults());
    let requests: usize = cases.iter().flat_map(|case| &case.arms).map(|arm| arm.requests.len()).sum();
    Report {
        title: "faultline demo".to_owned(),
        subtitle: "faultline 0.1.0 · built-in library, reference agent, seed 7".to_owned(),
        command: "faultline demo --corpus recordings/".to_owned(),
        started: "20 November 2026, 16:15 UTC".to_owned(),
        totals: Totals {
            elapsed_ms: 18_240.0,
            requests: requests as u64,
            frames: 1_204,
            bytes: 212_801,
            faults: 19,
        },
        cases,
        replays: (1..=24).map(|number| replay(number, number != 17)).collect(),
    }
}

fn basics() -> Vec<Case> {
    let texts: [(&str, &str, &[&str]); 5] = [
        ("text-short", "One sentence, no tools.", &[]),
        ("text-long", "Two paragraphs in fifty frames.", &[]),
        (
            "text-first-delta",
            "The text starts with its first delta: nothing announces the block.",
            &["BerriAI/litellm#24767", "strands-agents/harness-sdk#1460"],
        ),
        (
            "reasoning-signed",
            "Reasoning with a signature comes first and must be sent back unchanged.",
            &["RooCodeInc/Roo-Code#11238", "cline/cline#9424"],
        ),
        ("max-tokens", "The answer stops at the token limit in mid-sentence.", &[]),
    ];
    texts
        .iter()
        .enumerate()
        .map(|(index, (name, about, seen))| {
            let shape = Shape::new(6 + index * 11, 240.0 + index as f64 * 63.0, 24.0 - index as f64 * 2.0);
            let span = shape.first_ms + shape.frames as f64 * shape.step_ms;
            case("basics", name, about, seen, both(vec![whole(1, span)], vec![stream(1, shape)]))
        })
        .collect()
}

fn tools() -> Vec<Case> {
    let names = [
        (
            "tool-parallel-interleaved",
            "Two tool calls whose argument fragments interleave; an agent must key them by contentBlockIndex.",
        ),
        (
            "tool-split-at-surrogate-pair",
            "The argument JSON is cut between the two halves of an escaped emoji.",
        ),
        ("tool-without-arguments", "A tool call with no input fragment at all: the input is {}."),
        ("tool-unknown-name", "The model asks for a tool that was never offered."),
        (
            "a-very-long-scenario-name-that-somebody-thought-was-a-good-idea-at-the-time",
            "Long names are cut in tables.",
        ),
    ];
    names
        .iter()
        .enumerate()
        .map(|(index, (name, about))| {
            let calls = vec![
                "get_order_status {\"order_id\":\"A-10293\"}".to_owned(),
                "get_order_status {\"order_id\":\"B-4410\"}".to_owned(),
            ];
            let (one, two) = (Shape::new(22 + index * 5, 320.0, 19.0), Shape::new(9, 280.0, 17.0));
            let mut arms = both(
                vec![whole(1, 790.0 + 95.0 * index as f64), whole(2, 430.0)],
                vec![stream(1, one), stream(2, two)],
            );
            for arm in &mut arms {
                arm.tool_calls.clone_from(&calls);
            }
            case("tools", name, about, &["NousResearch/hermes-agent#107472"], arms)
        })
        .collect()
}

fn faults() -> Vec<Case> {
    let base = Shape::new(17, 310.0, 22.0);
    let broken = [
        ("reset-mid-text", base.broken("reset", "reset at contentBlockDelta 0 (15th)")),
        ("cut-before-message-stop", base.broken("cut", "cut before messageStop")),
        ("rst-stream-cancel", base.broken("RST_STREAM 8", "rst_stream CANCEL at contentBlockDelta 0")),
        ("goaway-while-open", base.broken("GOAWAY 0", "goaway at 60%")),
        ("half-frame-at-end", base.broken("cut", "half_frame: 61 of 141 B")),
        ("stall-mid-stream", base.broken("stall", "stall at contentBlockDelta 0")),
    ];
    let mut cases: Vec<Case> = broken.iter().map(|(name, shape)| broken_case(name, *shape)).collect();
    fail(&mut cases[2]);
    cases.push(throttle_case());
    cases.push(marked_case());
    cases
}

fn broken_case(name: &str, shape: Shape) -> Case {
    let about = "The connection fails while the answer is being written. The agent must not take the half for the whole, and may ask again.";
    let arms = both(vec![whole(1, 905.0)], vec![stream(1, shape), stream(2, Shape::new(17, 305.0, 22.0))]);
    let mut case = case("stream faults", name, about, &["strands-agents/harness-sdk#3224"], arms);
    case.arms[1].outcome = "recovered on attempt 2".to_owned();
    case.arms[1].expectation = "recovers: “Both ship today.”, 2 requests".to_owned();
    case.arms[0].outcome = "answered; the fault does not apply to Converse".to_owned();
    case
}

fn fail(case: &mut Case) {
    let arm = &mut case.arms[1];
    arm.verdict = Verdict::Failed;
    arm.requests.truncate(1);
    arm.outcome = "success with half an answer".to_owned();
    arm.error = "no error reached the caller, though the stream ended without messageStop".to_owned();
    arm.final_text = "Both ship".to_owned();
    arm.total_ms = Some(712.0);
}

fn throttle_case() -> Case {
    let unary = vec![throttled(1, "Converse"), throttled(2, "Converse"), whole(3, 640.0)];
    let streaming = vec![
        throttled(1, "ConverseStream"),
        throttled(2, "ConverseStream"),
        stream(3, Shape::new(120, 420.0, 31.0)),
    ];
    case(
        "errors",
        "throttle-twice",
        "Two 429 answers, then a good one.",
        &["https://docs.aws.amazon.com/bedrock/"],
        both(unary, streaming),
    )
}

/// Several faults on one unpaced answer, and more frames than a picture holds.
fn marked_case() -> Case {
    let mut sliced = stream(1, Shape::new(40, 0.2, 0.01));
    for tick in &mut sliced.timeline[3..20] {
        tick.fault = Some("slice 7 B".to_owned());
    }
    sliced.timeline[21].fault = Some("duplicate contentBlockDelta 0".to_owned());
    sliced.timeline[22].fault = Some("unknown_event fooBar".to_owned());
    sliced.faults = vec!["slice 7 B".to_owned(), "slow_accept 40 ms".to_owned()];
    let long = stream(2, Shape::new(1_200, 300.0, 4.0));
    let mut case = case(
        "stream faults",
        "slices-and-strangers",
        "Small writes, a repeated event and one that nobody knows.",
        &[],
        both(vec![whole(1, 3.1)], vec![sliced, long]),
    );
    case.arms[0] =
        Arm { name: Mode::Unary, outcome: "not run: faults need a stream".to_owned(), ..Arm::default() };
    case
}

/// `cases` cases with two arms of `requests` requests each.
pub(crate) fn huge(cases: usize, requests: u64) -> Report {
    let streams = || (1..=requests).map(|number| stream(number, Shape::new(30, 300.0, 20.0))).collect();
    let one = |index: usize| {
        let about = "Something to say about it, in a sentence that is as long as they tend to be.";
        case(
            &format!("group {}", index % 7),
            &format!("scenario-{index}"),
            about,
            &["boto/botocore#3525"],
            both(streams(), streams()),
        )
    };
    Report { title: "huge".to_owned(), cases: (0..cases).map(one).collect(), ..Report::default() }
}
