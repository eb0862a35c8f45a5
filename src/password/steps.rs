//! What editors, shells, chats and keepers of secrets do to a password, undone one step at a time.

use zeroize::Zeroizing;

use super::{escapes, letters};
use crate::code_page;
use crate::envelope;
use crate::secret_source::without_newline;

/// What a step came to, and how, in words that follow "the password fitted".
type Step = (Zeroizing<String>, String);

/// The texts that these bytes may be, without a newline at the end where they come from a source, each with how it was read;
/// none for the usual way.
pub(super) fn decode(whole: &[u8], from_source: bool) -> Vec<(Zeroizing<String>, Option<String>)> {
    let end: fn(&[u8]) -> &[u8] = if from_source { without_newline } else { |bytes| bytes };
    let own = |text: &[u8]| std::str::from_utf8(end(text)).map(|text| Zeroizing::new(text.to_owned())).ok();
    let mut texts = Vec::new();
    texts.extend(own(whole).map(|text| (text, None)));
    if let Some(text) = envelope::utf16(whole) {
        texts.extend(own(text.as_bytes()).map(|text| (text, Some("read as UTF-16".to_owned()))));
    } else if texts.is_empty() {
        // Windows' Notepad calls CP1252 "ANSI"; a console has CP850 or CP437.
        for page in code_page::NAMES {
            let text = code_page::decode(end(whole), page);
            texts.push((text, Some(format!("read as {page}"))));
        }
    }
    texts
}

/// The results of each step that this text allows, the likeliest first.
pub(super) fn undo(text: &str) -> Vec<Step> {
    let mut results = Vec::new();
    let mut add = |result: Option<Zeroizing<String>>, how: &str| {
        results.extend(result.map(|result| (result, how.to_owned())));
    };
    let own = |text: &str| Zeroizing::new(text.to_owned());
    add(text.strip_prefix('\u{feff}').map(own), "without its byte order mark");
    add(Some(own(text.trim())), "without the blanks around it");
    add(unquote(text).map(own), "without its quotes");
    if text.len() <= LONGEST {
        add(encoded_twice(text), "read as UTF-8 that was encoded twice");
        add(letters::visible(text), "without its invisible letters");
        add(letters::plain(text, "-"), "with plain quotes, dashes and blanks");
        add(letters::plain(text, "--"), "with plain quotes and blanks, and two dashes for a long one");
        // Before its escapes, which stand inside.
        add(escapes::element(text).map(own), "as the content of an element of XML");
        add(escapes::html(text), "without the escapes of HTML");
        add(escapes::percent(text), "without the escapes of a URL");
        add(escapes::backslash(text), "without its backslashes");
        add(text.strip_prefix("pass:").map(own), "without the pass: of OpenSSL");
        add(printable_base64(text), "decoded from base64");
    }
    results.extend(held(text));
    results
}

/// A longer text may contain a password, but is not one itself.
const LONGEST: usize = 1024;

fn unquote(text: &str) -> Option<&str> {
    ['"', '\'', '`'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
}

/// What a program wrote that took UTF-8 for Latin-1 or CP1252.
fn encoded_twice(text: &str) -> Option<Zeroizing<String>> {
    let pages = ["Latin-1", "CP1252"].iter().filter(|_| !text.is_ascii());
    pages.into_iter().find_map(|page| {
        let bytes = code_page::encode(text, page)?;
        std::str::from_utf8(&bytes).ok().map(|text| Zeroizing::new(text.to_owned()))
    })
}

/// What keepers of secrets print: the password on the first line, or as a value with a name, which Kubernetes has in base64.
fn held(text: &str) -> Vec<Step> {
    let mut values = envelope::values(text);
    let nested: Vec<_> = values
        .iter()
        .filter(|value| envelope::is_json(&value.text))
        .flat_map(|value| envelope::values(&value.text))
        .collect();
    values.extend(nested);
    let mut held = Vec::new();
    for value in values.iter().filter(|value| is_password(&value.name)).take(MOST) {
        let how = format!("as the value of {:?}", value.name);
        held.extend(of_base64(&value.text).map(|text| (text, format!("{how}, in base64"))));
        held.insert(0, (value.text.clone(), how));
    }
    let line = text
        .split_once('\n')
        .map(|(line, _)| line.trim_end_matches('\r'))
        .filter(|line| !envelope::is_json(line));
    held.extend(line.map(|line| (Zeroizing::new(line.to_owned()), "as its first line".to_owned())));
    held
}

/// How many values of one text are tried.
const MOST: usize = 4;

fn is_password(name: &str) -> bool {
    let name = name.to_lowercase();
    ["pass", "pwd", "pin"].iter().any(|part| name.contains(part))
        || ["value", "secret", "secretstring"].contains(&&*name)
}

/// A password without a name is base64 only if it hides a text.
fn printable_base64(text: &str) -> Option<Zeroizing<String>> {
    let bytes = envelope::decode_base64(text)?;
    let text = std::str::from_utf8(without_newline(&bytes)).ok()?;
    text.chars().all(|letter| !letter.is_control()).then(|| Zeroizing::new(text.to_owned()))
}

fn of_base64(text: &str) -> Option<Zeroizing<String>> {
    let bytes = envelope::decode_base64(text)?;
    let text = std::str::from_utf8(without_newline(&bytes)).map(|text| Zeroizing::new(text.to_owned()));
    Some(text.unwrap_or_else(|_| code_page::decode(&bytes, "CP1252")))
}
