//! `faultline explain`: what scenarios will send, as timelines.

use crate::exit::{Exit, Failure};
use crate::source::SourceArgs;
use faultline_scenarios::faults::{self, Strike};
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
    let mut explained = 0;
    for scenario in book.scenarios.iter().filter(|scenario| wanted(scenario)) {
        explain(scenario, args.operation, scenario.family(&args.model), book.speed);
        explained += 1;
    }
    if explained == 0 {
        return Err(Failure::usage("no scenario has that in its name; `faultline list` shows the names"));
    }
    Ok(Exit::Pass)
}

fn explain(scenario: &Scenario, operation: Operation, family: Family, speed: Speed) {
    println!("{}", scenario.name);
    if let Some(about) = &scenario.file.about {
        println!("  {}", about.trim());
    }
    for number in 0..scenario.file.replies.len() {
        explain_reply(scenario, number, operation, family, speed);
    }
    println!();
}

fn explain_reply(scenario: &Scenario, number: usize, operation: Operation, family: Family, speed: Speed) {
    println!("\n  reply {} to {}", number + 1, operation.name());
    if scenario.file.replies[number].improvise.is_some() {
        return println!("      improvised: made from each request, from its own tools");
    }
    match scenario.plan(number, operation, family, speed) {
        Err(error) => println!("      {error}"),
        Ok(plan) => {
            print!("{}", indented(&plan.to_text()));
            scenario.file.faults.iter().for_each(|fault| explain_fault(fault, &plan));
        }
    }
}

fn explain_fault(fault: &faultline_scenarios::file::Fault, plan: &Plan) {
    let strike = Strike { kind: fault.kind.clone(), at: fault.at.clone() };
    println!("\n    with the fault `{}`{}", strike.cause(), when(fault));
    match faults::apply(plan, &[strike]) {
        Ok(struck) => print!("{}", indented(&struck.to_text())),
        Err(error) => println!("      {error}"),
    }
}

fn when(fault: &faultline_scenarios::file::Fault) -> String {
    let call = fault.call.map(|call| format!("from request {call}"));
    let times = fault
        .times
        .or(fault.call.map(|_| 1))
        .map(|times| if times == 1 { "once".to_owned() } else { format!("{times} times") });
    let every = fault.every.map(|every| format!("every {every}th"));
    let share = fault.probability.map(|share| format!("with probability {share}"));
    let words: Vec<String> = [call, times, every, share].into_iter().flatten().collect();
    if words.is_empty() { String::new() } else { format!(", {}", words.join(", ")) }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
