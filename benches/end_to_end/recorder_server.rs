//! A child that is our recorder, as users get it: everything is redacted, labelled and written.

use crate::process::{commands, say_address};
use anyhow::{Context, Result};
use faultline_mock_bedrock::{MockBedrock, Options};
use faultline_recorder::redact::Redactor;
use faultline_recorder::store::Store;
use faultline_recorder::upstream::{self, Auth, Upstream};
use faultline_recorder::{Mode, Recorder, Settings};
use faultline_scenarios::Book;
use faultline_scenarios::file::Provenance;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

/// Records until standard input ends; what it wrote is removed.
pub(crate) async fn run(upstream: Option<SocketAddr>) -> Result<()> {
    let upstream = upstream.context("a recorder needs --upstream")?;
    let folder = std::env::temp_dir().join(format!("faultline-bench-{}", std::process::id()));
    let settings = upstream::Settings {
        url: format!("http://{upstream}"),
        auth: Auth::Nobody,
        ca_pem: None,
        clock: Arc::new(SystemTime::now),
    };
    let recorder = Recorder::new(Settings {
        mode: Mode::Record,
        book: Book::new(Vec::new()),
        files: Vec::new(),
        upstream: Some(Arc::new(Upstream::new(settings)?)),
        store: Some(Arc::new(Store::open(&folder, Arc::new(|_| ()))?)),
        redactor: Arc::new(Redactor::default()),
        from: Provenance::default(),
        clock: Arc::new(SystemTime::now),
    })?;
    let recorder = Arc::new(recorder);
    let server = MockBedrock::start(Options::default(), recorder.clone()).await?.unverified();
    say_address(server.addr());
    let mut commands = commands();
    while commands.recv().await.is_some() {
        println!("{}", recorder.tally().kept);
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
