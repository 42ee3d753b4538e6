//! The section on recordings that were played again.

use super::data::{Replay, Report};
use crate::page::budget::{Piece, keep};
use crate::page::escape::clipped;
use crate::page::remarks::left_out;
use crate::page::units::{bytes, thousands};

/// The section, in at most `room` bytes; empty when nothing was replayed.
pub(super) fn section(report: &Report, room: usize) -> String {
    if report.replays.is_empty() {
        return String::new();
    }
    let rows: Vec<String> = report.replays.iter().map(row).collect();
    let pieces: Vec<Piece> = rows
        .iter()
        .zip(&report.replays)
        .map(|(row, replay)| Piece { size: row.len(), rank: u8::from(replay.identical) })
        .collect();
    let (kept, _) = keep(&pieces, room.saturating_sub(1_500));
    let shown: String =
        rows.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(row, _)| row.as_str()).collect();
    let absent = kept.iter().filter(|kept| !**kept).count();
    format!(
        "<section class=\"replays\" aria-labelledby=\"replays\">\n<h2 id=\"replays\">Recordings replayed</h2>\n\
         <table>\n<caption>Recorded streams, sent again frame by frame. <i>Same</i> means that the client received the \
         same events.</caption>\n<thead><tr><th scope=\"col\">Recording</th><th scope=\"col\" class=\"q\">Operation</th>\
         <th scope=\"col\" class=\"q\">Model</th><th scope=\"col\" class=\"n\">Frames</th>\
         <th scope=\"col\" class=\"n\">Bytes</th><th scope=\"col\">Received</th></tr></thead>\n<tbody>\n{shown}</tbody>\n\
         </table>\n{}</section>\n",
        left_out(absent, "recording", "left out of this table."),
    )
}

fn row(replay: &Replay) -> String {
    let (class, sign, word) =
        if replay.identical { ("passed", "✓", "same") } else { ("failed", "✕", "different") };
    let note = match replay.note.as_str() {
        "" => String::new(),
        note => format!(" <span class=\"t\">{}</span>", clipped(note, 200)),
    };
    format!(
        "<tr><th scope=\"row\">{}</th><td class=\"q\">{}</td><td class=\"q\">{}</td><td class=\"n\">{}</td>\
         <td class=\"n\">{}</td><td><span class=\"badge {class}\"><b>{sign}</b> {word}</span>{note}</td></tr>\n",
        clipped(&replay.id, 80),
        clipped(&replay.operation, 60),
        clipped(&replay.model, 80),
        thousands(replay.frames),
        bytes(replay.bytes),
    )
}
