//! One request of an arm: its heading, its picture, the faults in words, and the text form on demand.

use super::data::Request;
use super::escape::{clipped, esc};
use super::timeline_svg;
use super::units::count;
use std::fmt::Write as _;

/// Lines of the text form that are kept at its start and at its end.
const FIRST_LINES: usize = 40;
const LAST_LINES: usize = 15;
/// Characters of one line.
const LINE_WIDTH: usize = 160;
/// Notes under one picture.
const NOTES: usize = 8;

/// The request as a figure; `text` is its text form, already HTML, or empty.
pub(crate) fn figure(request: &Request, text: &str) -> String {
    let status =
        request.status.map(|status| format!(" <span class=\"st\">{status}</span>")).unwrap_or_default();
    let ending = match request.ending.as_str() {
        "" => String::new(),
        ending => format!(" <span class=\"end\">{}</span>", clipped(ending, 80)),
    };
    let summary = match request.summary.as_str() {
        "" => String::new(),
        summary => format!(" · {}", clipped(summary, 200)),
    };
    let picture = timeline_svg::picture(&request.timeline);
    format!(
        "<figure>\n<figcaption><b>Request {}</b> {}{status}{ending}<br><span class=\"sum\">{}{summary}</span></figcaption>\n\
         {}{}{text}</figure>\n",
        request.number,
        clipped(&request.operation, 60),
        clipped(&request.model, 100),
        picture.svg,
        notes(request, &picture),
    )
}

/// What the picture's numbered marks stand for, and faults that left no mark on it.
fn notes(request: &Request, picture: &timeline_svg::Picture) -> String {
    let mut items = picture.notes.clone();
    let unmarked = request.faults.iter().filter(|fault| !picture.marked.contains(fault));
    items.extend(unmarked.map(|fault| format!("<b class=\"mk\">!</b> {}", clipped(fault, 160))));
    if items.is_empty() {
        return String::new();
    }
    let mut html = String::from("<ul class=\"marks\">");
    for item in items.iter().take(NOTES) {
        let _ = write!(html, "<li>{item}</li>");
    }
    if items.len() > NOTES {
        let _ = write!(html, "<li>and {} more</li>", items.len() - NOTES);
    }
    html.push_str("</ul>\n");
    html
}

/// The text form under a disclosure; empty when there is none.
pub(crate) fn text_form(request: &Request) -> String {
    disclosed("What was sent, line by line", &request.timeline_text)
}

/// The request's body under a disclosure; empty when there is none.
pub(crate) fn body_form(request: &Request) -> String {
    disclosed("What the request said", &request.body)
}

/// A long text under a disclosure: its start and its end.
pub(crate) fn disclosed(summary: &str, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!(
        "<details><summary>{}</summary>\n<pre tabindex=\"0\">{}</pre>\n</details>\n",
        esc(summary),
        both_ends(text)
    )
}

/// The first and the last lines of a text, escaped; what is left out is counted.
fn both_ends(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    let absent = lines.len().saturating_sub(FIRST_LINES + LAST_LINES);
    for (index, line) in lines.iter().enumerate() {
        if absent > 0 && index == FIRST_LINES {
            let _ = writeln!(out, "          … {} left out …", count(absent, "line"));
        }
        if absent == 0 || index < FIRST_LINES || index >= FIRST_LINES + absent {
            let _ = writeln!(out, "{}", clipped(line, LINE_WIDTH));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_form_keeps_both_ends_and_counts_the_rest() {
        let lines: Vec<String> = (1..=100).map(|n| format!("line-{n}.")).collect();
        let request = Request { timeline_text: lines.join("\n"), ..Request::default() };
        let html = text_form(&request);
        assert!(html.contains("line-40.\n          … 45 lines left out …\nline-86.\n"), "{html}");
        assert!(html.contains("line-100.") && !html.contains("line-41."));
    }

    #[test]
    fn a_fault_without_a_mark_is_still_named() {
        let request = Request { faults: vec!["refuse <1>".to_owned()], ..Request::default() };
        assert!(figure(&request, "").contains("refuse &lt;1&gt;"));
    }
}
