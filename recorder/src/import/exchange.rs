//! One exchange as another tool's file has it, and the take that it becomes. What every format shares: headers in their
//! forms, bodies, times.

use super::body::{Content, shallow, unpacked};
use super::origin::{day, provenance, short, split};
use super::tree::Tree;
use crate::cassette::is_stream;
use crate::take::{Chunk, Take};
use bytes::Bytes;
use faultline_scenarios::file::Provenance;
use faultline_scenarios::plan::EVENT_STREAM;
use faultline_scenarios::recorded::HowEnded;
use faultline_wire::decoder::decode_all;
use faultline_wire::{Call, Header, Route};
use serde_json::Value;
use std::time::Duration;

/// One exchange as its file has it.
#[derive(Clone, Debug, Default)]
pub(super) struct Exchange {
    /// The HTTP method, in any case.
    pub(super) method: String,
    /// The URL, or a path.
    pub(super) url: String,
    /// The headers of the request.
    pub(super) asked: Vec<Header>,
    /// The body of the request.
    pub(super) request: Content,
    /// HTTP status.
    pub(super) status: u16,
    /// The headers of the answer.
    pub(super) headers: Vec<Header>,
    /// The body of the answer.
    pub(super) body: Content,
    /// When its head came.
    pub(super) began: Duration,
    /// When the last of its body came; what has several pieces comes evenly from the head on.
    pub(super) ended: Duration,
}

/// Why an exchange gives no take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Not {
    /// It is none of Bedrock's.
    Ours(String),
    /// Something is wrong with it.
    Sound(String),
}

/// A take, and what is to be known of it.
pub(super) struct Taken {
    /// The take.
    pub(super) take: Take,
    /// What was lost or is doubtful.
    pub(super) notes: Vec<&'static str>,
}

/// Whose body was parsed at its origin.
const REWRITTEN: &str =
    "the answer was kept as parsed JSON: it is written without spaces, as Bedrock writes it";

/// Whose frames are broken.
const BROKEN: &str =
    "the frames do not decode (edited at their origin?): kept as bytes, clients will refuse them";

/// Whose request is no JSON.
const NO_JSON: &str = "the request is no JSON: found again by operation and model alone";

impl Exchange {
    /// The take that it is.
    ///
    /// # Errors
    /// Why it is none.
    pub(super) fn take(self) -> Result<Taken, Not> {
        let (host, path) = split(&self.url);
        let method = self.method.to_ascii_uppercase();
        let route = Route::parse(&method, path).ok_or_else(|| {
            Not::Ours(format!("{method} {} is no operation of Bedrock Runtime", short(&self.url)))
        })?;
        if !(200..600).contains(&self.status) {
            return Err(Not::Sound(format!(
                "its status is {}: an answer has one from 200 to 599",
                self.status
            )));
        }
        let mut notes = Vec::new();
        let body = request(self.request, &self.asked, &mut notes).map_err(Not::Sound)?;
        shallow(&body).map_err(Not::Sound)?;
        let streams = route.operation.streams();
        let (mut headers, from) = (self.headers, provenance(host));
        if matches!(self.body, Content::Json(_)) {
            notes.push(REWRITTEN);
        }
        if streams && self.status == 200 && header(&headers, "content-type").is_none() {
            headers.insert(0, ("content-type".to_owned(), EVENT_STREAM.to_owned()));
        }
        let from = Provenance { date: header(&headers, "date").and_then(day), ..from };
        let pieces = answer(self.body, &mut headers, &mut notes).map_err(Not::Sound)?;
        let chunks = timed(pieces, self.began, self.ended);
        // The base path named a session of whoever stood in between.
        let call = Call { base: String::new(), ..Call::new(route, self.asked, body) };
        let (began, ended) = (self.began, self.ended.max(self.began));
        let how = HowEnded::Complete;
        let take = Take {
            call,
            began,
            status: self.status,
            headers,
            chunks,
            ended,
            how,
            trailers: Vec::new(),
            from,
        };
        Ok(Taken { take, notes })
    }
}

/// The body of a request as JSON.
fn request(content: Content, headers: &[Header], notes: &mut Vec<&'static str>) -> Result<Value, String> {
    if let Content::Json(value) = content {
        return Ok(value);
    }
    let bytes = content.pieces(|_| false).concat();
    let bytes = unpacked(bytes, header(headers, "content-encoding"))?;
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    Ok(serde_json::from_slice(&bytes).unwrap_or_else(|_| {
        notes.push(NO_JSON);
        Value::Null
    }))
}

/// The bytes of an answer, without the encoding of their transport.
fn answer(
    content: Content,
    headers: &mut Vec<Header>,
    notes: &mut Vec<&'static str>,
) -> Result<Vec<Vec<u8>>, String> {
    let is_stream = is_stream(headers);
    let mut pieces = content.pieces(|bytes| is_stream && decodes(bytes));
    if pieces.first().is_some_and(|first| first.starts_with(&[0x1F, 0x8B]))
        || header(headers, "content-encoding").is_some()
    {
        pieces = vec![unpacked(pieces.concat(), header(headers, "content-encoding"))?];
    }
    headers.retain(|(name, _)| name != "content-encoding");
    if let (false, Ok(json)) = (is_stream, serde_json::from_slice::<Value>(&pieces.concat())) {
        shallow(&json)?;
    }
    if is_stream && !decodes(&pieces.concat()) {
        notes.push(BROKEN);
    }
    Ok(pieces)
}

fn decodes(bytes: &[u8]) -> bool {
    decode_all(bytes).1.is_none()
}

