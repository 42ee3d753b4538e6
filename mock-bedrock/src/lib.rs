//! faultline: the server.
