//! One attempt over ConverseStream. Whoever calls decides whether there is another.

use crate::ask::{Ask, Outcome, inference, wait};
use crate::bug::Bug;
use crate::client::Head;
use crate::errors::{CONNECTION, SILENCE, before, inside, silent};
use crate::failure::Failure;
use crate::fold::Fold;
use crate::limits::{FIRST_EVENT, IDLE, METADATA};
use crate::output;
use aws_sdk_bedrockruntime::primitives::event_stream::EventReceiver;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError;
use aws_sdk_bedrockruntime::types::{ContentBlockDelta, ConverseStreamOutput};
use std::time::Duration;

type Receiver = EventReceiver<ConverseStreamOutput, ConverseStreamOutputError>;

/// Makes one attempt.
pub(crate) async fn attempt(ask: &Ask<'_>, head: &Head) -> Outcome {
    match open(ask, head).await {
        Ok(stream) => read(ask, head, stream).await,
        Err(failure) => Outcome::failed(failure.of(head.seen().request_id.as_deref())),
    }
}

async fn open(ask: &Ask<'_>, head: &Head) -> Result<Receiver, Failure> {
    let call = ask.model.client.converse_stream().model_id(&ask.model.id);
    let call = call.set_messages(Some(ask.turns.to_vec())).set_tool_config(ask.tools.clone());
    let sent = call.inference_config(inference()).customize().interceptor(head.clone()).send();
    match wait(ask, Some(Bug::HangsOnFirstEvent), FIRST_EVENT, sent).await {
        Ok(Ok(output)) => Ok(output.stream),
        Ok(Err(error)) => Err(before(&error, &head.seen(), ask.bug)),
        Err(silence) => Err(silent(silence, &head.seen(), ask.bug)),
    }
}

/// What a stream gives next.
enum Step {
    Event(Box<ConverseStreamOutput>),
    End,
    Failed(Failure),
}

async fn read(ask: &Ask<'_>, head: &Head, mut stream: Receiver) -> Outcome {
    let mut fold = Fold::new(ask.bug);
    let mut patience = FIRST_EVENT;
    // A message that can be none any more is read on all the same: its usage is still to come.
    let mut broken = None;
    let failure = loop {
        match next(ask, &fold, patience, &mut stream).await {
            Step::Event(event) if broken.is_some() => fold.take_usage(*event),
            Step::Event(event) => {
                show(&event, ask.bug);
                broken = fold.take(*event).err();
            }
            Step::End => break broken,
            Step::Failed(_) if ask.bug.is(Bug::RunsUnfinished) && fold.has_closed_call() => break None,
            Step::Failed(failure) if broken.is_none() && taken_for_an_end(&failure, ask.bug) => {
                fold.pretend_end();
                break None;
            }
            Step::Failed(failure) => break broken.or(Some(failure)),
        }
        patience = IDLE;
    };
    let usage = fold.usage().cloned();
    let request_id = head.seen().request_id;
    match failure {
        None => Outcome {
            result: fold.finish().map_err(|failure| failure.of(request_id.as_deref())),
            usage,
            half: Vec::new(),
        },
        Some(failure) => Outcome { result: Err(failure.of(request_id.as_deref())), usage, half: fold.half() },
    }
}

async fn next(ask: &Ask<'_>, fold: &Fold, patience: Duration, stream: &mut Receiver) -> Step {
    let hangs = if patience == FIRST_EVENT { Bug::HangsOnFirstEvent } else { Bug::HangsOnStall };
    let next = match fold.stopped() {
        true => wait(ask, None, METADATA, stream.recv()).await,
        false => wait(ask, Some(hangs), patience, stream.recv()).await,
    };
    match next {
        Ok(Ok(Some(event))) => Step::Event(Box::new(event)),
        Ok(Ok(None)) => Step::End,
        // The message is whole: whatever comes now is no reason to throw it away.
        _ if fold.stopped() && !ask.bug.is(Bug::RetriesAfterStop) => Step::End,
        Err(_) if fold.stopped() => Step::End,
        Ok(Err(error)) => Step::Failed(inside(&error, ask.bug)),
        Err(silence) => Step::Failed(silence),
    }
}

fn taken_for_an_end(failure: &Failure, bug: Bug) -> bool {
    match bug {
        Bug::IgnoresExceptions => failure.kind != CONNECTION && failure.kind != SILENCE,
        Bug::ResetIsDone => failure.kind == CONNECTION,
        Bug::SilenceIsDone => failure.kind == SILENCE,
        _ => false,
    }
}

/// The clean agent shows nothing before it is whole.
fn show(event: &ConverseStreamOutput, bug: Bug) {
    if let (true, ConverseStreamOutput::ContentBlockDelta(delta)) = (bug.is(Bug::ShowsBothAttempts), event)
        && let Some(ContentBlockDelta::Text(text)) = &delta.delta
    {
        output::print(text);
    }
}
