//! MCP over standard input and output: one JSON-RPC message a line. What is no message is told so.
//!
//! It is given its reader and writer and knows no process. Calls run side by side, as over HTTP; a plan that breaks a
//! connection ends the server, which is what a crash looks like from outside.

use super::mcp::{self, Reply};
use crate::writer;
use faultline_scenarios::plan::{Act, Ending, Plan};
use faultline_scenarios::tool_stub::ToolStub;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How a server over standard input and output ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The client closed its end.
    ByClient,
    /// A tool was to crash.
    ByPlan,
}

/// What a call sends: a piece of a line, its end, or the end of everything.
type Piece = Option<Vec<u8>>;

/// Serves until the input ends or a tool is to crash.
///
/// # Errors
/// When reading or writing fails.
pub async fn serve<R, W>(stub: Arc<ToolStub>, input: R, mut output: W) -> io::Result<Ended>
where
    R: AsyncBufRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (sender, mut pieces) = mpsc::channel::<Piece>(16);
    let mut calls = JoinSet::new();
    // Not `lines`: bytes that are no UTF-8 would end it.
    let mut lines = input.split(b'\n');
    loop {
        tokio::select! {
            line = lines.next_segment() => match line? {
                Some(line) => drop(calls.spawn(handle(Arc::clone(&stub), line, sender.clone()))),
                None => break,
            },
            Some(piece) = pieces.recv() => match piece {
                Some(bytes) => write(&mut output, &bytes).await?,
                None => return Ok(Ended::ByPlan),
            },
            Some(_) = calls.join_next() => {}
        }
    }
    drop(sender);
    while let Some(piece) = pieces.recv().await {
        match piece {
            Some(bytes) => write(&mut output, &bytes).await?,
            None => return Ok(Ended::ByPlan),
        }
    }
    Ok(Ended::ByClient)
}

async fn write(output: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    output.write_all(bytes).await?;
    output.flush().await
}

async fn handle(stub: Arc<ToolStub>, line: Vec<u8>, sender: mpsc::Sender<Piece>) {
    // An empty line between messages asks for nothing.
    if line.trim_ascii().is_empty() {
        return;
    }
    match mcp::answer(&stub, &line) {
        Reply::Nothing => {}
        Reply::Refused(value) | Reply::Now(value) => {
            drop(sender.send(Some(format!("{value}\n").into_bytes())).await);
        }
        Reply::Played(plan) => play(&plan, &sender).await,
    }
}

/// A line leaves whole: pieces of two answers must not mix.
async fn play(plan: &Plan, sender: &mpsc::Sender<Piece>) {
    let start = Instant::now();
    let mut line = Vec::new();
    for action in plan.actions() {
        writer::until(start + action.at).await;
        match &action.act {
            Act::End(Ending::Complete) => line.push(b'\n'),
            // Silence for this call; the client gives up.
            Act::End(Ending::Stall) => return,
            Act::End(_) => {
                let _ = sender.send(Some(std::mem::take(&mut line))).await;
                let _ = sender.send(None).await;
            }
            _ => line.extend_from_slice(action.bytes()),
        }
    }
    let _ = sender.send(Some(line)).await;
}
