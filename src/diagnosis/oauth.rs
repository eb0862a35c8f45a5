//! Why the platform refused an OAuth1 signature, in the words of OAuth's problem reporting extension.

use http::header::WWW_AUTHENTICATE;

use super::clock;
use crate::exchange::Head;
use crate::foreign::Foreign;

/// The problem that an answer names: `timestamp_refused`. It begins the body, or is in a challenge.
pub fn find_problem(head: &Head, body: &Foreign) -> Option<Foreign> {
    let challenges =
        head.headers.get_all(WWW_AUTHENTICATE).iter().map(|value| head.foreign(value.as_bytes()));
    let body = Some(body).filter(|body| body.bytes().starts_with(b"oauth_problem=")).cloned();
    let mut named = body.into_iter().chain(challenges);
    named.find_map(|text| problem(&text.text()).map(|problem| text.map(|_| problem)))
}

/// The word after `oauth_problem=`, which may be in quotes; not that of `oauth_problem_advice`.
fn problem(text: &str) -> Option<String> {
    let mut after = text.split("oauth_problem").skip(1);
    let value = after.find_map(|after| after.trim_start().strip_prefix('='))?;
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let word = value.trim_start_matches([' ', '"']).split(|letter| !is_letter(letter)).next()?;
    Some(word.to_owned()).filter(|word| !word.is_empty())
}

/// What to do about the problem that this answer names, if that is known.
pub fn hint(head: &Head, body: &Foreign) -> Option<String> {
    let hint = match find_problem(head, body)?.text().as_ref() {
        "timestamp_refused" => return Some(explain_time(head)),
        "nonce_used" => {
            "this signed request was there before: try again; if that repeats, something on the way sends requests twice"
        }
        "signature_invalid" => {
            "check the consumer secret and the token secret: each must belong to its key and token; \
             then whether a proxy changes the URL, which is signed"
        }
        "signature_method_rejected" => "try the other method: --oauth1-method hmac-sha1 or hmac-sha256",
        "consumer_key_unknown" | "consumer_key_rejected" | "consumer_key_refused" => {
            "check the consumer key (app key), and whether the app is enabled for this account"
        }
        "token_expired" | "token_revoked" | "token_rejected" | "token_used" => {
            "check the access token; if it is the right one, ask the account's administrator for a new one"
        }
        "permission_denied" | "permission_unknown" => {
            "ask the account's administrator to allow this app to make the call"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

fn explain_time(head: &Head) -> String {
    match clock::compare(head, TOLERANCE) {
        Some(apart) => format!("set the clock: {apart}, and OAuth1 signs the time"),
        None if head.clock.is_some() => {
            "try again: by the Date of the answer this machine's clock is right, so most likely the request was too long on its way"
                .into()
        }
        None => "check this machine's clock, as OAuth1 signs the time".into(),
    }
}

/// A clock counts as right if it is off by fewer seconds than this. Platforms allow some minutes, and less ahead of time.
const TOLERANCE: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_from_its_advice() {
        for (text, found) in [
            ("oauth_problem=timestamp_refused&oauth_problem_advice=x", Some("timestamp_refused")),
            (r#"OAuth oauth_problem_advice="later", oauth_problem="token_expired""#, Some("token_expired")),
            ("OAuth oauth_problem = nonce_used", Some("nonce_used")),
            ("oauth_problem=", None),
            ("OAuth realm=\"oauth_problem\"", None),
        ] {
            assert_eq!(problem(text).as_deref(), found, "{text}");
        }
    }
}
