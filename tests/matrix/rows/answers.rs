//! Answers that break off, come late, or are not HTTP.

use crate::peer::{Peer, peer};
use crate::row::{both, row};

pub(crate) fn peers() -> Vec<Peer> {
    let racy = both([
        row("reset in the body", "answer-reset", "https://localhost:~reset~/").racy(),
        row("body cut short", "answer-cut-short", "https://localhost:~cut~/").racy(),
        row(
            "body without length, closed without close_notify",
            "answer-end-unproven",
            "https://localhost:~unproven~/",
        )
        .racy(),
        row(
            "closed without an answer, certificate never asked for",
            "answer-cut-short",
            "https://localhost:~mute~/",
        )
        .racy(),
        row(
            "reset without an answer, certificate never asked for",
            "answer-reset",
            "https://localhost:~rude~/",
        )
        .racy(),
    ]);
    let rows = vec![
        row("body cut short, with close_notify", "answer-cut-short", "https://localhost:~politely~/"),
        row("chunk of the body broken", "answer-malformed", "https://localhost:~chunk~/"),
        row("body cut short between chunks", "answer-cut-short", "https://localhost:~chunks~/")
            .alike("body cut short, with close_notify"),
        row("head too large", "answer-head-too-large", "https://localhost:~head~/"),
        row("head cut short", "answer-cut-short", "https://localhost:~half~/"),
        row("another protocol in TLS", "not-http", "https://localhost:~banner~/"),
        row("status line malformed", "answer-malformed", "https://localhost:~status~/"),
        row("header line without a colon, passed over", "passed", "https://localhost:~line~/"),
        row("two lengths that differ", "answer-malformed", "https://localhost:~lengths~/"),
        row("body stops coming", "answer-timeout", "https://localhost:~slow~/").with("-m 2"),
        row("no answer in time", "timeout", "https://localhost:~late~/").with("-m 2"),
        row("body without length, closed with close_notify", "passed", "https://localhost:~closed~/"),
    ];
    let command = "python3 SCRIPTS/answers.py reset:~reset~ cut:~cut~ unproven:~unproven~ mute:~mute~ rude:~rude~ politely:~politely~ chunk:~chunk~ chunks:~chunks~ head:~head~ half:~half~ banner:~banner~ status:~status~ line:~line~ lengths:~lengths~ slow:~slow~ late:~late~ closed:~closed~";
    vec![peer("python ssl", command, [racy, rows].concat()), alerts()]
}

/// An alert in the middle of the answer says nothing about the certificate.
fn alerts() -> Peer {
    let rows = [
        both([row("alert in the body", "answer-cut-short", "https://localhost:~failed~/")
            .p12("rsa")
            .times(20)]),
        vec![
            row(
                "warning before the answer, body cut short",
                "answer-cut-short",
                "https://localhost:~warned~/",
            )
            .p12("rsa")
            .only("1.2")
            .alike("body cut short, with close_notify"),
        ],
    ];
    peer("tlslite-ng", "python3 SCRIPTS/tlslite_answers.py failed:~failed~ warned:~warned~", rows.concat())
}
