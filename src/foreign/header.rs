//! Which values of headers and which parts of a URL may be shown: harmless ones are listed, all others are
//! hidden. Also, which parts of a hidden value are secrets.

use http::HeaderName;

use openssl::base64::decode_block;

use super::HIDDEN;
use crate::secret::Secret;

/// Whether the value of a request's header may be shown: it says what is asked for, not who asks.
pub fn is_harmless(name: &HeaderName) -> bool {
    OF_REQUESTS.contains(&name.as_str())
}

/// The value of an answer's header without secrets: all of it, a part, or `***`.
pub fn shown(name: &str, value: &str) -> String {
    match name {
        "location" | "content-location" => without_values(value),
        "www-authenticate" | "proxy-authenticate" => scheme(value),
        name if OF_ANSWERS.contains(&name) => value.to_owned(),
        _ => HIDDEN.to_owned(),
    }
}

/// The secrets in a hidden value: all of it; the credentials after the scheme, decoded if that is Basic (RFC
/// 7617); the value of each cookie and parameter. A scheme alone is not a secret.
pub fn secrets(value: &[u8]) -> Vec<Secret> {
    let mut secrets = vec![Secret::from(value.to_vec())];
    if let Some((scheme, credentials)) = split_once(value, b' ') {
        secrets.push(credentials.trim_ascii().to_vec().into());
        if scheme.eq_ignore_ascii_case(b"basic") {
            secrets.extend(decoded(credentials));
        }
    }
    for part in value.split(|byte| b" ,;".contains(byte)) {
        let Some((name, value)) = split_once(part, b'=') else { continue };
        if !OPEN_PARAMETERS.iter().any(|open| name.eq_ignore_ascii_case(open)) {
            secrets.push(value.trim_ascii().to_vec().into());
            secrets.extend(unquoted(value).map(|bare| bare.to_vec().into()));
        }
    }
    secrets
}

/// Parameters that credentials repeat from the challenge, so not secret (RFC 7616 section 3.4, RFC 5849
/// section 3.1).
const OPEN_PARAMETERS: &[&[u8]] =
    &[b"realm", b"algorithm", b"qop", b"uri", b"oauth_signature_method", b"oauth_version"];

/// Of Basic credentials: the password, and `USER:PASSWORD`.
fn decoded(credentials: &[u8]) -> Vec<Secret> {
    let text = std::str::from_utf8(credentials.trim_ascii()).unwrap_or_default();
    let Ok(pair) = decode_block(text).map(Secret::from) else { return Vec::new() };
    let password = split_once(pair.expose(), b':').map(|(_, password)| Secret::from(password.to_vec()));
    password.into_iter().chain([pair]).collect()
}

/// What stands before and after the first such byte.
pub fn split_once(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == at)?;
    Some((bytes.get(..at)?, bytes.get(at + 1..)?))
}

fn unquoted(value: &[u8]) -> Option<&[u8]> {
    value.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

const OF_REQUESTS: &[&str] = &[
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "connection",
    "content-encoding",
    "content-language",
    "content-type",
    "date",
    "expect",
    "host",
    "if-modified-since",
    "if-unmodified-since",
    "max-forwards",
    "pragma",
    "prefer",
    "range",
    "te",
    "user-agent",
];

const OF_ANSWERS: &[&str] = &[
    "accept-ranges",
    "age",
    "allow",
    "cache-control",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "expires",
    "keep-alive",
    "last-modified",
    "pragma",
    "retry-after",
    "server",
    "strict-transport-security",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
    "x-cache",
    "x-content-type-options",
    "x-correlation-id",
    "x-frame-options",
    "x-powered-by",
    "x-request-id",
];

/// The scheme of the first challenge. The rest, such as realm and nonce, is hidden.
fn scheme(challenges: &str) -> String {
    match challenges.trim().split_once(' ') {
        Some((scheme, _)) => format!("{scheme} {HIDDEN}"),
        None => challenges.to_owned(),
    }
}

/// A URL or a part of one, without user and password. Names in path, query and fragment are kept, values are
/// hidden: `https://host/a;session=***?code=***#token=***`.
pub fn without_values(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let (place, values) = url.split_at(end);
    let mut segments: Vec<_> = place.split('/').map(segment).collect();
    if let [_, empty, authority, ..] = segments.as_mut_slice()
        && empty.is_empty()
        && let Some((_, host)) = authority.rsplit_once('@')
    {
        *authority = format!("{HIDDEN}@{host}");
    }
    let mut shown = segments.join("/");
    let mut rest = values;
    while !rest.is_empty() {
        let (mark, after) = rest.split_at(1);
        let (pair, next) = after.split_at(after.find(['&', '#']).unwrap_or(after.len()));
        shown.push_str(mark);
        shown.push_str(&named(pair));
        rest = next;
    }
    shown
}

/// A segment of a path, with the values of its parameters hidden (RFC 3986 section 3.3).
fn segment(text: &str) -> String {
    let mut parts = text.split(';');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |segment, parameter| format!("{segment};{}", named(parameter)))
}

fn named(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) => format!("{name}={HIDDEN}"),
        None if pair.is_empty() => String::new(),
        None => HIDDEN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_keeps_names_and_loses_values() {
        for (url, wanted) in [
            ("/x", "/x"),
            ("https://h:1/x?a=1&b&c=2==", "https://h:1/x?a=***&***&c=***"),
            ("/x?code=1?2#access_token=a&state=b#c", "/x?code=***#access_token=***&state=***#***"),
            ("https://u:p@h/a;jsessionid=1/b", "https://***@h/a;jsessionid=***/b"),
            ("//u@h/c@d#x", "//***@h/c@d#***"),
            ("?", "?"),
        ] {
            assert_eq!(without_values(url), wanted);
        }
    }

    #[test]
    fn no_scheme_is_a_secret_and_all_behind_it_is() {
        let secrets = |value: &str| {
            let secrets = secrets(value.as_bytes()).into_iter().skip(1);
            secrets.map(|secret| String::from_utf8_lossy(secret.expose()).into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(secrets("Bearer abc"), ["abc"]);
        assert_eq!(secrets("basic dTpwYXNz"), ["dTpwYXNz", "pass", "u:pass"]);
        assert_eq!(secrets("a=1; b=\"2\""), ["b=\"2\"", "1", "\"2\"", "2"]);
        assert_eq!(secrets("OAuth realm=\"r\",token=t"), ["realm=\"r\",token=t", "t"]);
    }

    #[test]
    fn of_a_challenge_the_scheme_is_shown() {
        let shown = |value| shown("www-authenticate", value);
        assert_eq!(shown("Digest realm=\"x\", nonce=\"y\""), "Digest ***");
        assert_eq!(shown("Negotiate"), "Negotiate");
    }
}
