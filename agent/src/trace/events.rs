//! What a log reads of a run: an event each for what a person who looks into a failure would ask for. No content.

use std::time::Duration;

use faultline_telemetry::own;
use tracing::{info, warn};

use crate::events::AgentEvent;

/// Whose run it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Who {
    pub(crate) agent: String,
    pub(crate) session: Option<String>,
    pub(crate) user: Option<String>,
}

/// Tells one event with what all have.
macro_rules! tell {
    ($level:ident, $who:expr, $elapsed:expr, $name:expr, $($fields:tt)*) => {
        $level!(
            event_type = $name,
            agent = &*$who.agent,
            session = $who.session.as_deref(),
            user = $who.user.as_deref(),
            elapsed_ms = $elapsed,
            $($fields)*
            "{}", $name
        )
    };
}

/// Tells an event, so long after the run began.
pub(crate) fn told(event: &AgentEvent, who: &Who, elapsed: Duration) {
    let ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    match event {
        AgentEvent::FirstEvent { turn, .. } => tell!(info, who, ms, own::FIRST_EVENT_EVENT, turn,),
        AgentEvent::ModelRetry { turn, attempt, after, cause, last_event } => {
            let delay = after.as_secs_f64();
            tell!(warn, who, ms, own::RETRY_EVENT, turn, attempt, last_event, { own::RETRY_DELAY } = delay, error = %cause,);
        }
        AgentEvent::Fallback { turn, from, to, why } => {
            tell!(warn, who, ms, own::FALLBACK_EVENT, turn, from, to, error = %why,);
        }
        AgentEvent::BreakerOpen { turn, model, open_for } => {
            tell!(warn, who, ms, own::BREAKER_EVENT, turn, model, open_for_s = open_for.as_secs_f64(),);
        }
        AgentEvent::RequestChanged { turn, change, cause } => {
            tell!(info, who, ms, own::CHANGED_EVENT, turn, ?change, error = %cause,);
        }
        AgentEvent::Compacted { turn, before, after, .. } => {
            tell!(info, who, ms, own::COMPACTED_EVENT, turn, before, after,);
        }
        AgentEvent::ToolRetry { turn, tool_use_id, name, attempt, after, .. } => {
            let delay = after.as_secs_f64();
            tell!(
                warn,
                who,
                ms,
                own::TOOL_RETRY_EVENT,
                turn,
                tool_use_id,
                name,
                attempt,
                { own::RETRY_DELAY } = delay,
            );
        }
        AgentEvent::ToolFinished { turn, tool_use_id, name, ok } => {
            tell!(info, who, ms, own::TOOL_EVENT, turn, tool_use_id, name, ok,);
        }
        AgentEvent::Redirected { turn, .. } => tell!(info, who, ms, own::REDIRECTED_EVENT, turn,),
        AgentEvent::Warning { turn, message } => {
            tell!(warn, who, ms, own::WARNING_EVENT, turn, error = message,);
        }
        AgentEvent::Failed { message } => tell!(warn, who, ms, own::FAILED_EVENT, error = message,),
        _ => {}
    }
}
