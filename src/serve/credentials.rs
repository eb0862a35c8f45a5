//! The file of credentials: who may call, for which accounts, with which permissions.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use openssl::sha::sha256;
use serde::Deserialize;

use crate::error::{Error, Kind, Result};
use crate::platform::credential::is_token;
use crate::platform::oauth1::Keys;
use crate::secret::Secret;
use crate::secret_source::SecretSource;

/// A credential and what it may do.
pub(super) struct Grant {
    /// Its name in the log.
    pub(super) name: Arc<str>,
    pub(super) verifier: Verifier,
    accounts: Vec<String>,
    pub(super) permissions: Vec<String>,
}

pub(super) enum Verifier {
    /// The digest of the token. Comparing digests does not reveal how much of a guess was right.
    Bearer([u8; 32]),
    OAuth1(Keys),
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
    bearer: Option<Secret>,
    oauth1: Option<Keys>,
    accounts: Vec<String>,
    permissions: Vec<String>,
}

/// Reads the file, which only its owner may read. A mistake is reported by its line, never with its text.
pub(super) fn read(path: &Path) -> Result<Vec<Grant>> {
    let name = path.display();
    let wrong = |what: String| {
        let hint = "each [[credential]] has bearer = \"…\" or oauth1 = { consumer_key, consumer_secret, token, token_secret }, accounts = [\"…\"], permissions = [\"MTLS_READ_INTERNAL\"]";
        Error::new(Kind::Usage, format!("cannot use {name}: {what}")).with_hint(hint)
    };
    let bytes = SecretSource::PrivateFile(path.to_owned()).read()?;
    let text = std::str::from_utf8(bytes.expose()).map_err(|_| wrong("it is not UTF-8".into()))?;
    let file: CredentialsFile = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = 1 + text.as_bytes().iter().take(start).filter(|byte| **byte == b'\n').count();
        wrong(format!("line {line} is not valid"))
    })?;
    let mut grants: Vec<Grant> = Vec::new();
    let mut seen = HashMap::new();
    for (number, entry) in (1..).zip(file.credential) {
        let unfit = format!(
            "credential {number} needs either bearer or oauth1, not empty, and a token without spaces"
        );
        let grant = Grant::new(number, entry).ok_or_else(|| wrong(unfit))?;
        if let Some(other) = seen.insert(grant.verifier.digest(), number) {
            return Err(wrong(format!("credentials {other} and {number} have the same token")));
        }
        if grants.iter().any(|other| other.name == grant.name) {
            return Err(wrong(format!("credential {number} has the name of another one")));
        }
        grants.push(grant);
    }
    if grants.is_empty() {
        return Err(wrong("the file has no [[credential]]".into()));
    }
    Ok(grants)
}

impl Grant {
    fn new(number: usize, entry: CredentialEntry) -> Option<Self> {
        let CredentialEntry { name, bearer, oauth1, accounts, permissions } = entry;
        let is_whole = |keys: &Keys| keys.values().iter().all(|value| !value.expose().is_empty());
        let verifier = match (bearer, oauth1) {
            (Some(token), None) if is_token(token.expose()) => Verifier::Bearer(sha256(token.expose())),
            (None, Some(keys)) if is_whole(&keys) => Verifier::OAuth1(keys),
            _ => return None,
        };
        let name = name.unwrap_or_else(|| format!("#{number}")).into();
        Some(Self { name, verifier, accounts, permissions })
    }

    /// Whether it may test for this account.
    pub(super) fn covers(&self, account: &str) -> bool {
        self.accounts.iter().any(|known| known == account || known == "*")
    }
}

impl Verifier {
    /// What a request shows of it, as a digest.
    pub(super) fn digest(&self) -> [u8; 32] {
        match self {
            Self::Bearer(digest) => *digest,
            Self::OAuth1(keys) => {
                sha256(&[sha256(keys.consumer_key.expose()), sha256(keys.token.expose())].concat())
            }
        }
    }
}
