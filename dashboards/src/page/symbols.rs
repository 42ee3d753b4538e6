//! The drawn symbols of the pictures, defined once a page, and the legend that names them.

use super::ending::Shape;
use std::fmt::Write as _;

/// The drawings that pictures refer to; once a page.
pub(crate) fn definitions() -> String {
    let endings = Shape::ALL.into_iter().fold(String::new(), |mut out, shape| {
        let class = if shape == Shape::Complete { "ok" } else { "bad" };
        let _ = write!(out, "<path id=\"{}\" class=\"e {class}\" d=\"{}\"/>", shape.id(), shape.path());
        out
    });
    format!(
        "<svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>{endings}\
         <circle id=\"m-head\" class=\"hd\" r=\"3.5\"/><path id=\"m-note\" class=\"no\" d=\"M0-5L5 0L0 5L-5 0Z\"/>\
         <path id=\"m-fault\" class=\"fa\" d=\"M0-8L8 6H-8Z\"/>\
         <rect id=\"m-unary\" class=\"un\" x=\"-4\" y=\"-4\" width=\"8\" height=\"8\"/>\
         <circle id=\"m-first\" class=\"fi\" r=\"4\"/><circle id=\"m-over\" class=\"ov\" r=\"4.5\"/>\
         <path id=\"m-failed\" class=\"e bad\" d=\"M-4.5-4.5L4.5 4.5M4.5-4.5L-4.5 4.5\"/></defs></svg>\n"
    )
}

/// How to read a picture; once a page.
pub(crate) fn legend() -> String {
    let item = |id: &str, words: &str| {
        format!(
            "<li><svg width=\"18\" height=\"18\" aria-hidden=\"true\"><use href=\"#{id}\" x=\"9\" y=\"9\"/></svg> {words}</li>"
        )
    };
    let mut out = String::from(
        "<p class=\"note\">Each line is one answer, from the moment the request was understood. A tick is a frame, \
         taller for more bytes.</p>\n<ul class=\"legend\">",
    );
    out.push_str(&item("m-head", "status and headers"));
    out.push_str(&item("m-fault", "fault, numbered"));
    for shape in &Shape::ALL[..Shape::ALL.len() - 1] {
        out.push_str(&item(shape.id(), shape.meaning()));
    }
    out.push_str(&item("m-note", "seen by the server"));
    out.push_str("</ul>\n");
    out
}
