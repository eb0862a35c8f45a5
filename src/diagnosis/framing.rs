//! Breaks of HTTP's rules: those that are let pass here and that other clients refuse, and those that end an answer.

use http::Version;

use super::causes;
use crate::evidence::Evidence;
use crate::exchange::Head;

/// What other clients may refuse in an answer that was read here.
pub fn oddities(head: &Head, evidence: &Evidence) -> Vec<&'static str> {
    if !matches!(head.version, Version::HTTP_10 | Version::HTTP_11) || evidence.submission.is_some() {
        return Vec::new();
    }
    let wire = String::from_utf8_lossy(&head.wire);
    let folded = wire.lines().any(|line| line.starts_with([' ', '\t']));
    let names: Vec<_> = wire.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name).collect();
    let has = |wanted: &str| names.iter().any(|name| name.eq_ignore_ascii_case(wanted));
    let both = has("content-length") && has("transfer-encoding");
    let odd = [(both, BOTH), (folded, FOLDED), (evidence.surplus, SURPLUS)];
    odd.into_iter().filter(|(is_so, _)| *is_so).map(|(_, warning)| warning).collect()
}

const BOTH: &str = "the answer has a Content-Length as well as a Transfer-Encoding; only the second counts, and some clients \
    and proxies refuse such an answer (RFC 9112 section 6.3)";

const FOLDED: &str =
    "a line of the answer's head goes on in the next line, which many clients refuse (RFC 9112 section 5.2)";

const SURPLUS: &str = "more bytes came after the end of the answer, and were left out: other clients may take them for the \
    next answer, or refuse them";

/// What the head of an answer breaks.
pub(super) fn broken_head(http: &hyper::Error) -> &'static str {
    const RULES: &[(&str, &str)] = &[
        ("status", "its first line holds no status of three digits"),
        ("content-length", "its Content-Length is not one number"),
        ("transfer-encoding", "its Transfer-Encoding is not allowed there"),
        ("version", "its first line names a version of HTTP that does not exist"),
        ("header", "one of its lines is no header"),
    ];
    let text = http.to_string();
    RULES.iter().find(|(part, _)| text.contains(part)).map_or("it is malformed", |(_, rule)| rule)
}

/// What the body of an answer breaks.
pub(super) fn broken_body(http: &hyper::Error) -> &'static str {
    match causes(http).last().is_some_and(|cause| cause.to_string().to_lowercase().contains("trailer")) {
        true => "the headers after its last chunk are malformed (RFC 9112 section 7.1.2)",
        false => "one of its chunks is malformed (RFC 9112 section 7.1)",
    }
}
