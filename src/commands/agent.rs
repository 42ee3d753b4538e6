//! `faultline agent`: the reference agent as a command, with three small tools, so that people can talk to an endpoint
//! and `grade` has an agent at hand.
//!
//! It reads what any agent's user would set: the AWS variables, and nothing that tells it of faultline's mock but the
//! prompt and where a report of the cost goes. Text comes to standard output as it arrives; errors go to standard error.

use crate::exit::{Exit, Failure};
use crate::output::{Reader, Unwritten, complain, print};
use crate::values::span;
use aws_sdk_bedrockruntime::config::Credentials;
use faultline_agent::client::{ClientSettings, client};
use faultline_agent::tools::{Calculator, CurrentTime, GetOrderStatus};
use faultline_agent::{
    Agent, AgentConfig, AgentError, AgentEvent, AttemptRecord, CallPolicy, Cause, Conversation, Mode, Route,
    Toolbox,
};
use serde_json::{Value, json};
use std::env;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Which agent, and what it is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to ask. Left out: the lines of FAULTLINE_PROMPT, or of standard input, as one conversation.
    prompt: Option<String>,
    /// Ask over Converse instead of ConverseStream.
    #[arg(long)]
    unary: bool,
    /// The model id.
    #[arg(
        long,
        env = "FAULTLINE_MODEL",
        value_name = "ID",
        default_value = "anthropic.claude-sonnet-4-5-20250929-v1:0"
    )]
    model: String,
    /// How long to wait for each next event of a stream.
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "60s")]
    idle_timeout: Duration,
    /// How long to wait for the first event of a stream, or for a unary answer. Left out: twice the idle time, because a long
    /// prompt may take more than a minute.
    #[arg(long, value_name = "SPAN", value_parser = span)]
    first_timeout: Option<Duration>,
    /// How often one turn is asked for at most; pauses grow in between.
    #[arg(long, value_name = "COUNT", default_value_t = 6)]
    attempts: u32,
    /// How long one turn may take with all its attempts and pauses.
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "10m")]
    deadline: Duration,
    /// Another model to ask when the one before gives no answer. May be given more than once.
    #[arg(long, value_name = "ID")]
    fallback: Vec<String>,
    /// Keep the conversation in a file, and go on with the one that is there.
    #[arg(long, value_name = "FILE")]
    session: Option<PathBuf>,
    /// Say on standard error which attempts failed, why, and after which event.
    #[arg(long, short)]
    verbose: bool,
}

/// Asks every prompt, in one conversation. A turn that fails leaves no trace in it, and the next prompt is asked all the
/// same; whether the last one was answered decides how the command ends.
///
/// # Errors
/// When the environment names no usable endpoint, there is no prompt, or standard output cannot be written.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let prompts = prompts(args)?;
    let agent = agent(args)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::own)?;
    let mut usage = Vec::new();
    let exit = runtime.block_on(converse(args, &agent, &prompts, &mut usage))?;
    report(&usage)?;
    Ok(exit)
}

async fn converse(
    args: &Args,
    agent: &Agent,
    prompts: &[String],
    usage: &mut Vec<Value>,
) -> Result<Exit, Failure> {
    let session = args.session.as_deref();
    let mut conversation = opened(session)?;
    let mut exit = Exit::Usage;
    for prompt in prompts {
        let mut shown = Shown { verbose: args.verbose, ..Shown::default() };
        let mut unsaved = Ok(());
        let mut sink = |event: AgentEvent| match event {
            AgentEvent::Checkpoint { messages, .. } => {
                unsaved = save(session, &Conversation::from_messages(messages));
            }
            event => shown.event(&event),
        };
        let answer = agent.run(&mut conversation, prompt, &mut sink).await;
        shown.end()?;
        unsaved?;
        save(session, &conversation)?;
        let stats = answer.as_ref().map_or_else(|error| &error.partial.stats, |answer| &answer.stats);
        usage.extend(stats.attempts.iter().map(cost));
        exit = match answer {
            Ok(_) => Exit::Pass,
            Err(error) => {
                complain(&said(&error));
                Exit::TestFailed
            }
        };
    }
    Ok(exit)
}

