//! A take: one exchange as somebody recorded it, by us or by another tool. What cassettes are written from.
//!
//! It knows no file format and no socket.

use bytes::Bytes;
use faultline_scenarios::file::Provenance;
use faultline_scenarios::plan::{Act, Ending, Plan};
use faultline_scenarios::recorded::HowEnded;
use faultline_wire::{Call, Header};
use std::time::Duration;

/// One recorded exchange. Times count from the request.
#[derive(Clone, Debug)]
pub struct Take {
    /// What was asked.
    pub call: Call,
    /// When the head of the answer came.
    pub began: Duration,
    /// HTTP status.
    pub status: u16,
    /// The headers of the answer, names in lower case.
    pub headers: Vec<Header>,
    /// The body as it came: each piece of HTTP, and when.
    pub chunks: Vec<Chunk>,
    /// When it was over.
    pub ended: Duration,
    /// How it ended.
    pub how: HowEnded,
    /// HTTP trailers.
    pub trailers: Vec<Header>,
    /// Where it comes from.
    pub from: Provenance,
}

/// A piece of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// When it came.
    pub at: Duration,
    /// What came.
    pub bytes: Bytes,
}

impl Take {
    /// The whole body.
    pub fn body(&self) -> Vec<u8> {
        self.chunks.iter().flat_map(|chunk| chunk.bytes.iter().copied()).collect()
    }

    /// What a recorder sees of `plan` where no time is lost on the way; `None` for a plan that breaks off before its head.
    /// Bytes of one moment come together.
    pub fn of_plan(call: Call, plan: &Plan) -> Option<Self> {
        let head = plan.head()?;
        let mut take = Self {
            call,
            began: plan.actions().first()?.at,
            status: head.status,
            headers: head.headers.clone(),
            chunks: Vec::new(),
            ended: plan.actions().last()?.at,
            how: how(plan.ending()),
            trailers: head.trailers.clone(),
            from: Provenance::default(),
        };
        for action in plan.actions() {
            match &action.act {
                Act::Data { bytes, .. } if !bytes.is_empty() => take.add(action.at, bytes),
                _ => {}
            }
        }
        Some(take)
    }

    fn add(&mut self, at: Duration, bytes: &Bytes) {
        match self.chunks.last_mut() {
            Some(last) if last.at == at => last.bytes = [&last.bytes[..], bytes].concat().into(),
            _ => self.chunks.push(Chunk { at, bytes: bytes.clone() }),
        }
    }
}

/// The end as a recording writes it down. A silence without an end is one that the client left.
fn how(ending: Ending) -> HowEnded {
    match ending {
        Ending::Complete => HowEnded::Complete,
        Ending::Cut => HowEnded::Cut,
        Ending::Reset => HowEnded::Reset,
        Ending::RstStream { code } => HowEnded::RstStream(code),
        Ending::Goaway { code, .. } => HowEnded::Goaway(code),
        Ending::Stall => HowEnded::ClientLeft,
    }
}
