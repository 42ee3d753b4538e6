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
