//! What is said while runs end.

use crate::crew::bar;
use crate::output::complain;
use faultline_dashboards::Verdict;
use faultline_dashboards::card::Graded;
use indicatif::ProgressBar;
use std::cell::Cell;

/// What is said while runs end: a bar on a terminal, a line for each otherwise.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    all: usize,
    done: Cell<usize>,
}

impl Progress {
    /// Nothing is done yet.
    pub(crate) fn new(all: usize) -> Self {
        Self { bar: bar(all), all, done: Cell::new(0) }
    }

    /// One more is done.
    pub(crate) fn tell(&self, graded: Option<&Graded>) {
        self.done.set(self.done.get() + 1);
        let Some(graded) = graded else { return };
        if let Some(bar) = &self.bar {
            bar.inc(1);
            bar.set_message(graded.name.clone());
            return;
        }
        let why = match graded.verdict {
            Verdict::Passed => String::new(),
            Verdict::Skipped => format!(": {}", graded.skipped),
            Verdict::Failed => {
                graded.breaches.first().map(|first| format!(": {}", first.what)).unwrap_or_default()
            }
        };
        let place = format!("{}/{}", self.done.get(), self.all);
        complain(&format!("{place:>8} {:<8}{}{why}", graded.verdict.word(), graded.name));
    }

    /// All are done.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
