//! What goes wrong before a request exists, or after its answer: on the listener and on connections.
//!
//! Pure data and decisions; the server's listener acts. It knows nothing of scenarios' replies.

use crate::span::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::time::Duration;

/// One thing that goes wrong with connections. All of a server's connections count, those of its admin API too.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Admission {
    /// What happens.
    #[serde(rename = "do")]
    pub kind: AdmissionKind,
    /// From which connection of the server on it strikes, from 1. Left out: from the first.
    #[schemars(range(min = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<u64>,
    /// How many connections it strikes; left out: one when `connection` is given, else all.
    #[schemars(range(min = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
}

/// What goes wrong with a connection. What has no settings is a bare name (`do: refuse`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdmissionKind {
    /// TCP reset as soon as the connection is there. A connect that fails outright (ECONNREFUSED) needs a port on which
    /// nobody listens, so clients see the connect succeed and the first read or write fail with ECONNRESET.
    Refuse,
    /// Nothing is read or written for so long, TLS handshake included; then all is well.
    #[serde(serialize_with = "as_written")]
    SlowAccept(Span),
    /// FIN once an answer of Bedrock's is complete and none is under way: what load balancers do to a keep-alive connection that was
    /// idle for long, at once. HTTP/2 clients get no GOAWAY. It stresses pools that hand out dead connections.
    CloseIdle,
    /// HTTP/2 GOAWAY with NO_ERROR (RFC 9113, section 6.8) once an answer is complete and none is under way, then FIN.
    /// Over HTTP/1.1, which has no such frame, FIN alone.
    GoawayIdle,
    /// SETTINGS_MAX_CONCURRENT_STREAMS (RFC 9113, section 6.5.2): an HTTP/2 client must hold back further requests of
    /// this connection, or open another. Streams above the limit are answered with REFUSED_STREAM. Nothing over HTTP/1.1.
    MaxStreams(u32),
    /// Bytes of request body that a client may send ahead: SETTINGS_INITIAL_WINDOW_SIZE and the window that the whole
    /// HTTP/2 connection is kept at (RFC 9113, section 6.9), and the kernel's receive buffer, which it raises to its own
    /// least size. It stresses uploads (long histories, images), which go out in many small pieces; answers are not
    /// slower. A client may send up to 65,535 bytes before it has read the settings. With 0 no body ever gets through
    /// HTTP/2. Over HTTP/1.1 a large upload crawls: 200 kB took 12 s with 1000 bytes on the loopback of Linux.
    Window(#[schemars(range(min = 0, max = 2_147_483_647))] u32),
    /// The connection is accepted and then there is silence for ever: what arrives is thrown away, nothing is sent.
    BlackHole,
    /// The TLS handshake shows a certificate of a CA that nobody was told of. It needs a server with TLS; plain
    /// connections are not struck. A client that goes on all the same does not look at certificates.
    UnknownCa,
}

impl AdmissionKind {
    /// The name, as written in a file.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::SlowAccept(_) => "slow_accept",
            Self::CloseIdle => "close_idle",
            Self::GoawayIdle => "goaway_idle",
            Self::MaxStreams(_) => "max_streams",
            Self::Window(_) => "window",
            Self::BlackHole => "black_hole",
            Self::UnknownCa => "unknown_ca",
        }
    }
}

/// With its setting: `slow_accept 3s`.
impl fmt::Display for AdmissionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::SlowAccept(span) => write!(f, " {}", written(*span)),
            Self::MaxStreams(count) => write!(f, " {count}"),
            Self::Window(bytes) => write!(f, " {bytes}"),
            _ => Ok(()),
        }
    }
}

fn written(span: Span) -> String {
    format!("{}ms", span.0.as_secs_f64() * 1e3)
}

fn as_written<S: Serializer>(span: &Span, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&written(*span))
}

/// An admission on a running server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What.
    pub admission: Admission,
    /// How many connections there were before it: it counts those that come after.
    pub after: u64,
}

impl Standing {
    /// Whether it strikes connection number `connection` of the server (from 1).
    fn strikes(&self, connection: u64) -> bool {
        let Admission { connection: first, times, .. } = self.admission;
        let most = times.unwrap_or(if first.is_some() { 1 } else { u64::MAX });
        let nth = connection.saturating_sub(self.after);
        nth.checked_sub(first.unwrap_or(1).max(1)).is_some_and(|later| nth > 0 && later < most)
    }
}

/// How a connection begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Entry {
    /// Well.
    #[default]
    Open,
    /// With a TCP reset.
    Refused,
    /// With silence that does not end.
    Silent,
}

/// How a connection ends once an answer is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// FIN.
    Close,
    /// GOAWAY with NO_ERROR, then FIN; FIN alone over HTTP/1.1.
    Goaway,
}

impl Farewell {
    /// The admission that asks for it.
    pub fn kind(self) -> AdmissionKind {
        match self {
            Self::Close => AdmissionKind::CloseIdle,
            Self::Goaway => AdmissionKind::GoawayIdle,
        }
    }
}

/// All that a server does to one connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Treatment {
    /// How long nothing happens first.
    pub wait: Duration,
    /// What comes then.
    pub entry: Entry,
    /// Whether TLS shows a certificate of an unknown CA.
    pub unknown_ca: bool,
    /// How many HTTP/2 streams a client may have open.
    pub max_streams: Option<u32>,
    /// How many bytes a client may send ahead.
    pub window: Option<u32>,
    /// What follows the first time that no answer is under way.
    pub farewell: Option<Farewell>,
}

