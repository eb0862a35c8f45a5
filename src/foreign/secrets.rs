//! The secrets of one call, in every form in which they can come back.

use std::fmt::Write as _;

use openssl::base64::encode_block;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// Hides the secrets that it has learnt. Use it for text from outside only: if a password is a common word,
/// `***` in our own sentences would reveal it. Secrets of fewer than six bytes are not hidden, for the same
/// reason.
#[derive(Default, Clone)]
pub struct KnownSecrets {
    forms: Vec<Zeroizing<String>>,
}

impl std::fmt::Debug for KnownSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KnownSecrets(..)")
    }
}

const SHORTEST: usize = 6;

/// Replaces a secret.
pub const HIDDEN: &str = "***";

impl FromIterator<Secret> for KnownSecrets {
    fn from_iter<I: IntoIterator<Item = Secret>>(secrets: I) -> Self {
        let mut known = Self::default();
        secrets.into_iter().for_each(|secret| known.learn(&secret));
        known
    }
}

impl KnownSecrets {
    /// Learns a secret in all its forms: as it is, in hex, Base64 and URL encoding, and with the escapes of
    /// JSON and of quotes in messages.
    pub fn learn(&mut self, secret: &Secret) {
        let bytes = secret.expose();
        if bytes.len() < SHORTEST {
            return;
        }
        let mut forms: Vec<_> = (0..3).flat_map(|shift| base64(bytes, shift)).collect();
        if let Ok(text) = std::str::from_utf8(bytes) {
            forms.extend(spellings(text));
        }
        forms.push(written(2 * bytes.len(), |to| bytes.iter().try_for_each(|byte| write!(to, "{byte:02x}"))));
        forms.push(written(2 * bytes.len(), |to| bytes.iter().try_for_each(|byte| write!(to, "{byte:02X}"))));
        for (upper, blank) in [(true, "%20"), (true, "+"), (false, "%20"), (false, "+")] {
            forms.push(percent(bytes, upper, blank));
        }
        self.forms.extend(forms.into_iter().filter(|form| form.len() >= SHORTEST));
        // The longest first: if a shorter form is a part of a longer one, nothing of the longer one may
        // remain.
        self.forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        self.forms.dedup();
    }

    /// The text without the learnt secrets. It may be cut off anywhere, so the beginning of a secret at its
    /// end is hidden too.
    pub fn clean(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for form in &self.forms {
            if clean.contains(form.as_str()) {
                clean = clean.replace(form.as_str(), HIDDEN);
            }
        }
        if let Some(cut) = self.forms.iter().filter_map(|form| beginning(form, &clean)).max() {
            clean.truncate(clean.len() - cut);
            clean.push_str(HIDDEN);
        }
        clean
    }
}

/// How many bytes at the end of the text are the beginning of this form; `None` if they are too few to be
/// sure.
fn beginning(form: &str, text: &str) -> Option<usize> {
    (SHORTEST..form.len())
        .rev()
        .find(|length| form.get(..*length).is_some_and(|beginning| text.ends_with(beginning)))
}

/// A text as it is, and in JSON's ways of writing it: with `/` and non-ASCII letters escaped or not (RFC 8259
/// section 7). Each of these also in quotes, as in messages.
fn spellings(text: &str) -> Vec<Zeroizing<String>> {
    let room = 6 * text.len() + 2;
    let json = |slash: &str, all: bool| {
        written(room, |to| {
            text.chars().try_for_each(|letter| match letter {
                '"' | '\\' => write!(to, "\\{letter}"),
                '\n' => to.write_str("\\n"),
                '\r' => to.write_str("\\r"),
                '\t' => to.write_str("\\t"),
                '/' => to.write_str(slash),
                letter if letter < ' ' || (all && !letter.is_ascii()) => {
                    letter.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(to, "\\u{unit:04x}"))
                }
                letter => to.write_char(letter),
            })
        })
    };
    let plain = written(text.len(), |to| to.write_str(text));
    let spelled = [plain, json("/", false), json("\\/", false), json("/", true), json("\\/", true)];
    let quoted = spelled.iter().map(|text| {
        let quoted = written(2 * room, |to| write!(to, "{:?}", text.as_str()));
        written(quoted.len(), |to| to.write_str(inner(&quoted)))
    });
    quoted.chain(spelled.iter().cloned()).collect()
}

fn inner(quoted: &str) -> &str {
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default()
}

/// A text with enough capacity from the start, as growing would leave a copy in memory.
fn written(room: usize, write: impl FnOnce(&mut String) -> std::fmt::Result) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(room));
    // Writing to a `String` does not fail.
    let _ = write(&mut text);
    text
}

/// The Base64 letters of these bytes when they begin `shift` bytes into a group of three (RFC 4648 section
/// 4), in the standard alphabet and in the one for URLs.
fn base64(bytes: &[u8], shift: usize) -> [Zeroizing<String>; 2] {
    let mut shifted = Zeroizing::new(vec![0; shift]);
    shifted.extend_from_slice(bytes);
    let whole = Zeroizing::new(encode_block(&shifted));
    // Letters that also hold bits of other bytes are left out.
    let (from, to) = ((shift * 8).div_ceil(6), shifted.len() * 8 / 6);
    let sure = Zeroizing::new(whole.get(from..to).unwrap_or_default().to_owned());
    let for_urls = |letter| match letter {
        '+' => '-',
        '/' => '_',
        other => other,
    };
    [written(sure.len(), |to| sure.chars().try_for_each(|letter| to.write_char(for_urls(letter)))), sure]
}

/// Percent-encodes all but the unreserved letters (RFC 3986 section 2.1).
fn percent(bytes: &[u8], upper: bool, blank: &str) -> Zeroizing<String> {
    written(3 * bytes.len(), |to| {
        bytes.iter().try_for_each(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                to.write_char(char::from(*byte))
            }
            b' ' => to.write_str(blank),
            byte if upper => write!(to, "%{byte:02X}"),
            byte => write!(to, "%{byte:02x}"),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(secret: &str) -> KnownSecrets {
        KnownSecrets::from_iter([Secret::from(secret.as_bytes().to_vec())])
    }

    #[test]
    fn a_secret_is_found_in_every_form() {
        let known = known("ca/na+ry?secret");
        for text in [
            "x ca/na+ry?secret y",
            "63612f6e612b72793f736563726574",
            "63612F6E612B72793F736563726574",
            "a=ca%2Fna%2Bry%3Fsecret&b",
            "a=ca%2fna%2bry%3fsecret&b",
            "{\"a\":\"ca\\/na+ry?secret\"}",
        ] {
            assert!(known.clean(text).contains(HIDDEN), "{text}");
        }
        for before in ["", "a", "ab", "abc"] {
            let text = encode_block(format!("{before}ca/na+ry?secret:after").as_bytes());
            assert!(known.clean(&text).contains(HIDDEN), "{text}");
            assert!(known.clean(&text.replace('+', "-").replace('/', "_")).contains(HIDDEN), "{text}");
        }
    }

    #[test]
    fn a_secret_that_is_cut_short_is_hidden_too() {
        let known = known("canary-secret");
        assert_eq!(known.clean("Bearer canary-s"), "Bearer ***");
        assert_eq!(known.clean("canary"), "***");
        assert_eq!(known.clean("canar"), "canar");
    }

    #[test]
    fn short_secrets_are_left_alone() {
        let known = known("abcde");
        assert_eq!(known.clean("abcdef"), "abcdef");
    }
}
