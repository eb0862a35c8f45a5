//! Reads BER (X.690) as programs really write it: indefinite lengths, strings in pieces, lengths that are not
//! minimal. There is no recursion and depth is limited, so that a hostile file fails at once.

use std::borrow::Cow;

/// The deepest nesting. Real P12 files have far less.
const MAX_DEPTH: usize = 64;

/// In bytes.
const LONGEST_OID: usize = 128;

/// How many elements of indefinite length may be open. Real files have far fewer.
const MAX_OPEN: usize = 4096;

pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
const CONSTRUCTED: u8 = 0x20;

/// Why bytes are not BER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Defect {
    /// The file ends within the element that begins at `at`; so many bytes are `missing`, if that is known.
    Truncated { at: usize, missing: Option<u64> },
    /// Something else, at this byte.
    Malformed { at: usize, what: String },
}

pub(crate) type Read<T> = Result<T, Defect>;

/// An element: its tag, and where its content is.
#[derive(Debug, Clone)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// The element with its header, without an end-of-contents.
    pub(crate) whole: &'a [u8],
    /// The place of the header, from the start of the layer.
    pub(crate) at: usize,
    inside: Decoder<'a>,
}

/// Reads elements one after another.
#[derive(Debug, Clone)]
pub(crate) struct Decoder<'a> {
    rest: &'a [u8],
    at: usize,
    depth: usize,
    end_of_layer: usize,
}

struct Header {
    tag: u8,
    length: Option<usize>,
    size: usize,
}

impl<'a> Decoder<'a> {
    /// Reads a layer: the file, or decrypted content.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0, depth: 0, end_of_layer: bytes.len() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn rest_length(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn any(&mut self) -> Read<Element<'a>> {
        let header = self.header(self.rest, self.at)?;
        let content = self.rest.get(header.size..).unwrap_or_default();
        let (length, end) = match header.length {
            Some(length) if length > content.len() => {
                return Err(self.overrun(self.at + header.size, length));
            }
            Some(length) => (length, length),
            None => self.indefinite(content, self.at + header.size)?,
        };
        let (at, whole) = (self.at, self.rest.get(..header.size + length).unwrap_or_default());
        self.at += header.size + end;
        self.rest = content.get(end..).unwrap_or_default();
        let content = content.get(..length).unwrap_or_default();
        let inside = Self { rest: content, at: at + header.size, depth: self.depth + 1, ..*self };
        Ok(Element { tag: header.tag, content, whole, at, inside })
    }

    /// The next element, which must have this tag. A string may come in pieces.
    pub(crate) fn expect(&mut self, tag: u8, what: &str) -> Read<Element<'a>> {
        let at = self.at;
        if self.is_empty() {
            return Err(malformed(at, format!("{what} is missing")));
        }
        let element = self.any()?;
        if element.tag == tag || (tag == OCTET_STRING && element.tag == tag | CONSTRUCTED) {
            return Ok(element);
        }
        Err(malformed(at, format!("{what} expected, tag {:#04x} found", element.tag)))
    }

    /// What is inside the next element, which must be a SEQUENCE.
    pub(crate) fn sequence(&mut self, what: &str) -> Read<Self> {
        self.expect(SEQUENCE, what)?.inside()
    }

    /// The next element, which must be an OBJECT IDENTIFIER, in dotted form.
    pub(crate) fn oid(&mut self, what: &str) -> Read<String> {
        self.expect(OID, what).map(|element| element.oid())
    }

    /// The bytes of the next element, which must be an OCTET STRING.
    pub(crate) fn octets(&mut self, what: &str) -> Read<Cow<'a, [u8]>> {
        self.expect(OCTET_STRING, what)?.octets()
    }

    /// The next element if it has this tag, else nothing is read.
    pub(crate) fn optional(&mut self, tag: u8) -> Read<Option<Element<'a>>> {
        match self.rest.first() {
            Some(first) if *first == tag => self.any().map(Some),
            _ => Ok(None),
        }
    }

    fn header(&self, bytes: &[u8], at: usize) -> Read<Header> {
        let cut = || match at {
            0 if self.depth == 0 => Defect::Truncated { at, missing: None },
            _ => malformed(at, "an element's header is cut short".into()),
        };
        let [tag, first, more @ ..] = bytes else { return Err(cut()) };
        if tag & 0x1f == 0x1f {
            return Err(malformed(at, "a tag number that PKCS#12 does not use".into()));
        }
        let count = usize::from(first & 0x7f);
        let length = match first {
            0x80 if tag & CONSTRUCTED == 0 => {
                return Err(malformed(at, "a primitive element of indefinite length".into()));
            }
            0x80 => return Ok(Header { tag: *tag, length: None, size: 2 }),
            ..0x80 => return Ok(Header { tag: *tag, length: Some(usize::from(*first)), size: 2 }),
            _ if count > size_of::<usize>() => {
                return Err(malformed(at, format!("a length of {count} octets")));
            }
            _ => more.get(..count).ok_or_else(cut)?,
        };
        let length = length.iter().fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
        Ok(Header { tag: *tag, length: Some(length), size: 2 + count })
    }

    /// Finds the matching end-of-contents: the length of the content, without and with it.
    fn indefinite(&self, content: &[u8], at: usize) -> Read<(usize, usize)> {
        let (mut position, mut open) = (0, 1);
        loop {
            let rest = content.get(position..).unwrap_or_default();
            if rest.is_empty() && at + position >= self.end_of_layer {
                return Err(Defect::Truncated { at: self.at, missing: None });
            }
            let header = self.header(rest, at + position)?;
            position += header.size;
            match (header.tag, header.length) {
                (0, Some(0)) => open -= 1,
                (_, Some(length)) if length > content.len().saturating_sub(position) => {
                    return Err(self.overrun(at + position, length));
                }
                (_, Some(length)) => position += length,
                (_, None) => open += 1,
            }
            if open == 0 {
                return Ok((position - 2, position));
            }
            if open > MAX_OPEN {
                return Err(malformed(at + position, "nested too deep".into()));
            }
        }
    }

    /// An element is longer than the rest: the file is cut short, or the length is wrong.
    fn overrun(&self, content_at: usize, length: usize) -> Defect {
        let end = content_at.saturating_add(length);
        // An element that ends after the outermost one lacks bytes too, even if other bytes follow.
        let limit = if self.depth == 1 { self.at + self.rest.len() } else { self.end_of_layer };
        match end.checked_sub(limit) {
            Some(missing @ 1..) => Defect::Truncated { at: self.at, missing: u64::try_from(missing).ok() },
            _ => malformed(self.at, "an element is longer than the one it is in".into()),
        }
    }
}

