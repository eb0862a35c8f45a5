//! Quotes words for a shell's command line.

use crate::escape::{is_harmful, is_plain};

/// Quotes a word for a POSIX shell, where needed. The shell gets every byte unchanged. A terminal gets no control
/// characters: a word with some is quoted as `$'…'`, which bash, zsh, ksh and POSIX.1-2024 understand.
pub fn quote(word: &[u8]) -> Vec<u8> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./=:,@+".contains(byte);
    if !word.is_empty() && word.iter().all(plain) {
        return word.to_vec();
    }
    if !std::str::from_utf8(word).is_ok_and(is_plain) {
        return quote_as_ansi_c(word);
    }
    let mut quoted = vec![b'\''];
    for byte in word {
        match byte {
            b'\'' => quoted.extend(b"'\\''"),
            byte => quoted.push(*byte),
        }
    }
    quoted.push(b'\'');
    quoted
}

/// `$'…'`, with three octal digits for each byte that a terminal must not get: a shell never reads a fourth.
fn quote_as_ansi_c(word: &[u8]) -> Vec<u8> {
    let mut escaped = b"$'".to_vec();
    let octal = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\{byte:03o}")).collect::<String>();
    for chunk in word.utf8_chunks() {
        for letter in chunk.valid().chars() {
            let mut bytes = [0; 4];
            let bytes = letter.encode_utf8(&mut bytes).as_bytes();
            match letter {
                '\'' | '\\' => escaped.extend([b'\\', bytes[0]]),
                letter if is_harmful(letter) => escaped.extend(octal(bytes).bytes()),
                _ => escaped.extend(bytes),
            }
        }
        escaped.extend(octal(chunk.invalid()).bytes());
    }
    escaped.push(b'\'');
    escaped
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn a_word_is_quoted_where_it_has_to_be() {
        assert_eq!(quote(b"a-b.p12"), b"a-b.p12");
        assert_eq!(quote("Zoë's $x".as_bytes()), "'Zoë'\\''s $x'".as_bytes());
        assert_eq!(
            quote("\u{1b}]0;é'\\\n\u{9b}\u{202e}1".as_bytes()),
            "$'\\033]0;é\\'\\\\\\012\\302\\233\\342\\200\\2561'".as_bytes()
        );
        assert_eq!(quote(b"\x9bm"), b"$'\\233m'");
    }
}
