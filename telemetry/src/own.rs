//! Names for what no convention has: when a stream's frames came. They stand on the span of a model call.
//!
//! All times are seconds, as in the conventions. What is sent as an array is complete: an SDK keeps at most 128 events of
//! a span, and a stream has more frames than that.

/// Attribute, double: from the request's start to the first frame, whatever it says.
pub const FIRST_EVENT: &str = "faultline.stream.first_event";
/// Attribute, double: from the request's start to the first text that is not empty.
pub const FIRST_TEXT: &str = "faultline.stream.first_text";
/// Attribute, array of doubles: when each frame came, from the span's start, in their order.
pub const FRAMES: &str = "faultline.stream.frames";
/// Attribute, double: the longest silence between two frames.
pub const LONGEST_STALL: &str = "faultline.stream.longest_stall";

/// Event of a span: a frame, with [`FRAME_TYPE`]. For streams with few frames; else [`FRAMES`].
pub const FRAME_EVENT: &str = "faultline.frame";
/// Attribute of [`FRAME_EVENT`]: `contentBlockDelta`, for example.
pub const FRAME_TYPE: &str = "faultline.frame.type";
/// Event of a span: the first frame.
pub const FIRST_EVENT_EVENT: &str = "faultline.first_event";
/// Event of a span: the first text.
pub const FIRST_TEXT_EVENT: &str = "faultline.first_text";
/// Event of a span: a silence ended here.
pub const STALL_EVENT: &str = "faultline.stall";
/// Event of a span: a fault was put in here.
pub const FAULT_EVENT: &str = "faultline.fault";
/// Event of a span: the request is sent once more from here.
pub const RETRY_EVENT: &str = "faultline.retry";
/// Attribute of [`RETRY_EVENT`], double: how long was waited before it.
pub const RETRY_DELAY: &str = "faultline.retry.delay";

/// Event of a span: another model is asked.
pub const FALLBACK_EVENT: &str = "faultline.fallback";
/// Event of a span: a model failed so often that it is left alone for a while.
pub const BREAKER_EVENT: &str = "faultline.breaker_open";
/// Event of a span: a refused request follows in another form.
pub const CHANGED_EVENT: &str = "faultline.request_changed";
/// Event of a span: the history was made shorter.
pub const COMPACTED_EVENT: &str = "faultline.compacted";
/// Event of a span: a tool call has its result.
pub const TOOL_EVENT: &str = "faultline.tool_finished";
/// Event of a span: a tool runs again.
pub const TOOL_RETRY_EVENT: &str = "faultline.tool_retry";
/// Event of a span: something was wrong that did not hurt the answer.
pub const WARNING_EVENT: &str = "faultline.warning";
/// Event of a span: there is no answer.
pub const FAILED_EVENT: &str = "faultline.failed";
/// Event of a span: somebody said something else in the middle of an answer.
pub const REDIRECTED_EVENT: &str = "faultline.redirected";
/// Attribute: the scenario that answered.
pub const SCENARIO: &str = "faultline.scenario";
/// Attribute: why an answer was what it was: `scripted`, `improvised`, `refused`, `forwarded`, `unmatched`.
pub const VERDICT: &str = "faultline.verdict";
/// Attribute: which request of its session it was, from 1.
pub const CALL: &str = "faultline.call";
/// Attribute: the session of a served request.
pub const SESSION: &str = "faultline.session";
/// Attribute of [`FAULT_EVENT`]: the fault, in a few words.
pub const FAULT: &str = "faultline.fault";

/// Metric, counter: model calls that were made again.
pub const METRIC_RETRIES: &str = "faultline.retries";
/// Metric, counter: requests that were throttled.
pub const METRIC_THROTTLES: &str = "faultline.throttles";
/// Metric, counter: faults that were put into answers.
pub const METRIC_FAULTS: &str = "faultline.faults";
/// Metric, gauge: 1 from when a model is left alone to its next answer, 0 otherwise.
pub const METRIC_BREAKER: &str = "faultline.breaker.open";
