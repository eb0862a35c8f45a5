//! Command lines for the shell of this system: a POSIX shell, or cmd.exe on Windows.

use crate::escape::{is_harmful, is_plain};

/// Quotes a word, where needed, so that a program gets it unchanged. A terminal gets no control characters.
pub fn quote(word: &[u8]) -> Vec<u8> {
    if cfg!(windows) { quote_for_cmd(word) } else { quote_for_posix(word) }
}

pub fn quote_text(word: &str) -> String {
    String::from_utf8_lossy(&quote(word.as_bytes())).into_owned()
}

/// A word that begins with `before` and ends with the value of a variable.
pub fn quote_before_variable(before: &[u8], variable: &str) -> Vec<u8> {
    let before = if before.is_empty() { Vec::new() } else { quote(before) };
    let value = refer_to(variable);
    match before.strip_suffix(b"\"") {
        // There, a quote that is closed and opened again would be part of the word.
        Some(open) if cfg!(windows) => [open, value.as_bytes(), b"\""].concat(),
        _ => [&before, &b"\""[..], value.as_bytes(), b"\""].concat(),
    }
}

/// The value of a variable, as the shell writes it.
pub fn refer_to(variable: &str) -> String {
    if cfg!(windows) { format!("%{variable}%") } else { format!("${variable}") }
}

/// Whether no shell reads anything into the word.
fn is_plain_word(word: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./=:,@+".contains(byte);
    !word.is_empty() && word.iter().all(|byte| plain(byte) || cfg!(windows) && *byte == b'\\')
}

/// For cmd.exe at its prompt, and a program that splits its command line as Microsoft's C runtime does. PowerShell reads a
/// word in the same way unless `$`, a backtick, `"` or `%` is in it.
fn quote_for_cmd(word: &[u8]) -> Vec<u8> {
    if is_plain_word(word) {
        return word.to_vec();
    }
    let text = String::from_utf8_lossy(word);
    let mut quoted = String::from('"');
    let mut backslashes = 0;
    for letter in text.chars() {
        // Names of files rarely have such letters. `?` matches any letter there.
        let letter = if is_harmful(letter) { '?' } else { letter };
        if letter == '"' {
            // Backslashes count as such, except before a quote.
            quoted.push_str(&"\\".repeat(backslashes + 1));
        }
        backslashes = if letter == '\\' { backslashes + 1 } else { 0 };
        quoted.push(letter);
    }
    quoted.push_str(&"\\".repeat(backslashes));
    quoted.push('"');
    if text.contains(['"', '%']) {
        // Within quotes, cmd.exe would read variables, and end the quotes at any quote.
        let escape = |letter: char| if "()%!^\"<>&|".contains(letter) { Some('^') } else { None };
        quoted = quoted.chars().flat_map(|letter| escape(letter).into_iter().chain([letter])).collect();
    }
    quoted.into_bytes()
}

/// A word with control characters is quoted as `$'…'`, which bash, zsh, ksh and POSIX.1-2024 understand.
fn quote_for_posix(word: &[u8]) -> Vec<u8> {
    if is_plain_word(word) {
        return word.to_vec();
    }
    match std::str::from_utf8(word) {
        Ok(text) if is_plain(text) => format!("'{}'", text.replace('\'', r"'\''")).into_bytes(),
        _ => quote_as_ansi_c(word),
    }
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
    use super::{quote_for_cmd, quote_for_posix};

    #[test]
    fn a_word_is_quoted_where_it_has_to_be() {
        assert_eq!(quote_for_posix(b"a-b.p12"), b"a-b.p12");
        assert_eq!(quote_for_posix("Zoë's $x".as_bytes()), "'Zoë'\\''s $x'".as_bytes());
        assert_eq!(
            quote_for_posix("\u{1b}]0;é'\\\n\u{9b}\u{202e}1".as_bytes()),
            "$'\\033]0;é\\'\\\\\\012\\302\\233\\342\\200\\2561'".as_bytes()
        );
        assert_eq!(quote_for_posix(b"\x9bm"), b"$'\\233m'");
    }

    #[test]
    fn a_word_for_cmd_arrives_as_it_is() {
        let cases = [
            ("a-b.p12", "a-b.p12"),
            ("", r#""""#),
            ("Zoë's key.p12", r#""Zoë's key.p12""#),
            ("a&b|c^d", r#""a&b|c^d""#),
            (r"C:\my keys\", r#""C:\my keys\\""#),
            (r#"say "hi""#, r#"^"say \^"hi\^"^""#),
            (r#"a\"b"#, r#"^"a\\\^"b^""#),
            ("100% & more", r#"^"100^% ^& more^""#),
            ("\u{9b}\u{202e}1\n", r#""??1?""#),
        ];
        for (word, quoted) in cases {
            assert_eq!(String::from_utf8_lossy(&quote_for_cmd(word.as_bytes())), quoted);
        }
    }
}
