//! How an upstream broke off, from the errors of the HTTP client.

use faultline_scenarios::recorded::HowEnded;
use std::error::Error;
use std::io;

/// What the client will see of it: the same.
pub(crate) fn how(error: &(dyn Error + 'static)) -> HowEnded {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<h2::Error>().and_then(of_http2) {
            return found;
        }
        let io = error.downcast_ref::<io::Error>();
        if let Some(found) = io.and_then(of_io) {
            return found;
        }
        // An `io::Error` hides what it was made of from `source`.
        let made_of = io.and_then(io::Error::get_ref).map(|inner| -> &(dyn Error + 'static) { inner });
        next = made_of.or_else(|| error.source());
    }
    HowEnded::Cut
}

fn of_http2(error: &h2::Error) -> Option<HowEnded> {
    if let Some(found) = error.get_io().and_then(of_io) {
        return Some(found);
    }
    let code = u32::from(error.reason()?);
    match (error.is_go_away(), error.is_reset()) {
        (true, _) => Some(HowEnded::Goaway(code)),
        (_, true) => Some(HowEnded::RstStream(code)),
        _ => None,
    }
}

fn of_io(error: &io::Error) -> Option<HowEnded> {
    (error.kind() == io::ErrorKind::ConnectionReset).then_some(HowEnded::Reset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_known_by_its_innermost_cause() {
        let reset = io::Error::other(io::Error::from(io::ErrorKind::ConnectionReset));
        assert_eq!(how(&reset), HowEnded::Reset);
        assert_eq!(how(&h2::Error::from(h2::Reason::CANCEL)), HowEnded::Cut, "an error of our own");
        assert_eq!(how(&io::Error::from(io::ErrorKind::UnexpectedEof)), HowEnded::Cut);
    }
}
