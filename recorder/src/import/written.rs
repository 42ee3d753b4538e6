//! Takes as the files of one test: without secrets, the takes of one request in one file, as the recorder writes them. Pure.

use super::played::condition;
use crate::cassette::{FRAMES, NO_FRAMES, beginning, body, end, file, frame, is_stream};
use crate::frame_log::FrameLog;
use crate::redact::{Redactor, StreamRedactor};
use crate::slot::{Slot, file_name, has_room};
use crate::take::{Chunk, Take};
use faultline_scenarios::file::Provenance;
use faultline_scenarios::recorded::RecordedFrame;
use std::sync::Arc;

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its name: `003-converse-stream.yaml`.
    pub name: String,
    /// Its text.
    pub text: String,
    /// How many takes it holds.
    pub takes: usize,
}

/// The files of `test`, in the order of their first takes.
pub fn written(test: &str, takes: &[Take], redactor: &Arc<Redactor>) -> Vec<Written> {
    let mut files: Vec<(Slot, Take, Vec<String>)> = Vec::new();
    for take in takes {
        let take = Take { call: redactor.call(&take.call), ..take.clone() };
        let slot = Slot::new(test, &condition(&take.call));
        let reply = reply(&take, redactor);
        match files
            .iter_mut()
            .find(|(known, _, replies)| *known == slot && has_room(replies.len(), length(replies)))
        {
            Some((.., replies)) => replies.push(reply),
            None => files.push((slot, take, vec![reply])),
        }
    }
    let numbered = (1..).zip(&files);
    numbered.map(|(number, (_, first, replies))| whole(number, test, first, replies)).collect()
}

fn length(replies: &[String]) -> u64 {
    replies.iter().map(|reply| reply.len() as u64).sum()
}

fn whole(number: usize, test: &str, first: &Take, replies: &[String]) -> Written {
    let test = Some(test.to_owned()).filter(|test| !test.is_empty());
    let from = Provenance { test, ..first.from.clone() };
    Written {
        name: format!("{number:03}-{}.yaml", file_name(first.call.operation)),
        text: file(&condition(&first.call), &from, replies),
        takes: replies.len(),
    }
}

/// A take whose request has lost its secrets, without those of its answer.
fn reply(take: &Take, redactor: &Arc<Redactor>) -> String {
    let take = Take { headers: redactor.headers(take.headers.clone()), ..take.clone() };
    let mut out = beginning(&take);
    if is_stream(&take.headers) {
        let frames = frames(&take.chunks, redactor);
        out.push_str(if frames.is_empty() { NO_FRAMES } else { FRAMES });
        frames.iter().for_each(|each| out.push_str(&frame(each)));
    } else {
        out.push_str(&body(&redactor.chunks(take.chunks.clone())));
    }
    out.push_str(&end(take.ended, take.how, &take.trailers));
    out
}

fn frames(chunks: &[Chunk], redactor: &Arc<Redactor>) -> Vec<RecordedFrame> {
    let (mut log, mut stream) = (FrameLog::default(), StreamRedactor::new(redactor.clone()));
    let mut frames: Vec<RecordedFrame> =
        chunks.iter().flat_map(|chunk| log.push(chunk.at, &chunk.bytes)).collect();
    frames.extend(log.finish());
    let mut out: Vec<RecordedFrame> = frames.into_iter().flat_map(|frame| stream.push(frame)).collect();
    out.extend(stream.finish());
    out
}
