//! Letters that chats and word processors put in the place of others, or where nobody sees them.

use zeroize::Zeroizing;

/// Without letters that have no width; `None` where there are none.
pub(super) fn visible(text: &str) -> Option<Zeroizing<String>> {
    let is_invisible = |letter: char| matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    text.contains(is_invisible).then(|| {
        let mut visible = Zeroizing::new(String::with_capacity(text.len()));
        visible.extend(text.chars().filter(|letter| !is_invisible(*letter)));
        visible
    })
}

/// With the quotes, dashes and blanks of a keyboard; `None` where all are so. A long dash was one dash or two.
pub(super) fn plain(text: &str, long_dash: &str) -> Option<Zeroizing<String>> {
    // Each is shorter than what it replaces.
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    for letter in text.chars() {
        match letter {
            '“' | '”' | '„' | '‟' | '«' | '»' | '″' => plain.push('"'),
            '‘' | '’' | '‚' | '‛' | '‹' | '›' | '′' => plain.push('\''),
            '‐' | '‑' | '‒' | '−' => plain.push('-'),
            '–' | '—' | '―' => plain.push_str(long_dash),
            '…' => plain.push_str("..."),
            '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' => plain.push(' '),
            other => plain.push(other),
        }
    }
    (*plain != text).then_some(plain)
}