impl<'a> Element<'a> {
    pub(crate) fn inside(&self) -> Read<Decoder<'a>> {
        if self.inside.depth > MAX_DEPTH {
            return Err(malformed(self.at, "nested too deep".into()));
        }
        Ok(self.inside.clone())
    }

    /// The bytes of a string, joined if it came in pieces (X.690 section 8.7).
    pub(crate) fn octets(&self) -> Read<Cow<'a, [u8]>> {
        if self.tag & CONSTRUCTED == 0 {
            return Ok(Cow::Borrowed(self.content));
        }
        // One pass collects the pieces at any depth; their ends need not be matched.
        let layer = self.inside()?;
        let (mut octets, mut position) = (Vec::with_capacity(self.content.len()), 0);
        while let rest @ [_, ..] = self.content.get(position..).unwrap_or_default() {
            let at = layer.at + position;
            let header = layer.header(rest, at)?;
            position += header.size;
            match (header.tag, header.length) {
                (0x24, _) | (0, Some(0)) => {}
                (OCTET_STRING, Some(length)) => {
                    let piece = rest.get(header.size..).and_then(|rest| rest.get(..length));
                    octets.extend_from_slice(piece.ok_or_else(|| layer.overrun(at + header.size, length))?);
                    position += length;
                }
                (tag, _) => return Err(malformed(at, format!("a string in pieces holds tag {tag:#04x}"))),
            }
        }
        Ok(Cow::Owned(octets))
    }

    /// A non-negative INTEGER; `None` if it is negative or above `u64::MAX`.
    pub(crate) fn unsigned(&self) -> Option<u64> {
        let digits = match self.content {
            [0x80..=0xff, ..] | [] => return None,
            digits => digits.iter().skip_while(|octet| **octet == 0),
        };
        digits.clone().count().le(&8).then(|| digits.fold(0, |value, octet| value << 8 | u64::from(*octet)))
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.content.first().is_some_and(|octet| *octet >= 0x80)
    }

    /// An OBJECT IDENTIFIER in dotted form. None that is known is as long as what is cut.
    pub(crate) fn oid(&self) -> String {
        dotted(self.content.get(..LONGEST_OID).unwrap_or(self.content))
    }
}

/// The content of an OBJECT IDENTIFIER in dotted form.
pub(crate) fn dotted(content: &[u8]) -> String {
    let mut arcs: Vec<u64> = Vec::new();
    let mut arc: u64 = 0;
    for octet in content {
        arc = arc.wrapping_shl(7) | u64::from(octet & 0x7f);
        if octet & 0x80 == 0 {
            if arcs.is_empty() {
                let root = (arc / 40).min(2);
                arcs.extend([root, arc - 40 * root]);
            } else {
                arcs.push(arc);
            }
            arc = 0;
        }
    }
    arcs.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

pub(crate) fn malformed(at: usize, what: String) -> Defect {
    Defect::Malformed { at, what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_thousand_nested_elements_end_at_once() {
        let bomb = [0x30, 0x80].repeat(100_000);
        assert!(matches!(Decoder::new(&bomb).any(), Err(Defect::Malformed { .. })));
    }

    #[test]
    fn a_string_in_pieces_is_put_together() {
        let pieces = [0x24, 0x80, 0x04, 1, b'a', 0x24, 0x80, 0x04, 1, b'b', 0, 0, 0x04, 1, b'c', 0, 0];
        let element = Decoder::new(&pieces).expect(OCTET_STRING, "a string").unwrap();
        assert_eq!(element.octets().unwrap().as_ref(), b"abc");
    }

    #[test]
    fn what_the_file_lacks_is_counted() {
        let cut = [0x30, 5, 1, 2];
        assert_eq!(Decoder::new(&cut).any().unwrap_err(), Defect::Truncated { at: 0, missing: Some(3) });
    }

    #[test]
    fn object_identifiers_are_dotted() {
        let oid = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13];
        assert_eq!(Decoder::new(&oid).any().unwrap().oid(), "1.2.840.113549.1.5.13");
    }
}
