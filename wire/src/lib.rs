//! The facts of AWS: what Amazon Bedrock Runtime puts on the wire.
//!
//! | module | holds |
//! |---|---|
//! | [`operation`] | the eleven operations and their paths |
//! | [`call`] | one decoded request |
//! | [`message`] | Converse messages and content blocks, as far as we act on them |
//! | [`event`] | ConverseStream events and invoke chunks, typed where we act, carried where we do not |
//! | [`exception`] | modelled errors in both forms: HTTP answer and stream frame |
//! | [`frame`] | one `application/vnd.amazon.eventstream` frame, encoded as Bedrock encodes it |
//! | [`decoder`] | bytes in, frames out, and a precise word for whatever is wrong |
//! | [`canon`] | JSON bytes in Bedrock's key order |
//! | [`broken`] | frames that are wrong on purpose |
//! | [`padding`] | the `p` member |
//! | `fuzz` | the claims that a fuzzer tests |
//! | [`family`] | which vendor's model an id names |
//!
//! It knows nothing of scenarios, servers, sockets, clocks or chance.

pub mod asked;
pub mod broken;
pub mod call;
pub mod canon;
pub mod decoder;
pub mod event;
pub mod exception;
pub mod family;
pub mod frame;
#[doc(hidden)]
pub mod fuzz;
pub mod message;
pub mod operation;
pub mod padding;
pub mod secret;

pub use call::{Call, Header};
pub use decoder::{DecodeError, Decoder};
pub use event::{Delta, Event, FramedEvent};
pub use exception::{AwsError, ErrorKind};
pub use family::Family;
pub use frame::Frame;
pub use operation::{Operation, Route};
