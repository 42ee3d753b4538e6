//! What the agent costs above the SDK: the same streams through both, in turns, in this process and on one thread. The
//! server is the raw one in a process of its own; what it and the SDK take is in both figures and cancels in the difference.

use crate::Role;
use crate::process::Server;
use crate::stats::median;
use crate::table::{Goal, Table};
use crate::workload::{PROMPT, Workload};
use anyhow::{Result, ensure};
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, ConverseStreamOutput, Message};
use faultline_agent::client::{ClientSettings, client};
use faultline_agent::{Agent, AgentConfig, CallPolicy, Conversation, Toolbox};
use std::time::{Duration, Instant};

const MODEL: &str = "anthropic.claude-3-haiku-20240307-v1:0";
/// Frames of one stream of the workload.
const FRAMES: f64 = 54.0;
/// Characters of its text.
const CHARACTERS: usize = 50 * 20;

/// Measures in `rounds` alternating rounds.
pub(crate) async fn measure(rounds: usize, quick: bool, table: &mut Table) -> Result<()> {
    let length = Duration::from_millis(if quick { 100 } else { 1000 });
    let server = Server::start(Role::Raw, Workload::Burst)?;
    let settings = ClientSettings {
        endpoint_url: Some(format!("http://{}", server.address())),
        max_attempts: 1,
        ..ClientSettings::default()
    };
    let client = client(&settings)?;
    let config = AgentConfig { calls: CallPolicy::patient(), ..AgentConfig::new(MODEL) };
    let agent = Agent::new(client.clone(), config, Toolbox::new());
    let (mut agents, mut bares) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        eprintln!("the agent beside a bare loop: round {round} of {rounds}");
        let (a, b) = (time(length, || ask(&agent)).await?, time(length, || bare(&client)).await?);
        // The first round warms up.
        if round > 0 {
            agents.push(a);
            bares.push(b);
        }
    }
    judge(&agents, &bares, table);
    Ok(())
}

fn judge(agents: &[f64], bares: &[f64], table: &mut Table) {
    let both = || agents.iter().zip(bares);
    let ratio = median(both().map(|(agent, bare)| agent / bare));
    let above = median(both().map(|(agent, bare)| (agent - bare) / FRAMES));
    let (agent, bare) = (median(agents.iter().copied()), median(bares.iter().copied()));
    table.note(format!(
        "a stream of 54 frames: the agent {agent:.0} us, a bare loop over the SDK {bare:.0} us, ratio {ratio:.3}"
    ));
    table.goal(Goal::below("the agent's own time for a frame".to_owned(), above, 5.0, "us"));
}

/// Microseconds that one run takes, over as many as fit into a length of time.
async fn time<F: Future<Output = Result<usize>>>(
    length: Duration,
    mut run: impl FnMut() -> F,
) -> Result<f64> {
    let (start, mut count) = (Instant::now(), 0_u32);
    while start.elapsed() < length {
        let characters = run().await?;
        ensure!(characters == CHARACTERS, "{characters} characters came instead of {CHARACTERS}");
        count += 1;
    }
    Ok(start.elapsed().as_secs_f64() * 1e6 / f64::from(count))
}

async fn ask(agent: &Agent) -> Result<usize> {
    let answer = agent.run(&mut Conversation::new(), PROMPT, &mut |event| drop(event)).await?;
    Ok(answer.text.len())
}

/// What somebody would write who trusts the stream: text is joined, nothing is checked.
async fn bare(client: &Client) -> Result<usize> {
    let prompt = ContentBlock::Text(PROMPT.to_owned());
    let message = Message::builder().role(ConversationRole::User).content(prompt).build()?;
    let mut output = client.converse_stream().model_id(MODEL).messages(message).send().await?;
    let mut text = String::new();
    while let Some(event) = output.stream.recv().await? {
        if let ConverseStreamOutput::ContentBlockDelta(delta) = event
            && let Some(Ok(piece)) = delta.delta.as_ref().map(|delta| delta.as_text())
        {
            text.push_str(piece);
        }
    }
    Ok(text.len())
}
