//! The skeleton of a page: one file, no script, readable offline, without script, on paper, in dark and light.

use super::escape::clipped;
use super::symbols;

const STYLE: &str = include_str!("style.css");

/// Ends what [`open`] began.
pub(crate) const CLOSE: &str = "</main>\n</body>\n</html>\n";

/// Everything before the sections. `places` are the sections to jump to: id and name; `more_style` follows the style
/// that all pages share.
pub(crate) fn open(title: &str, subtitle: &str, places: &[(&str, &str)], more_style: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>\n{STYLE}{more_style}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the results</a>\n{defs}\
         <header>\n<div>\n<h1>{title}</h1>\n<p class=\"subtitle\">{subtitle}</p>\n</div>\n{nav}</header>\n<main id=\"main\">\n",
        title = clipped(title, 200),
        subtitle = clipped(subtitle, 300),
        nav = nav(places),
        defs = symbols::definitions(),
    )
}

fn nav(places: &[(&str, &str)]) -> String {
    let links: String = places.iter().map(|(id, name)| format!("<a href=\"#{id}\">{name}</a>\n")).collect();
    if links.is_empty() { links } else { format!("<nav aria-label=\"Sections\">\n{links}</nav>\n") }
}

/// Names and values in a row under a rule; values are HTML, empty ones are left out.
pub(crate) fn facts(facts: &[(&str, String)]) -> String {
    let there = facts.iter().filter(|(_, value)| !value.is_empty());
    let rows: String =
        there.map(|(name, value)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n")).collect();
    format!("<dl class=\"facts\">\n{rows}</dl>\n")
}
