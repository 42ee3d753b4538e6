//! The rows of the table as they are written in `rows/`: a fault, where it strikes, and how the client calls.
//!
//! They know no client's opinion and no server.

use std::collections::BTreeMap;
use std::path::Path;

use faultline_scenarios::{Scenario, load};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::client::Column;

/// The folder of the rows, one file a table.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/faults/rows");
/// What every row is played on.
const REPLY: &str = include_str!("reply.yaml");
/// The model that every row asks for.
pub(crate) const MODEL: &str = "anthropic.claude-3-5-haiku-20241022-v1:0";
/// How long any other call may take, in milliseconds: retries with pauses of some seconds are in it.
const PATIENCE_MS: u64 = 30_000;
/// What must go before a TCP reset: it takes away what the receiver has not read yet.
const READ_FIRST: &str = "800ms";

/// A place of the reply: its name in the rows, its aim, and how the table calls it.
const PLACES: [(&str, &str, &str); 12] = [
    ("head", "head", "before the head"),
    ("start", "start", "before the first frame"),
    ("text", "contentBlockDelta 0 nth 2", "in the text"),
    ("tool", "contentBlockDelta 1 nth 2", "in the tool input"),
    ("frame", "bytes 400", "inside a frame"),
    ("end", "end", "after the last frame"),
    ("half", "50%", "in the middle of the body"),
    ("message_start", "messageStart", "messageStart"),
    ("block_start", "contentBlockStart 1", "contentBlockStart of the tool"),
    ("block_stop", "contentBlockStop 1", "contentBlockStop of the tool"),
    ("stop", "messageStop", "messageStop"),
    ("metadata", "metadata", "metadata"),
];

/// A table of the page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    title: String,
    about: String,
    rows: Vec<Line>,
}

/// A line of a file: a row, or one a place.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// How the table calls it.
    fault: String,
    /// How the table calls the place, where `faults` or `admission` say it.
    #[serde(rename = "where")]
    place: Option<String>,
    #[serde(rename = "do")]
    kind: Option<Value>,
    #[serde(default)]
    places: Vec<String>,
    #[serde(default)]
    faults: Vec<Value>,
    #[serde(default)]
    admission: Vec<Value>,
    only: Option<Only>,
    #[serde(default = "stream")]
    operation: String,
    #[serde(default)]
    client: Settings,
    /// Somebody waits for ever: the call is given up after so many seconds.
    waits: Option<u64>,
    /// The client gets time to read what was sent before.
    #[serde(default)]
    pause: bool,
    /// Which error it is depends on chance: it is not told.
    #[serde(default)]
    coarse: bool,
    /// What columns say whose clients do now this, now that: they are not asked.
    #[serde(default)]
    unsteady: BTreeMap<Column, String>,
}

fn stream() -> String {
    "ConverseStream".to_owned()
}

/// Which clients a row is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Only {
    /// Those that speak HTTP/2.
    Http2,
    /// All that can speak TLS, which they do here.
    Tls,
}

/// How the client calls; what is left out keeps the client's own default.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Settings {
    /// The longest silence.
    pub(crate) read_timeout_ms: Option<u64>,
    /// Calls one after the other; left out: 1.
    pub(crate) calls: Option<u32>,
    /// Between them.
    pub(crate) pause_ms: Option<u64>,
    /// Calls at once; left out: 1.
    pub(crate) parallel: Option<u32>,
    /// Bytes of text in the request.
    pub(crate) upload: Option<usize>,
}

/// A table to be made.
#[derive(Debug)]
pub(crate) struct Group {
    /// Its heading.
    pub(crate) title: String,
    /// What its faults have in common.
    pub(crate) about: String,
    /// Its rows.
    pub(crate) rows: Vec<Row>,
}

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Row {
    /// The fault, for readers.
    pub(crate) fault: String,
    /// Where it strikes, for readers.
    pub(crate) place: String,
    /// What is played, admissions included.
    pub(crate) scenario: Scenario,
    /// Which clients are asked.
    pub(crate) only: Option<Only>,
    /// What is called.
    pub(crate) operation: String,
    /// How.
    pub(crate) client: Settings,
    /// How long a call may take.
    pub(crate) limit_ms: u64,
    /// Whether errors are told without their names.
    pub(crate) coarse: bool,
    /// What columns say whose clients do now this, now that, from many tries by hand.
    pub(crate) unsteady: BTreeMap<Column, String>,
}

impl Row {
    /// What is played, in words.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.fault, self.place)
    }
}

impl Settings {
    /// How many calls a client makes.
    pub(crate) fn all_calls(&self) -> u32 {
        self.calls.unwrap_or(1) + self.parallel.unwrap_or(1) - 1
    }
}

