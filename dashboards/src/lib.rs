//! faultline: reports.
