//! The current time, from a clock that is given.

use std::sync::Arc;
use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::{Map, Value, json};

use super::{Tool, ToolContext, ToolError, ToolFuture, ToolOutput, ToolPolicy};

/// The tool `current_time`: `{"utc_offset_hours": 5.5}`, the offset from UTC being optional.
#[derive(Clone)]
pub struct CurrentTime {
    now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

impl CurrentTime {
    /// The tool over a given clock, for example `SystemTime::now`.
    pub fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now) }
    }
}

impl Tool for CurrentTime {
    fn name(&self) -> &str {
        "current_time"
    }

    fn description(&self) -> &str {
        "Tells the current date and time."
    }

    fn policy(&self) -> ToolPolicy {
        ToolPolicy::read()
    }

    fn input_schema(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                "utc_offset_hours": {
                    "type": ["number", "null"],
                    "description": "Offset from UTC in hours, -12 to 14; 0 where absent"
                }
            }
        })
    }

    fn run<'a>(&'a self, input: &'a Map<String, Value>, _: &'a ToolContext) -> ToolFuture<'a> {
        Box::pin(async move {
            let minutes = offset_minutes(input.get("utc_offset_hours"))?;
            Ok(ToolOutput::Json(json!({ "time": local_time((self.now)(), minutes)? })))
        })
    }
}

/// The offset in whole minutes.
fn offset_minutes(hours: Option<&Value>) -> Result<i64, ToolError> {
    let Some(hours) = hours.filter(|hours| !hours.is_null()) else { return Ok(0) };
    match hours.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "the range is -720 to 840")]
        Some(hours) if (-12.0..=14.0).contains(&hours) => Ok((hours * 60.0).round() as i64),
        _ => Err(ToolError::new(format!(
            "`utc_offset_hours` must be a number from -12 to 14, but it is {hours}"
        ))),
    }
}

/// RFC 3339 with whole seconds: `2026-11-20T21:14:50+05:30`.
fn local_time(now: SystemTime, minutes: i64) -> Result<String, ToolError> {
    let local = DateTime::from_secs(DateTime::from(now).secs() + minutes * 60);
    let text = local.fmt(Format::DateTime).map_err(|error| ToolError::new(error.to_string()))?;
    if minutes == 0 {
        return Ok(text);
    }
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    Ok(format!("{}{sign}{hours:02}:{rest:02}", text.trim_end_matches('Z')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    async fn check(input: Value, expected: Result<&str, &str>) {
        let tool = CurrentTime::new(|| UNIX_EPOCH + Duration::from_millis(1_000_000_000_700));
        let result = tool.run(input.as_object().unwrap(), &ToolContext::detached()).await;
        let expected = expected.map(|time| ToolOutput::Json(json!({ "time": time }))).map_err(ToolError::new);
        assert_eq!(result, expected, "{input}");
    }

    #[tokio::test]
    async fn the_given_clock_is_told_at_the_offset_asked_for() {
        check(json!({}), Ok("2001-09-09T01:46:40Z")).await;
        check(json!({"utc_offset_hours": null}), Ok("2001-09-09T01:46:40Z")).await;
        check(json!({"utc_offset_hours": 5.5}), Ok("2001-09-09T07:16:40+05:30")).await;
        check(json!({"utc_offset_hours": -3}), Ok("2001-09-08T22:46:40-03:00")).await;
        let error = "`utc_offset_hours` must be a number from -12 to 14, but it is 99";
        check(json!({"utc_offset_hours": 99}), Err(error)).await;
    }
}
