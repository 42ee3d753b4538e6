//! `faultline env`: the variables that point clients at an endpoint, for a shell, a file or a workflow.

use crate::endpoint::{UNSET, variables};
use crate::exit::Exit;
use std::path::PathBuf;

/// What to print.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The endpoint that `faultline serve` printed.
    #[arg(value_name = "URL", value_parser = endpoint)]
    url: String,
    /// The CA that `faultline serve --tls` wrote; needed for https.
    #[arg(long, value_name = "PEM")]
    ca: Option<PathBuf>,
    /// How to write them.
    #[arg(long, value_enum, default_value_t = Format::Sh)]
    format: Format,
}

/// Who reads the output.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// `eval "$(faultline env URL)"` in sh, bash and zsh.
    Sh,
    /// `faultline env URL --format fish | source`.
    Fish,
    /// A `.env` file.
    Dotenv,
    /// `faultline env URL --format github >> "$GITHUB_ENV"`.
    Github,
}

fn endpoint(text: &str) -> Result<String, String> {
    let known = text.starts_with("http://") || text.starts_with("https://");
    if known { Ok(text.to_owned()) } else { Err("an endpoint starts with http:// or https://".to_owned()) }
}

/// Prints the variables.
pub(crate) fn run(args: &Args) -> Exit {
    for (name, value) in variables(&args.url, args.ca.as_deref()) {
        println!("{}", args.format.set(name, &value));
    }
    for name in UNSET {
        if let Some(line) = args.format.unset(name) {
            println!("{line}");
        }
    }
    Exit::Pass
}

impl Format {
    fn set(self, name: &str, value: &str) -> String {
        match self {
            Self::Sh => format!("export {name}={}", quoted(value, r"'\''")),
            Self::Fish => format!("set -gx {name} {}", quoted(value, r"\'")),
            Self::Dotenv | Self::Github => format!("{name}={value}"),
        }
    }

    /// Files of variables cannot take one away.
    fn unset(self, name: &str) -> Option<String> {
        match self {
            Self::Sh => Some(format!("unset {name}")),
            Self::Fish => Some(format!("set -e {name}")),
            Self::Dotenv | Self::Github => None,
        }
    }
}

/// In single quotes, where the shell needs them.
fn quoted(value: &str, quote: &str) -> String {
    let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || "/:._-,@".contains(c));
    if plain { value.to_owned() } else { format!("'{}'", value.replace('\'', quote)) }
}
