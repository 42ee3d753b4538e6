//! The reference agent as the command line makes it: flags, and the variables that AWS SDKs read.

use super::toolkit::ToolkitArgs;
use crate::chance::token;
use crate::exit::Failure;
use crate::telemetry::{capture, trace_headers};
use crate::values::span;
use aws_sdk_bedrockruntime::config::Credentials;
use faultline_agent::client::{ClientSettings, HeaderSource, client};
use faultline_agent::tools::{Calculator, CurrentTime, GetOrderStatus};
use faultline_agent::{Agent, AgentConfig, CallPolicy, Mode, PartialPolicy, Route, Toolbox};
use std::env;
use std::path::Path;
use std::time::Duration;

/// How the model is asked.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ModelArgs {
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
    /// How long the first event may take before the next of the models is asked, while there is one.
    #[arg(long, value_name = "SPAN", value_parser = span)]
    latency_budget: Option<Duration>,
    /// Keep what there is of an answer that breaks in its text, so that the conversation can go on from there.
    #[arg(long)]
    keep_partial: bool,
    #[command(flatten)]
    tools: ToolkitArgs,
}

impl ModelArgs {
    /// The model that is asked first.
    pub(crate) fn id(&self) -> &str {
        &self.model
    }

    /// The agent, at the endpoint of the environment, for the conversation of a file or for new ones. It belongs to the
    /// runtime that it is made on.
    ///
    /// # Errors
    /// When the environment names no usable endpoint, or a tool that is asked for is none.
    pub(crate) async fn agent(&self, session: Option<&Path>) -> Result<Agent, Failure> {
        self.agent_with(toolbox()?, session).await
    }

    /// The same with these tools in the place of the small ones.
    ///
    /// # Errors
    /// When the environment names no usable endpoint, or a tool that is asked for is none.
    pub(crate) async fn agent_with(&self, tools: Toolbox, session: Option<&Path>) -> Result<Agent, Failure> {
        let scope = session.map_or_else(token, |path| Ok(path.display().to_string()))?;
        let toolbox = self.tools.add(tools, &scope).await?;
        let mode = if self.unary { Mode::Unary } else { Mode::Streaming };
        let first_timeout = self.first_timeout.unwrap_or(self.idle_timeout * 2);
        let config = AgentConfig {
            mode,
            event_timeout: Some(self.idle_timeout),
            first_event_timeout: Some(first_timeout),
            calls: self.calls(),
            capture: capture(),
            ..AgentConfig::new(&self.model)
        };
        // The agent retries; an SDK that did so as well would multiply it.
        let settings = ClientSettings {
            read_timeout: Some(first_timeout),
            max_attempts: 1,
            headers: Some(HeaderSource::new(trace_headers)),
            ..settings()?
        };
        let client = client(&settings).map_err(Failure::usage)?;
        Ok(Agent::new(client, config, toolbox))
    }

    fn calls(&self) -> CallPolicy {
        let (fallbacks, latency_budget) = (self.fallback.clone(), self.latency_budget);
        CallPolicy {
            max_attempts: self.attempts,
            deadline: Some(self.deadline),
            route: Route { fallbacks, latency_budget },
            partial: if self.keep_partial { PartialPolicy::Keep } else { PartialPolicy::Retry },
            ..CallPolicy::patient()
        }
    }
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

/// The reference agent's three small tools.
///
/// # Errors
/// When one is none: a test holds that each is one.
pub(crate) fn toolbox() -> Result<Toolbox, Failure> {
    Toolbox::new()
        .with(Calculator)
        .and_then(|tools| tools.with(GetOrderStatus::default()))
        .and_then(|tools| tools.with(CurrentTime::new(std::time::SystemTime::now)))
        .map_err(Failure::own)
}

/// The first of these variables that says something.
pub(crate) fn variable(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))
}
