//! faultline: recorded traffic.
