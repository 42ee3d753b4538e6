//! The card as files, one for each kind of reader.

use super::junit::junit;
use crate::exit::Failure;
use crate::report::ReportFile;
use faultline_dashboards::card::{Card, badge, page};
use std::path::PathBuf;

/// The files that may be asked for.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct FileArgs {
    /// Write everything as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the verdicts as JUnit XML; known failures are skipped there.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the card as one offline HTML page, with every request of each failure.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write an SVG badge.
    #[arg(long, value_name = "FILE")]
    badge: Option<PathBuf>,
}

/// The open files.
pub(crate) struct Files {
    json: Option<ReportFile>,
    junit: Option<ReportFile>,
    html: Option<ReportFile>,
    badge: Option<ReportFile>,
}

impl FileArgs {
    /// Opens them, before the work begins.
    ///
    /// # Errors
    /// When one cannot be written.
    pub(crate) fn open(&self) -> Result<Files, Failure> {
        let open = |path: &Option<PathBuf>| ReportFile::open_some(path.as_ref());
        Ok(Files {
            json: open(&self.json)?,
            junit: open(&self.junit)?,
            html: open(&self.html)?,
            badge: open(&self.badge)?,
        })
    }
}

impl Files {
    /// Writes the card in every form that was asked for.
    ///
    /// # Errors
    /// When a file takes no more.
    pub(crate) fn write(self, card: &Card) -> Result<(), Failure> {
        if let Some(file) = self.json {
            file.write(&(serde_json::to_string_pretty(card).map_err(Failure::own)? + "\n"))?;
        }
        if let Some(file) = self.junit {
            file.write(&junit(card).map_err(Failure::own)?)?;
        }
        if let Some(file) = self.html {
            file.write(&page(card))?;
        }
        self.badge.map_or(Ok(()), |file| file.write(&badge(card)))
    }
}
