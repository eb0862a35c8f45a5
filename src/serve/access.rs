//! Who may call: the credentials in one file, with their accounts and permissions.

use std::path::Path;
use std::sync::Arc;

use http::header::{AUTHORIZATION, HeaderMap};
use openssl::memcmp;
use openssl::sha::sha256;
use url::Url;

use super::credentials::{self, Grant, Verifier};
use super::nonces::{Nonces, Problem};
use crate::platform::contract::PERMISSION;
use crate::platform::oauth1::{self, Method, Parameters};
use crate::secret::Secret;

/// The known credentials.
pub(super) struct Access {
    grants: Vec<Grant>,
    nonces: Arc<Nonces>,
}

/// Why a request is refused.
pub(super) enum Refused {
    /// 401: the credential is not known. For OAuth1 with the name of the problem.
    Unknown(String, Option<&'static str>),
    /// 403: the credential of this name is not allowed this.
    Forbidden(Arc<str>, String),
}

impl Access {
    /// The credentials of a file. The nonces outlive it.
    pub(super) fn read(path: &Path, nonces: &Arc<Nonces>) -> crate::error::Result<Self> {
        Ok(Self { grants: credentials::read(path)?, nonces: Arc::clone(nonces) })
    }

    /// Whether any client signs its requests.
    pub(super) fn uses_oauth1(&self) -> bool {
        self.grants.iter().any(|grant| matches!(grant.verifier, Verifier::OAuth1(_)))
    }

    /// The name of the credential of a request, if it may test for this account.
    pub(super) fn authorize(
        &self,
        headers: &HeaderMap,
        verb: &str,
        url: &Url,
        account: &str,
    ) -> Result<Arc<str>, Refused> {
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

    fn authenticate(&self, headers: &HeaderMap, verb: &str, url: &Url) -> Result<&Grant, Refused> {
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
    fn verify_signature(&self, shown: &Parameters, verb: &str, url: &Url) -> Result<&Grant, Problem> {
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
        self.nonces.accept(grant.verifier.digest(), timestamp, nonce)?;
        Ok(grant)
    }
}
