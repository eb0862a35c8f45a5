//! The parts of a connection's bytes that the verdict and `-i` need.

use std::time::Instant;

use tokio::sync::oneshot;

use super::held::Word;
use crate::evidence::End;

/// The bytes and moments that are kept of one connection.
#[derive(Default)]
pub(super) struct StreamLog {
    /// The heads of the answer, interim ones included, as they came.
    pub(super) head: Vec<u8>,
    /// What came after the heads.
    pub(super) rest: Rest,
    /// Who waits for the endpoint's word on the body.
    pub(super) listener: Option<oneshot::Sender<Word>>,
    /// When the answer's first byte came.
    pub(super) first_byte: Option<Instant>,
    /// The first bytes from the network, below TLS.
    pub(super) greeting: Vec<u8>,
    /// How the connection ended: the first end that was seen.
    pub(super) end: Option<End>,
    /// The first write that failed because the endpoint had gone.
    pub(super) write_failure: Option<String>,
    /// When the system last accepted a write.
    pub(super) last_write: Option<Instant>,
    head_complete: bool,
    /// Where the current head begins, after the interim ones.
    head_start: usize,
    /// How much of it has been searched for its end.
    searched: usize,
}

/// The bytes after the heads: how many, and the last four of them.
#[derive(Default)]
pub(super) struct Rest {
    pub(super) length: u64,
    pub(super) tail: Vec<u8>,
}

impl Rest {
    const TAIL: usize = 4;

    fn append(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        self.tail.extend_from_slice(bytes.get(bytes.len().saturating_sub(Self::TAIL)..).unwrap_or_default());
        self.tail.drain(..self.tail.len().saturating_sub(Self::TAIL));
    }
}

impl StreamLog {
    /// Longer heads are not kept; the HTTP parser reports them.
    const MAX_HEAD: usize = 1 << 20;

    /// Enough for the first line of any protocol.
    const GREETING: usize = 128;

    /// Keeps no head: HTTP/2 heads are not text, and its first bytes are not an answer.
    pub(super) fn keep_no_head(&mut self) {
        self.head_complete = true;
    }

    /// Whether the first bytes are a TLS record (RFC 8446 section 5.1), or nothing came.
    pub(super) fn is_tls(&self) -> bool {
        self.greeting.first().is_none_or(|kind| (20..=23).contains(kind))
    }

    /// Notes an end. Only the first one counts: later ones are its effect.
    pub(super) fn note_end(&mut self, end: End) {
        self.end.get_or_insert(end);
    }

    pub(super) fn mark_first_byte(&mut self) {
        self.first_byte.get_or_insert_with(Instant::now);
    }

    /// Keeps bytes from the network as long as they belong to the greeting.
    pub(super) fn append_greeting(&mut self, bytes: &[u8]) {
        let wanted = Self::GREETING.saturating_sub(self.greeting.len());
        self.greeting.extend(bytes.iter().take(wanted));
    }

    /// Keeps bytes of the answer as long as they belong to its head, and counts the others.
    pub(super) fn append_answer(&mut self, bytes: &[u8]) {
        if self.head_complete {
            return self.rest.append(bytes);
        }
        self.mark_first_byte();
        self.head.extend_from_slice(bytes);
        if let Some(end) = self.find_end_of_heads() {
            let rest = self.head.split_off(end);
            self.rest.append(&rest);
            self.head_complete = true;
            self.tell(Word::Final);
        }
        self.head_complete |= self.head.len() > Self::MAX_HEAD;
    }

    fn tell(&mut self, word: Word) {
        if let Some(listener) = self.listener.take() {
            // Who no longer waits has begun to send.
            let _ = listener.send(word);
        }
    }

    /// Where the final head ends, after any interim (1xx) ones; `None` while it is incomplete. No byte is
    /// searched twice, as a head may come byte by byte.
    fn find_end_of_heads(&mut self) -> Option<usize> {
        // Empty lines before a head are skipped (RFC 9112 section 2.2 has them before a request).
        while matches!(self.head.get(self.head_start), Some(b'\r' | b'\n')) {
            self.head_start += 1;
            self.searched = self.searched.max(self.head_start);
        }
        while let Some(end) = find_empty_line(&self.head, self.searched) {
            let code = self.head.get(self.head_start + 9..self.head_start + 12).unwrap_or_default();
            if !code.starts_with(b"1") || code == b"101" {
                return Some(end);
            }
            if code == b"100" {
                self.tell(Word::Continue);
            }
            (self.head_start, self.searched) = (end, end);
        }
        self.searched = self.searched.max(self.head.len().saturating_sub(EMPTY_LINE.len() - 1));
        None
    }
}

/// The longest end of a head: the end of its last line, and an empty line.
const EMPTY_LINE: &[u8] = b"\n\r\n";

/// The place after the first empty line. A bare LF ends a line too (RFC 9112 section 2.2).
fn find_empty_line(head: &[u8], from: usize) -> Option<usize> {
    (from..head.len()).filter(|at| head.get(*at) == Some(&b'\n')).find_map(|at| match head.get(at + 1..)? {
        [b'\n', ..] => Some(at + 2),
        [b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The heads of an answer that comes in pieces of this size.
    fn heads(answer: &[u8], piece: usize) -> Vec<u8> {
        let mut log = StreamLog::default();
        answer.chunks(piece).for_each(|bytes| log.append_answer(bytes));
        assert!(log.head_complete, "the head does not end");
        log.head
    }

    #[test]
    fn interim_heads_belong_to_the_head() {
        let head = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\na: b\r\n\r\n";
        let answer = [&head[..], b"body\r\n\r\n"].concat();
        for piece in 1..answer.len() {
            assert_eq!(heads(&answer, piece), head, "in pieces of {piece}");
        }
    }

    #[test]
    fn empty_lines_before_a_head_do_not_end_it() {
        let head = b"\r\n\r\nHTTP/1.1 200 OK\r\na: b\r\n\r\n";
        for piece in [1, 3, 100] {
            assert_eq!(heads(&[&head[..], b"hello"].concat(), piece), head);
        }
    }

    #[test]
    fn bare_line_feeds_end_a_head() {
        for piece in [1, 2, 100] {
            assert_eq!(heads(b"HTTP/1.0 200 OK\n\nbody", piece), b"HTTP/1.0 200 OK\n\n");
        }
    }
}