/// The conversation of the file, where there is one.
fn opened(session: Option<&Path>) -> Result<Conversation, Failure> {
    match session.filter(|path| path.exists()) {
        Some(path) => Conversation::load(path).map_err(Failure::usage),
        None => Ok(Conversation::new()),
    }
}

/// Keeps the conversation as it is now: before a tool runs, when it has run, and at the end of each turn.
fn save(session: Option<&Path>, conversation: &Conversation) -> Result<(), Failure> {
    session.map_or(Ok(()), |path| conversation.save(path)).map_err(Failure::own)
}

/// What one attempt cost; `null` where nobody said.
fn cost(attempt: &AttemptRecord) -> Value {
    let usage = &attempt.usage;
    if usage.unreported_calls > 0 {
        return Value::Null;
    }
    json!({
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "cacheReadInputTokens": usage.cache_read_tokens,
        "cacheWriteInputTokens": usage.cache_write_tokens,
    })
}

/// Tells whoever wants to know what the run cost, attempt by attempt.
fn report(usage: &[Value]) -> Result<(), Failure> {
    let Some(path) = variable(&["FAULTLINE_REPORT"]) else { return Ok(()) };
    let text = json!({ "usage": usage }).to_string();
    std::fs::write(&path, text).map_err(|why| Failure::own(format!("{path}: {why}")))
}

/// What is printed while the agent runs.
#[derive(Default)]
struct Shown {
    /// Whether attempts are told.
    verbose: bool,
    /// Whether a line is begun.
    begun: bool,
    /// Whether somebody reads on.
    gone: bool,
    /// What went wrong with it.
    unwritten: Option<Unwritten>,
}

impl Shown {
    /// Text as it comes; each message of the model begins on a line of its own.
    fn event(&mut self, event: &AgentEvent) {
        match event {
            AgentEvent::TextDelta { text, .. } => self.print(text),
            AgentEvent::Stopped { .. } => self.break_line(),
            AgentEvent::Warning { message, .. } => complain(&format!("warning: {message}")),
            AgentEvent::TextReplaced { .. } => {
                self.break_line();
                complain(
                    "warning: the text broke off, came anew and differs; what follows takes the place of its end",
                );
            }
            AgentEvent::ModelRetry { attempt, after, cause, last_event, .. } if self.verbose => {
                let last = last_event.map(|event| format!(" after {event}")).unwrap_or_default();
                complain(&format!("warning: attempt {attempt} failed{last}: {cause}; again in {after:.1?}"));
            }
            AgentEvent::Fallback { from, to, why, .. } => {
                complain(&format!("warning: {to} is asked in the place of {from}: {why}"));
            }
            _ => {}
        }
    }

    fn print(&mut self, text: &str) {
        if text.is_empty() || self.gone || self.unwritten.is_some() {
            return;
        }
        self.begun = !text.ends_with('\n');
        match print(text) {
            Ok(reader) => self.gone = reader == Reader::Gone,
            Err(why) => self.unwritten = Some(why),
        }
    }

    fn break_line(&mut self) {
        if self.begun {
            self.print("\n");
        }
    }

    fn end(mut self) -> Result<(), Failure> {
        self.break_line();
        self.unwritten.map_or(Ok(()), |why| Err(why.into()))
    }
}

/// An error as a line: type, message, request id. The type comes as AWS spells it outside of streams.
fn said(error: &AgentError) -> String {
    let Cause::Service(fault) = &error.cause else { return error.to_string() };
    let id = fault.request_id.as_ref().or(error.partial.request_id.as_ref());
    let id = id.map(|id| format!(" (request id {id})")).unwrap_or_default();
    format!("{}: {}{id}", fault.exception(), fault.message)
}

fn agent(args: &Args) -> Result<Agent, Failure> {
    let mode = if args.unary { Mode::Unary } else { Mode::Streaming };
    let calls = CallPolicy {
        max_attempts: args.attempts,
        deadline: Some(args.deadline),
        route: Route { fallbacks: args.fallback.clone(), ..Route::default() },
        ..CallPolicy::patient()
    };
    let first_timeout = args.first_timeout.unwrap_or(args.idle_timeout * 2);
    let config = AgentConfig {
        mode,
        event_timeout: Some(args.idle_timeout),
        first_event_timeout: Some(first_timeout),
        calls,
        ..AgentConfig::new(&args.model)
    };
    // The agent retries; an SDK that did so as well would multiply it.
    let settings = ClientSettings { read_timeout: Some(first_timeout), max_attempts: 1, ..settings()? };
    let client = client(&settings).map_err(Failure::usage)?;
    Ok(Agent::new(client, config, toolbox()?))
}

