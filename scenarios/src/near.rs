//! "Did you mean": the known name that is nearest to one that was given.

use crate::problem::Problem;

/// Adds "did you mean" when a known name is near.
pub(crate) fn with_guess<'n>(problem: Problem, given: &str, known: impl Iterator<Item = &'n str>) -> Problem {
    let nearest = known.map(|name| (distance(given, name), name)).min();
    match nearest {
        Some((far, name)) if far <= 1 + given.chars().count() / 4 => {
            problem.hint(format!("did you mean `{name}`?"))
        }
        _ => problem,
    }
}

/// Levenshtein distance, letter case aside.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let change = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_levenshtein() {
        for (a, b, far) in [("", "abc", 3), ("kitten", "sitting", 3), ("Cut", "cut", 0), ("reset", "rset", 1)]
        {
            assert_eq!(distance(a, b), far, "{a} {b}");
        }
    }
}
