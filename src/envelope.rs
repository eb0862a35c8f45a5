//! Named values in a text: JSON, YAML, tables and lines, as tools print the secrets that they keep.

use zeroize::Zeroizing;

/// A value and its name, without quotes and escapes.
pub(crate) struct Value {
    pub(crate) name: String,
    pub(crate) text: Zeroizing<String>,
}

/// How many values a text may have; what comes after them is not read. Documents with a secret have a few dozen.
const MOST: usize = 4_000;

/// All strings of JSON; of another text what stands beside a name, with the lines that belong to it.
pub(crate) fn values(text: &str) -> Vec<Value> {
    if is_json(text) { of_json(text) } else { of_lines(text) }
}

/// Whether a text begins as JSON does. A `[section]` of other texts is none.
pub(crate) fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    let is_list = |rest: &str| rest.trim_start().starts_with(|letter: char| !letter.is_alphabetic());
    text.strip_prefix('[').map_or_else(|| text.starts_with(['{', '"']), is_list)
}

/// Each string that is no name, under the name before it. A document that is cut short has strings, too.
fn of_json(text: &str) -> Vec<Value> {
    let (mut values, mut name, mut rest) = (Vec::new(), String::new(), text);
    while let Some((_, quoted)) = rest.split_once('"').filter(|_| values.len() < MOST) {
        let length = find_quote(quoted);
        let string = unescape(quoted.get(..length).unwrap_or_default());
        rest = quoted.get(length + 1..).unwrap_or_default();
        match rest.trim_start().starts_with(':') {
            true => name.clone_from(&string),
            false => values.push(Value { name: name.clone(), text: string }),
        }
    }
    values
}

/// Where a string ends.
fn find_quote(quoted: &str) -> usize {
    let mut escaped = false;
    let end = quoted.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.unwrap_or(quoted.len())
}

/// Without the escapes of URLs (RFC 3986 section 2.1).
pub(crate) fn percent_decode(text: &str) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    bytes.extend(percent_encoding::percent_decode_str(text));
    bytes
}

/// A string of JSON without its escapes (RFC 8259 section 7). In units of UTF-16, as its escapes are.
pub(crate) fn unescape(quoted: &str) -> Zeroizing<String> {
    let mut units = Zeroizing::new(Vec::with_capacity(quoted.len()));
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        let plain = match letter {
            '\\' => match letters.next().unwrap_or('\\') {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => {
                    let digits = letters.as_str().get(..4).unwrap_or_default();
                    let unit = u16::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'));
                    units.push(unit.unwrap_or(0xfffd));
                    letters = letters.as_str().get(digits.len()..).unwrap_or_default().chars();
                    continue;
                }
                other => other,
            },
            letter => letter,
        };
        units.extend_from_slice(plain.encode_utf16(&mut [0; 2]));
    }
    let mut text = Zeroizing::new(String::with_capacity(3 * units.len()));
    text.extend(char::decode_utf16(units.iter().copied()).map(|letter| letter.unwrap_or('\u{fffd}')));
    text
}

/// A value in lines: where it is, and how far its first line is indented.
struct Found {
    name: String,
    start: usize,
    end: usize,
    indent: usize,
}

fn of_lines(text: &str) -> Vec<Value> {
    let mut found: Vec<Found> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if found.len() >= MOST {
            break;
        }
        let end = start + line.trim_end().len();
        let indent = line.len() - line.trim_start().len();
        let is_block =
            |last: &Found| text.get(last.start..last.end).is_some_and(|it| it.starts_with(['|', '>']));
        match (found.last_mut().filter(|last| indent > last.indent), split(line)) {
            (Some(last), _) if is_block(last) => last.end = end,
            (_, Some((name, at))) => {
                found.push(Found { name: name.to_owned(), start: start + at, end, indent });
            }
            (Some(last), None) => last.end = end,
            (None, None) => {}
        }
        start += line.len();
    }
    let value = |Found { name, start, end, .. }| {
        let raw = text.get(start..end).unwrap_or_default().trim();
        (!raw.is_empty()).then(|| Value { name, text: unquote(raw) })
    };
    found.into_iter().filter_map(value).collect()
}

/// The name at the start of a line, and where its value starts: after a colon, an equals sign, or a column's width.
fn split(line: &str) -> Option<(&str, usize)> {
    let is_name = |name: &&str| {
        let letters = name.trim_matches(['"', '\'']);
        !letters.is_empty()
            && letters.chars().all(|letter| letter.is_alphanumeric() || "._/-;".contains(letter))
    };
    let line = line.trim_end();
    let ends = line.strip_suffix(':').map(|name| (name, line.len()));
    let parted = |by: &str| line.split_once(by).map(|(name, _)| (name, name.len() + by.len()));
    let assigned = parted("=")
        .filter(|(_, at)| line.get(*at..).is_some_and(|value| !value.trim_matches('=').is_empty()));
    // Two colons say that the value is in base64 (LDIF, RFC 2849).
    let mut ways = [ends, parted(":: "), parted(": "), assigned, parted("  ")].into_iter().flatten();
    ways.find_map(|(name, at)| {
        let name = name.trim_start().trim_start_matches("- ").trim_start_matches("export ");
        Some(name).filter(is_name).map(|name| (name.trim_matches(['"', '\'']), at))
    })
}

