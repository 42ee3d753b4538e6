//! `faultline explain`: what scenarios will send, as timelines.

use crate::exit::{Exit, Failure};
use crate::output::print;
use crate::source::SourceArgs;
use crate::toolbox::words;
use faultline_scenarios::faults::{self, Strike};
use faultline_scenarios::quota::Quota;
use faultline_scenarios::tool_script::ToolScript;
use faultline_scenarios::{Plan, Scenario, Speed};
use faultline_wire::{Family, Operation};

/// What to explain.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// The operation that is asked for.
    #[arg(long, default_value = "ConverseStream", value_parser = operation)]
    operation: Operation,
    /// The model id that is asked for, where a scenario names none: its family decides the style.
    #[arg(long, default_value = "anthropic.claude-sonnet-4-5-20250929-v1:0")]
    model: String,
    /// Only scenarios whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

fn operation(name: &str) -> Result<Operation, String> {
    Operation::parse(name)
        .ok_or_else(|| format!("`{name}` is no operation of Bedrock Runtime; write ConverseStream"))
}

/// Prints the plan of each reply, and the plan that its faults make of it.
///
/// # Errors
/// When a scenario has problems, or none is left to explain.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let book = args.source.book()?;
    let wanted =
        |scenario: &Scenario| args.only.as_ref().is_none_or(|part| scenario.name.contains(part.as_str()));
    let mut text = String::new();
    for scenario in book.scenarios.iter().filter(|scenario| wanted(scenario)) {
        text += &explain(scenario, args.operation, scenario.family(&args.model), book.speed);
    }
    if text.is_empty() {
        return Err(Failure::usage("no scenario has that in its name; `faultline list` shows the names"));
    }
    print(&text)?;
    Ok(Exit::Pass)
}

fn explain(scenario: &Scenario, operation: Operation, family: Family, speed: Speed) -> String {
    let about = scenario.file.about.iter().map(|about| format!("  {}\n", about.trim()));
    let replies = (0..scenario.file.replies.len())
        .map(|number| explain_reply(scenario, number, operation, family, speed));
    let tools = scenario.file.tools.iter().map(|(name, script)| explain_tool(name, script));
    format!("{}\n{}\n", scenario.name, about.chain(replies).chain(tools).collect::<String>())
}

fn explain_tool(name: &str, script: &ToolScript) -> String {
    let when = |fault: &faultline_scenarios::file::Fault| when(fault).replace("request", "call");
    format!(
        "\n{}\n",
        words(name, script, when).iter().map(|line| format!("  {line}\n")).collect::<String>().trim_end()
    )
}

fn explain_reply(
    scenario: &Scenario,
    number: usize,
    operation: Operation,
    family: Family,
    speed: Speed,
) -> String {
    let title = format!("\n  reply {} to {}\n", number + 1, operation.name());
    if scenario.file.replies[number].improvise.is_some() {
        return title + "      improvised: made from each request, from its own tools\n";
    }
    match scenario.plan(number, operation, family, speed) {
        Err(error) => format!("{title}      {error}\n"),
        Ok(plan) => {
            let faults = scenario.file.faults.iter().map(|fault| explain_fault(fault, &plan));
            title + &indented(&plan.to_text()) + &faults.collect::<String>()
        }
    }
}

fn explain_fault(fault: &faultline_scenarios::file::Fault, plan: &Plan) -> String {
    let strike = Strike { kind: fault.kind.clone(), at: fault.at.clone() };
    let title = format!("\n    with the fault `{}`{}\n", strike.cause(), when(fault));
    match faults::apply(plan, &[strike]) {
        Ok(struck) => title + &indented(&struck.to_text()),
        Err(error) => format!("{title}      {error}\n"),
    }
}

fn when(fault: &faultline_scenarios::file::Fault) -> String {
    let call = fault.call.map(|call| format!("from request {call}"));
    let times = fault
        .times
        .or(fault.call.map(|_| 1))
        .map(|times| if times == 1 { "once".to_owned() } else { format!("{times} times") });
    let every = fault.every.map(|every| format!("one of every {every}"));
    let share = fault.probability.map(|share| format!("with probability {share}"));
    let quota = fault.quota.map(beyond);
    let model = fault.first_model.then(|| "for the first model alone".to_owned());
    let words: Vec<String> = [call, times, every, share, quota, model].into_iter().flatten().collect();
    if words.is_empty() { String::new() } else { format!(", {}", words.join(", ")) }
}

fn beyond(quota: Quota) -> String {
    let requests = quota.requests.map(|most| format!("{most} requests"));
    let tokens = quota.tokens.map(|most| format!("{most} tokens"));
    let most: Vec<String> = requests.into_iter().chain(tokens).collect();
    format!("beyond {} in any {:?}", most.join(" and "), quota.per.0)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
