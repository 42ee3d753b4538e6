//! Declared dependencies: whether a tool may run after what ran so far. Pure.

use std::collections::HashSet;

/// How it stands with what a tool needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Need {
    /// Everything has succeeded.
    Met,
    /// Something is still to come in the same message.
    Wait,
    /// This tool has not succeeded and is not to come.
    Unmet(String),
}

/// Compares a tool's `needs` with the tools that have `succeeded` and those that are still `coming`.
pub(crate) fn need(needs: &[String], succeeded: &HashSet<String>, coming: &HashSet<&str>) -> Need {
    let missing: Vec<_> = needs.iter().filter(|name| !succeeded.contains(*name)).collect();
    let gone = missing.iter().find(|name| !coming.contains(name.as_str()));
    match gone {
        Some(name) => Need::Unmet((*name).clone()),
        None if missing.is_empty() => Need::Met,
        None => Need::Wait,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(needs: &[&str], succeeded: &[&str], coming: &[&str], expected: &Need) {
        let needs: Vec<_> = needs.iter().map(|name| (*name).to_owned()).collect();
        let succeeded = succeeded.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(need(&needs, &succeeded, &coming.iter().copied().collect()), *expected, "{needs:?}");
    }

    #[test]
    fn a_tool_runs_after_those_that_it_needs() {
        check(&[], &[], &[], &Need::Met);
        check(&["a"], &["a", "b"], &[], &Need::Met);
        check(&["a"], &["a"], &["a"], &Need::Met);
        check(&["a", "b"], &["a"], &["b"], &Need::Wait);
        check(&["a", "b"], &[], &["b"], &Need::Unmet("a".into()));
        check(&["a", "b"], &["a"], &[], &Need::Unmet("b".into()));
    }
}
