//! What can be kept. What cannot is refused with a reason; the rest of its batch is kept.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

/// How deep values may lie in each other: what is read back must not be deeper than a JSON reader goes.
pub(crate) const DEEPEST: usize = 16;

/// Nanoseconds since 1970 as SQLite holds them.
///
/// # Errors
/// Beyond the year 2262.
pub(crate) fn time(nanos: u64) -> Result<i64, String> {
    i64::try_from(nanos).map_err(|_| format!("the time {nanos} ns is beyond the year 2262"))
}

/// An id of `N` bytes that is not zero.
///
/// # Errors
/// It is none.
pub(crate) fn id<const N: usize>(bytes: &[u8], what: &str) -> Result<[u8; N], String> {
    let id: [u8; N] =
        bytes.try_into().map_err(|_| format!("{what} has {} bytes instead of {N}", bytes.len()))?;
    if id == [0; N] { Err(format!("{what} is zero")) } else { Ok(id) }
}

/// # Errors
/// Too deep.
pub(crate) fn attributes(attributes: &[KeyValue]) -> Result<(), String> {
    attributes.iter().try_for_each(|attribute| {
        let deep = attribute.value.as_ref().is_some_and(|value| deeper_than(value, DEEPEST));
        if deep {
            Err(format!("the attribute `{}` lies deeper than {DEEPEST} levels", attribute.key))
        } else {
            Ok(())
        }
    })
}

/// # Errors
/// Too deep.
pub(crate) fn value(value: &AnyValue) -> Result<(), String> {
    if deeper_than(value, DEEPEST) {
        return Err(format!("the body lies deeper than {DEEPEST} levels"));
    }
    Ok(())
}

fn deeper_than(value: &AnyValue, levels: usize) -> bool {
    let Some(left) = levels.checked_sub(1) else { return true };
    match &value.value {
        Some(Any::ArrayValue(list)) => list.values.iter().any(|item| deeper_than(item, left)),
        Some(Any::KvlistValue(list)) => {
            list.values.iter().filter_map(|item| item.value.as_ref()).any(|item| deeper_than(item, left))
        }
        _ => false,
    }
}
