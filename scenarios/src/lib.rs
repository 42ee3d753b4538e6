//! faultline: the scenario language.
