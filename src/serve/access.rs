//! Who may: credentials, their accounts and permissions, out of one file.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use http::header::{AUTHORIZATION, HeaderMap};
use openssl::memcmp;
use openssl::sha::sha256;
use serde::Deserialize;
use url::Url;

use crate::error::{Error, Kind, Result};
use crate::platform::credential::is_token;
use crate::platform::oauth1::{self, Keys, Method, Parameters};
use crate::secret::{Secret, SecretSource};

/// What a credential needs to be allowed to test.
const PERMISSION: &str = "MTLS_READ_INTERNAL";

/// The credentials that are known.
pub(super) struct Access {
    entries: Vec<Entry>,
    nonces: Mutex<Nonces>,
}

struct Entry {
    /// What the log calls it.
    name: String,
    key: Key,
    accounts: Vec<String>,
    permissions: Vec<String>,
}

enum Key {
    /// The digest of the token: comparing digests tells nothing about how much of a guess was right.
    Bearer([u8; 32]),
    OAuth1(Keys),
}

/// Why somebody may not.
pub(super) enum Refused {
    /// 401: nobody that is known. For OAuth1 with the problem by its name.
    Unknown(String, Option<&'static str>),
    /// 403: known, and not allowed this; by the name of the credential.
    Forbidden(String, String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    credential: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: Option<String>,
    bearer: Option<String>,
    oauth1: Option<OAuth1>,
    accounts: Vec<String>,
    permissions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OAuth1 {
    consumer_key: String,
    consumer_secret: String,
    token: String,
    token_secret: String,
}

impl Access {
    /// Reads the file, which nobody but its owner may read. What is wrong with it is told by line, without its text.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let wrong = |what: String| {
            let hint = "each [[credential]] has bearer = \"…\" or oauth1 = { consumer_key, consumer_secret, token, token_secret }, accounts = [\"…\"], permissions = [\"MTLS_READ_INTERNAL\"]";
            Error::new(Kind::Usage, format!("{name} holds no credentials: {what}")).with_hint(hint)
        };
        let bytes = SecretSource::PrivateFile(path.to_owned()).read()?;
        let text = std::str::from_utf8(bytes.expose()).map_err(|_| wrong("it is not UTF-8".into()))?;
        let file: File = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = 1 + text.as_bytes().iter().take(start).filter(|byte| **byte == b'\n').count();
            wrong(format!("line {line} is not of the form"))
        })?;
        let entries = file.credential.into_iter().enumerate().map(|(at, line)| {
            Entry::new(at + 1, line).ok_or_else(|| {
                wrong(format!(
                    "credential {} needs one of bearer and oauth1, not empty, and a token without blanks",
                    at + 1
                ))
            })
        });
        let entries = entries.collect::<Result<Vec<_>>>()?;
        if entries.is_empty() {
            return Err(wrong("there is none in it".into()));
        }
        Ok(Self { entries, nonces: Mutex::default() })
    }

    /// The name of the credential that a request shows, if it may test for this account.
    pub(super) fn check(
        &self,
        headers: &HeaderMap,
        verb: &str,
        url: &Url,
        account: &str,
    ) -> std::result::Result<String, Refused> {
        let entry = self.entry(headers, verb, url)?;
        let forbidden = |why: String| Err(Refused::Forbidden(entry.name.clone(), why));
        if !entry.permissions.iter().any(|permission| permission == PERMISSION) {
            return forbidden(format!("the credential has no {PERMISSION}"));
        }
        if !entry.covers(account) {
            return forbidden("the credential is not for this account".into());
        }
        Ok(entry.name.clone())
    }

    /// Whether any credential may test for this account: whether it has the feature, so to say.
    pub(super) fn knows(&self, account: &str) -> bool {
        self.entries.iter().any(|entry| entry.covers(account))
    }

    fn entry(&self, headers: &HeaderMap, verb: &str, url: &Url) -> std::result::Result<&Entry, Refused> {
        let unknown = |what: &str| Refused::Unknown(what.into(), None);
        let mut shown = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (shown.next(), shown.next()) else {
            return Err(unknown("one Authorization is needed"));
        };
        let value = value.as_bytes();
        let split = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
        let (scheme, rest) = value.split_at(split);
        if scheme.eq_ignore_ascii_case(b"bearer") {
            let digest = sha256(rest.trim_ascii());
            let fits =
                |entry: &&Entry| matches!(&entry.key, Key::Bearer(known) if memcmp::eq(known, &digest));
            // All of them, so that the time does not tell which.
            return self
                .entries
                .iter()
                .filter(fits)
                .collect::<Vec<_>>()
                .pop()
                .ok_or_else(|| unknown("the token is not known"));
        }
        if scheme.eq_ignore_ascii_case(b"oauth") {
            let parsed = std::str::from_utf8(value).ok().and_then(oauth1::parse);
            let refused = |problem, advice: &str| Refused::Unknown(advice.into(), Some(problem));
            let parsed = parsed
                .ok_or_else(|| refused("parameter_rejected", "the Authorization is not well formed"))?;
            return self.signed(&parsed, verb, url).map_err(|(problem, advice)| refused(problem, advice));
        }
        Err(unknown("the Authorization is neither Bearer nor OAuth"))
    }

    /// RFC 5849 section 3.2; the problems by the names of OAuth's problem reporting extension.
    fn signed(
        &self,
        shown: &Parameters,
        verb: &str,
        url: &Url,
    ) -> std::result::Result<&Entry, (&'static str, &'static str)> {
        let parameter = |name: &str| {
            let found = shown.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
            found
                .filter(|value| !value.is_empty())
                .ok_or(("parameter_absent", "an oauth_ parameter is missing"))
        };
        let method = Method::named(parameter("oauth_signature_method")?)
            .ok_or(("signature_method_rejected", "HMAC-SHA1 or HMAC-SHA256"))?;
        if parameter("oauth_version").is_ok_and(|version| version != "1.0") {
            return Err(("version_rejected", "1.0"));
        }
        let (key, token) = (parameter("oauth_consumer_key")?, parameter("oauth_token")?);
        let same =
            |known: &Secret, shown: &str| memcmp::eq(&sha256(known.expose()), &sha256(shown.as_bytes()));
        let named = |entry: &&Entry| matches!(&entry.key, Key::OAuth1(keys) if same(&keys.consumer_key, key) & same(&keys.token, token));
        let entry = self.entries.iter().filter(named).collect::<Vec<_>>().pop();
        let entry =
            entry.ok_or(("token_rejected", "the consumer key and the token are not known together"))?;
        let Key::OAuth1(keys) = &entry.key else { return Err(("token_rejected", "")) };
        let signature = keys.signature(method, verb, url, shown).map_err(|_| ("signature_invalid", ""))?;
        let shown = parameter("oauth_signature")?;
        if !memcmp::eq(&sha256(signature.as_bytes()), &sha256(shown.as_bytes())) {
            return Err(("signature_invalid", "check the secrets, the URL and the method that were signed"));
        }
        // Only now: a stranger's nonces are not remembered.
        let timestamp =
            parameter("oauth_timestamp")?.parse().map_err(|_| ("timestamp_refused", "not a number"))?;
        let nonce = parameter("oauth_nonce")?;
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.first_time(now(), timestamp, format!("{key}\n{token}\n{nonce}").as_bytes())?;
        Ok(entry)
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Nonces that were used within the window, by time; no more than so many. What is forgotten for want of
/// room takes its second with it: nothing as old as that is taken any more, so nothing can come twice.
#[derive(Default)]
struct Nonces {
    used: BTreeSet<(u64, [u8; 32])>,
    oldest: u64,
}

impl Nonces {
    /// How far a timestamp may be off, in seconds.
    const WINDOW: u64 = 300;
    const MAX: usize = 50_000;

    fn first_time(
        &mut self,
        now: u64,
        timestamp: u64,
        nonce: &[u8],
    ) -> std::result::Result<(), (&'static str, &'static str)> {
        let early = now.saturating_sub(Self::WINDOW).max(self.oldest);
        if timestamp < early || timestamp > now + Self::WINDOW {
            return Err(("timestamp_refused", "the clock is off by more than 300 s, or too much came since"));
        }
        self.used = self.used.split_off(&(early, [0; 32]));
        if !self.used.insert((timestamp, sha256(nonce))) {
            return Err(("nonce_used", "each request needs a nonce of its own"));
        }
        while self.used.len() > Self::MAX {
            self.oldest = self.used.pop_first().map_or(self.oldest, |(second, _)| second + 1);
        }
        Ok(())
    }
}

impl Entry {
    fn new(number: usize, line: Line) -> Option<Self> {
        let Line { name, bearer, oauth1, accounts, permissions } = line;
        let secret = |text: String| Secret::from(text.into_bytes());
        let key = match (bearer.filter(|token| is_token(token.as_bytes())).map(secret), oauth1) {
            (Some(token), None) => Key::Bearer(sha256(token.expose())),
            (None, Some(values)) => Key::OAuth1(Keys {
                consumer_key: secret(values.consumer_key),
                consumer_secret: secret(values.consumer_secret),
                token: secret(values.token),
                token_secret: secret(values.token_secret),
            }),
            _ => return None,
        };
        let whole = |key: &Key| match key {
            Key::Bearer(_) => true,
            Key::OAuth1(keys) => {
                ![&keys.consumer_key, &keys.consumer_secret, &keys.token, &keys.token_secret]
                    .iter()
                    .any(|value| value.expose().is_empty())
            }
        };
        let name = name.unwrap_or_else(|| format!("#{number}"));
        whole(&key).then_some(Self { name, key, accounts, permissions })
    }

    fn covers(&self, account: &str) -> bool {
        self.accounts.iter().any(|known| known == account || known == "*")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_counts_once_within_its_window() {
        let mut nonces = Nonces::default();
        assert!(nonces.first_time(1_000, 1_000, b"a").is_ok());
        assert_eq!(nonces.first_time(1_000, 1_000, b"a").unwrap_err().0, "nonce_used");
        assert!(nonces.first_time(1_000, 1_001, b"a").is_ok());
        assert_eq!(nonces.first_time(1_400, 1_000, b"a").unwrap_err().0, "timestamp_refused");
        assert_eq!(nonces.first_time(1_000, 1_400, b"b").unwrap_err().0, "timestamp_refused");
    }

    #[test]
    fn the_memory_of_nonces_is_bounded_and_forgets_nothing_that_could_come_again() {
        let mut nonces = Nonces::default();
        assert!(nonces.first_time(1_000, 900, b"first").is_ok());
        for number in 0..Nonces::MAX {
            assert!(nonces.first_time(1_000, 1_000, &number.to_be_bytes()).is_ok());
        }
        assert_eq!(nonces.used.len(), Nonces::MAX);
        assert_eq!(nonces.first_time(1_000, 900, b"first").unwrap_err().0, "timestamp_refused");
    }
}
