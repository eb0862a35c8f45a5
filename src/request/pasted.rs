//! What happens to URLs that are pasted from elsewhere or filled into a template, and what to do about it.

use crate::error::{Error, Kind};

/// What was done to a URL as typed; `None` if nothing is seen.
pub(super) fn find_fault(text: &str) -> Option<Error> {
    let last = text.chars().count();
    let fault = |(at, letter): (usize, char)| {
        let around = match at {
            1 => name_mark(letter).or_else(|| name_quote(letter)),
            _ => name_mark(letter).filter(|_| at == last),
        };
        let what = name_unseen(letter).or(around)?;
        let message =
            format!("the URL has {what} (U+{:04X}) as its character {at} of {last}", u32::from(letter));
        Some(usage(&message, PASTED))
    };
    (1..).zip(text.chars()).find_map(fault).or_else(|| find_second_scheme(text))
}

/// Why no request can be made of a URL: which character of its host no host has. A password is not looked at.
pub(super) fn explain(full: &str, reason: &str) -> Error {
    let rest = full.split_once(':').map_or(full, |(_, rest)| rest).trim_start_matches(['/', '\\']);
    let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = if host.contains('@') { "" } else { host };
    let is_odd =
        |letter: &char| letter.is_ascii() && !letter.is_ascii_alphanumeric() && !"-._~:[]%".contains(*letter);
    match host.chars().find(is_odd) {
        Some(letter @ ('{' | '}' | '$' | '<' | '>')) => usage(
            &format!(
                "the URL's host or port has the character {letter:?}, so it may be a variable that was not filled in"
            ),
            "put the real host in its place; in a shell, single quotes keep a variable from being filled in",
        ),
        Some(letter) => usage(
            &format!("the URL's host or port has the character {letter:?}, which neither has"),
            "check the URL's host",
        ),
        None => Error::new(Kind::Usage, format!("the URL is not a URL: {reason}")),
    }
}

fn usage(message: &str, hint: &str) -> Error {
    Error::new(Kind::Usage, message).with_hint(hint)
}

const PASTED: &str =
    "programs such as Word, Teams and mail add such characters: type that part of the URL again";

/// A character that nobody sees, and that no URL needs.
fn name_unseen(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\u{200b}' => "a zero-width space",
        '\u{2060}' => "a word joiner",
        '\u{feff}' => "a byte order mark",
        '\u{ad}' => "a soft hyphen",
        '\u{a0}' | '\u{202f}' | '\u{2007}' => "a no-break space",
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            "a mark of the direction of writing"
        }
        _ => return None,
    })
}

/// A character that is put around a URL, or joins letters within it.
fn name_mark(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2039}' | '\u{203a}' => "a typographic quote",
        '\u{200c}' | '\u{200d}' => "a joiner of letters that is not seen",
        _ => return None,
    })
}

/// What does not begin a URL in ASCII. It may end one, as OData's `?$filter=name eq 'a'`.
fn name_quote(letter: char) -> Option<&'static str> {
    match letter {
        '"' | '\'' | '`' => Some("a quote"),
        '<' => Some("an angle bracket"),
        _ => None,
    }
}

/// `https://https://host`, `https//host`: the host would be `https`.
fn find_second_scheme(text: &str) -> Option<Error> {
    let text = text.trim_start().to_ascii_lowercase();
    let schemes = ["https", "http"];
    let rest = schemes.iter().find_map(|scheme| text.strip_prefix(scheme)?.strip_prefix("://"));
    let begins = |text: &str, after: &str| {
        schemes.iter().any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| rest.starts_with(after)))
    };
    if rest.is_some_and(|rest| begins(rest, "://") || begins(rest, "//")) {
        return Some(usage(
            "the URL begins with two schemes, such as https:// twice",
            "leave the first one out",
        ));
    }
    begins(&text, "//").then(|| usage("the URL's scheme has no colon", "write https:// before the host"))
}
