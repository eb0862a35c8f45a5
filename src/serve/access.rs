//! Who may call: the credentials in one file, with their accounts and permissions.

use std::path::Path;
use std::sync::Arc;

use http::StatusCode;
use http::header::{AUTHORIZATION, HeaderMap};
use openssl::memcmp;
use openssl::sha::sha256;
use url::Url;

use super::answer::Failure;
use super::credentials::{self, Grant, Verifier};
use super::nonces::{Nonces, Problem};
use crate::platform::contract::PERMISSION;
use crate::platform::oauth1::{self, Method};
use crate::secret::Secret;

/// The known credentials.
pub(super) struct Access {
    grants: Vec<Grant>,
    nonces: Arc<Nonces>,
}

/// Why a request is refused.
pub(super) enum Refused {
    /// The credential is not known.
    Unknown(Failure),
    /// The credential of this name is not allowed this.
    Forbidden(Arc<str>, Failure),
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
        let forbidden = |why: &str| {
            Err(Refused::Forbidden(Arc::clone(&grant.name), Failure::new(StatusCode::FORBIDDEN, why)))
        };
        if !grant.permissions.iter().any(|permission| permission == PERMISSION) {
            return forbidden(&format!("the credential has no {PERMISSION}"));
        }
        if !grant.covers(account) {
            return forbidden("the credential is not for this account");
        }
        Ok(Arc::clone(&grant.name))
    }

    /// Whether any credential may test for this account.
    pub(super) fn knows(&self, account: &str) -> bool {
        self.grants.iter().any(|grant| grant.covers(account))
    }

    fn authenticate(&self, headers: &HeaderMap, verb: &str, url: &Url) -> Result<&Grant, Refused> {
        let unknown = |why: &str| Refused::Unknown(Failure::unknown(why));
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
            let known = self.grants.iter().filter(fits).reduce(|_, last| last);
            return known.ok_or_else(|| unknown("the token is not known"));
        }
        if scheme.eq_ignore_ascii_case(b"oauth") {
            let refused = |(problem, advice)| Refused::Unknown(Failure::oauth_problem(problem, advice));
            return self.verify_signature(value, verb, url).map_err(refused);
        }
        Err(unknown("the Authorization header is neither Bearer nor OAuth"))
    }

    /// RFC 5849 section 3.2. The names of problems are those of OAuth's problem reporting extension.
    fn verify_signature(&self, header: &[u8], verb: &str, url: &Url) -> Result<&Grant, Problem> {
        let shown = std::str::from_utf8(header).ok().and_then(oauth1::parse);
        let shown = shown.ok_or(("parameter_rejected", "the Authorization header is not well formed"))?;
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
        let named = self.grants.iter().filter_map(|grant| match &grant.verifier {
            Verifier::OAuth1(keys) if same(&keys.consumer_key, key) & same(&keys.token, token) => {
                Some((grant, keys))
            }
            _ => None,
        });
        let (grant, keys) = named
            .reduce(|_, last| last)
            .ok_or(("token_rejected", "the consumer key and the token are not known together"))?;
        let signature = keys.signature(method, verb, url, &shown).map_err(|_| ("signature_invalid", ""))?;
        if !memcmp::eq(&sha256(signature.as_bytes()), &sha256(parameter("oauth_signature")?.as_bytes())) {
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
