//! Tasks over HTTP: put, looked at, stopped. Whoever asks comes back when they like: nothing hangs on a connection.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use faultline_queue::{Cursor, JobId, Progress, Put, Queue, QueueError, State as JobState, Status};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::refusal::{Refusal, body};
use super::task_format::{Job, events};

/// The longest that a request may wait.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// So soon a request that waits looks again; each time later, up to the second.
const LOOK: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(320));

/// What handlers share.
struct Tasks {
    queue: Queue,
    ids: Arc<dyn Fn() -> String + Send + Sync>,
}

/// The routes of tasks.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(
    queue: Queue,
    ids: Arc<dyn Fn() -> String + Send + Sync>,
) -> Router<S> {
    Router::new()
        .route("/agent/task", post(put))
        .route("/agent/task/{task}", get(look).delete(stop))
        .with_state(Arc::new(Tasks { queue, ids }))
}

/// What is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    prompt: String,
    #[serde(default)]
    session: String,
    /// The asker's own name for it: who is not sure whether a request arrived sends it again, and there is one task.
    #[serde(default)]
    task: Option<String>,
}

/// From where, and how patiently.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct From {
    after: Option<String>,
    wait: f32,
}

async fn put(
    State(tasks): State<Arc<Tasks>>,
    ask: Result<Json<Ask>, JsonRejection>,
) -> Result<Response, Refusal> {
    let ask = body(ask)?;
    if ask.prompt.trim().is_empty() {
        return Err(Refusal::blank());
    }
    let id: JobId = ask.task.unwrap_or_else(|| (tasks.ids)()).parse()?;
    let job = Job { prompt: ask.prompt, session: ask.session };
    let put = tasks.queue.put(&id, job.to_bytes()).await?;
    let url = format!("/agent/task/{id}");
    let said = json!({ "task": id.as_str(), "url": url, "known": put == Put::Known });
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, url)], Json(said)).into_response())
}

async fn look(
    State(tasks): State<Arc<Tasks>>,
    Path(task): Path<String>,
    Query(from): Query<From>,
) -> Result<Response, Refusal> {
    let after = from.after.as_deref().map_or(Ok(Cursor::default()), str::parse).map_err(|_| {
        Refusal::new(StatusCode::BAD_REQUEST, "`after` is what the last answer had as `next`")
    })?;
    let wait = Duration::try_from_secs_f32(from.wait.max(0.0)).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
    let (status, progress) = tasks.news(&task, after, wait).await?.ok_or_else(unknown)?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(told(&task, &status, &progress))).into_response())
}

async fn stop(State(tasks): State<Arc<Tasks>>, Path(task): Path<String>) -> Result<Response, Refusal> {
    let status = tasks.cancel(&task).await?.ok_or_else(unknown)?;
    let said = json!({ "task": task, "state": state(&status), "cancelling": status.is_cancelled });
    Ok((StatusCode::ACCEPTED, Json(said)).into_response())
}

impl Tasks {
    /// What is known of a task and its events, once there is something new, it is over, or the time is.
    async fn news(
        &self,
        task: &str,
        after: Cursor,
        wait: Duration,
    ) -> Result<Option<(Status, Progress)>, QueueError> {
        let Ok(id) = task.parse() else { return Ok(None) };
        let (until, mut pause) = (Instant::now() + wait, LOOK.0);
        loop {
            // In this order: the events of a task that is over are all there.
            let Some(status) = self.queue.status(&id).await? else { return Ok(None) };
            let Some(progress) = self.queue.progress(&id, after).await? else { return Ok(None) };
            let waits = matches!(status.state, JobState::Queued | JobState::Running);
            let is_news = !progress.records.is_empty() || progress.restarted || !waits;
            if is_news || Instant::now() >= until {
                return Ok(Some((status, progress)));
            }
            sleep(pause).await;
            pause = LOOK.1.min(pause * 2);
        }
    }

    async fn cancel(&self, task: &str) -> Result<Option<Status>, QueueError> {
        let Ok(id) = task.parse() else { return Ok(None) };
        self.queue.cancel(&id).await?;
        self.queue.status(&id).await
    }
}

/// What a poller is told.
fn told(task: &str, status: &Status, progress: &Progress) -> Value {
    let mut told = json!({
        "task": task,
        "state": state(status),
        "deliveries": status.deliveries,
        "restarted": progress.restarted,
        "events": events(&progress.records),
        "next": progress.next.to_string(),
        "more": progress.more,
    });
    if let Some(last) = last(status) {
        told["result"] = last;
    }
    told
}

/// The last event: the answer, or why there is none.
fn last(status: &Status) -> Option<Value> {
    let failed = |message: String| json!({"type": "execution_failed", "message": message, "partial": ""});
    match status.state {
        JobState::Finished => serde_json::from_slice(status.result.as_ref()?).ok(),
        JobState::Cancelled => Some(failed("it was cancelled".to_owned())),
        JobState::Dead => {
            Some(failed(format!("it was given to {} workers and none finished it", status.deliveries)))
        }
        _ => None,
    }
}

/// `queued`, `running`, `done`, `failed` or `cancelled`.
fn state(status: &Status) -> &'static str {
    match status.state {
        JobState::Queued => "queued",
        JobState::Running => "running",
        JobState::Cancelled => "cancelled",
        JobState::Dead => "failed",
        JobState::Finished => match last(status) {
            Some(last) if last["type"] == "final_response" => "done",
            _ => "failed",
        },
    }
}

fn unknown() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "no such task: it is unknown, or forgotten")
}

impl std::convert::From<QueueError> for Refusal {
    fn from(why: QueueError) -> Self {
        let status = match why {
            QueueError::BadId => StatusCode::BAD_REQUEST,
            QueueError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, why.to_string())
    }
}
