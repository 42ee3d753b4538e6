//! What an SQL text says on its face: whether it is one reading statement, and which named parameters it has. Pure; it
//! knows no database.
//!
//! It is the first wall and not the only one: the connection itself is read-only. It is needed because SQLite runs every
//! statement of a text, and because ATTACH and PRAGMA are no writes to a connection.

use std::ops::Range;

/// What a model may begin a statement with.
const READING: [&str; 3] = ["SELECT", "WITH", "VALUES"];

/// The statement without the semicolon at its end, where it is one that reads; otherwise why it is refused.
pub(super) fn reading(sql: &str) -> Result<&str, String> {
    let code = code(sql);
    let end =
        code.iter().flat_map(|part| sql[part.clone()].bytes().zip(part.clone())).find(|it| it.0 == b';');
    let behind = |at: usize| {
        code.iter().any(|part| {
            let from = part.start.max(at + 1);
            from < part.end && sql[from..part.end].contains(|c: char| c != ';' && !c.is_whitespace())
        })
    };
    if end.is_some_and(|(_, at)| behind(at) || quoted_behind(sql, &code, at)) {
        return Err("One statement at a time: there is more behind a semicolon.".to_owned());
    }
    let statement = end.map_or(sql, |(_, at)| &sql[..at]);
    let first = code.iter().flat_map(|part| words(&sql[part.clone()])).next().unwrap_or_default();
    if READING.contains(&first.to_ascii_uppercase().as_str()) {
        return Ok(statement);
    }
    let what =
        if first.is_empty() { "This is no statement".to_owned() } else { format!("{first} is refused") };
    Err(format!("{what}: a statement must begin with SELECT, WITH or VALUES; nothing can be changed."))
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Whether something quoted stands behind a place. A comment may.
fn quoted_behind(sql: &str, code: &[Range<usize>], at: usize) -> bool {
    let gaps = code.windows(2).map(|two| two[0].end..two[1].start);
    let last = code.last().map_or(0, |part| part.end)..sql.len();
    gaps.chain([last]).any(|gap| gap.start > at && sql[gap].starts_with(['\'', '"', '`', '[']))
}

/// The statement with `:name` replaced by `$1`, `$2`, …, and the names in that order, each once.
pub(super) fn positional(sql: &str) -> (String, Vec<String>) {
    let (mut text, mut names) = (String::new(), Vec::<String>::new());
    let mut done = 0;
    for part in code(sql) {
        text.push_str(&sql[done..part.start]);
        place(&sql[part.clone()], &mut text, &mut names);
        done = part.end;
    }
    text.push_str(&sql[done..]);
    (text, names)
}

fn place(code: &str, text: &mut String, names: &mut Vec<String>) {
    let mut rest = code;
    while let Some(at) = rest.find(':') {
        let behind = &rest[at + 1..];
        let is_name = behind.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        // `::` is a cast in PostgreSQL.
        let colons = if is_name { 0 } else { 1 + behind.len() - behind.trim_start_matches(':').len() };
        text.push_str(&rest[..at + colons]);
        rest = &rest[at + colons..];
        let cast = colons > 1;
        if cast || colons == 1 {
            let word = rest.len() - rest.trim_start_matches(is_of_name).len();
            text.push_str(&rest[..word]);
            rest = &rest[word..];
            continue;
        }
        let end = 1 + behind.len() - behind.trim_start_matches(is_of_name).len();
        text.push_str(&format!("${}", number(&rest[1..end], names)));
        rest = &rest[end..];
    }
    text.push_str(rest);
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn number(name: &str, names: &mut Vec<String>) -> usize {
    let known = names.iter().position(|known| known == name);
    1 + known.unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}

/// Where a text is neither quoted nor a comment, by SQLite's rules. PostgreSQL has more ways to quote; what they hide
/// there, its protocol refuses: it takes one statement at a time.
fn code(sql: &str) -> Vec<Range<usize>> {
    let (mut parts, mut begin, mut at) = (Vec::new(), 0, 0);
    while at < sql.len() {
        let length = hidden(&sql[at..]);
        if length > 0 {
            parts.push(begin..at);
            begin = at + length;
        }
        at += length.max(sql[at..].chars().next().map_or(1, char::len_utf8));
    }
    parts.push(begin..sql.len());
    parts
}

/// How long what begins here is quoted or a comment; 0 where neither begins.
fn hidden(text: &str) -> usize {
    let until =
        |from: usize, end: &str| text[from..].find(end).map_or(text.len(), |found| from + found + end.len());
    match text.as_bytes() {
        // A doubled quote ends one and begins the next: together they are one.
        [quote @ (b'\'' | b'"' | b'`'), ..] => until(1, std::str::from_utf8(&[*quote]).unwrap_or("'")),
        [b'[', ..] => until(1, "]"),
        [b'-', b'-', ..] => until(2, "\n"),
        [b'/', b'*', ..] => until(2, "*/"),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(sql: &str, expected: Result<&str, &str>) {
        let result = reading(sql);
        let result = result.as_ref().map(|it| *it).map_err(|why| why.split(": ").next().unwrap());
        assert_eq!(result, expected, "{sql}");
    }

    #[test]
    fn one_reading_statement_passes() {
        for sql in [
            "SELECT 1",
            " select ';' ",
            "WITH a AS (SELECT 1) SELECT * FROM a",
            "(values (1))",
            "-- x;\nSELECT 1",
        ] {
            check(sql, Ok(sql));
        }
        check("SELECT 1; ", Ok("SELECT 1"));
        check("SELECT 1;; -- the end; really", Ok("SELECT 1"));
        check(
            "SELECT \"a;b\", [c;d], `e;f`, 'it''s; so' /* ; */;",
            Ok("SELECT \"a;b\", [c;d], `e;f`, 'it''s; so' /* ; */"),
        );
    }

    #[test]
    fn anything_else_is_refused() {
        for (sql, word) in [
            ("INSERT INTO t VALUES (1)", "INSERT"),
            ("update t set a = 1", "update"),
            ("PRAGMA query_only = 0", "PRAGMA"),
            ("ATTACH 'x' AS y", "ATTACH"),
            ("/* SELECT */ DROP TABLE t", "DROP"),
            ("EXPLAIN ANALYZE DELETE FROM t", "EXPLAIN"),
        ] {
            check(sql, Err(&format!("{word} is refused")));
        }
        for sql in ["", ";", "-- SELECT 1", "'SELECT 1'"] {
            check(sql, Err("This is no statement"));
        }
        for sql in [
            "SELECT 1; DROP TABLE t",
            "SELECT ''';'; DROP TABLE t",
            "SELECT 1;/**/DROP TABLE t",
            "SELECT 1; 'x'",
            "SELECT 1;'a' DROP",
        ] {
            check(sql, Err("One statement at a time"));
        }
    }

    #[test]
    fn names_become_places() {
        let check = |sql: &str, expected: &str, names: &[&str]| {
            assert_eq!(
                positional(sql),
                (expected.to_owned(), names.iter().map(|it| (*it).to_owned()).collect())
            );
        };
        check("SELECT :a, :b, :a", "SELECT $1, $2, $1", &["a", "b"]);
        check("SELECT ':a' -- :b\n, x::int, :c::date", "SELECT ':a' -- :b\n, x::int, $1::date", &["c"]);
        check("SELECT a[1:2] , :é", "SELECT a[1:2] , :é", &[]);
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(sql in "[a-z:;'\"`\\[\\]/*\\- \né$0-9]{0,60}") {
            let _ = reading(&sql);
            let parts = code(&sql);
            prop_assert!(parts.iter().all(|part| part.start <= part.end && sql.is_char_boundary(part.start)));
            positional(&sql);
        }
    }
}
