//! Answers that send people to a login page or an error page: the certificate alone was not enough.

use http::header::{CONTENT_TYPE, LOCATION};

use crate::error::{Error, Kind};
use crate::evidence::Evidence;
use crate::exchange::Head;
use crate::foreign::Foreign;

/// What finds the words in a URL that name a kind of page.
type Names = fn(&str) -> Vec<String>;

/// The fault of a redirect to a page that logs in, refuses, or lets into a network; `None` for any other answer.
pub fn explain_redirect(head: &Head, evidence: &Evidence) -> Option<Error> {
    let location = head.field(&LOCATION).filter(|_| head.status.is_redirection())?;
    let place =
        location.map(|location| location.split(['?', '#', ';']).next().unwrap_or_default().to_owned());
    // A word that was in the URL already, such as /auth, does not make the redirect one to a login page.
    let from = format!("{}{}", evidence.target, evidence.path);
    let leads = |names: Names| {
        let known = names(&from);
        names(&place.text()).iter().any(|name| !known.contains(name))
    };
    let pages: [(Names, Kind, _, _); 3] = [
        (login_words, Kind::LoginPage, "a login page", Kind::LoginPage.hint()),
        (error_names, Kind::Status, "an error page", ERROR_PAGE),
        (portal_words, Kind::Status, "the login of a network (captive portal)", PORTAL),
    ];
    let (_, kind, what, hint) = pages.into_iter().find(|(names, ..)| leads(*names))?;
    let (target, status) = (&evidence.target, head.describe_status());
    let message = format!("{target} answered {status} to {place:?}, which looks like {what}");
    Some(Error::new(kind, message).with_hint(hint))
}

const ERROR_PAGE: &str = "the endpoint may refuse the certificate or the request in this way: call the page that it leads to, or ask \
    the endpoint's owner; --expect 3xx counts the redirect as success";

const PORTAL: &str = "this machine may have to log in to its network first: open any page in a browser; --expect 3xx counts the \
    redirect as success";

/// Warnings about an answer that counts as success and may be none.
pub fn doubts(head: &Head, excerpt: &Foreign) -> Vec<String> {
    let lost = matches!(head.status.as_u16(), 301 | 302 | 303 | 307 | 308) && head.field(&LOCATION).is_none();
    let lost = lost.then(|| {
        format!(
            "{} came without a Location, so it leads nowhere; a program may take it for a failure",
            head.describe_status()
        )
    });
    let sign = head.status.is_success().then(|| page_sign(head, &excerpt.text())).flatten();
    let login = sign.map(|sign| {
        format!("the answer looks like a login page: {sign}; then the certificate alone is not enough: check the URL, and the answer")
    });
    lost.into_iter().chain(login).collect()
}

/// What makes a page of HTML look like one to log in.
fn page_sign(head: &Head, text: &str) -> Option<&'static str> {
    let kind = head.field(&CONTENT_TYPE).map(|kind| kind.text().to_lowercase()).unwrap_or_default();
    if !(kind.contains("html") || kind.is_empty()) {
        return None;
    }
    let text = text.to_lowercase();
    let begins = ["<!doctype html", "<html"].iter().any(|tag| text.trim_start().starts_with(tag));
    if kind.is_empty() && !begins {
        return None;
    }
    let tags =
        |name: &'static str| text.split('<').filter_map(move |tag| tag.strip_prefix(name)?.split('>').next());
    let attributes = |tag: &str| tag.replace(['"', '\'', ' ', '\n', '\r', '\t'], "");
    let input = |wanted: &str| tags("input").any(|tag| attributes(tag).contains(wanted));
    let leads_to_login = |tag: &str| {
        let place = attributes(tag).split_once("url=").map(|(_, place)| place.to_owned());
        place.is_some_and(|place| !login_words(place.split(['?', '#']).next().unwrap_or_default()).is_empty())
    };
    let refreshes =
        tags("meta").any(|tag| attributes(tag).contains("http-equiv=refresh") && leads_to_login(tag));
    let signs = [
        (input("type=password"), "its HTML has a field for a password"),
        (input("name=samlrequest"), "its HTML has a form that sends a SAMLRequest"),
        (refreshes, "its HTML leads on to a login page (meta refresh)"),
    ];
    signs.into_iter().find_map(|(is_so, sign)| is_so.then_some(sign))
}

