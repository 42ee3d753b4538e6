//! Everything that came as metrics, as Prometheus reads it: what `/metrics` answers.
//!
//! A process that ends has told its last totals, and the next one of the same name begins at zero. Prometheus would see one
//! series jump back and miss what lies between two scrapes; so totals are added up here, over all processes of a series:
//! they only grow while the collector runs. Pure, but for reading the store: the time is an argument.
//!
//! | | |
//! |---|---|
//! | `value.rs` | a number, a distribution, quantiles |
//! | `series.rs` | one series: totals of many processes, or what was told last |
//! | `points.rs` | points of OTLP as values with labels |
//! | `ledger.rs` | all series, kept up with the store |
//! | `text.rs` | how it is written: text 0.0.4 and OpenMetrics 1.0.0 |

mod ledger;
mod points;
mod series;
mod text;
mod value;

pub(crate) use ledger::Ledger;
pub(crate) use text::Form;
