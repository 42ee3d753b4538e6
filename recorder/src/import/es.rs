//! Event-stream recordings (`.es`: the exact bytes of a response body) as scenarios.
//!
//! A folder may hold `streams.jsonl` beside them: one line a recording with `id`, `op`, `model`, `request` and
//! `file`. Frames that our model re-encodes to the same bytes are kept decoded; any other stays raw bytes.

use crate::frame_log::FrameLog;
use crate::take::{Chunk, Take};
use bytes::Bytes;
use faultline_scenarios::Scenario;
use faultline_scenarios::file::{OneOrMany, Provenance, RecordedFrame, Reply, ScenarioFile, When};
use faultline_scenarios::plan::EVENT_STREAM;
use faultline_scenarios::recorded::HowEnded;
use faultline_wire::decoder::decode_all;
use faultline_wire::{Call, Operation};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One imported recording.
#[derive(Debug)]
pub struct Recording {
    /// Its name: the file's, without extension. The scenario has the same.
    pub name: String,
    /// What was asked for.
    pub operation: Operation,
    /// The model id that was asked; empty when nobody wrote it down.
    pub model_id: String,
    /// The body of the request, where it was kept.
    pub request: Option<Value>,
    /// The recorded bytes.
    pub bytes: Bytes,
    /// The recording as a scenario: whoever names it as its session gets it.
    pub scenario: Scenario,
}

impl Recording {
    /// The same as a take.
    pub fn take(&self) -> Take {
        let body = self.request.clone().unwrap_or_default();
        let call = Call {
            operation: self.operation,
            model_id: self.model_id.clone(),
            base: String::new(),
            headers: Vec::new(),
            body,
        };
        of_stream(call, self.bytes.clone())
    }
}

/// Why a recording could not be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file or folder cannot be read.
    #[error("{}: cannot be read: {why}", path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// The system's words.
        why: std::io::Error,
    },
    /// The bytes are no event stream.
    #[error("{}: no event stream: {why}", path.display())]
    Frames {
        /// The path.
        path: PathBuf,
        /// Which frame, at which byte, and what is wrong with it.
        why: faultline_wire::DecodeError,
    },
}

/// A line of `streams.jsonl`; members that we do not use are let through.
#[derive(Debug, Deserialize)]
struct Note {
    id: String,
    op: String,
    #[serde(default)]
    model: String,
    request: Option<Value>,
}

/// What is to be known of an imported stream: a file of bytes says neither who was asked nor what.
pub(super) const NOTHING_KEPT: &str = "the request was not kept: found again by its operation alone (`faultline serve FILE.es` plays it by its name)";

/// Whether bytes begin with a sound frame of an event stream.
pub(super) fn begins_a_stream(bytes: &[u8]) -> bool {
    let length = bytes.first_chunk::<4>().map_or(0, |length| u32::from_be_bytes(*length) as usize);
    (16..=bytes.len()).contains(&length) && decode_all(&bytes[..length]).1.is_none()
}

/// The bytes of a stream as a take, of which nobody knows what was asked.
///
/// # Errors
/// Which frame is not sound.
pub(super) fn take(bytes: &[u8]) -> Result<Take, String> {
    let bytes = Bytes::copy_from_slice(bytes);
    let operation = guess(&frames(&bytes).map_err(|why| why.to_string())?);
    let model_id = String::new();
    let call = Call { operation, model_id, base: String::new(), headers: Vec::new(), body: Value::Null };
    Ok(of_stream(call, bytes))
}

fn of_stream(call: Call, bytes: Bytes) -> Take {
    let at = Duration::ZERO;
    Take {
        call,
        began: at,
        status: 200,
        headers: vec![("content-type".to_owned(), EVENT_STREAM.to_owned())],
        chunks: vec![Chunk { at, bytes }],
        ended: at,
        how: HowEnded::Complete,
        trailers: Vec::new(),
        from: Provenance { by: Some("es".to_owned()), ..Provenance::default() },
    }
}

/// Whether a path names one recording: an `.es` file, there or not.
pub fn is_recording(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "es") && !path.is_dir()
}

