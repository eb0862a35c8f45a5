//! How a password is written inside HTML, URLs, strings and XML.

use zeroize::Zeroizing;

use crate::envelope;

/// The entities of HTML and XML that keyboards have a letter for, and any letter by its number.
pub(super) fn html(text: &str) -> Option<Zeroizing<String>> {
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let entity = after.split_once(';').and_then(|(name, after)| Some((entity(name)?, after)));
        let (letter, next) = entity.unwrap_or(('&', after));
        plain.push(letter);
        rest = next;
    }
    plain.push_str(rest);
    (*plain != text).then_some(plain)
}

fn entity(name: &str) -> Option<char> {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let digits = name.strip_prefix('#')?;
            digits.strip_prefix(['x', 'X']).map_or_else(|| number(digits, 10), |digits| number(digits, 16))
        }
    }
}

/// The escapes of a URL, if what they hide is a text.
pub(super) fn percent(text: &str) -> Option<Zeroizing<String>> {
    let bytes = envelope::percent_decode(text);
    let plain = std::str::from_utf8(&bytes).ok().filter(|plain| *plain != text)?;
    Some(Zeroizing::new(plain.to_owned()))
}

/// A string of JSON, of programs or of a shell.
pub(super) fn backslash(text: &str) -> Option<Zeroizing<String>> {
    text.contains('\\').then(|| envelope::unescape(text))
}

/// What is in an element that holds nothing but a text.
pub(super) fn element(text: &str) -> Option<&str> {
    let (start, rest) = text.trim().strip_prefix('<')?.split_once('>')?;
    let (inner, end) = rest.rsplit_once("</")?;
    let name = start.split_whitespace().next()?;
    let inner = inner.strip_prefix("<![CDATA[").and_then(|inner| inner.strip_suffix("]]>")).unwrap_or(inner);
    (end.strip_suffix('>')?.trim_end() == name && !inner.contains('<')).then_some(inner)
}
