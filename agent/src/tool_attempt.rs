//! One attempt of a tool: its time limits, its chunks, its panics. It knows no retries and no model.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::tools::{Piece, Tool, ToolContext, ToolError, ToolOutput};

/// How many bytes of chunks are kept as a result; what comes after is passed on but not kept.
const KEPT: usize = 256 * 1024;

/// How long an attempt may run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) hard: Option<Duration>,
    pub(crate) soft: Option<Duration>,
}

/// How an attempt ended.
#[derive(Debug, PartialEq)]
pub(crate) enum Attempt {
    Whole(ToolOutput),
    /// It was stopped; this is what it had sent.
    Partial(ToolOutput),
    Failed(ToolError),
}

/// Runs a tool once. Each piece goes to `on_piece` as it comes.
pub(crate) async fn attempt(
    tool: &dyn Tool,
    input: &Map<String, Value>,
    (context, mut pieces): (ToolContext, UnboundedReceiver<Piece>),
    limits: Limits,
    mut on_piece: impl FnMut(Piece),
) -> Attempt {
    // Inside `async`, so that a tool that panics before it makes its future is contained too.
    let mut work = pin!(contained(async { tool.run(input, &context).await }));
    let mut hard = pin!(elapse(limits.hard));
    let mut soft = pin!(elapse(limits.soft));
    let (mut kept, mut soft_passed) = (String::new(), false);
    let mut take = |kept: &mut String, piece: Piece| {
        if let Piece::Chunk(chunk) = &piece {
            keep(kept, chunk);
        }
        on_piece(piece);
    };
    loop {
        tokio::select! {
            biased;
            Some(piece) = pieces.recv() => take(&mut kept, piece),
            result = &mut work => {
                while let Ok(piece) = pieces.try_recv() {
                    take(&mut kept, piece);
                }
                return ended(result, kept);
            }
            limit = &mut soft, if !soft_passed => {
                soft_passed = true;
                if !kept.is_empty() {
                    return partial(&kept, limit);
                }
            }
            limit = &mut hard => return timed_out(limits, &kept, limit),
        }
    }
}

/// Waits for a limit and says what it was; without a limit for ever.
async fn elapse(limit: Option<Duration>) -> Duration {
    match limit {
        Some(limit) => {
            tokio::time::sleep(limit).await;
            limit
        }
        None => std::future::pending().await,
    }
}

fn keep(kept: &mut String, chunk: &str) {
    let room = KEPT.saturating_sub(kept.len()).min(chunk.len());
    let end = (0..=room).rev().find(|at| chunk.is_char_boundary(*at)).unwrap_or(0);
    kept.push_str(&chunk[..end]);
}

fn ended(result: Result<Result<ToolOutput, ToolError>, Panicked>, kept: String) -> Attempt {
    match result {
        Ok(Ok(ToolOutput::Text(text))) if text.trim().is_empty() && !kept.is_empty() => {
            Attempt::Whole(ToolOutput::Text(kept))
        }
        Ok(Ok(output)) => Attempt::Whole(output),
        Ok(Err(error)) => Attempt::Failed(error),
        Err(Panicked) => Attempt::Failed(ToolError::transient("The tool failed: it panicked.")),
    }
}

fn timed_out(limits: Limits, kept: &str, limit: Duration) -> Attempt {
    if limits.soft.is_some() && !kept.is_empty() {
        return partial(kept, limit);
    }
    let text = format!("The tool gave no result within {limit:?} and was stopped.");
    Attempt::Failed(ToolError::transient(text))
}

/// The model must not take a part for the whole.
fn partial(kept: &str, limit: Duration) -> Attempt {
    let mark = format!("[This result is partial: the tool was stopped after {limit:?}.]");
    Attempt::Partial(ToolOutput::Text(format!("{kept}\n{mark}")))
}

/// A tool panicked; the panic hook has said what.
struct Panicked;

/// A panic in a tool is that tool's failure, not the agent's.
async fn contained<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut work = pin!(work);
    std::future::poll_fn(move |cx| {
        // After a panic the future is not polled again, so nobody sees what it left half done.
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx)));
        match polled {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(forget(panic))),
        }
    })
    .await
}

fn forget(panic: Box<dyn Any + Send>) -> Panicked {
    // Dropping a panic's payload may panic itself.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(panic)));
    Panicked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::ToolFuture;

    /// Sends chunks, one each second, and then ends.
    struct Slow(usize, &'static str);

    impl Tool for Slow {
        fn name(&self) -> &str {
            "slow"
        }
        fn description(&self) -> &str {
            "Slow."
        }
        fn input_schema(&self) -> Value {
            serde_json::json!({"type": "object"})
        }
        fn run<'a>(&'a self, _: &'a Map<String, Value>, context: &'a ToolContext) -> ToolFuture<'a> {
            Box::pin(async move {
                for n in 1..=self.0 {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    context.send(format!("<{n}>"));
                }
                Ok(ToolOutput::Text(self.1.to_owned()))
            })
        }
    }

    async fn check(tool: Slow, soft: Option<u64>, hard: Option<u64>, expected: Attempt, chunks: usize) {
        let mut seen = 0;
        let ms = |limit: Option<u64>| limit.map(Duration::from_millis);
        let limits = Limits { hard: ms(hard), soft: ms(soft) };
        let ended = attempt(&tool, &Map::new(), ToolContext::new("a", "k", 1), limits, |_| seen += 1).await;
        assert_eq!((ended, seen), (expected, chunks), "soft {soft:?}, hard {hard:?}");
    }

    fn text(text: &str) -> ToolOutput {
        ToolOutput::Text(text.to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn a_soft_timeout_keeps_what_came_and_a_hard_one_does_not() {
        check(Slow(3, "end"), None, None, Attempt::Whole(text("end")), 3).await;
        check(Slow(3, " "), None, None, Attempt::Whole(text("<1><2><3>")), 3).await;
        let part = "<1><2>\n[This result is partial: the tool was stopped after 2.5s.]";
        check(Slow(9, "end"), Some(2500), Some(9000), Attempt::Partial(text(part)), 2).await;
        let late = "<1>\n[This result is partial: the tool was stopped after 1.5s.]";
        check(Slow(9, "end"), Some(500), Some(1500), Attempt::Partial(text(late)), 1).await;
        let stopped = |limit| {
            Attempt::Failed(ToolError::transient(format!(
                "The tool gave no result within {limit} and was stopped."
            )))
        };
        check(Slow(9, "end"), None, Some(2500), stopped("2.5s"), 2).await;
        check(Slow(9, "end"), Some(200), Some(500), stopped("500ms"), 0).await;
        check(Slow(1, "end"), Some(200), None, Attempt::Whole(text("end")), 1).await;
    }

    #[test]
    fn what_is_kept_is_bounded_and_stays_text() {
        let mut kept = "x".repeat(KEPT - 3);
        keep(&mut kept, "éé");
        assert!(kept.ends_with("xé") && kept.len() == KEPT - 1);
        keep(&mut kept, "é");
        keep(&mut kept, "yz");
        assert!(kept.ends_with("éy") && kept.len() == KEPT);
    }
}
