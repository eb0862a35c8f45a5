//! Words in messages.

/// A number of things: `1 certificate`, `2 certificates`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
