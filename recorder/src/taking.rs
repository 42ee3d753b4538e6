//! A take while it comes: without its secrets, frame by frame, on its way into the store. It keeps no more of a stream than
//! redaction needs; of any other body it keeps all, for only then its secrets can be found.

use crate::cassette::{FRAMES, NO_FRAMES, beginning, body, end, frame, is_stream, top};
use crate::frame_log::FrameLog;
use crate::redact::{Redactor, StreamRedactor};
use crate::slot::{Slot, file_name};
use crate::store::{Beginning, Page, Store};
use crate::take::{Chunk, Take};
use bytes::Bytes;
use faultline_scenarios::file::Provenance;
use faultline_scenarios::key::key;
use faultline_scenarios::recorded::{HowEnded, RecordedFrame};
use faultline_wire::{Call, Header};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A take under way.
pub(crate) struct Taking {
    redactor: Arc<Redactor>,
    page: Page,
    /// What was asked, without secrets.
    call: Call,
    content: Content,
}

enum Content {
    /// The head has not come.
    Nothing,
    Stream {
        log: FrameLog,
        redact: StreamRedactor,
        any: bool,
    },
    Body(Vec<Chunk>),
}

impl Taking {
    /// Begins: a request was asked by `test`. `files` are those that had the answers of before.
    pub(crate) fn begin(
        store: &Arc<Store>,
        redactor: &Arc<Redactor>,
        test: &str,
        call: &Call,
        from: &Provenance,
        files: &HashMap<Slot, Vec<PathBuf>>,
    ) -> Self {
        let call = redactor.call(call);
        let when = key(&call);
        let from = Provenance { test: Some(test.to_owned()).filter(|test| !test.is_empty()), ..from.clone() };
        let slot = Slot::new(test, &when);
        let known = files.get(&slot).cloned().unwrap_or_default();
        let (name, top) = (file_name(call.operation), top(&when, &from));
        let page = store.begin(Beginning { slot, name, known, top });
        Self { redactor: redactor.clone(), page, call, content: Content::Nothing }
    }

    /// The head came.
    pub(crate) fn head(&mut self, at: Duration, status: u16, headers: &[Header]) {
        let headers = self.redactor.headers(headers.to_vec());
        let stream = is_stream(&headers);
        let head = Take {
            call: self.call.clone(),
            began: at,
            status,
            headers,
            chunks: Vec::new(),
            ended: at,
            how: HowEnded::Complete,
            trailers: Vec::new(),
            from: Provenance::default(),
        };
        self.page.write(&beginning(&head));
        self.content = if stream {
            let redact = StreamRedactor::new(self.redactor.clone());
            Content::Stream { log: FrameLog::default(), redact, any: false }
        } else {
            Content::Body(Vec::new())
        };
    }

    /// A piece of the body came.
    pub(crate) fn data(&mut self, at: Duration, bytes: &Bytes) {
        match &mut self.content {
            Content::Nothing => {}
            Content::Body(chunks) => chunks.push(Chunk { at, bytes: bytes.clone() }),
            Content::Stream { log, redact, any } => {
                let ready: Vec<RecordedFrame> =
                    log.push(at, bytes).into_iter().flat_map(|frame| redact.push(frame)).collect();
                write_frames(&mut self.page, any, &ready);
            }
        }
    }

    /// It is over. Waits until the take is kept; whether it is. Where not even a head came there is nothing to keep.
    pub(crate) async fn end(mut self, at: Duration, how: HowEnded, trailers: &[Header]) -> bool {
        match self.content {
            Content::Nothing => return true,
            Content::Stream { log, mut redact, mut any } => {
                let mut ready: Vec<RecordedFrame> =
                    log.finish().into_iter().flat_map(|frame| redact.push(frame)).collect();
                ready.extend(redact.finish());
                write_frames(&mut self.page, &mut any, &ready);
                if !any {
                    self.page.write(NO_FRAMES);
                }
            }
            Content::Body(chunks) => self.page.write(&body(&self.redactor.chunks(chunks))),
        }
        self.page.write(&end(at, how, &self.redactor.headers(trailers.to_vec())));
        self.page.keep().await
    }
}

fn write_frames(page: &mut Page, any: &mut bool, frames: &[RecordedFrame]) {
    if frames.is_empty() {
        return;
    }
    let mut text = if std::mem::replace(any, true) { String::new() } else { FRAMES.to_owned() };
    frames.iter().for_each(|each| text.push_str(&frame(each)));
    page.write(&text);
}
