//! O2: every request passes Bedrock's validation. What it refuses is told back: which request, which rule.

use super::seen::Seen;
use super::{Breach, Oracle};
use crate::exchange::Verdict;
use std::collections::HashSet;

pub(super) fn breaches(seen: &Seen<'_>) -> Vec<Breach> {
    let mut told = HashSet::new();
    let mut breaches = Vec::new();
    for exchange in seen.transcript.exchanges {
        let Verdict::Refused { error, message, rules } = &exchange.decision.verdict else { continue };
        // A request that is sent again is refused again: once is enough, sending it again is for O5.
        if told.insert((error, message)) {
            let (id, operation) = (exchange.id, exchange.call.operation.name());
            let rules = if rules.is_empty() { String::new() } else { format!(" ({})", rules.join(", ")) };
            let what = format!("Bedrock refuses {operation} request {id}{rules}: {error}: {message}");
            breaches.push(Breach { oracle: Oracle::ValidRequests, request: Some(id), what });
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::bench::Bench;

    #[test]
    fn a_refused_request_is_told_with_its_rule_and_a_scripted_error_is_not() {
        let one = "replies: [{message: [{text: a}]}]\n";
        Bench::new(one).ask("go").send().check(breaches, &[]);
        let refused = "1: Bedrock refuses ConverseStream request 1 (start-user): ValidationException: A conversation must start with a user message.";
        let text = "A conversation must start with a user message.";
        Bench::new(one).refused(text).refused(text).check(breaches, &[refused]);
        Bench::new("replies: [{error: {type: ValidationException}}]\n").ask("go").send().check(breaches, &[]);
    }
}
