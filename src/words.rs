//! Words in messages.

use std::fmt::Display;
use std::time::Duration;

/// A number of things: `1 certificate`, `2 certificates`.
pub fn counted(count: impl TryInto<u64> + Copy + Display, what: &str) -> String {
    let one = count.try_into().is_ok_and(|count| count == 1);
    format!("{count} {what}{}", if one { "" } else { "s" })
}

/// A time, to a tenth of a millisecond: `12.3 ms`.
pub fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

/// The day of a time: `2026-01-31`.
pub fn day(time: &str) -> &str {
    time.split(' ').next().unwrap_or_default()
}
