//! Who may call: the credentials in one file, with their accounts and permissions.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use http::header::{AUTHORIZATION, HeaderMap};
use openssl::memcmp;
use openssl::sha::sha256;
use serde::Deserialize;
use url::Url;

use crate::error::{Error, Kind, Result};
use crate::platform::contract::PERMISSION;
use crate::platform::credential::is_token;
use crate::platform::oauth1::{self, Keys, Method, Parameters};
use crate::secret::Secret;
use crate::secret_source::SecretSource;

/// The known credentials.
pub(super) struct Access {
    grants: Vec<Grant>,
    nonces: Mutex<Nonces>,
}

/// A credential and what it may do.
struct Grant {
    /// Its name in the log.
    name: Arc<str>,
    verifier: Verifier,
    accounts: Vec<String>,
    permissions: Vec<String>,
}

enum Verifier {
    /// The digest of the token. Comparing digests does not reveal how much of a guess was right.
    Bearer([u8; 32]),
    OAuth1(Keys),
}

/// Why a request is refused.
pub(super) enum Refused {
    /// 401: the credential is not known. For OAuth1 with the name of the problem.
    Unknown(String, Option<&'static str>),
    /// 403: the credential of this name is not allowed this.
    Forbidden(Arc<str>, String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CredentialsFile {
    credential: Vec<CredentialEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CredentialEntry {
    name: Option<String>,
    bearer: Option<String>,
    oauth1: Option<OAuth1Entry>,
    accounts: Vec<String>,
    permissions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OAuth1Entry {
    consumer_key: String,
    consumer_secret: String,
    token: String,
    token_secret: String,
}

impl Access {
    /// Reads the file, which only its owner may read. A mistake is reported by its line, never with its text.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let wrong = |what: String| {
            let hint = "each [[credential]] has bearer = \"…\" or oauth1 = { consumer_key, consumer_secret, token, token_secret }, accounts = [\"…\"], permissions = [\"MTLS_READ_INTERNAL\"]";
            Error::new(Kind::Usage, format!("{name} holds no credentials: {what}")).with_hint(hint)
        };
        let bytes = SecretSource::PrivateFile(path.to_owned()).read()?;
        let text = std::str::from_utf8(bytes.expose()).map_err(|_| wrong("it is not UTF-8".into()))?;
        let file: CredentialsFile = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = 1 + text.as_bytes().iter().take(start).filter(|byte| **byte == b'\n').count();
            wrong(format!("line {line} is not valid"))
        })?;
        let grants = file.credential.into_iter().enumerate().map(|(at, entry)| {
            Grant::new(at + 1, entry).ok_or_else(|| {
                wrong(format!(
                    "credential {} needs either bearer or oauth1, not empty, and a token without spaces",
                    at + 1
                ))
            })
        });
        let grants = grants.collect::<Result<Vec<_>>>()?;
        if grants.is_empty() {
            return Err(wrong("the file has no [[credential]]".into()));
        }
        Ok(Self { grants, nonces: Mutex::default() })
    }

    /// The name of the credential of a request, if it may test for this account.
    pub(super) fn authorize(
        &self,
        headers: &HeaderMap,
        verb: &str,
        url: &Url,
        account: &str,
    ) -> std::result::Result<Arc<str>, Refused> {
        let grant = self.authenticate(headers, verb, url)?;
        let forbidden = |why: String| Err(Refused::Forbidden(Arc::clone(&grant.name), why));
        if !grant.permissions.iter().any(|permission| permission == PERMISSION) {
            return forbidden(format!("the credential has no {PERMISSION}"));
        }
        if !grant.covers(account) {
            return forbidden("the credential is not for this account".into());
        }
        Ok(Arc::clone(&grant.name))
    }

    /// Whether any credential may test for this account.
    pub(super) fn knows(&self, account: &str) -> bool {
        self.grants.iter().any(|grant| grant.covers(account))
    }

    fn authenticate(
        &self,
        headers: &HeaderMap,
        verb: &str,
        url: &Url,
    ) -> std::result::Result<&Grant, Refused> {
        let unknown = |what: &str| Refused::Unknown(what.into(), None);
        let mut shown = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (shown.next(), shown.next()) else {
            return Err(unknown("exactly one Authorization header is needed"));
        };
        let value = value.as_bytes();
        let split = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
        let (scheme, rest) = value.split_at(split);
        if scheme.eq_ignore_ascii_case(b"bearer") {
            let digest = sha256(rest.trim_ascii());
            let fits = |grant: &&Grant| matches!(&grant.verifier, Verifier::Bearer(known) if memcmp::eq(known, &digest));
            // Compare with all, so that the time does not reveal which one matched.
            return self
                .grants
                .iter()
                .filter(fits)
                .collect::<Vec<_>>()
                .pop()
                .ok_or_else(|| unknown("the token is not known"));
        }
        if scheme.eq_ignore_ascii_case(b"oauth") {
            let parsed = std::str::from_utf8(value).ok().and_then(oauth1::parse);
            let refused = |problem, advice: &str| Refused::Unknown(advice.into(), Some(problem));
            let parsed = parsed.ok_or_else(|| {
                refused("parameter_rejected", "the Authorization header is not well formed")
            })?;
            return self
                .verify_signature(&parsed, verb, url)
                .map_err(|(problem, advice)| refused(problem, advice));
        }
        Err(unknown("the Authorization header is neither Bearer nor OAuth"))
    }

    /// RFC 5849 section 3.2. The names of problems are those of OAuth's problem reporting extension.
    fn verify_signature(
        &self,
        shown: &Parameters,
        verb: &str,
        url: &Url,
    ) -> std::result::Result<&Grant, (&'static str, &'static str)> {
        let parameter = |name: &str| {
            let found = shown.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
            found
                .filter(|value| !value.is_empty())
                .ok_or(("parameter_absent", "an oauth_ parameter is missing"))
        };
        let method = Method::parse(parameter("oauth_signature_method")?)
            .ok_or(("signature_method_rejected", "HMAC-SHA1 or HMAC-SHA256"))?;
        if parameter("oauth_version").is_ok_and(|version| version != "1.0") {
            return Err(("version_rejected", "1.0"));
        }
        let (key, token) = (parameter("oauth_consumer_key")?, parameter("oauth_token")?);
        let same =
            |known: &Secret, shown: &str| memcmp::eq(&sha256(known.expose()), &sha256(shown.as_bytes()));
        let named = |grant: &&Grant| matches!(&grant.verifier, Verifier::OAuth1(keys) if same(&keys.consumer_key, key) & same(&keys.token, token));
        let grant = self.grants.iter().filter(named).collect::<Vec<_>>().pop();
        let grant =
            grant.ok_or(("token_rejected", "the consumer key and the token are not known together"))?;
        let Verifier::OAuth1(keys) = &grant.verifier else { return Err(("token_rejected", "")) };
        let signature = keys.signature(method, verb, url, shown).map_err(|_| ("signature_invalid", ""))?;
        let shown = parameter("oauth_signature")?;
        if !memcmp::eq(&sha256(signature.as_bytes()), &sha256(shown.as_bytes())) {
            return Err(("signature_invalid", "check the secrets, the URL and the method that were signed"));
        }
        // Only now: nonces of strangers are not remembered.
        let timestamp =
            parameter("oauth_timestamp")?.parse().map_err(|_| ("timestamp_refused", "not a number"))?;
        let nonce = parameter("oauth_nonce")?;
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.accept(now(), timestamp, format!("{key}\n{token}\n{nonce}").as_bytes())?;
        Ok(grant)
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The nonces used within the window, by time; a bounded number. When one is dropped for lack of room, timestamps as
/// old as its own are refused from then on, so that no request is accepted twice.
#[derive(Default)]
struct Nonces {
    used: BTreeSet<(u64, [u8; 32])>,
    oldest: u64,
}

impl Nonces {
    /// How far a timestamp may be off, in seconds.
    const WINDOW: u64 = 300;
    const MAX: usize = 50_000;

    fn accept(
        &mut self,
        now: u64,
        timestamp: u64,
        nonce: &[u8],
    ) -> std::result::Result<(), (&'static str, &'static str)> {
        let early = now.saturating_sub(Self::WINDOW).max(self.oldest);
        if timestamp < early || timestamp > now + Self::WINDOW {
            return Err((
                "timestamp_refused",
                "the clock is off by more than 300 s, or too many requests came since",
            ));
        }
        self.used = self.used.split_off(&(early, [0; 32]));
        if !self.used.insert((timestamp, sha256(nonce))) {
            return Err(("nonce_used", "each request needs a new nonce"));
        }
        while self.used.len() > Self::MAX {
            self.oldest = self.used.pop_first().map_or(self.oldest, |(second, _)| second + 1);
        }
        Ok(())
    }
}

impl Grant {
    fn new(number: usize, entry: CredentialEntry) -> Option<Self> {
        let CredentialEntry { name, bearer, oauth1, accounts, permissions } = entry;
        let secret = |text: String| Secret::from(text.into_bytes());
        let verifier = match (bearer.filter(|token| is_token(token.as_bytes())).map(secret), oauth1) {
            (Some(token), None) => Verifier::Bearer(sha256(token.expose())),
            (None, Some(values)) => Verifier::OAuth1(Keys {
                consumer_key: secret(values.consumer_key),
                consumer_secret: secret(values.consumer_secret),
                token: secret(values.token),
                token_secret: secret(values.token_secret),
            }),
            _ => return None,
        };
        let is_whole = |verifier: &Verifier| match verifier {
            Verifier::Bearer(_) => true,
            Verifier::OAuth1(keys) => {
                ![&keys.consumer_key, &keys.consumer_secret, &keys.token, &keys.token_secret]
                    .iter()
                    .any(|value| value.expose().is_empty())
            }
        };
        let name = name.unwrap_or_else(|| format!("#{number}")).into();
        is_whole(&verifier).then_some(Self { name, verifier, accounts, permissions })
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
        assert!(nonces.accept(1_000, 1_000, b"a").is_ok());
        assert_eq!(nonces.accept(1_000, 1_000, b"a").unwrap_err().0, "nonce_used");
        assert!(nonces.accept(1_000, 1_001, b"a").is_ok());
        assert_eq!(nonces.accept(1_400, 1_000, b"a").unwrap_err().0, "timestamp_refused");
        assert_eq!(nonces.accept(1_000, 1_400, b"b").unwrap_err().0, "timestamp_refused");
    }

    #[test]
    fn the_memory_of_nonces_is_bounded_and_forgets_nothing_that_could_come_again() {
        let mut nonces = Nonces::default();
        assert!(nonces.accept(1_000, 900, b"first").is_ok());
        for number in 0..Nonces::MAX {
            assert!(nonces.accept(1_000, 1_000, &number.to_be_bytes()).is_ok());
        }
        assert_eq!(nonces.used.len(), Nonces::MAX);
        assert_eq!(nonces.accept(1_000, 900, b"first").unwrap_err().0, "timestamp_refused");
    }
}