/// Pieces between the head and the end, in even steps; one alone comes at the end.
fn timed(pieces: Vec<Vec<u8>>, began: Duration, ended: Duration) -> Vec<Chunk> {
    let pieces: Vec<Vec<u8>> = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
    let count = u32::try_from(pieces.len()).unwrap_or(u32::MAX);
    let all = ended.saturating_sub(began);
    let at = |number: u32| began + all.mul_f64(f64::from(number) / f64::from(count.max(1)));
    (1..).zip(pieces).map(|(number, bytes)| Chunk { at: at(number), bytes: Bytes::from(bytes) }).collect()
}

/// The first header of that (lower-case) name.
pub(super) fn header<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Headers in whatever form: a map of texts or lists, a list of `{name, value}`, a flat list of names and values. Names
/// in lower case.
pub(super) fn headers(tree: Option<&Tree>) -> Vec<Header> {
    let lower = |name: &str, value: &Tree| Some((name.to_ascii_lowercase(), value.value()?));
    match tree {
        Some(Tree::Map(members)) => members.iter().filter_map(|(name, value)| lower(name, value)).collect(),
        Some(Tree::List(items)) if items.iter().all(|item| item.text().is_some()) => {
            items.chunks_exact(2).filter_map(|pair| lower(pair[0].text()?, &pair[1])).collect()
        }
        Some(Tree::List(items)) => {
            let item = |item: &Tree| match item {
                Tree::List(pair) => lower(pair.first()?.text()?, pair.get(1)?),
                item => lower(item.text_at("name")?, item.get("value")?),
            };
            items.iter().filter_map(item).collect()
        }
        _ => Vec::new(),
    }
}

/// An HTTP status.
///
/// # Errors
/// When there is none.
pub(super) fn status(tree: Option<&Tree>) -> Result<u16, String> {
    let number = tree.and_then(Tree::number).filter(|number| (0.0..1000.0).contains(number));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 1000")]
    number.map(|number| number as u16).ok_or_else(|| "it has no HTTP status".to_owned())
}

/// A text or bytes as a body; a map or list as JSON.
pub(super) fn content(tree: Option<&Tree>) -> Content {
    match tree {
        None | Some(Tree::Scalar(Value::Null)) => Content::Nothing,
        Some(Tree::Text(text)) => Content::Text(text.clone()),
        Some(Tree::Bytes(bytes)) => Content::Bytes(bytes.clone()),
        Some(other) => Content::Json(other.to_json()),
    }
}

/// Milliseconds; what is no time is none.
pub(super) fn millis(number: f64) -> Duration {
    Duration::try_from_secs_f64(number.max(0.0) / 1000.0).unwrap_or_default().min(LONGEST)
}

/// No recording is believed to have taken longer.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_wire::Operation;
    use serde_json::json;

    fn exchange(url: &str) -> Exchange {
        Exchange { method: "post".into(), url: url.into(), status: 200, ..Exchange::default() }
    }

    #[test]
    fn a_url_says_what_is_asked_whatever_the_host() {
        for (url, model, region, upstream) in [
            (
                "https://bedrock-runtime.eu-west-3.amazonaws.com:443/model/a%3A0/converse",
                "a:0",
                Some("eu-west-3"),
                None,
            ),
            (
                "http://localhost:4566/s/x/model/arn%3Aaws%3Ax%2Fy/converse",
                "arn:aws:x/y",
                None,
                Some("localhost:4566"),
            ),
            ("https://bedrock-runtime.<REGION>.amazonaws.com/model/m/converse?x=1", "m", None, None),
            ("/model/m/converse", "m", None, None),
        ] {
            let take = exchange(url).take().ok().unwrap().take;
            assert_eq!(
                (take.call.operation, take.call.model_id.as_str()),
                (Operation::Converse, model),
                "{url}"
            );
            assert_eq!(
                (take.from.region.as_deref(), take.from.upstream.as_deref()),
                (region, upstream),
                "{url}"
            );
            assert_eq!(take.call.base, "");
        }
        let other = exchange("https://me:secret@api.example.com/v1/chat?key=secret").take().err();
        let why = "POST https://api.example.com/v1/chat is no operation of Bedrock Runtime";
        assert_eq!(other, Some(Not::Ours(why.into())));
        let odd = Exchange { status: 0, ..exchange("/model/m/converse") }.take().err();
        assert!(matches!(odd, Some(Not::Sound(_))));
    }

    #[test]
    fn headers_have_many_forms() {
        let expected = vec![("content-type".to_owned(), "a".to_owned()), ("x".to_owned(), "1".to_owned())];
        for form in [
            json!({"Content-Type": "a", "X": 1}),
            json!({"Content-Type": ["a", "b"], "X": ["1"]}),
            json!([{"name": "Content-Type", "value": "a"}, {"name": "X", "value": "1"}, {"name": "Y"}]),
            json!(["Content-Type", "a", "X", "1", "odd"]),
            json!([["Content-Type", "a"], ["X", "1"], ["Y"], 5]),
        ] {
            assert_eq!(headers(Some(&form.clone().into())), expected, "{form}");
        }
        assert!(headers(None).is_empty() && headers(Some(&Tree::Text("a".into()))).is_empty());
    }

    #[test]
    fn times_that_are_none_do_no_harm() {
        for number in [f64::NAN, f64::INFINITY, -5.0, 1e300] {
            assert!(millis(number) <= LONGEST);
        }
        let at = |chunks: Vec<Chunk>| chunks.iter().map(|chunk| chunk.at.as_millis()).collect::<Vec<_>>();
        let (one, two) = (Duration::from_millis(10), Duration::from_millis(30));
        assert_eq!(at(timed(vec![vec![1], vec![], vec![2]], one, two)), [20, 30]);
        assert_eq!(at(timed(vec![vec![1]], two, one)), [30]);
    }
}