/// The words of a URL that login pages are named by, in lower case.
fn login_words(place: &str) -> Vec<String> {
    const WORDS: &[&str] = &[
        "login",
        "logon",
        "signin",
        "signon",
        "sso",
        "saml",
        "saml2",
        "adfs",
        "auth",
        "oauth",
        "oauth2",
        "oidc",
        "openid",
        "authorize",
        "authenticate",
        "wsfed",
        "servicelogin",
        "weblogin",
        "userlogin",
        "ssologin",
        "smlogin",
    ];
    // Of F5's APM, Java's servlets and IBM's WebSEAL.
    const NAMES: &[&str] = &["my.policy", "my.logon.php3", "j_security_check", "pkmslogin.form"];
    let names = segments(place).filter(|name| NAMES.contains(&name.as_str()));
    find_words(place, WORDS).into_iter().chain(names).collect()
}

/// The names of error pages in a URL, without their ending. A number is one only with an ending, as it may be that of a
/// thing.
fn error_names(place: &str) -> Vec<String> {
    const NAMES: &[&str] = &[
        "error",
        "errors",
        "errorpage",
        "forbidden",
        "unauthorized",
        "denied",
        "accessdenied",
        "notauthorized",
        "certificaterequired",
        "certrequired",
        "nocert",
        "nocertificate",
        "certerror",
    ];
    let name = |segment: String| {
        let (name, ending) = segment.split_once('.').unwrap_or((&segment, ""));
        let name = name.replace(['-', '_'], "");
        let is_error =
            NAMES.contains(&name.as_str()) || matches!(name.as_str(), "401" | "403") && !ending.is_empty();
        is_error.then_some(name)
    };
    segments(place).filter_map(name).collect()
}

fn portal_words(place: &str) -> Vec<String> {
    find_words(place, &["captive", "captiveportal", "hotspot"])
}

/// The parts of a URL between slashes, in lower case.
fn segments(place: &str) -> impl Iterator<Item = String> {
    place.split('/').map(str::to_lowercase)
}

/// Those of these words that are whole words of a URL, or two of it together.
fn find_words(place: &str, wanted: &[&str]) -> Vec<String> {
    let words = |part: &str| part.to_lowercase().split(['-', '_']).map(str::to_owned).collect::<Vec<_>>();
    let parts = place.split(['/', '.', ':']).map(words);
    let names = parts.flat_map(|words| {
        let pairs: Vec<_> = words.windows(2).map(<[String]>::concat).collect();
        [words, pairs].concat()
    });
    names.filter(|name| wanted.contains(&name.as_str())).collect()
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
        explain_redirect(&head, &evidence).is_some()
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
            "https://x.example/my.policy",
            "https://accounts.google.com/v3/ServiceLogin",
            "https://id.example/realms/x/protocol/openid-connect/registrations",
            "/j_security_check",
            "/error?code=certificate_required",
            "/errors/403.html",
            "/403.html",
            "/access-denied",
            "https://captive.portal.example/hotspot",
        ] {
            assert!(leads_to_login("/orders", login), "{login}");
        }
        for other in [
            "/signing-keys/v2",
            "/authors",
            "/blogin",
            "/orders?next=/login",
            "/ssot",
            "/orders/403",
            "/error-codes",
            "/policy",
        ] {
            assert!(!leads_to_login("/orders", other), "{other}");
        }
    }

    #[test]
    fn a_word_of_the_url_that_was_called_is_no_sign_of_a_login_page() {
        assert!(!leads_to_login("/auth", "/auth/"));
        assert!(leads_to_login("/auth", "/auth/login"));
    }
}
