//! How a difference in a text, a value or a list becomes a [`Divergence`]. Knows not which part of a transcript it is.

use serde_json::Value;

use crate::divergence::{Class, Divergence, Position, signature};
use crate::json::first_difference;
use crate::text::{self, diff, shortened};

/// A difference between two texts.
pub(crate) fn texts(class: Class, path: &str, left: &str, right: &str) -> Option<Divergence> {
    let found = text::first_difference(left, right)?;
    let (baseline, candidate) = found.words;
    Some(Divergence {
        signature: signature(class, path, &baseline, &candidate),
        position: Position { path: path.to_owned(), character: Some(found.character) },
        class,
        baseline,
        candidate,
        diff: found.diff,
    })
}

/// A difference between two JSON values under `part` of a path and of its shape.
pub(crate) fn json(
    class: Class,
    [path, shape]: &[&str; 2],
    part: &str,
    left: &Value,
    right: &Value,
) -> Option<Divergence> {
    let found = first_difference(left, right)?;
    let full = |value: &Option<Value>| value.as_ref().map_or_else(|| "absent".to_owned(), Value::to_string);
    let pretty = |value: &Value| format!("{value:#}\n");
    let (baseline, candidate) = (full(&found.left), full(&found.right));
    Some(Divergence {
        signature: signature(class, &format!("{shape}/{part}{}", found.shape), &baseline, &candidate),
        position: Position { path: format!("{path}/{part}{}", found.pointer), character: None },
        class,
        baseline: shortened(&baseline),
        candidate: shortened(&candidate),
        diff: diff(&pretty(left), &pretty(right)),
    })
}

/// A difference between two lists of names.
pub(crate) fn lists(class: Class, path: &str, left: &[String], right: &[String]) -> Option<Divergence> {
    if left == right {
        return None;
    }
    let place = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    let at = |list: &[String]| list.get(place).cloned().unwrap_or_else(|| "absent".to_owned());
    let lines = |list: &[String]| list.iter().map(|line| format!("{line}\n")).collect::<String>();
    let (baseline, candidate) = (at(left), at(right));
    Some(Divergence {
        signature: signature(class, path, &baseline, &candidate),
        position: Position { path: format!("{path}/{place}"), character: None },
        class,
        baseline: shortened(&baseline),
        candidate: shortened(&candidate),
        diff: diff(&lines(left), &lines(right)),
    })
}

/// A difference between two small values, absent or not.
pub(crate) fn values(
    class: Class,
    path: &str,
    left: Option<&str>,
    right: Option<&str>,
) -> Option<Divergence> {
    if left == right {
        return None;
    }
    let shown = |value: Option<&str>| value.unwrap_or("absent").to_owned();
    // An absent value and one that says "absent" are two things.
    let key = |value: Option<&str>| value.map_or_else(String::new, |value| format!("={value}"));
    let (baseline, candidate) = (shown(left), shown(right));
    Some(Divergence {
        signature: signature(class, path, &key(left), &key(right)),
        position: Position { path: path.to_owned(), character: None },
        class,
        diff: diff(&format!("{baseline}\n"), &format!("{candidate}\n")),
        baseline: shortened(&baseline),
        candidate: shortened(&candidate),
    })
}
