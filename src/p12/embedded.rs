//! A P12 amid other things: behind the head of an answer, in a part of a form or a mail, in an archive, in markup.

use memchr::memmem;
use zeroize::Zeroizing;

use super::container::looks_like_pfx;
use super::dump;
use super::iterate::Wiped;
use crate::ber::{Decoder, Defect, SEQUENCE};
use crate::envelope;

/// How many places are tried: each may take a look at all that follows.
const MOST: usize = 16;

/// Each P12 in binary.
pub(super) fn files(bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut end = 0;
    // Every P12 begins with its version, 3, and a SEQUENCE.
    for at in memmem::find_iter(bytes, b"\x02\x01\x03\x30").take(MOST) {
        let start =
            (2..=5).filter_map(|size| at.checked_sub(size)).find(|start| is_header(bytes, *start, at));
        let Some(file) = start.filter(|start| *start >= end).and_then(|start| bytes.get(start..)) else {
            continue;
        };
        if looks_like_pfx(file) {
            let one = cut(file);
            end = bytes.len() - file.len() + one.len();
            found.push(one);
        }
    }
    found
}

/// Whether the header of a SEQUENCE is there, and nothing else.
fn is_header(bytes: &[u8], start: usize, end: usize) -> bool {
    match bytes.get(start..end) {
        Some([SEQUENCE, 0x80]) => true,
        Some([SEQUENCE, count, length @ ..]) => {
            usize::from(*count) == 0x80 + length.len() && !length.is_empty()
        }
        _ => false,
    }
}

/// Without what follows its end.
fn cut(file: &[u8]) -> &[u8] {
    let mut reader = Decoder::new(file);
    let end = reader.any().map(|_| file.len() - reader.rest_length());
    end.ok().and_then(|end| file.get(..end)).unwrap_or(file)
}

/// A text without its blocks of PEM that can be read; `None` where it has none.
pub(super) fn beside_pem(text: &str) -> Option<Zeroizing<String>> {
    let (first, blocks) = text.split_once("-----BEGIN ")?;
    let mut rest = Zeroizing::new(String::with_capacity(text.len()));
    rest.push_str(first);
    for block in blocks.split("-----BEGIN ") {
        rest.push_str(after_block(block).unwrap_or(block));
        rest.push('\n');
    }
    Some(rest)
}

/// What follows a block whose content is base64.
fn after_block(block: &str) -> Option<&str> {
    let (inside, end) = block.split_once("-----")?.1.split_once("-----END ")?;
    envelope::decode_base64(inside)?;
    end.split_once("-----").map(|(_, after)| after)
}

/// Each DER in base64: a line or word of letters that begins as a large SEQUENCE does, with the lines that follow it.
pub(super) fn base64(text: &str) -> Vec<Wiped> {
    let (mut found, mut end, mut left) = (Vec::new(), 0, 2 * text.len());
    for at in memmem::find_iter(text.as_bytes(), b"MI").filter(|at| is_start(text, *at)).take(MOST) {
        let Some(rest) = text.get(at..).filter(|_| at >= end) else { continue };
        let Some(enough) = left.checked_sub(letters_of(rest)) else { break };
        left = enough;
        if let Some(bytes) = decode(rest, letters_of(rest)) {
            let one = cut(&bytes);
            end = at + one.len();
            found.push(Zeroizing::new(one.to_vec()));
        }
    }
    found
}

/// Each long number in hex that begins as DER does: in SQL, or in a table of a database.
pub(super) fn hex(text: &str) -> Vec<Wiped> {
    let words = text.split(|letter: char| !letter.is_ascii_hexdigit());
    let large = words.filter(|word| word.starts_with("30") && word.len() >= 2 * SHORTEST);
    large.take(MOST).filter_map(dump::decode).collect()
}

/// How many letters the DER has that begins there; all, where it does not say.
fn letters_of(text: &str) -> usize {
    let head = decode(text, 16).unwrap_or_default();
    match Decoder::new(&head).any() {
        Err(Defect::Truncated { missing: Some(missing), .. }) => {
            let bytes = usize::try_from(missing).unwrap_or(usize::MAX).saturating_add(head.len());
            bytes.div_ceil(3).saturating_mul(4).min(text.len())
        }
        _ => text.len(),
    }
}

fn decode(text: &str, most: usize) -> Option<Wiped> {
    let mut letters = Zeroizing::new(String::with_capacity(most));
    letters.extend(text.chars().filter(|letter| is_letter(*letter)).take(most));
    envelope::decode_base64(&letters)
}

/// Shorter words stand in texts of people.
const SHORTEST: usize = 48;

fn is_start(text: &str, at: usize) -> bool {
    let is_free =
        text.get(..at).and_then(|before| before.chars().next_back()).is_none_or(|letter| !is_letter(letter));
    is_free
        && text.get(at..).is_some_and(|word| {
            word.chars().take(SHORTEST).filter(|letter| is_letter(*letter)).count() == SHORTEST
        })
}

fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "+/-_".contains(letter)
}
