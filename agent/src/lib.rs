//! faultline: the reference agent.
