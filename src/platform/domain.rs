//! The Domain API: which host serves an account. It needs no credential.

use reqwest::Client;
use serde_json::Value;
use url::Url;

use super::contract::{self, SERVICE};
use super::gateway::{self, Account};
use crate::diagnosis;
use crate::error::{Error, Kind, Result, Retry};
use crate::exchange::describe_status;

/// The host of the lookup unless `--domain-api` names another.
pub const DEFAULT: &str = "https://api.liveperson.net";

/// The longest answer, in bytes. A list of all services takes a few thousand.
const MAX_ANSWER: usize = 1 << 20;

/// Asks for the host of an account's gateway. An error names the step that failed: the connection, the status, the
/// text, the entry.
pub(super) async fn lookup(client: &Client, api: &Url, account: &Account) -> Result<Url> {
    let failed = |what: String| {
        Error::new(Kind::PlatformLookup, format!("the Domain API did not name the platform's host: {what}"))
    };
    let for_good = |what: String| failed(what).with_retry(Retry::Never, None);
    let target = diagnosis::platform::authority(api);
    let asked = client.get(contract::domain_url(api, account)).send().await;
    let mut response = asked.map_err(|error| {
        let error = diagnosis::platform::submission(&error, &target, "the Domain API");
        if error.kind == Kind::OutOfFiles { error } else { failed(error.message) }
    })?;
    let status = response.status();
    let mut text = Vec::new();
    while let Some(piece) = response
        .chunk()
        .await
        .map_err(|error| failed(format!("its answer broke off: {}", diagnosis::platform::deepest(&error))))?
    {
        text.extend_from_slice(&piece);
        if text.len() > MAX_ANSWER {
            return Err(failed(format!("the answer of {target} is larger than {MAX_ANSWER} bytes")));
        }
    }
    if status.as_u16() == 404 {
        let what = format!("{target} knows no {SERVICE} for account {account} (404)");
        return Err(for_good(what).with_hint(NOT_ENABLED));
    }
    if !status.is_success() {
        let what = format!("{target} answered {}", describe_status(status));
        let again = status.is_server_error() || status.as_u16() == 429;
        return Err(if again { failed(what) } else { for_good(what) });
    }
    let json: Value =
        serde_json::from_slice(&text).map_err(|_| for_good(format!("{target} did not answer with JSON")))?;
    let host = find_base_uri(&json).ok_or_else(|| {
        for_good(format!("the answer of {target} holds no {SERVICE} for account {account}"))
            .with_hint(NOT_ENABLED)
    })?;
    let url = |scheme: &str, host: &str| Url::parse(&format!("{scheme}://{host}/")).ok();
    let bare = |host: &str| url("https", host).filter(|url| diagnosis::platform::authority(url) == host);
    let secure = bare(host.strip_suffix(":443").unwrap_or(host)).or_else(|| bare(host));
    let secure = secure.ok_or_else(|| for_good(format!("{target} names {host:?}, which is no bare host")))?;
    // If the Domain API is plain HTTP on this machine, as in a rehearsal, so is the platform.
    let plain = url("http", host).filter(|url| api.scheme() == "http" && gateway::is_loopback(url));
    Ok(plain.unwrap_or(secure))
}

const NOT_ENABLED: &str =
    "is the account number right, and is mutual TLS enabled for it? --domain HOST skips the lookup";

/// Both forms: `{"service","account","baseURI"}` and `{"baseURIs":[{…},…]}`.
fn find_base_uri(json: &Value) -> Option<&str> {
    let single = std::slice::from_ref(json);
    let entries = json.get("baseURIs").map_or(Some(single), |list| list.as_array().map(Vec::as_slice))?;
    let entry = entries.iter().find(|entry| entry.get("service").and_then(Value::as_str) == Some(SERVICE))?;
    entry.get("baseURI")?.as_str().filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_forms_name_the_host() {
        let entry = json!({"service": "mtlsGateway", "account": "1", "baseURI": "va-a.mtls.example"});
        let other = json!({"service": "mtlsgateway", "account": "1", "baseURI": "wrong.example"});
        assert_eq!(find_base_uri(&entry), Some("va-a.mtls.example"));
        assert_eq!(find_base_uri(&json!({"baseURIs": [other, entry]})), Some("va-a.mtls.example"));
        assert_eq!(find_base_uri(&json!({"baseURIs": [other]})), None);
        assert_eq!(find_base_uri(&json!([])), None);
    }
}