/// The reply without a fault, streamed and not: what the others are held against.
pub(crate) fn sound() -> Result<Vec<Row>, String> {
    let row = |operation: &str| {
        Ok(Row {
            fault: "none".to_owned(),
            place: operation.to_owned(),
            scenario: scenario(operation, &[], &[])?,
            only: None,
            operation: operation.to_owned(),
            client: Settings::default(),
            coarse: false,
            unsteady: BTreeMap::new(),
            limit_ms: PATIENCE_MS,
        })
    };
    ["ConverseStream", "Converse"].map(row).into_iter().collect()
}

/// Every table, in the order of the files; or what is wrong.
pub(crate) fn all() -> Result<Vec<Group>, String> {
    let mut paths: Vec<_> = std::fs::read_dir(FOLDER)
        .map_err(|error| format!("{FOLDER}: {error}"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    paths.iter().map(|path| group(path)).collect()
}

fn group(path: &Path) -> Result<Group, String> {
    let wrong = |error: String| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let written: Written = serde_saphyr::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let mut rows = Vec::new();
    for line in written.rows {
        rows.extend(line.rows().map_err(wrong)?);
    }
    Ok(Group { title: written.title, about: written.about, rows })
}

impl Line {
    fn rows(&self) -> Result<Vec<Row>, String> {
        let Some(kind) = &self.kind else {
            let place = self.place.clone().ok_or_else(|| format!("{}: where?", self.fault))?;
            return Ok(vec![self.row(place, &self.faults)?]);
        };
        let row = |place: &String| {
            let (_, at, shown) = PLACES.iter().find(|(name, ..)| name == place).ok_or("no such place")?;
            self.row((*shown).to_owned(), &self.struck(kind, at))
        };
        self.places.iter().map(row).collect()
    }

    /// The fault at a place. Where a client could try again, it strikes only once, so that it shows.
    fn struck(&self, kind: &Value, at: &str) -> Vec<Value> {
        let once = ["head", "start"].contains(&at);
        let mut faults = vec![json!({ "do": kind, "at": at })];
        if self.pause && at != "head" {
            // A pause that comes later in the list also holds up what the fault does.
            faults.push(json!({ "do": { "stall": { "for": READ_FIRST } }, "at": at }));
        }
        for fault in faults.iter_mut().filter_map(Value::as_object_mut).filter(|_| once) {
            fault.insert("call".to_owned(), json!(1));
        }
        faults
    }

    fn row(&self, place: String, faults: &[Value]) -> Result<Row, String> {
        let name = format!("{} {place}", self.fault);
        Ok(Row {
            scenario: scenario(&name, faults, &self.admission)?,
            fault: self.fault.clone(),
            place,
            only: self.only,
            operation: self.operation.clone(),
            client: self.client,
            coarse: self.coarse,
            unsteady: self.unsteady.clone(),
            limit_ms: self.waits.map_or(PATIENCE_MS, |seconds| seconds * 1_000),
        })
    }
}

fn scenario(name: &str, faults: &[Value], admission: &[Value]) -> Result<Scenario, String> {
    let reply: Map<String, Value> =
        serde_saphyr::from_str(REPLY).map_err(|error| format!("the reply: {error}"))?;
    let file = json!({
        "faultline": 1, "model": MODEL, "replies": [reply], "faults": faults, "admission": admission,
    });
    load::scenario("row", name, &file.to_string()).map_err(|problems| problems.to_text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_scenarios::Speed;
    use faultline_wire::Operation;
    use faultline_wire::decoder::decode_all;

    #[test]
    fn the_place_inside_a_frame_is_inside_a_frame_of_text() {
        let sound = sound().unwrap();
        let scenario = &sound[0].scenario;
        let plan = scenario.plan(0, Operation::ConverseStream, scenario.family(MODEL), Speed::Max).unwrap();
        let Some((_, aim, _)) = PLACES.iter().find(|(name, ..)| *name == "frame") else { panic!("no frame") };
        let bytes: usize = aim.trim_start_matches("bytes ").parse().unwrap();
        let body = plan.body();
        let (frames, fault) = decode_all(&body[..bytes]);
        assert!(fault.is_some(), "{bytes} bytes are whole frames");
        assert_eq!(frames.len(), 2, "messageStart and one delta stand before it");
    }

    #[test]
    fn every_fault_and_every_admission_has_a_row() {
        let scenarios: Vec<Row> = all().unwrap().into_iter().flat_map(|group| group.rows).collect();
        let faults = scenarios.iter().flat_map(|row| &row.scenario.file.faults);
        let admissions = scenarios.iter().flat_map(|row| &row.scenario.file.admission);
        let played: Vec<&str> = faults
            .map(|fault| fault.kind.name())
            .chain(admissions.map(|admission| admission.kind.name()))
            .collect();
        for name in KINDS.split_whitespace() {
            assert!(played.contains(&name), "no row plays {name}");
        }
    }

    const KINDS: &str = "error exception throttle body content_type sse cut reset rst_stream goaway half_frame corrupt \
        stall drip slice coalesce duplicate reorder drop_event unknown_event union stop_reason no_stop no_metadata \
        refuse slow_accept close_idle goaway_idle max_streams window black_hole unknown_ca";
}
