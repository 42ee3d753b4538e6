//! Spans as a tree, in the order in which a person reads it. What has no parent here is a root; a circle is cut.

use crate::query::StoredSpan;
use std::collections::{HashMap, HashSet};

/// Each span once, with how deep it lies. Children follow their parent, in the order of `spans`.
pub(crate) fn tree(spans: &[StoredSpan]) -> Vec<(usize, &StoredSpan)> {
    let known: HashSet<&[u8]> = spans.iter().map(|stored| stored.span.span_id.as_slice()).collect();
    let mut children: HashMap<&[u8], Vec<&StoredSpan>> = HashMap::new();
    let mut roots = Vec::new();
    for stored in spans {
        let parent = stored.span.parent_span_id.as_slice();
        if known.contains(parent) {
            children.entry(parent).or_default().push(stored);
        } else {
            roots.push(stored);
        }
    }
    let (mut rows, mut seen) = (Vec::with_capacity(spans.len()), HashSet::new());
    // Those that nobody reaches from a root lie in a circle: each such one may begin it.
    for start in roots.into_iter().chain(spans) {
        let mut stack = vec![(0, start)];
        while let Some((depth, stored)) = stack.pop() {
            if seen.insert(stored.number) {
                rows.push((depth, stored));
                let below = children.get(stored.span.span_id.as_slice()).into_iter().flatten();
                stack.extend(below.rev().map(|child| (depth + 1, *child)));
            }
        }
    }
    rows
}
