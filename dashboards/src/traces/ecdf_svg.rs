//! Distributions as curves: for each time the share of samples that are at most so long. Nothing is smoothed.

use super::data::{Measured, Percentile, TraceReport};
use crate::page::escape::clipped;
use crate::page::scale::Scale;
use crate::page::units::{axis_mark, count, fine_duration};
use std::fmt::Write as _;

/// The most curves, and the most steps of one: more than its picture has points.
const CURVES: usize = 12;
const STEPS: usize = 240;
/// Height of the box of a curve.
const TALL: f64 = 110.0;

/// The section; empty when nothing was measured.
pub(super) fn section(report: &TraceReport) -> String {
    let curves: String = report.measured.iter().take(CURVES).map(figure).collect();
    if curves.is_empty() {
        return curves;
    }
    format!(
        "<section aria-labelledby=\"distributions\">\n<h2 id=\"distributions\">Distributions</h2>\n\
         <p class=\"note\">The share of samples that are at most so long. The broad marks are the intervals of the median, the \
         95th and the 99th percentile, where there are samples enough.</p>\n<div class=\"ecdfs\">\n{curves}</div>\n</section>\n"
    )
}

fn figure(measured: &Measured) -> String {
    let mut sorted: Vec<f64> = measured.samples_ms.iter().copied().filter(|ms| ms.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let (Some(least), Some(most)) = (sorted.first(), sorted.last()) else { return String::new() };
    let scale = Scale::fitting(&sorted);
    let spoken = format!(
        "{}: {}, from {} to {}",
        clipped(&measured.name, 60),
        count(sorted.len(), "sample"),
        fine_duration(*least),
        fine_duration(*most)
    );
    format!(
        "<figure><figcaption>{name} <span class=\"t\">n = {n}</span></figcaption>\
         <svg width=\"100%\" height=\"{height:.0}\" role=\"img\" aria-label=\"{spoken}\">{grid}\
         <svg width=\"100%\" height=\"{TALL:.0}\" viewBox=\"0 0 1000 {TALL:.0}\" preserveAspectRatio=\"none\">\
         <path class=\"curve\" d=\"{path}\"/></svg>{sure}</svg></figure>\n",
        name = clipped(&measured.name, 60),
        n = sorted.len(),
        height = TALL + 18.0,
        grid = grid(scale),
        path = path(&sorted, scale),
        sure = sure(&measured.percentiles, scale),
    )
}

/// How high a share stands, from the top.
fn height(share: f64) -> f64 {
    4.0 + (TALL - 8.0) * (1.0 - share)
}

fn grid(scale: Scale) -> String {
    let mut out = String::new();
    for share in [0.0, 0.5, 0.95, 1.0] {
        let y = height(share);
        let _ = write!(out, "<line class=\"g\" x1=\"0\" x2=\"100%\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>");
    }
    for (share, label) in [(0.5, "50 %"), (0.95, "95 %")] {
        // Below its line: above the upper one there is no room.
        let y = height(share) + 11.0;
        let _ = write!(out, "<text class=\"start\" x=\"0\" y=\"{y:.1}\">{label}</text>");
    }
    for tick in scale.ticks() {
        let x = scale.percent(tick);
        let anchor = if x < 4.0 { " class=\"start\"" } else { "" };
        let (y, words) = (TALL + 13.0, axis_mark(tick));
        let _ = write!(out, "<text x=\"{x:.1}%\" y=\"{y:.0}\"{anchor}>{words}</text>");
    }
    out
}

/// The steps. Of many samples every so-manieth is a step, the first and the last among them.
fn path(sorted: &[f64], scale: Scale) -> String {
    let last = sorted.len() - 1;
    let steps = sorted.len().min(STEPS);
    let mut path = String::new();
    for step in 0..steps {
        let index = if steps > 1 { step * last / (steps - 1) } else { last };
        #[expect(clippy::cast_precision_loss, reason = "a position in a picture")]
        let y = height((index + 1) as f64 / sorted.len() as f64);
        let x = scale.percent(sorted[index]) * 10.0;
        let _ = if step == 0 {
            write!(path, "M{x:.0} {:.1}V{y:.1}", height(0.0))
        } else {
            write!(path, "H{x:.0}V{y:.1}")
        };
    }
    path
}

fn sure(percentiles: &[Percentile], scale: Scale) -> String {
    let mut out = String::new();
    for (share, percentile) in [0.5, 0.95, 0.99].into_iter().zip(percentiles) {
        let [Some(low), Some(high)] = percentile.between_ms else { continue };
        if percentile.enough {
            let (from, to, y) =
                (scale.percent(low), scale.percent(high).max(scale.percent(low) + 0.3), height(share));
            let _ = write!(
                out,
                "<line class=\"sure\" x1=\"{from:.2}%\" x2=\"{to:.2}%\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>"
            );
        }
    }
    out
}
