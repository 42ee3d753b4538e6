//! `faultline env`: the variables that point clients at an endpoint, for a shell, a file or a workflow.

use crate::endpoint::{UNSET, variables};
use crate::exit::{Exit, Failure};
use crate::output::{complain, print};
use crate::shell::{quoted, quoted_with};
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
    if !text.starts_with("http://") && !text.starts_with("https://") {
        return Err("an endpoint starts with http:// or https://".to_owned());
    }
    // A line break would begin a variable of its own in a file of variables.
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("an endpoint has no spaces and no control characters".to_owned());
    }
    Ok(text.to_owned())
}

/// Prints the variables.
///
/// # Errors
/// When they cannot be printed.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    if args.url.starts_with("https://") && args.ca.is_none() {
        complain(
            "faultline: TLS clients will not trust this endpoint without `--ca` and the CA that `faultline serve --tls` names",
        );
    }
    let set = variables(&args.url, args.ca.as_deref()).into_iter();
    let set = set.map(|(name, value)| args.format.set(name, &value));
    let lines = set.chain(UNSET.into_iter().filter_map(|name| args.format.unset(name)));
    print(&lines.map(|line| line + "\n").collect::<String>())?;
    Ok(Exit::Pass)
}

impl Format {
    fn set(self, name: &str, value: &str) -> String {
        match self {
            Self::Sh => format!("export {name}={}", quoted(value)),
            Self::Fish => format!("set -gx {name} {}", quoted_with(value, r"\'")),
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
