//! A strict reading of the HTML that reports are made of: every tag balanced, every attribute quoted, every
//! id once, every reference inside the page answered.

use std::collections::BTreeSet;

const VOID: [&str; 3] = ["meta", "br", "link"];

/// One start tag.
#[derive(Debug)]
pub(crate) struct Tag {
    pub name: String,
    pub attributes: Vec<(String, String)>,
}

impl Tag {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// All start tags of the page, or the first thing that is wrong with it.
pub(crate) fn read(html: &str) -> Result<Vec<Tag>, String> {
    let mut rest = html.strip_prefix("<!DOCTYPE html>").ok_or("no doctype")?;
    let (mut tags, mut open): (Vec<Tag>, Vec<String>) = (Vec::new(), Vec::new());
    while let Some(start) = rest.find('<') {
        text(&rest[..start])?;
        let end = rest.find('>').ok_or("a tag without end")?;
        let inside = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = inside.strip_prefix('/') {
            let expected = open.pop();
            if expected.as_deref() != Some(name) {
                return Err(format!("</{name}> closes {expected:?}"));
            }
            continue;
        }
        let tag = start_tag(inside.trim_end_matches('/'))?;
        if tag.name == "style" {
            let end = rest.find("</style>").ok_or("style without end")?;
            rest = &rest[end..];
        }
        if !inside.ends_with('/') && !VOID.contains(&tag.name.as_str()) {
            open.push(tag.name.clone());
        }
        tags.push(tag);
    }
    if open.is_empty() { Ok(tags) } else { Err(format!("never closed: {open:?}")) }
}

fn text(text: &str) -> Result<(), String> {
    if text.contains('>') {
        return Err(format!("a bare > in {text:?}"));
    }
    for part in text.split('&').skip(1) {
        let name = part.split(';').next().unwrap_or_default();
        if !["amp", "lt", "gt", "quot", "#39"].contains(&name) {
            return Err(format!("a bare & before {part:?}"));
        }
    }
    Ok(())
}

fn start_tag(inside: &str) -> Result<Tag, String> {
    let (name, mut rest) = inside.split_once(' ').unwrap_or((inside, ""));
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()) {
        return Err(format!("not a tag name: {name:?}"));
    }
    let mut attributes: Vec<(String, String)> = Vec::new();
    while !rest.trim().is_empty() {
        let (key, after) = rest.trim_start().split_once("=\"").ok_or(format!("no quote in {inside:?}"))?;
        let (value, after) = after.split_once('"').ok_or(format!("an open quote in {inside:?}"))?;
        text(value)?;
        if key.contains([' ', '"', '\'']) || attributes.iter().any(|(known, _)| known == key) {
            return Err(format!("attribute {key:?} in {inside:?}"));
        }
        attributes.push((key.to_owned(), value.to_owned()));
        rest = after;
    }
    Ok(Tag { name: name.to_owned(), attributes })
}

/// Every id once, and every `#reference` and `aria-labelledby` has its target.
pub(crate) fn references(tags: &[Tag]) -> Result<(), String> {
    let mut ids = BTreeSet::new();
    for id in tags.iter().filter_map(|tag| tag.get("id")) {
        if !ids.insert(id) {
            return Err(format!("id {id} twice"));
        }
    }
    let local = |tag: &Tag| tag.get("href").and_then(|href| href.strip_prefix('#')).map(str::to_owned);
    let wanted =
        tags.iter().flat_map(|tag| [local(tag), tag.get("aria-labelledby").map(str::to_owned)]).flatten();
    match wanted.into_iter().find(|id| !ids.contains(id.as_str())) {
        Some(id) => Err(format!("nothing has the id {id}")),
        None => Ok(()),
    }
}