/// Imports one recording, with the notes beside it or, where its folder is called `es`, beside that folder.
///
/// # Errors
/// When the file cannot be read, or is no event stream.
pub fn file(file: &Path) -> Result<Recording, ImportError> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let above = folder.parent().filter(|_| folder.file_name().is_some_and(|name| name == "es"));
    let mut notes = above.map(notes_in).unwrap_or_default();
    notes.extend(notes_in(folder));
    recording(file, &notes)
}

/// Imports every recording of a folder: each `.es` file in it or in its folder `es`. Good ones import beside bad ones.
pub fn folder(folder: &Path) -> (Vec<Recording>, Vec<ImportError>) {
    let notes = notes_in(folder);
    let (mut recordings, mut errors) = (Vec::new(), Vec::new());
    for file in files(folder) {
        match recording(&file, &notes) {
            Ok(recording) => recordings.push(recording),
            Err(error) => errors.push(error),
        }
    }
    (recordings, errors)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let list =
        |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let all = list(folder).chain(list(&folder.join("es")));
    let mut files: Vec<PathBuf> = all.filter(|path| is_recording(path)).collect();
    files.sort();
    files
}

/// The notes beside the recordings; a line that is none is passed over, its recording imports without.
fn notes_in(folder: &Path) -> BTreeMap<String, Note> {
    let text = std::fs::read_to_string(folder.join("streams.jsonl")).unwrap_or_default();
    let notes = text.lines().filter_map(|line| serde_json::from_str::<Note>(line).ok());
    notes.map(|note| (note.id.clone(), note)).collect()
}

fn recording(file: &Path, notes: &BTreeMap<String, Note>) -> Result<Recording, ImportError> {
    let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let note = notes.get(&name);
    let read = std::fs::read(file).map_err(|why| ImportError::Read { path: file.to_owned(), why })?;
    let bytes = Bytes::from(read);
    let frames = frames(&bytes).map_err(|why| ImportError::Frames { path: file.to_owned(), why })?;
    let operation = note.and_then(|note| operation(&note.op)).unwrap_or_else(|| guess(&frames));
    let scenario = Scenario::new(&name, scenario(operation, frames, note));
    let (model_id, request) = note.map(|note| (note.model.clone(), note.request.clone())).unwrap_or_default();
    Ok(Recording { name, operation, model_id, request, bytes, scenario })
}

fn operation(op: &str) -> Option<Operation> {
    match op {
        "converse-stream" => Some(Operation::ConverseStream),
        "invoke-with-response-stream" => Some(Operation::InvokeModelWithResponseStream),
        _ => None,
    }
}

/// Only the invoke streams have chunks.
fn guess(frames: &[RecordedFrame]) -> Operation {
    let chunk = frames.iter().any(|frame| frame.event.as_deref() == Some("chunk"));
    if chunk { Operation::InvokeModelWithResponseStream } else { Operation::ConverseStream }
}

fn scenario(operation: Operation, frames: Vec<RecordedFrame>, note: Option<&Note>) -> ScenarioFile {
    let operation = Some(OneOrMany::One(operation.name().to_owned()));
    let when = Some(When { operation, ..When::default() });
    let prompt = note.and_then(|note| prompt(note.request.as_ref()?)).map(OneOrMany::One);
    let reply = Reply { when: when.clone(), frames: Some(frames), ..Reply::default() };
    ScenarioFile { faultline: 1, prompt, when, replies: vec![reply], ..ScenarioFile::default() }
}

/// The first user text of a Converse request: requests with the same one get the recording.
fn prompt(request: &Value) -> Option<String> {
    let text = faultline_wire::message::messages(request).first()?.text();
    (!text.is_empty()).then_some(text)
}

/// Nobody wrote down when they came: everything is there at once.
fn frames(bytes: &Bytes) -> Result<Vec<RecordedFrame>, faultline_wire::DecodeError> {
    let (_, broken) = decode_all(bytes);
    if let Some(why) = broken {
        return Err(why);
    }
    Ok(FrameLog::default().push(Duration::ZERO, bytes))
}