/// What `standing` does to connection number `connection` of the server (from 1); nothing is the default. Waits add
/// up, the least limit counts, and of two that exclude each other (`refuse` and `black_hole`, `close_idle` and
/// `goaway_idle`) the first in the list.
pub fn decide(standing: &[Standing], connection: u64) -> Treatment {
    let striking = standing.iter().filter(|standing| standing.strikes(connection));
    striking.fold(Treatment::default(), |treatment, standing| treatment.with(standing.admission.kind))
}

impl Treatment {
    fn with(mut self, kind: AdmissionKind) -> Self {
        match kind {
            AdmissionKind::Refuse => self.enters(Entry::Refused),
            AdmissionKind::BlackHole => self.enters(Entry::Silent),
            AdmissionKind::SlowAccept(span) => self.wait = self.wait.saturating_add(span.0),
            AdmissionKind::CloseIdle => self.farewell = self.farewell.or(Some(Farewell::Close)),
            AdmissionKind::GoawayIdle => self.farewell = self.farewell.or(Some(Farewell::Goaway)),
            AdmissionKind::MaxStreams(count) => self.max_streams = least(self.max_streams, count),
            AdmissionKind::Window(bytes) => self.window = least(self.window, bytes),
            AdmissionKind::UnknownCa => self.unknown_ca = true,
        }
        self
    }

    fn enters(&mut self, entry: Entry) {
        if self.entry == Entry::Open {
            self.entry = entry;
        }
    }
}

fn least(so_far: Option<u32>, limit: u32) -> Option<u32> {
    Some(so_far.map_or(limit, |least| least.min(limit)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn admission(written: &Value) -> Admission {
        serde_json::from_value(written.clone()).unwrap()
    }

    fn standing(list: &Value) -> Vec<Standing> {
        let list: Vec<Admission> = serde_json::from_value(list.clone()).unwrap();
        list.into_iter().map(|admission| Standing { admission, after: 0 }).collect()
    }

    /// Which of the first six connections are struck.
    fn check(written: &Value, after: u64, expected: &[u64]) {
        let standing = [Standing { admission: admission(written), after }];
        let struck = |number: &u64| decide(&standing, *number) != Treatment::default();
        assert_eq!((1..=6).filter(struck).collect::<Vec<_>>(), expected, "{written} after {after}");
    }

    #[test]
    fn connections_are_struck_by_number_and_count() {
        check(&json!({ "do": "refuse" }), 0, &[1, 2, 3, 4, 5, 6]);
        check(&json!({ "do": "refuse", "connection": 2 }), 0, &[2]);
        check(&json!({ "do": "refuse", "connection": 2, "times": 3 }), 0, &[2, 3, 4]);
        check(&json!({ "do": "refuse", "times": 2 }), 0, &[1, 2]);
        check(&json!({ "do": "refuse", "times": 2 }), 3, &[4, 5]);
        check(&json!({ "do": "refuse", "connection": 2 }), 3, &[5]);
    }

    #[test]
    fn every_kind_reads_as_written_and_is_written_as_read() {
        let kinds = json!([
            "refuse", { "slow_accept": "1500ms" }, "close_idle", "goaway_idle", { "max_streams": 1 },
            { "window": 16 }, "black_hole", "unknown_ca"
        ]);
        for kind in kinds.as_array().unwrap() {
            let written = json!({ "do": kind, "connection": 1 });
            let read = admission(&written);
            assert_eq!(serde_json::to_value(&read).unwrap(), written);
            let name = kind.as_str().or_else(|| kind.as_object()?.keys().next().map(String::as_str));
            assert_eq!(name, Some(read.kind.name()));
        }
        assert_eq!(
            admission(&json!({ "do": { "slow_accept": "1.5s" } })).kind.to_string(),
            "slow_accept 1500ms"
        );
    }

    fn composed(list: &Value, expected: Treatment) {
        assert_eq!(decide(&standing(list), 1), expected, "{list}");
    }

    #[test]
    fn several_compose() {
        composed(&json!([{ "do": "unknown_ca", "connection": 2 }]), Treatment::default());
        composed(
            &json!([
                { "do": { "slow_accept": "1s" } }, { "do": { "max_streams": 3 } }, { "do": { "window": 9 } },
                { "do": { "slow_accept": "2s" } }, { "do": { "max_streams": 2 } }, { "do": { "window": 10 } },
                { "do": "goaway_idle" }, { "do": "close_idle" }, { "do": "unknown_ca" }
            ]),
            Treatment {
                wait: Duration::from_secs(3),
                entry: Entry::Open,
                unknown_ca: true,
                max_streams: Some(2),
                window: Some(9),
                farewell: Some(Farewell::Goaway),
            },
        );
        let entry = |entry| Treatment { entry, ..Treatment::default() };
        composed(&json!([{ "do": "black_hole" }, { "do": "refuse" }]), entry(Entry::Silent));
        composed(&json!([{ "do": "refuse" }, { "do": "black_hole" }]), entry(Entry::Refused));
    }

    fn problems(admission: &str, expected: &str) {
        let text = format!("faultline: 1\nreplies: [{{improvise: {{}}}}]\nadmission:\n  - {admission}\n");
        let problems = crate::load::scenario("s", "s", &text).unwrap_err().to_text();
        assert!(problems.contains(expected), "{problems}");
    }

    #[test]
    fn a_wrong_admission_is_told_back() {
        problems("{do: refuze}", "`refuze` is not one of: refuse, close_idle");
        problems("{do: slow_accept}", "`slow_accept` needs settings (write `slow_accept: …`)");
        problems("{do: {slow_accept: 3}}", "write 320ms, 1.5s or 2m");
        problems("{do: {window: 2147483648}}", "admission[0].do.window");
        problems("{do: {max_streams: -1}}", "admission[0].do.max_streams");
        problems("{do: refuse, connection: 0}", "admission[0].connection");
        problems("{connection: 1}", "`do` is missing");
    }
}
