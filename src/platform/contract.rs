//! The platform's resource as it is documented: its paths, headers, parts, permission and codes.

use http::{HeaderName, StatusCode};
use url::Url;

use super::gateway::Account;

/// The permission that a credential needs.
pub const PERMISSION: &str = "MTLS_READ_INTERNAL";

/// How the names of the platform's own headers begin.
pub const OWN_HEADERS: &str = "lp-";

/// The endpoint that the platform is to call.
pub const FORWARD_URL: HeaderName = HeaderName::from_static("lp-forward-url");
/// The method that it is to use. It is always sent, as the platform's default is not known.
pub const METHOD: HeaderName = HeaderName::from_static("lp-method-override");
/// The content type of the body, if there is a body.
pub const CONTENT_TYPE: HeaderName = HeaderName::from_static("lp-content-type-override");
/// The `Authorization` for the endpoint.
pub const AUTHORIZATION: HeaderName = HeaderName::from_static("lp-authorization-override");

/// What the platform says when it gets no answer from the endpoint.
pub const TRANSPORT_MESSAGE: HeaderName = HeaderName::from_static("lp-message-from-transport");

/// The name of the fault, beside that.
pub const TRANSPORT_ERROR: HeaderName = HeaderName::from_static("lp-error-from-transport");

/// The part of the form with the P12.
pub const FILE: &str = "file";
/// The part with its password.
pub const PASSWORD: &str = "password";
/// The part with the body for the endpoint; optional.
pub const BODY: &str = "body";

/// The P12 is missing or cannot be used.
pub const P12_UNUSABLE: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
/// The endpoint gave no answer.
pub const ENDPOINT_FAILED: StatusCode = StatusCode::FAILED_DEPENDENCY;

/// Whether the platform answers with this status itself, too.
pub fn is_own(status: StatusCode) -> bool {
    matches!(
        status.as_u16(),
        200 | 201 | 400 | 401 | 403 | 404 | 405 | 413 | 415 | 424 | 429 | 500 | 502..=504
    )
}

/// The service of the Domain API whose host is looked up; its name is case-sensitive.
pub const SERVICE: &str = "mtlsGateway";

/// The path of the tester.
pub fn test_path(account: &Account) -> String {
    format!("/mtls/account/{account}/p12-test/multipart")
}

/// The URL of the tester on this host.
pub fn test_url(base: &Url, account: &Account) -> Url {
    let mut url = base.clone();
    url.set_path(&test_path(account));
    url
}

/// The account in the path of the tester.
pub fn parse_test_path(path: &str) -> Option<Account> {
    path.strip_prefix("/mtls/account/")?.strip_suffix("/p12-test/multipart")?.parse().ok()
}

/// The URL of the Domain API that answers with the tester's host.
pub fn domain_url(api: &Url, account: &Account) -> Url {
    let mut url = api.clone();
    url.set_path(&format!("/api/account/{account}/service/{SERVICE}/baseURI.json"));
    url.set_query(Some("version=1.0"));
    url
}

/// What `serve` says of a forward URL that its policy forbids. With a reason for each, strangers could list the
/// names of a private network.
pub const NOT_CALLED: &str = "the forward URL may not be called: its host is unknown, or its address or port is not allowed; the operator of serve finds the reason in the log";

/// The account in a path of the Domain API, and the service if it names one.
pub fn parse_domain_path(path: &str) -> Option<(Account, Option<String>)> {
    let path = path.strip_prefix("/api/account/")?.strip_suffix("/baseURI.json")?;
    let (account, service) = path.split_once("/service")?;
    let service = if service.is_empty() { None } else { Some(service.strip_prefix('/')?) };
    Some((account.parse().ok()?, service.map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_the_domain_api_has_an_account_and_may_name_a_service() {
        let parse = |rest: &str| {
            let parsed = parse_domain_path(&format!("/api/account/{rest}/baseURI.json"));
            parsed.map(|(account, service)| (account.to_string(), service))
        };
        let named = |service: &str| Some(("1".to_owned(), Some(service.to_owned())));
        assert_eq!(parse("1/service"), Some(("1".to_owned(), None)));
        assert_eq!(parse("1/service/mtlsGateway"), named("mtlsGateway"));
        assert_eq!(parse("1/service/a/b"), named("a/b"));
        assert_eq!([parse("1/services"), parse("1"), parse("")], [None, None, None]);
    }
}