/// Endpoint, region, keys and CA from the variables that AWS SDKs read, in their order.
fn settings() -> Result<ClientSettings, Failure> {
    let defaults = ClientSettings::default();
    let ca = variable(&["AWS_CA_BUNDLE", "SSL_CERT_FILE"]);
    let read = |path: String| std::fs::read(&path).map_err(|why| Failure::usage(format!("{path}: {why}")));
    Ok(ClientSettings {
        endpoint_url: variable(&["AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_ENDPOINT_URL"]),
        region: variable(&["AWS_REGION", "AWS_DEFAULT_REGION"]).unwrap_or(defaults.region.clone()),
        bearer_token: variable(&["AWS_BEARER_TOKEN_BEDROCK"]),
        credentials: keys().unwrap_or(defaults.credentials.clone()),
        ca_bundle_pem: ca.map(read).transpose()?,
        ..defaults
    })
}

fn keys() -> Option<Credentials> {
    let (key, secret) = (variable(&["AWS_ACCESS_KEY_ID"])?, variable(&["AWS_SECRET_ACCESS_KEY"])?);
    Some(Credentials::new(key, secret, variable(&["AWS_SESSION_TOKEN"]), None, "environment"))
}

fn toolbox() -> Result<Toolbox, Failure> {
    Toolbox::new()
        .with(Calculator)
        .and_then(|tools| tools.with(GetOrderStatus::default()))
        .and_then(|tools| tools.with(CurrentTime::new(std::time::SystemTime::now)))
        .map_err(Failure::own)
}

fn prompts(args: &Args) -> Result<Vec<String>, Failure> {
    if let Some(prompt) = &args.prompt {
        return Ok(vec![prompt.clone()]);
    }
    let text = variable(&["FAULTLINE_PROMPT"]).map_or_else(typed, Ok)?;
    let prompts = lines(&text);
    if prompts.is_empty() {
        return Err(Failure::usage("nothing to ask: give a prompt, or one a line on standard input"));
    }
    Ok(prompts)
}

fn typed() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|why| Failure::usage(format!("standard input cannot be read: {why}")))?;
    Ok(text)
}

/// A prompt a line; blank lines ask nothing.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The first of these variables that says something.
fn variable(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_agent::{Partial, Place, ServiceFault};

    #[test]
    fn a_prompt_is_a_line_and_blank_lines_are_none() {
        let check = |text: &str, expected: &[&str]| assert_eq!(lines(text), expected, "{text:?}");
        check("Where is it?", &["Where is it?"]);
        check("Where is it?\n\n  And now? \r\n", &["Where is it?", "And now?"]);
        check(" \n", &[]);
    }

    #[test]
    fn an_error_is_said_with_type_message_and_request_id_once() {
        let fault = ServiceFault {
            kind: "throttlingException".to_owned(),
            message: "Too many tokens.".to_owned(),
            request_id: Some("id-1".to_owned()),
            status: None,
            place: Place::InStream,
        };
        let check = |cause: Cause, request_id: Option<&str>, expected: &str| {
            let partial = Partial { request_id: request_id.map(str::to_owned), ..Partial::default() };
            assert_eq!(said(&AgentError { cause, partial: Box::new(partial) }), expected);
        };
        let service = |id: Option<&str>| {
            Cause::Service(Box::new(ServiceFault { request_id: id.map(str::to_owned), ..fault.clone() }))
        };
        check(service(Some("id-1")), Some("id-1"), "ThrottlingException: Too many tokens. (request id id-1)");
        check(service(None), Some("id-2"), "ThrottlingException: Too many tokens. (request id id-2)");
        check(service(None), None, "ThrottlingException: Too many tokens.");
        let cut = "the stream ended without messageStop: the message is incomplete (request id id-3)";
        check(Cause::Incomplete, Some("id-3"), cut);
    }
}
