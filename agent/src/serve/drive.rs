//! Works on one prompt until it is answered, fails, or nobody wants it any more.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use super::execution::Execution;
use super::partial::PartialText;
use super::registry::Begun;
use super::settings::ServeSettings;
use crate::agent::Agent;
use crate::events::AgentEvent;
use crate::wire_event::WireEvent;

/// Works on it. Its last event is pushed whatever happens.
pub(super) async fn drive(agent: Agent, begun: Begun, prompt: String, settings: ServeSettings) {
    let Begun { execution, mut conversation } = begun;
    let mut shown = Shown { execution: execution.clone(), text: PartialText::default() };
    let mut sink = |event: AgentEvent| shown.event(&event);
    let ended = {
        let run = agent.run_steered(&mut conversation, &prompt, &execution.steering, &mut sink);
        tokio::select! {
            ended = in_step(&execution, run) => Ok(ended),
            why = execution.abandoned(settings.linger) => Err(why),
        }
    };
    if let (Ok(Err(error)), Some(failed)) = (&ended, &settings.failed) {
        failed(&execution.id, &prompt, &conversation, error);
    }
    // Whoever sees the last event may ask on at once.
    drop(conversation);
    execution.push(match ended {
        Ok(Ok(answer)) => WireEvent::answered(&answer),
        Ok(Err(error)) => failed(error.to_string(), error.partial.text),
        Err(why) => failed(why.to_owned(), shown.text.text().to_owned()),
    });
}

fn failed(message: String, partial: String) -> WireEvent {
    WireEvent::ExecutionFailed { message, partial }
}

/// Lets the run go on only as far as somebody reads: a slow client holds up its model, and no memory fills.
async fn in_step<F: Future>(execution: &Arc<Execution>, run: F) -> F::Output {
    let mut run = pin!(run);
    poll_fn(|cx| if execution.is_ahead(cx.waker()) { Poll::Pending } else { run.as_mut().poll(cx) }).await
}

/// What goes out, and the text of the turn so far.
struct Shown {
    execution: Arc<Execution>,
    text: PartialText,
}

impl Shown {
    fn event(&mut self, event: &AgentEvent) {
        let Some(event) = WireEvent::of(event) else { return };
        self.text.add(&event);
        self.execution.push(event);
    }
}
