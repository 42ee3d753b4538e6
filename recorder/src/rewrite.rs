//! Cassettes that are there, changed: without secrets, with fewer takes, with shorter waits. Pure.
//!
//! A file that a person has changed in ways that we would not write again is left alone: its comments would be lost.

use crate::cassette::{self, FRAMES, NO_FRAMES};
use crate::redact::{Redactor, StreamRedactor};
use faultline_scenarios::file::{OneOrMany, Reply, ScenarioFile, When};
use faultline_scenarios::load;
use faultline_scenarios::problem::Problems;
use faultline_scenarios::recorded::{RecordedBody, RecordedFrame};
use faultline_scenarios::text_match::{NamedMatch, TextMatch};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Why a file is not changed.
#[derive(Debug, thiserror::Error)]
pub enum Unchanged {
    /// It is no sound scenario.
    #[error("{0}")]
    Load(#[from] Box<Problems>),
    /// It is a scenario that no recorder wrote.
    #[error("is no cassette: a recorder writes `when`, `order: takes` and replies of frames or bodies")]
    NoCassette,
    /// It has something that would be lost.
    #[error("line {0} is not as a recorder writes it, and would be lost: change it by hand, or record again")]
    ByHand(usize),
}

/// What is to be changed.
#[derive(Clone, Default)]
pub struct Changes {
    /// Secrets go out.
    pub redactor: Option<Arc<Redactor>>,
    /// So many takes stay: the newest.
    pub takes: Option<usize>,
    /// No wait is longer than so many milliseconds.
    pub longest_wait: Option<f64>,
    /// What was asked goes out; `when` stays.
    pub without_asked: bool,
}

/// The text of a cassette, changed.
///
/// # Errors
/// When the text is no cassette, or would lose something that a person wrote.
pub fn rewritten(name: &str, text: &str, changes: &Changes) -> Result<String, Unchanged> {
    let scenario = load::scenario(name, name, text).map_err(Box::new)?;
    let mut file = scenario.file;
    let again = text_of(&file).ok_or(Unchanged::NoCassette)?;
    if again != text {
        return Err(Unchanged::ByHand(first_difference(text, &again)));
    }
    changes.apply(&mut file);
    text_of(&file).ok_or(Unchanged::NoCassette)
}

fn first_difference(text: &str, again: &str) -> usize {
    text.lines().zip(again.lines()).take_while(|(one, other)| one == other).count() + 1
}

/// A cassette as the recorder writes it; `None` for a scenario that is none.
pub fn text_of(file: &ScenarioFile) -> Option<String> {
    let from = file.recorded.clone().unwrap_or_default();
    let replies: Option<Vec<String>> = file.replies.iter().map(reply).collect();
    Some(cassette::file(file.when.as_ref()?, &from, &replies?))
}

fn reply(reply: &Reply) -> Option<String> {
    let asked = reply.asked.clone().unwrap_or_default();
    let mut out = cassette::asked(&asked.headers, &asked.body.unwrap_or_default());
    if let Some(head) = &reply.head {
        out.push_str(&cassette::head(head.t_ms, head.status, &head.headers));
    }
    match (&reply.frames, &reply.body) {
        (Some(frames), _) => {
            out.push_str(if frames.is_empty() { NO_FRAMES } else { FRAMES });
            frames.iter().for_each(|each| out.push_str(&cassette::frame(each)));
        }
        (None, Some(body)) => out.push_str(&cassette::recorded_body(body)),
        (None, None) => return None,
    }
    if let Some(end) = &reply.end {
        out.push_str(&cassette::recorded_end(end));
    }
    Some(out)
}

impl Changes {
    fn apply(&self, file: &mut ScenarioFile) {
        if let Some(takes) = self.takes {
            let surplus = file.replies.len().saturating_sub(takes.max(1));
            file.replies.drain(..surplus);
        }
        if let Some(longest) = self.longest_wait {
            file.replies.iter_mut().for_each(|reply| shorten(reply, longest));
        }
        if self.without_asked {
            file.replies.iter_mut().for_each(|reply| reply.asked = None);
        }
        if let Some(redactor) = &self.redactor {
            if let Some(when) = &mut file.when {
                scrub_when(when, redactor);
            }
            file.replies.iter_mut().for_each(|reply| scrub(reply, redactor));
        }
    }
}

/// Every wait of a reply, cut to `longest`; what came at one moment still does.
fn shorten(reply: &mut Reply, longest: f64) {
    let (mut was, mut is) = (0.0, 0.0);
    let mut time = |t_ms: &mut f64| {
        is += (*t_ms - was).clamp(0.0, longest);
        was = t_ms.max(was);
        // As precise as the recorder writes it.
        *t_ms = (is * 1000.0).round() / 1000.0;
    };
    if let Some(head) = &mut reply.head {
        time(&mut head.t_ms);
    }
    for frame in reply.frames.iter_mut().flatten() {
        time(&mut frame.t_ms);
        frame.pieces.iter_mut().for_each(|piece| time(&mut piece.t_ms));
    }
    if let Some(body) = &mut reply.body {
        time(&mut body.t_ms);
        body.pieces.iter_mut().for_each(|piece| time(&mut piece.t_ms));
    }
    if let Some(end) = &mut reply.end {
        time(&mut end.t_ms);
    }
}

fn scrub_when(when: &mut When, redactor: &Redactor) {
    for like in [&mut when.model, &mut when.text].into_iter().flatten() {
        if let TextMatch::Named(NamedMatch::Like(text)) = like {
            *text = redactor.text(text);
        }
    }
    if let Some(OneOrMany::One(operation)) = &mut when.operation {
        *operation = redactor.text(operation);
    }
    when.tool_results.iter_mut().flatten().for_each(|id| *id = redactor.text(id));
}

fn scrub(reply: &mut Reply, redactor: &Arc<Redactor>) {
    if let Some(asked) = &mut reply.asked {
        scrub_headers(&mut asked.headers, redactor);
        asked.body.iter_mut().for_each(|body| redactor.value(body));
    }
    if let Some(head) = &mut reply.head {
        scrub_headers(&mut head.headers, redactor);
    }
    if let Some(frames) = &mut reply.frames {
        *frames = scrubbed(std::mem::take(frames), redactor);
    }
    if let Some(body) = &mut reply.body {
        scrub_body(body, redactor);
    }
    if let Some(end) = &mut reply.end {
        scrub_headers(&mut end.trailers, redactor);
    }
}

fn scrubbed(frames: Vec<RecordedFrame>, redactor: &Arc<Redactor>) -> Vec<RecordedFrame> {
    let mut stream = StreamRedactor::new(redactor.clone());
    let mut out: Vec<RecordedFrame> = frames.into_iter().flat_map(|frame| stream.push(frame)).collect();
    out.extend(stream.finish());
    out
}

/// Headers as the recorder keeps them: those that always hold secrets lose their whole value.
fn scrub_headers(headers: &mut Map<String, Value>, redactor: &Redactor) {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let all = headers.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    *headers = redactor.headers(all).into_iter().map(|(name, value)| (name, value.into())).collect();
}

/// A body whose places have moved came whole.
fn scrub_body(body: &mut RecordedBody, redactor: &Redactor) {
    let before = body.clone();
    body.json.iter_mut().for_each(|json| redactor.value(json));
    body.text.iter_mut().for_each(|text| *text = redactor.text(text));
    if let Some(last) = before.pieces.last().filter(|_| *body != before) {
        body.t_ms = last.t_ms;
        body.pieces.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASSETTE: &str = concat!(
        "faultline: 1\n",
        "recorded: { date: \"2026-11-27\" }\n",
        "when: { operation: ConverseStream, turn: 1, text: { like: \"I am jo@example.org\" } }\n",
        "order: takes\n",
        "replies:\n",
        "  - asked: { headers: {}, body: {\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"I am jo@example.org\"}]}]} }\n",
        "    head: { t_ms: 10, status: 200, headers: {\"content-type\":\"application/vnd.amazon.eventstream\"} }\n",
        "    frames:\n",
        "      - { t_ms: 10, event: messageStart, payload: {\"role\":\"assistant\"} }\n",
        "      - { t_ms: 5010.5, event: contentBlockDelta, payload: {\"contentBlockIndex\":0,\"delta\":{\"text\":\"Hi jo@example\"}} }\n",
        "      - { t_ms: 5020.5, event: contentBlockDelta, payload: {\"contentBlockIndex\":0,\"delta\":{\"text\":\".org!\"}} }\n",
        "    end: { t_ms: 5021 }\n",
        "  - asked: { headers: {} }\n",
        "    head: { t_ms: 3, status: 429, headers: {} }\n",
        "    body: { json: {\"message\":\"x\"}, t_ms: 4 }\n",
        "    end: { t_ms: 4 }\n",
    );

    fn changed(changes: &Changes) -> String {
        rewritten("c", CASSETTE, changes).unwrap()
    }

    #[test]
    fn without_a_change_nothing_changes() {
        assert_eq!(changed(&Changes::default()), CASSETTE);
    }

    #[test]
    fn secrets_go_out_of_the_condition_the_request_and_across_frames() {
        let redactor = Arc::new(Redactor::default());
        let text = changed(&Changes { redactor: Some(redactor.clone()), ..Changes::default() });
        assert!(!text.contains("jo@example") && !text.contains(".org"), "{text}");
        assert_eq!(text.matches("email-1@redacted.invalid").count(), 3, "{text}");
        let again = rewritten("c", &text, &Changes { redactor: Some(redactor), ..Changes::default() });
        assert_eq!(again.unwrap(), text, "twice is once");
    }

    #[test]
    fn waits_are_cut_takes_are_left_out_and_requests_too() {
        let text = changed(&Changes { longest_wait: Some(100.0), ..Changes::default() });
        let times: Vec<&str> =
            text.split("t_ms: ").skip(1).filter_map(|rest| rest.split([',', ' ']).next()).collect();
        assert_eq!(times, ["10", "10", "110", "120", "120.5", "3", "4", "4"]);
        let text = changed(&Changes { takes: Some(1), without_asked: true, ..Changes::default() });
        assert!(
            text.contains("429") && !text.contains("messageStart") && !text.contains("jo@example.org\"}]"),
            "{text}"
        );
    }

    #[test]
    fn what_a_person_wrote_is_not_lost() {
        let with = CASSETTE.replace("order: takes", "order: takes # by hand");
        assert!(matches!(rewritten("c", &with, &Changes::default()), Err(Unchanged::ByHand(4))));
        let scenario = "faultline: 1\nreplies: [{message: [{text: hi}]}]\n";
        assert!(matches!(rewritten("c", scenario, &Changes::default()), Err(Unchanged::NoCassette)));
    }
}
