//! A child that is the reference agent as a service, without tools.

use crate::process::{commands, say_address};
use anyhow::{Context, Result};
use faultline_agent::client::{ClientSettings, client};
use faultline_agent::serve::{ServeSettings, router};
use faultline_agent::{Agent, AgentConfig, CallPolicy, Toolbox};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::TcpListener;

/// Serves until standard input ends.
pub(crate) async fn run(upstream: Option<SocketAddr>) -> Result<()> {
    let upstream = upstream.context("an agent needs --upstream")?;
    let settings = ClientSettings {
        endpoint_url: Some(format!("http://{upstream}")),
        max_attempts: 1,
        ..ClientSettings::default()
    };
    let model = "anthropic.claude-3-haiku-20240307-v1:0";
    let config = AgentConfig { calls: CallPolicy::patient(), max_tokens: 512, ..AgentConfig::new(model) };
    let agent = Agent::new(client(&settings)?, config, Toolbox::new());
    let count = AtomicU64::new(0);
    let ids = Arc::new(move || count.fetch_add(1, Ordering::Relaxed).to_string());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say_address(listener.local_addr()?);
    let serving =
        tokio::spawn(async move { axum::serve(listener, router(agent, ServeSettings::new(ids))).await });
    let mut commands = commands();
    while commands.recv().await.is_some() {}
    serving.abort();
    Ok(())
}
