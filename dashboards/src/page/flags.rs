//! Faults on a picture: which ticks one touched, where its flag stands, and how it is drawn.

use super::data::Tick;

/// Flags drawn over one answer.
const FLAGS: usize = 9;
/// Flags closer than this, percent of the width, go above each other.
const FLAG_GAP: f64 = 6.0;
const LANES: usize = 3;

/// A fault and the run of ticks that it touched.
pub(crate) struct Flag<'a> {
    /// What it says.
    pub(crate) text: &'a str,
    /// Its first tick, by index.
    pub(crate) first: usize,
    /// Its last.
    pub(crate) last: usize,
    /// How many it touched.
    pub(crate) ticks: usize,
}

/// The faults of an answer in the order in which they first act, at most [`FLAGS`].
pub(crate) fn flags(ticks: &[Tick]) -> Vec<Flag<'_>> {
    let mut flags: Vec<Flag<'_>> = Vec::new();
    for (index, tick) in ticks.iter().enumerate() {
        let Some(text) = tick.fault.as_deref() else { continue };
        let full = flags.len() == FLAGS;
        match flags.iter_mut().find(|flag| flag.text == text) {
            Some(flag) => (flag.last, flag.ticks) = (index, flag.ticks + 1),
            None if full => {}
            None => flags.push(Flag { text, first: index, last: index, ticks: 1 }),
        }
    }
    flags
}

/// For each flag the lowest lane where it does not lie on an earlier one.
pub(crate) fn lanes(flags: &[Flag<'_>], at: &[f64]) -> Vec<usize> {
    let mut ends = [f64::NEG_INFINITY; LANES];
    flags
        .iter()
        .map(|flag| {
            let from = at[flag.first];
            let free = ends.iter().position(|end| from - end >= FLAG_GAP).unwrap_or(LANES - 1);
            ends[free] = at[flag.last];
            free
        })
        .collect()
}

/// A numbered flag at `from`, with a line to where the fault last acted.
pub(crate) fn flag_mark(number: usize, from: f64, to: f64, y: usize, base: usize) -> String {
    let run = if to - from > 1.0 {
        format!("<line class=\"f\" x1=\"{from:.1}%\" x2=\"{to:.1}%\" y1=\"{y}\" y2=\"{y}\"/>")
    } else {
        String::new()
    };
    let text = y + 4;
    format!(
        "{run}<line class=\"f p\" x1=\"{from:.1}%\" x2=\"{from:.1}%\" y1=\"{y}\" y2=\"{base}\"/>\
         <use class=\"fl\" href=\"#m-fault\" x=\"{from:.1}%\" y=\"{y}\"/>\
         <text class=\"fn\" x=\"{from:.1}%\" y=\"{text}\">{number}</text>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(at_ms: f64, fault: Option<&str>) -> Tick {
        Tick { at_ms, bytes: 100, fault: fault.map(str::to_owned), ..Tick::default() }
    }

    #[test]
    fn flags_that_would_lie_on_each_other_stand_on_lanes() {
        let at_once: Vec<Tick> = (0..40)
            .map(|n| data(0.0, [None, Some("a"), Some("b"), Some("c")][if n < 4 { n } else { 0 }]))
            .collect();
        assert_eq!(lanes(&flags(&at_once), &[50.0; 40]), [0, 1, 2]);
    }

    #[test]
    fn a_fault_beyond_the_last_flag_is_left_for_the_words() {
        let many: Vec<Tick> = (0..20).map(|n| data(0.0, Some(format!("fault {n}").as_str()))).collect();
        assert_eq!(flags(&many).len(), FLAGS);
    }
}
