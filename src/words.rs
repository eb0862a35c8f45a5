//! Words in messages.

use std::time::Duration;

/// A number of things: `1 certificate`, `2 certificates`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A time, to a tenth of a millisecond: `12.3 ms`.
pub fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
