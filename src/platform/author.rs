//! The author of an answer that came through the platform: the endpoint, or the platform itself.
//!
//! The platform passes the endpoint's answer on unchanged, so most statuses can come from either. Known signs of its own
//! answers: `LP-message-from-transport` says that the endpoint failed, its errors have a body in one of three forms,
//! and its 401 has `WWW-Authenticate`.

use http::header::WWW_AUTHENTICATE;
use serde_json::Value;

use super::contract::{self, TRANSPORT_ERROR, TRANSPORT_MESSAGE};
use crate::diagnosis::oauth;
use crate::evidence::Author;
use crate::exchange::Head;
use crate::foreign::Foreign;

/// How much of a body is searched, in bytes. The platform's own bodies are much shorter.
pub(super) const EXCERPT: usize = 16 * 1024;

/// Judges by the head and the beginning of the body; `whole` if that is all of it.
pub(super) fn find_author(head: &Head, body: &Foreign, whole: bool) -> Author {
    let message = head.field(&TRANSPORT_MESSAGE);
    if let (contract::ENDPOINT_FAILED, Some(message)) = (head.status, &message) {
        let error = head.field(&TRANSPORT_ERROR).map_or(String::new(), |error| format!(" ({error:?})"));
        return Author::PlatformOfRemote(format!("{message:?}{error}"));
    }
    let status = head.status;
    if !status.is_success()
        && let Some(signal) = find_own_error(head, body, whole)
    {
        return Author::Platform(signal);
    }
    match status.as_u16() {
        _ if message.is_some() && contract::is_own(status) => Author::Unclear(
            "LP-message-from-transport proves nothing here: the platform sends it with 424, and with another status it can be the endpoint's"
                .into(),
        ),
        200 if body.bytes().is_empty() && whole => {
            Author::Unclear("an empty 200 is also what the platform answers when it only validates a P12".into())
        }
        200 | 201 => Author::Unclear(
            "most likely the endpoint's; but the platform has a 200 and 201 of its own, so this is no proof that the endpoint was reached"
                .into(),
        ),
        401 if head.headers.contains_key(WWW_AUTHENTICATE) => Author::Unclear(
            "WWW-Authenticate is what the platform sends when it refuses the credential, and what an endpoint sends that wants an authorization"
                .into(),
        ),
        424 => Author::Unclear(
            "424 is how the platform tells that the endpoint failed, but without the header LP-message-from-transport that goes with it"
                .into(),
        ),
        _ if contract::is_own(status) => Author::Unclear(format!(
            "the platform answers {} of its own, too, and nothing in the answer tells which of the two it was",
            status.as_u16()
        )),
        code => Author::Remote(format!("{code} is no status of the platform's own")),
    }
}

/// Whether this answer is an error of the platform's own; returns the sign.
fn find_own_error(head: &Head, body: &Foreign, whole: bool) -> Option<String> {
    if let Some(problem) = oauth::find_problem(head, body) {
        return Some(format!("it refuses the OAuth1 signature with oauth_problem={problem}"));
    }
    let json: Value = serde_json::from_slice(body.bytes()).ok().filter(|_| whole)?;
    let is_error = |json: &Value| json.get("message").is_some() && json.get("internalCode").is_some();
    let shaped = is_error(&json) || json.get("error").is_some_and(is_error);
    let message = json.get("message").or_else(|| json.get("error")?.get("message"))?.as_str()?;
    let message = body.map(|_| message.to_owned());
    shaped.then(|| format!("its body has the shape of the platform's own errors: {message:?}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn judge(status: u16, header: Option<(&'static str, &'static str)>, body: &str) -> Author {
        let answer = http::Response::builder().status(status);
        let answer = header.into_iter().fold(answer, |answer, (name, value)| answer.header(name, value));
        let head = Head::new(answer.body(()).unwrap().into_parts().0, Vec::new(), &Arc::default());
        find_author(&head, &Foreign::new(body, &Arc::default()), true)
    }

    #[test]
    fn the_platform_is_the_author_only_where_a_signal_says_so() {
        let own = |author| matches!(author, Author::Platform(_));
        assert!(own(judge(500, None, r#"{"time":1,"message":"bad p12","internalCode":10}"#)));
        assert!(own(judge(403, None, r#"{"error":{"message":"no","internalCode":"x"}}"#)));
        assert!(own(judge(401, None, "oauth_problem=signature_invalid&oauth_problem_advice=x")));
        assert!(!own(judge(500, None, r#"{"message":"of some endpoint"}"#)));
        assert!(!own(judge(200, None, r#"{"message":"fine","internalCode":0}"#)));
        assert!(!own(judge(401, Some(("www-authenticate", "Basic realm=x")), "")));
    }

    #[test]
    fn the_transport_header_comes_first() {
        let author =
            judge(424, Some(("lp-message-from-transport", "refused")), r#"{"message":"","internalCode":1}"#);
        assert_eq!(author, Author::PlatformOfRemote("\"refused\"".into()));
    }

    #[test]
    fn the_transport_header_proves_nothing_beside_another_status() {
        let forged = |status| judge(status, Some(("lp-message-from-transport", "refused")), "x");
        for status in [200, 201, 401, 403, 500] {
            assert!(
                matches!(forged(status), Author::Unclear(why) if why.contains("proves nothing")),
                "{status}"
            );
        }
        assert!(matches!(forged(302), Author::Remote(_)));
    }

    #[test]
    fn a_status_that_both_may_send_is_left_open() {
        for status in [200, 201, 401, 403, 404, 424, 429, 500] {
            assert!(matches!(judge(status, None, "x"), Author::Unclear(_)), "{status}");
        }
        assert!(matches!(judge(302, None, ""), Author::Remote(_)));
    }
}
