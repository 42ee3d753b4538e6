//! Two transcripts, and everything in which they differ but time. Pure: no statistics, no acceptance.

use serde_json::Value;

use crate::divergence::{Class, Divergence};
use crate::finding::{json, texts, values};
use crate::rules::Rules;
use crate::text::normalised;
use crate::tool_calls;
use crate::transcript::Transcript;

/// Everything in which `candidate` differs from `baseline`, times aside, in the order of [`Class::ALL`] or nearly so. Empty when
/// they are equal.
///
/// ```
/// use faultline_shadow::{Class, Rules, Transcript, compare};
/// let said = |text: &str| Transcript { text: text.to_owned(), ..Transcript::default() };
/// let found = compare(&said("Both ship today."), &said("Both ship today!"), &Rules::default());
/// assert_eq!(found[0].class, Class::FinalText);
/// assert_eq!(found[0].position.character, Some(15));
/// assert!(found[0].diff.contains("+Both ship today!"));
/// ```
pub fn compare(baseline: &Transcript, candidate: &Transcript, rules: &Rules) -> Vec<Divergence> {
    let mut found: Vec<Divergence> = final_text(&baseline.text, &candidate.text).into_iter().collect();
    let stop = |it: &Transcript| it.stop_reason.clone();
    found.extend(optional(Class::StopReason, "stopReason", &stop(baseline), &stop(candidate)));
    found.extend(tool_calls::compare(&baseline.tool_calls, &candidate.tool_calls, rules.tool_order));
    let turns = |it: &Transcript| Some(it.turns.to_string());
    found.extend(optional(Class::Turns, "turns", &turns(baseline), &turns(candidate)));
    found.extend(blocks(baseline, candidate));
    found.extend(usage(&baseline.usage, &candidate.usage, &rules.usage_without));
    found.extend(optional(Class::Error, "error", &baseline.error, &candidate.error));
    found.extend(partial(&baseline.partial, &candidate.partial));
    found.retain(|divergence| !rules.without.contains(&divergence.class));
    found
}

fn optional(class: Class, path: &str, left: &Option<String>, right: &Option<String>) -> Option<Divergence> {
    values(class, path, left.as_deref(), right.as_deref())
}

/// Exact first; what is equal once normalised is a matter of form.
fn final_text(left: &str, right: &str) -> Option<Divergence> {
    let class = if normalised(left) == normalised(right) { Class::TextForm } else { Class::FinalText };
    texts(class, "text", left, right)
}

fn blocks(baseline: &Transcript, candidate: &Transcript) -> impl Iterator<Item = Divergence> {
    let reasoning = |it: &Transcript| Value::from(it.reasoning.clone());
    let citations = |it: &Transcript| Value::from(it.citations.clone());
    let guardrail =
        |it: &Transcript| it.guardrail.clone().map_or_else(|| Value::Array(vec![]), |it| vec![it].into());
    let parts = [
        whole(Class::Reasoning, &reasoning(baseline), &reasoning(candidate)),
        whole(Class::Citations, &citations(baseline), &citations(candidate)),
        whole(Class::Guardrail, &guardrail(baseline), &guardrail(candidate)),
    ];
    parts.into_iter().flatten()
}

fn whole(class: Class, left: &Value, right: &Value) -> Option<Divergence> {
    let mut found = json(class, &["", ""], class.name(), left, right)?;
    found.position.path = found.position.path.trim_start_matches('/').to_owned();
    Some(found)
}

fn usage(baseline: &[Value], candidate: &[Value], without: &[String]) -> Option<Divergence> {
    let kept =
        |turns: &[Value]| Value::from(turns.iter().map(|turn| left_out(turn, without)).collect::<Vec<_>>());
    whole(Class::Usage, &kept(baseline), &kept(candidate))
}

/// A value without some members.
fn left_out(value: &Value, without: &[String]) -> Value {
    let Value::Object(members) = value else { return value.clone() };
    let kept = members.iter().filter(|(key, _)| !without.contains(key));
    Value::Object(kept.map(|(key, value)| (key.clone(), left_out(value, without))).collect())
}

fn partial(left: &Option<String>, right: &Option<String>) -> Option<Divergence> {
    match (left, right) {
        (Some(left), Some(right)) => texts(Class::Partial, "partial", left, right),
        _ => optional(Class::Partial, "partial", left, right),
    }
}
