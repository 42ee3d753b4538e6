//! The badge: a small picture for a README that says how many scenarios an agent passed.

use super::data::{Card, Tally};

/// Room at both ends of a field.
const PADDING: usize = 7;
const LABEL: &str = "faultline";
/// Of what says nothing of the agent.
const GREY: &str = "#66707a";

/// The badge as SVG: `faultline | 97 of 120`. It needs no font file and no network.
pub fn badge(card: &Card) -> String {
    let tally = card.tally();
    let words = words(card);
    let (left, right) = (width(LABEL), width(&words));
    let all = left + right;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{all}\" height=\"20\" role=\"img\" aria-label=\"{LABEL}: {words}\">\n\
         <title>{LABEL}: {words}</title>\n\
         <clipPath id=\"r\"><rect width=\"{all}\" height=\"20\" rx=\"3\"/></clipPath>\n\
         <g clip-path=\"url(#r)\"><rect width=\"{left}\" height=\"20\" fill=\"#3a4147\"/>\
         <rect x=\"{left}\" width=\"{right}\" height=\"20\" fill=\"{colour}\"/></g>\n\
         <g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,Geneva,sans-serif\" font-size=\"11\" text-anchor=\"middle\">\n\
         {label}\n{value}\n</g>\n</svg>\n",
        colour = if card.interrupted.is_some() { GREY } else { colour(tally) },
        label = field(LABEL, 0, left),
        value = field(&words, left, right),
    )
}

/// A card that is not whole is no grade.
fn words(card: &Card) -> String {
    let tally = card.tally();
    match (card.interrupted, tally.exercised()) {
        (Some(_), _) => "interrupted".to_owned(),
        (None, 0) => "not graded".to_owned(),
        (None, all) => format!("{} of {all}", tally.passed),
    }
}

fn width(text: &str) -> usize {
    text.chars().map(advance).sum::<usize>() + 2 * PADDING
}

/// About how wide a character is at 11 px in Verdana; `textLength` makes it so in any other font.
fn advance(c: char) -> usize {
    match c {
        'f' | 'i' | 'l' | 't' | ' ' => 4,
        'm' | 'w' => 10,
        _ => 7,
    }
}

fn field(text: &str, from: usize, width: usize) -> String {
    format!(
        "<text x=\"{}.5\" y=\"14\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\">{text}</text>",
        from + width / 2,
        width - 2 * PADDING
    )
}

/// From green over amber to red, dark enough for white text on each (contrast at least 4.5).
fn colour(tally: Tally) -> &'static str {
    match (tally.exercised(), tally.mark().letter()) {
        (0, _) => GREY,
        (_, "A+" | "A") => "#1b6e4b",
        (_, "B") => "#4b6a15",
        (_, "C") => "#8a5a00",
        (_, "D") => "#a04b00",
        _ => "#b3261e",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Graded;
    use crate::page::data::Verdict;

    fn check(verdicts: &[Verdict], words: &str, colour: &str) {
        let results =
            verdicts.iter().map(|verdict| Graded { verdict: *verdict, ..Graded::default() }).collect();
        let svg = badge(&Card { results, ..Card::default() });
        assert!(svg.contains(&format!(">{words}</text>")), "{svg}");
        assert!(svg.contains(&format!("fill=\"{colour}\"")), "{svg}");
    }

    #[test]
    fn skipped_scenarios_count_for_nothing() {
        use Verdict::{Failed, Passed, Skipped};
        check(&[Passed, Skipped], "1 of 1", "#1b6e4b");
        check(&[Passed, Failed, Skipped], "1 of 2", "#a04b00");
        check(&[Failed], "0 of 1", "#b3261e");
        check(&[Skipped], "not graded", "#66707a");
        check(&[], "not graded", "#66707a");
    }
}
