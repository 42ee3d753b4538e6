//! `faultline top`: what a collector has kept of late, on a terminal, again and again.

mod draw;
mod look;
mod picture;

pub(crate) use draw::draw;
pub(crate) use look::Look;
pub(crate) use picture::Picture;
