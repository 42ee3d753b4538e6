//! What pages are made of, whatever they are about: safe text, figures, pictures of answers, the skeleton.

pub(crate) mod bar;
pub(crate) mod budget;
pub(crate) mod citation;
pub(crate) mod data;
pub(crate) mod document;
mod ending;
pub(crate) mod escape;
mod flags;
pub(crate) mod remarks;
pub(crate) mod request_html;
pub(crate) mod scale;
pub(crate) mod symbols;
mod timeline_svg;
pub(crate) mod units;
