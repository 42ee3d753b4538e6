//! The two ways in: OTLP over gRPC and over HTTP.

pub(crate) mod grpc;
pub(crate) mod http;
mod unpack;
