//! A redirect to a login page: the certificate alone was not enough.

use http::header::LOCATION;

use crate::error::{Error, Kind};
use crate::evidence::Evidence;
use crate::exchange::Head;

/// The fault of a redirect to a login page; `None` for any other answer.
pub fn explain_login(head: &Head, evidence: &Evidence) -> Option<Error> {
    let location = head.field(&LOCATION).filter(|_| head.status.is_redirection())?;
    let place =
        location.map(|location| location.split(['?', '#', ';']).next().unwrap_or_default().to_owned());
    // A word that was in the URL already, such as /auth, does not make the redirect one to a login page.
    let known = login_words(&format!("{}{}", evidence.target, evidence.path));
    let found = login_words(&place.text()).iter().any(|word| !known.contains(word));
    found.then(|| {
        let (target, status) = (&evidence.target, head.describe_status());
        let message = format!("{target} answered {status} to {place:?}, which looks like a login page");
        Error::new(Kind::LoginPage, message)
    })
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

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn leads_to_login(from: &str, location: &str) -> bool {
        let evidence =
            Evidence { target: "api.example:443".into(), path: from.into(), ..Evidence::default() };
        let answer = http::Response::builder().status(StatusCode::FOUND).header(LOCATION, location).body(());
        let head = Head::new(answer.unwrap().into_parts().0, Vec::new(), &Default::default());
        explain_login(&head, &evidence).is_some()
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
