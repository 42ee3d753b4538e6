//! Work on many things, some at once, and results in the order of the things.

use crate::exit::Failure;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;
use tokio::task::JoinSet;

/// Does `work` for every item, `at_once` at the same time, and gives the results in the order of the items. `done` is
/// called with each result as soon as it is there.
///
/// # Errors
/// The first failure; work that is under way is dropped.
pub(crate) async fn each<T, R, F>(
    items: Vec<T>,
    at_once: usize,
    work: impl Fn(T) -> F,
    mut done: impl FnMut(&R),
) -> Result<Vec<R>, Failure>
where
    R: Send + 'static,
    F: Future<Output = Result<R, Failure>> + Send + 'static,
{
    let mut running = JoinSet::new();
    let mut finished = Vec::with_capacity(items.len());
    for (number, item) in items.into_iter().enumerate() {
        if running.len() >= at_once {
            finished.extend(next(&mut running, &mut done).await?);
        }
        let work = work(item);
        running.spawn(async move { (number, work.await) });
    }
    while let Some(one) = next(&mut running, &mut done).await? {
        finished.push(one);
    }
    finished.sort_by_key(|(number, _)| *number);
    Ok(finished.into_iter().map(|(_, result)| result).collect())
}

async fn next<R: 'static>(
    running: &mut JoinSet<(usize, Result<R, Failure>)>,
    done: &mut impl FnMut(&R),
) -> Result<Option<(usize, R)>, Failure> {
    let Some(joined) = running.join_next().await else { return Ok(None) };
    let (number, result) = joined.map_err(Failure::own)?;
    let result = result?;
    done(&result);
    Ok(Some((number, result)))
}

/// A bar on a terminal, `None` where nobody would see it move.
pub(crate) fn bar(items: usize) -> Option<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return None;
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed} {msg}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    Some(ProgressBar::new(items as u64).with_style(style))
}
