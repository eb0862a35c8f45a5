//! Bytes written as numbers: hex with or without addresses, lists of numbers, and escapes of programming languages.

use zeroize::Zeroizing;

use super::iterate::Wiped;

/// The bytes that a text spells, likeliest DER.
pub(super) fn decode(text: &str) -> Option<Wiped> {
    let ways = [hex, numbers, dump, escapes, registry];
    // Nothing but digits may be hex as well. What is hex may be that of a text.
    ways.iter().filter_map(|way| way(text)).find(|bytes| bytes.first() == Some(&0x30)).or_else(|| hex(text))
}

/// As Windows exports a registry: `hex:30,82,\`, and `hex(3):` for some types.
fn registry(text: &str) -> Option<Wiped> {
    let (kind, list) = text.strip_prefix("hex")?.split_once(':')?;
    let list = list.split([',', '\\']).map(str::trim).filter(|word| !word.is_empty());
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 3));
    for word in list.filter(|_| kind.is_empty() || kind.starts_with('(')) {
        bytes.push(u8::from_str_radix(word, 16).ok()?);
    }
    Some(bytes)
}

/// Nothing but hex, perhaps as databases write it: `0x30…`, `\x30…`, `X'30…'`.
fn hex(text: &str) -> Option<Wiped> {
    let starts = ["0x", "0X", "\\x", "X'", "x'"];
    let bare =
        starts.iter().find_map(|start| text.strip_prefix(start)).unwrap_or(text).trim_end_matches('\'');
    let letters = bare.bytes().filter(|byte| !byte.is_ascii_whitespace() && !b":-".contains(byte));
    let mut digits = Zeroizing::new(Vec::with_capacity(text.len()));
    for letter in letters {
        digits.push(u8::try_from(char::from(letter).to_digit(16)?).ok()?);
    }
    Some(Zeroizing::new(
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect(),
    ))
}

/// A list in JSON or C, or one number on each line. Java and C have bytes below zero, too.
fn numbers(text: &str) -> Option<Wiped> {
    let inside = |open, close| text.split_once(open)?.1.split_once(close).map(|(inside, _)| inside);
    let list = inside("= {", '}').or_else(|| inside("[", ']')).unwrap_or(text);
    let words = list.split(|letter: char| letter == ',' || letter.is_whitespace());
    let mut bytes = Zeroizing::new(Vec::with_capacity(list.len() / 2));
    for word in words.filter(|word| !word.is_empty()) {
        bytes.push(match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
            Some(digits) => u8::from_str_radix(digits, 16).ok()?,
            None => word.parse::<u8>().ok().or_else(|| word.parse::<i8>().ok().map(i8::cast_unsigned))?,
        });
    }
    Some(bytes)
}

/// Addresses, sixteen bytes or fewer, and often the same as letters: xxd, hexdump, od, certutil, PowerShell.
fn dump(text: &str) -> Option<Wiped> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 3));
    let lines = text.lines().filter_map(|line| {
        let line = line.trim_start();
        let end = line.find(|letter: char| !letter.is_ascii_hexdigit()).filter(|end| *end >= 4)?;
        line.split_at_checked(end)
    });
    let mut swapped = false;
    for (_, rest) in lines {
        // Beside an address with a colon, two blanks come before the letters; else they are between the halves, too.
        let (rest, gap) = rest.strip_prefix(':').map_or((rest, "   "), |rest| (rest, "  "));
        let rest = rest.trim_start().split('|').next().unwrap_or_default();
        let numbers = rest.split(gap).next().unwrap_or_default();
        let words = numbers.split_whitespace().take_while(|word| matches!(word.len(), 2 | 4 | 8 | 16));
        swapped |= gap == "   " && numbers.split_whitespace().next().is_some_and(|word| word.len() == 4);
        let start = bytes.len();
        for read in words.map_while(hex) {
            bytes.extend_from_slice(&read);
        }
        bytes.truncate(start + 16);
    }
    if swapped {
        // hexdump without -C, on most machines.
        bytes.chunks_exact_mut(2).for_each(<[u8]>::reverse);
    }
    Some(bytes)
}

/// A string of C, Python and others with `\x82` in it.
fn escapes(text: &str) -> Option<Wiped> {
    if !text.contains("\\x") {
        return None;
    }
    let text = text.strip_prefix("b'").or_else(|| text.strip_prefix("b\"")).unwrap_or(text);
    let text = text.trim_matches(['"', '\'']);
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        let (byte, after) = match (byte, after) {
            (b'\\', [b'x', high, low, after @ ..]) => {
                let digit =
                    |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                (digit(high)? << 4 | digit(low)?, after)
            }
            (b'\\', [letter, after @ ..]) => (unescape(*letter), after),
            _ => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    Some(bytes)
}

fn unescape(letter: u8) -> u8 {
    match letter {
        b'0' => 0,
        b'a' => 7,
        b'b' => 8,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 0xb,
        b'f' => 0xc,
        b'r' => b'\r',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn bytes_are_read_from_all_that_spells_them() {
        for text in [
            "30820A0d",
            "0x30820a0d",
            "\\x30820a0d",
            "30:82:0A:0D",
            "30-82-0A-0D",
            "48,130,10,13",
            "[48, -126, 10, 13]",
            r#"{"type":"Buffer","data":[48,130,10,13]}"#,
            "48\r\n130\r\n10\r\n13",
            "unsigned char x[] = {\n  0x30, 0x82, 0x0a, 0x0d\n};\nunsigned int x_len = 4;",
            "00000000: 3082 0a0d  0...",
            "00000000  30 82 0a 0d  |0...|\n00000004",
            "0000000 8230 0d0a\n0000004",
            "0000000 30 82 0a 0d\n0000004",
            "0000\t30 82 0a 0d                                       0...",
            "Path: x\n\n   00 01 02\n\n00000000   30 82 0A 0D  0...",
            "b'0\\x82\\n\\r'",
            "hex:30,82,\\\r\n  0a,0d",
            "hex(3):30,82,0a,0d",
        ] {
            assert_eq!(decode(text).map(|bytes| bytes.to_vec()), Some(vec![0x30, 0x82, 10, 13]), "{text}");
        }
        assert_eq!(decode("0123 is no dump"), None);
    }
}
