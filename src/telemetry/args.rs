//! Where telemetry goes, and what is in it.

use crate::exit::Failure;
use faultline_agent::Capture;
use faultline_recorder::redact::Redactor;
use faultline_telemetry::semconv::Version;
use std::time::Duration;

/// Where telemetry goes. The variables are those of every OpenTelemetry SDK.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct TelemetryArgs {
    /// Send spans, metrics and logs to this collector, over OTLP (HTTP, protobuf).
    #[arg(
        long,
        global = true,
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        value_name = "URL",
        help_heading = "Telemetry"
    )]
    otlp: Option<String>,
    /// The names of which version of the conventions for generative AI: 1.41.1, 1.36 or draft.
    #[arg(long, global = true, env = "FAULTLINE_SEMCONV", value_name = "VERSION", value_parser = version, default_value = "1.41.1", help_heading = "Telemetry")]
    semconv: Version,
    /// Put prompts, answers and tool calls on spans, secrets redacted. Off by default.
    #[arg(
        long,
        global = true,
        env = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
        help_heading = "Telemetry",
        default_value_t = false,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    capture_content: bool,
}

/// What [`TelemetryArgs`] come to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The collector, without a slash at its end.
    pub(super) url: String,
    /// Whose names.
    pub(super) version: Version,
    /// How long one request to it may take.
    pub(super) patience: Duration,
}

impl TelemetryArgs {
    /// The same, but sent there, where that is somewhere.
    pub(crate) fn sent_to(&self, url: Option<String>) -> Self {
        Self { otlp: url.or_else(|| self.otlp.clone()), ..self.clone() }
    }

    /// The collector, where one is named.
    ///
    /// # Errors
    /// When it is named in a way that nothing can be sent to.
    pub(super) fn target(&self) -> Result<Option<Target>, Failure> {
        let Some(url) = self.otlp.as_deref().filter(|url| !url.is_empty()) else { return Ok(None) };
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(Failure::usage(format!(
                "the collector `{url}` is no URL: write http://127.0.0.1:4318"
            )));
        }
        let url = url.trim_end_matches('/').to_owned();
        Ok(Some(Target { url, version: self.semconv, patience: Duration::from_secs(2) }))
    }

    /// Lets content onto spans, where somebody asked for it.
    pub(super) fn capture(&self) -> Option<Capture> {
        self.capture_content.then(|| {
            let redactor = Redactor::new(Vec::new());
            Capture::redacted(move |text| redactor.text(text))
        })
    }
}

fn version(text: &str) -> Result<Version, String> {
    match text {
        "1.41.1" => Ok(Version::V1_41_1),
        "1.36" | "1.36.0" => Ok(Version::V1_36),
        "draft" => Ok(Version::Draft),
        _ => Err("write 1.41.1, 1.36 or draft".to_owned()),
    }
}
