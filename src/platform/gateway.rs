//! The platform's host, and the account it is asked for.

use std::fmt;

use url::{Host, Url};

/// An account number: letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account(String);

impl std::str::FromStr for Account {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if text.is_empty() || text.len() > 64 || !text.chars().all(fine) {
            return Err("an account is a number such as 12345678".into());
        }
        Ok(Self(text.to_owned()))
    }
}

impl Account {
    /// As in a URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The platform's host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gateway {
    /// This one.
    Host(Base),
    /// The one that the Domain API at this URL names.
    Lookup(Base),
}

/// A scheme, host and port. HTTPS, or plain HTTP to a loopback address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base(Url);

impl std::str::FromStr for Base {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let mut url = Url::parse(&full).map_err(|error| format!("not a host: {error}"))?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => {
                return Err(
                    "a credential is sent there, so plain http is allowed for loopback addresses only".into(),
                );
            }
            _ => return Err("the scheme must be https".into()),
        }
        if !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.path() != "/"
        {
            return Err("give only a host and a port".into());
        }
        url.set_fragment(None);
        Ok(Self(url))
    }
}

impl Base {
    /// The URL of its root.
    pub fn url(&self) -> &Url {
        &self.0
    }
}

/// Whether a host is this machine, so that plain HTTP reveals nothing to others.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_goes_by_https_or_to_this_machine() {
        for fine in [
            "va-a.mtls.example",
            "https://host:8443",
            "http://127.0.0.1:80",
            "http://[::1]:1",
            "http://localhost:1/",
        ] {
            assert!(fine.parse::<Base>().is_ok(), "{fine}");
        }
        for refused in
            ["http://va-a.mtls.example", "http://10.0.0.1", "ftp://x", "https://u@x", "x/path", "x?y", ""]
        {
            assert!(refused.parse::<Base>().is_err(), "{refused}");
        }
    }

    #[test]
    fn an_account_is_one_segment_of_a_path() {
        assert!("12345678".parse::<Account>().is_ok());
        for refused in ["", "..", "1/2", "1?2", "é", "1 2", "%2e"] {
            assert!(refused.parse::<Account>().is_err(), "{refused}");
        }
    }
}
