//! What must not be shown: known secrets, in whatever form they come back from an endpoint, a proxy or the platform.

use openssl::base64::encode_block;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::certificate;
use crate::secret::Secret;

/// Replaces what it has learnt, in text from outside and nowhere else: in our own words, a hole where a password that
/// is a common word stood would tell it. Secrets of fewer than six bytes are left alone for the same reason.
#[derive(Default)]
pub struct Scrubber {
    forms: Vec<Zeroizing<String>>,
}

impl std::fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scrubber(..)")
    }
}

const SHORTEST: usize = 6;

/// What stands in the place of a secret.
pub const HIDDEN: &str = "***";

impl Scrubber {
    /// Learns a secret: as it is, and in hex, Base64 and URL encoding.
    pub fn learn(&mut self, secret: &Secret) {
        let bytes = secret.expose();
        if bytes.len() < SHORTEST {
            return;
        }
        let mut forms: Vec<_> = (0..3).flat_map(|shift| base64(bytes, shift)).collect();
        if let Ok(text) = std::str::from_utf8(bytes) {
            forms.push(Zeroizing::new(text.to_owned()));
            forms.push(Zeroizing::new(text.escape_debug().to_string()));
        }
        let hex = Zeroizing::new(certificate::hex(bytes));
        forms.push(Zeroizing::new(hex.to_uppercase()));
        forms.push(hex);
        let percent = percent(bytes);
        forms.push(Zeroizing::new(percent.replace("%20", "+")));
        forms.push(Zeroizing::new(percent.to_lowercase()));
        forms.push(percent);
        self.forms.extend(forms.into_iter().filter(|form| form.len() >= SHORTEST));
        // The longest first, so that no part of one is left when another is found within it.
        self.forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        self.forms.dedup();
    }

    /// A sentence of ours without what was learnt in what it quotes: text from outside stands in double quotes.
    pub fn clean_quoted(&self, sentence: &str) -> String {
        let mut clean = String::with_capacity(sentence.len());
        for (at, part) in sentence.split('"').enumerate() {
            if at > 0 {
                clean.push('"');
            }
            if at % 2 == 1 { clean.push_str(&self.clean(part)) } else { clean.push_str(part) }
        }
        clean
    }

    /// The text without what was learnt.
    pub fn clean(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for form in &self.forms {
            if clean.contains(form.as_str()) {
                clean = clean.replace(form.as_str(), HIDDEN);
            }
        }
        clean
    }

    /// The same for a report: the answer and what spoke in place of TLS are from outside; sentences quote.
    pub fn clean_report(&self, report: &mut Value) {
        for outside in ["/answer", "/evidence/greeting"] {
            report
                .pointer_mut(outside)
                .into_iter()
                .for_each(|value| each_text(value, &|text| self.clean(text)));
        }
        for ours in ["/message", "/hint", "/warnings", "/comparison", "/evidence"] {
            let clean = |text: &str| self.clean_quoted(text);
            report.pointer_mut(ours).into_iter().for_each(|value| each_text(value, &clean));
        }
    }
}

fn each_text(value: &mut Value, clean: &dyn Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = clean(text),
        Value::Array(values) => values.iter_mut().for_each(|value| each_text(value, clean)),
        Value::Object(fields) => fields.values_mut().for_each(|value| each_text(value, clean)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The letters that stand for these bytes wherever they begin, `shift` bytes into a group of three (RFC 4648 section
/// 4), and the same in the alphabet for URLs.
fn base64(bytes: &[u8], shift: usize) -> [Zeroizing<String>; 2] {
    let mut shifted = Zeroizing::new(vec![0; shift]);
    shifted.extend_from_slice(bytes);
    let whole = Zeroizing::new(encode_block(&shifted));
    // Letters that also hold bits of a neighbour are left out.
    let (from, to) = ((shift * 8).div_ceil(6), shifted.len() * 8 / 6);
    let sure = Zeroizing::new(whole.get(from..to).unwrap_or_default().to_owned());
    [Zeroizing::new(sure.replace('+', "-").replace('/', "_")), sure]
}

/// RFC 3986 section 2.1, with the unreserved letters left as they are.
fn percent(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(3 * bytes.len()));
    for byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(*byte))
            }
            byte => {
                text.push('%');
                text.push_str(&certificate::hex(&[*byte]).to_uppercase());
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_form() {
        let mut scrubber = Scrubber::default();
        scrubber.learn(&Secret::from(b"ca/na+ry?secret".to_vec()));
        for text in [
            "x ca/na+ry?secret y",
            "63612f6e612b72793f736563726574",
            "63612F6E612B72793F736563726574",
            "a=ca%2Fna%2Bry%3Fsecret&b",
            "a=ca%2fna%2bry%3fsecret&b",
        ] {
            assert!(scrubber.clean(text).contains(HIDDEN), "{text}");
        }
        for before in ["", "a", "ab", "abc"] {
            let text = encode_block(format!("{before}ca/na+ry?secret:after").as_bytes());
            assert!(scrubber.clean(&text).contains(HIDDEN), "{text}");
            assert!(scrubber.clean(&text.replace('+', "-").replace('/', "_")).contains(HIDDEN), "{text}");
        }
    }

    #[test]
    fn our_own_words_stay() {
        let mut scrubber = Scrubber::default();
        scrubber.learn(&Secret::from(b"password".to_vec()));
        let sentence = "the password does not match: it said \"bad password\" again";
        assert_eq!(scrubber.clean_quoted(sentence), "the password does not match: it said \"bad ***\" again");
    }

    #[test]
    fn short_secrets_are_left_alone() {
        let mut scrubber = Scrubber::default();
        scrubber.learn(&Secret::from(b"abcde".to_vec()));
        assert_eq!(scrubber.clean("abcdef"), "abcdef");
    }
}
