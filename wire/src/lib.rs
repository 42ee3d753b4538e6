//! faultline: facts of AWS.
