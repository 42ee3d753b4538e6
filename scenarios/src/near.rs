//! "Did you mean": the known name that is nearest to one that was given.

use crate::problem::Problem;

/// How many characters of a text are compared: the work grows with the square of it.
const LONGEST: usize = 200;

/// Adds "did you mean" when a known name is near.
pub(crate) fn with_guess<'n>(problem: Problem, given: &str, known: impl Iterator<Item = &'n str>) -> Problem {
    match guess(given, known) {
        Some(name) => problem.hint(format!("did you mean `{name}`?")),
        None => problem,
    }
}

/// The known name that is nearest to `given`, when it is near enough to be meant.
pub(crate) fn guess<'n>(given: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let (far, name) = known.map(|name| (distance(given, name), name)).min()?;
    (far <= 1 + given.chars().take(LONGEST).count() / 4).then_some(name)
}

/// Levenshtein distance of the first 200 characters, letter case aside.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let letters = |text: &str| text.chars().take(LONGEST).flat_map(char::to_lowercase).collect::<Vec<char>>();
    let b = letters(b);
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in letters(a).into_iter().enumerate() {
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

    #[test]
    fn only_the_beginning_of_long_texts_is_compared() {
        let (a, b) = ("a".repeat(1_000_000), "b".repeat(1_000_000));
        assert_eq!(distance(&a, &b), LONGEST);
        assert_eq!(guess(&a, ["a", "b"].into_iter()), None);
    }
}