fn unquote(raw: &str) -> Zeroizing<String> {
    let inside = |quote| raw.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    match (inside('"'), inside('\'')) {
        (Some(quoted), _) => unescape(quoted),
        (_, Some(quoted)) => Zeroizing::new(quoted.replace("''", "'")),
        _ => Zeroizing::new(without_indicator(raw).trim().to_owned()),
    }
}

/// A block of YAML begins with a line of its own, such as `|-`.
fn without_indicator(raw: &str) -> &str {
    let is_indicator = |line: &str| line.trim_end().trim_matches(['-', '+']).len() == 1;
    match raw.split_once('\n') {
        Some((line, block)) if line.starts_with(['|', '>']) && is_indicator(line) => block,
        _ => raw,
    }
}

/// A text in UTF-16, by its byte order mark or because every other byte of its first letters is zero.
pub(crate) fn utf16(bytes: &[u8]) -> Option<Zeroizing<String>> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => Some(decode_utf16(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Some(decode_utf16(rest, u16::from_be_bytes)),
        [1..=0xff, 0, 1..=0xff, 0, 1..=0xff, 0, ..] => Some(decode_utf16(bytes, u16::from_le_bytes)),
        [0, 1..=0xff, 0, 1..=0xff, 0, 1..=0xff, ..] => Some(decode_utf16(bytes, u16::from_be_bytes)),
        _ => None,
    }
}

/// Decodes UTF-16 without a byte order mark; `unit` makes a unit of two bytes. What is no letter becomes U+FFFD.
fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Zeroizing<String> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    text.extend(char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')));
    text
}

/// Decodes base64. Tolerates line ends, missing padding and a cut-off end.
pub(crate) fn decode_base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut letters = Zeroizing::new(String::with_capacity(text.len() + 4));
    for letter in text.chars().filter(|letter| !letter.is_whitespace() && *letter != '=') {
        letters.push(match letter {
            '-' => '+',
            '_' => '/',
            letter if letter.is_ascii_alphanumeric() || "+/".contains(letter) => letter,
            _ => return None,
        });
    }
    let whole = letters.len() - usize::from(letters.len() % 4 == 1);
    letters.truncate(whole);
    while !letters.len().is_multiple_of(4) {
        letters.push('=');
    }
    (whole > 0).then(|| openssl::base64::decode_block(&letters).ok().map(Zeroizing::new))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        values(text).into_iter().map(|value| (value.name, value.text.to_string())).collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn json_has_strings_under_names() {
        assert_eq!(
            read(r#"{"a": {"value": "x\/\n\u00e4\ud83d\ude00"}, "b": [1, "y"]}"#),
            pairs(&[("value", "x/\nä😀"), ("b", "y")])
        );
        assert_eq!(read("\"quoted\"\n"), pairs(&[("", "quoted")]));
        assert_eq!(read(r#"{"a": "cut sh"#), pairs(&[("a", "cut sh")]));
    }

    #[test]
    fn yaml_has_values_in_lines_and_blocks() {
        let yaml = "apiVersion: v1\ndata:\n  a.p12: MIIK\n    AAAA=\n  b: |\n    x: 1\n    y\n  \"c\": 'it''s'\nkind: Secret\n";
        let found = read(yaml);
        assert_eq!(found[1], ("a.p12".into(), "MIIK\n    AAAA=".into()));
        assert_eq!(found[2], ("b".into(), "x: 1\n    y".into()));
        assert_eq!(found[3..], pairs(&[("c", "it's"), ("kind", "Secret")]));
    }

    #[test]
    fn lines_and_tables_have_values_beside_names() {
        let table = "====== Data ======\nKey         Value\n---         -----\np12         MIIK\n";
        assert_eq!(read(table).last(), Some(&("p12".into(), "MIIK".into())));
        assert_eq!(read("export P12=MIIKAA==\n"), pairs(&[("P12", "MIIKAA==")]));
        assert_eq!(read("MIIKAAAA\nQUJDRA==\n"), []);
        assert_eq!(
            read("sn: x\nuserPKCS12;binary:: MIIK\n AAAA\n"),
            pairs(&[("sn", "x"), ("userPKCS12;binary", "MIIK\n AAAA")])
        );
        assert_eq!(read("[client]\np12=MIIK\n"), pairs(&[("p12", "MIIK")]));
    }
}
