//! Makes text from outside safe for a terminal, XML and JSON.

/// Escapes control characters, characters that change the direction of text, and non-characters (Unicode
/// section 23.7): for a terminal and for XML.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_harmful(letter) {
            escaped.extend(letter.escape_default());
        } else {
            escaped.push(letter);
        }
    }
    escaped
}

/// Whether a text has no harmful letters, so that it can be read on a terminal and typed again.
pub fn is_plain(text: &str) -> bool {
    !text.contains(is_harmful)
}

/// Whether this letter can change what a terminal shows.
pub fn is_harmful(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(letter, '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}')
}

/// The same JSON in ASCII, safe for a terminal.
pub fn ascii(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            ' '..='~' | '\n' => ascii.push(letter),
            _ => ascii.extend(letter.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn escapes_never_reach_the_terminal() {
        assert_eq!(escape("CN=\x1b[31mred\u{202e}\u{9b}\n"), "CN=\\u{1b}[31mred\\u{202e}\\u{9b}\\n");
    }

    #[test]
    fn letters_of_all_scripts_stay() {
        assert_eq!(escape("CN=Zoë, O=Пример 例"), "CN=Zoë, O=Пример 例");
    }
}
