//! Certificates that are refused in HTTP instead of TLS: what the answer says about them.

use http::StatusCode;
use http::header::LOCATION;

use super::client;
use crate::error::{Error, Kind};
use crate::evidence::Evidence;
use crate::exchange::Head;
use crate::foreign::Foreign;

/// How many bytes of a body are searched.
pub const EXCERPT: usize = 4096;

/// The pages of servers that refuse in HTTP: nginx (400, 495, 496) and IIS (403.7 to 403.17). Also 421 (RFC 9110
/// section 15.5.20).
pub fn refusal(status: StatusCode, excerpt: &Foreign, evidence: &Evidence) -> Option<Error> {
    let text = excerpt.text();
    let says = |phrases: &[&'static str]| phrases.iter().copied().find(|phrase| text.contains(phrase));
    let target = &evidence.target;
    match (status.as_u16(), says(REFUSED), says(MISSED)) {
        (421, ..) => {
            let message = format!(
                "{target} answered {}: it does not serve this host on this connection",
                super::status(status)
            );
            Some(Error::new(Kind::Misdirected, message))
        }
        (495 | 400..=403, Some(phrase), _) => {
            Some(rejected(evidence, &format!("{}, and its page says {phrase:?}", super::status(status))))
        }
        (495, None, _) => {
            Some(rejected(evidence, "495, nginx's status for a client certificate that failed verification"))
        }
        (496 | 400..=403, _, Some(phrase)) => {
            Some(lost(evidence, &format!("{}, and its page says {phrase:?}", super::status(status))))
        }
        (496, _, None) => Some(lost(evidence, "496, nginx's status for a missing client certificate")),
        _ => None,
    }
}

const REFUSED: &[&str] = &[
    "The SSL certificate error",
    "SSL certificate error",
    "SSL Certificate Error",
    "403.13 - ",
    "403.16 - ",
    "403.17 - ",
    "Client certificate is untrusted or invalid",
    "Client certificate revoked",
    "Client certificate has expired or is not yet valid",
];

const MISSED: &[&str] = &[
    "No required SSL certificate was sent",
    "SSL Certificate Required",
    "403.7 - ",
    "Client certificate required",
];

fn rejected(evidence: &Evidence, what: &str) -> Error {
    let target = &evidence.target;
    let head = match evidence.sent() {
        true => format!("{target} accepted the certificate in TLS and refused it in HTTP: {what}"),
        false => format!("{target} refused the certificate in HTTP: {what}"),
    };
    match client::suspects(evidence).into_iter().next() {
        Some(suspect) => {
            Error::new(Kind::CertificateRejected, format!("{head}; {}", suspect.fact)).with_hint(suspect.hint)
        }
        None => Error::new(Kind::CertificateRejected, head),
    }
}

fn lost(evidence: &Evidence, what: &str) -> Error {
    let target = &evidence.target;
    match (&evidence.submission, evidence.sent()) {
        (None, true) => {
            let message = format!("the certificate was sent to {target}, which answered {what}");
            Error::new(Kind::CertificateMissed, message)
        }
        (None, false) => {
            let message = format!("{target} never asked for a certificate in TLS, and answered {what}");
            Error::new(Kind::CertificateMissed, message).with_hint(
                "a proxy or load balancer in front of the endpoint ends TLS without asking for a certificate: \
                 ask its owner to enable client certificates there",
            )
        }
        (Some(_), _) => {
            let message = format!("{target}, through the platform, answered {what}");
            Error::new(Kind::CertificateMissed, message).with_hint(
                "either the platform sent no certificate, or the endpoint lost it between TLS and the page; \
                 --compare shows how it looks from here",
            )
        }
    }
}

/// A redirect to a login page: the certificate alone was not enough.
pub fn login(head: &Head, evidence: &Evidence) -> Option<Error> {
    let location = head.field(&LOCATION).filter(|_| head.status.is_redirection())?;
    let place =
        location.map(|location| location.split(['?', '#', ';']).next().unwrap_or_default().to_owned());
    // A word that was in the URL already, such as /auth, does not make the redirect one to a login page.
    let known = login_words(&format!("{}{}", evidence.target, evidence.path));
    let found = login_words(&place.text()).iter().any(|word| !known.contains(word));
    let message = || {
        format!(
            "{} answered {} to {place:?}, which looks like a login page",
            evidence.target,
            super::status(head.status)
        )
    };
    found.then(|| Error::new(Kind::LoginPage, message()))
}

/// The words of a URL that login pages are named by, in lower case.
fn login_words(place: &str) -> Vec<String> {
    const WORDS: &[&str] = &[
        "login",
        "logon",
        "signin",
        "sso",
        "saml",
        "saml2",
        "adfs",
        "auth",
        "oauth",
        "oauth2",
        "oidc",
        "authorize",
    ];
    let words = |part: &str| part.to_lowercase().split(['-', '_']).map(str::to_owned).collect::<Vec<_>>();
    let parts = place.split(['/', '.', ':']).map(words);
    let names = parts.flat_map(|words| {
        let pairs: Vec<_> = words.windows(2).map(<[String]>::concat).collect();
        [words, pairs].concat()
    });
    names.filter(|name| WORDS.contains(&name.as_str())).collect()
}

/// An answer without a head, so HTTP/0.9 or no HTTP at all.
pub fn headless(excerpt: &Foreign, target: &str) -> Error {
    if let [_, _, _, SETTINGS, _, 0, 0, 0, 0, ..] = excerpt.bytes() {
        return Error::new(Kind::NoProtocol, format!("{target} speaks HTTP/2 and nothing else"));
    }
    let line = excerpt.map(|text| {
        let line: String = text.lines().next().unwrap_or_default().chars().take(60).collect();
        line.trim().to_owned()
    });
    let said = if line.bytes().is_empty() { String::new() } else { format!("; it began with {line:?}") };
    Error::new(Kind::NotHttp, format!("{target} did not answer with HTTP{said}"))
}

/// The type of the first frame of an HTTP/2 server (RFC 9113 section 3.4).
const SETTINGS: u8 = 4;

/// What to do about a status, where the page does not mention certificates.
pub fn status_hint(status: StatusCode, evidence: &Evidence) -> String {
    let suspect = client::suspects(evidence).into_iter().next();
    let through = if evidence.sent() { "the certificate got through; " } else { "" };
    let what = match (status.as_u16(), suspect) {
        (400 | 401 | 403, Some(suspect)) => {
            return format!(
                "see the answer; the certificate can also be the cause ({}): {}",
                suspect.fact, suspect.hint
            );
        }
        (400, None) => {
            return "see the answer: the endpoint does not accept the request, or not this certificate"
                .into();
        }
        (401, None) => {
            return "the endpoint also wants an Authorization header: give it with --authorization-file"
                .into();
        }
        (403, None) => {
            return "this certificate is not authorized, or the endpoint has another reason: see the answer"
                .into();
        }
        (404, _) => "the server does not know this path: check the URL",
        (405, _) => "the endpoint does not accept this method: choose another with -X",
        (415, _) => "the endpoint does not accept this content type: choose another with --content-type",
        (429 | 503, _) => "the endpoint is busy or limits the rate of calls: wait, then try again",
        (502 | 504, _) => "a gateway got no answer from the server behind it: ask the endpoint's owner",
        (500.., _) => {
            "the endpoint failed while handling the request: see the answer, or ask its owner for the log"
        }
        _ => Kind::Status.hint(),
    };
    format!("{through}{what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads_to_login(from: &str, location: &str) -> bool {
        let evidence =
            Evidence { target: "api.example:443".into(), path: from.into(), ..Evidence::default() };
        let answer = http::Response::builder().status(StatusCode::FOUND).header(LOCATION, location).body(());
        let head = Head::new(answer.unwrap().into_parts().0, Vec::new(), &Default::default());
        login(&head, &evidence).is_some()
    }

    #[test]
    fn a_login_page_is_known_by_a_whole_word() {
        for login in [
            "/login",
            "/Login.html",
            "/user/sign-in?x=1",
            "https://login.example.com/",
            "/oauth2/authorize",
            "/log_on",
            "/signin-oidc",
        ] {
            assert!(leads_to_login("/orders", login), "{login}");
        }
        for other in ["/signing-keys/v2", "/authors", "/blogin", "/orders?next=/login", "/ssot"] {
            assert!(!leads_to_login("/orders", other), "{other}");
        }
    }

    #[test]
    fn a_word_of_the_url_that_was_called_is_no_sign_of_a_login_page() {
        assert!(!leads_to_login("/auth", "/auth/"));
        assert!(leads_to_login("/auth", "/auth/login"));
    }
}
