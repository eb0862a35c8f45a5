//! Verifies a chain with OpenSSL, as a server does.

use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509PurposeId, X509StoreContext, X509VerifyResult};
use openssl_sys as ffi;

use super::flaw::{Flaw, FlawKind, Role};
use crate::certificate::Certificate;

/// How a verification ended.
pub(super) struct Verified {
    pub(super) result: X509VerifyResult,
    /// The place in the chain where it failed.
    pub(super) at: usize,
    /// The certificate there; it can be one of the trusted ones.
    pub(super) culprit: Option<X509>,
}

/// What a server requires of a chain.
pub(super) struct Demands {
    pub(super) role: Option<Role>,
    pub(super) flags: X509VerifyFlags,
    /// OpenSSL's security level for keys and digests. At 0 they are not checked.
    pub(super) level: i32,
}

/// The flaws that OpenSSL finds in addition to the known ones. Only the topmost certificate is trusted.
pub(super) fn flaws(chain: &[&Certificate], role: Role, known: &[Flaw]) -> Vec<Flaw> {
    let certificates: Vec<_> = chain.iter().map_while(|certificate| certificate.x509.clone()).collect();
    let (Some(top), true) = (certificates.last(), certificates.len() == chain.len()) else {
        return Vec::new();
    };
    let has = |kind| known.iter().any(|flaw| flaw.kind == kind);
    let mut flags = X509VerifyFlags::PARTIAL_CHAIN | X509VerifyFlags::NO_CHECK_TIME;
    flags.set(X509VerifyFlags::IGNORE_CRITICAL, has(FlawKind::UnknownCritical));
    // A known flaw must not hide later ones.
    let of_purpose = [
        FlawKind::WrongPurpose,
        FlawKind::AnyPurposeAlone,
        FlawKind::NoDigitalSignature,
        FlawKind::NetscapeType,
    ];
    let role = Some(role).filter(|_| !of_purpose.into_iter().any(has));
    let verified = verify(&certificates, std::slice::from_ref(top), &Demands { role, flags, level: 0 });
    match verified {
        Ok(verified) if verified.result != X509VerifyResult::OK => {
            let mut flaws = wrong_signatures(&certificates);
            let other = kind(verified.result).map(|kind| Flaw { kind, at: verified.at });
            let explained = !flaws.is_empty() || known.iter().any(|flaw| is_fatal_above(*flaw));
            flaws.extend(other.filter(|flaw| match flaw.kind {
                FlawKind::Invalid(_) => !explained,
                kind => !has(kind),
            }));
            flaws
        }
        _ => Vec::new(),
    }
}

/// Known flaws at which OpenSSL stops and that no flag can ignore.
fn is_fatal_above(flaw: Flaw) -> bool {
    matches!(flaw.kind, FlawKind::NotAnAuthority | FlawKind::PathLength | FlawKind::ExplicitCurve)
}

/// The meaning of a result of OpenSSL; `None` if it only could not build the chain.
fn kind(result: X509VerifyResult) -> Option<FlawKind> {
    Some(match result.as_raw() {
        ffi::X509_V_ERR_PERMITTED_VIOLATION
        | ffi::X509_V_ERR_EXCLUDED_VIOLATION
        | ffi::X509_V_ERR_SUBTREE_MINMAX
        | ffi::X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE
        | ffi::X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX
        | ffi::X509_V_ERR_UNSUPPORTED_NAME_SYNTAX => FlawKind::NameConstraints,
        ffi::X509_V_ERR_INVALID_CA => FlawKind::NotAnAuthority,
        ffi::X509_V_ERR_PATH_LENGTH_EXCEEDED => FlawKind::PathLength,
        ffi::X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION => FlawKind::UnknownCritical,
        ffi::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
        | ffi::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        | ffi::X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE
        | ffi::X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
        | ffi::X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
        | ffi::X509_V_ERR_CERT_UNTRUSTED
        | ffi::X509_V_ERR_UNSPECIFIED
        | ffi::X509_V_ERR_OUT_OF_MEM => return None,
        _ => FlawKind::Invalid(result.error_string()),
    })
}

/// Certificates that were not signed by the next one, although it has the issuer's name. Signatures that
/// OpenSSL cannot check are left out.
fn wrong_signatures(chain: &[X509]) -> Vec<Flaw> {
    let wrong = |pair: &[X509]| match pair {
        [below, above] => above.public_key().and_then(|key| below.verify(&key)).is_ok_and(|fits| !fits),
        _ => false,
    };
    let pairs = chain.windows(2).enumerate().filter(|(_, pair)| wrong(pair));
    pairs.map(|(at, _)| Flaw { kind: FlawKind::WrongSignature, at }).collect()
}

/// Verifies a chain, its leaf first.
///
/// # Errors
/// OpenSSL has no memory.
pub(super) fn verify(chain: &[X509], trusted: &[X509], demands: &Demands) -> Result<Verified, ErrorStack> {
    let mut untrusted = Stack::new()?;
    for certificate in chain.iter().skip(1) {
        untrusted.push(certificate.clone())?;
    }
    let nothing = Verified { result: X509VerifyResult::OK, at: 0, culprit: None };
    let Some(leaf) = chain.first() else { return Ok(nothing) };
    let store = store(trusted, demands)?;
    X509StoreContext::new()?.init(&store, leaf, &untrusted, |context| {
        context.verify_cert()?;
        let (result, at) = (context.error(), usize::try_from(context.error_depth()).unwrap_or_default());
        Ok(Verified { result, at, culprit: context.current_cert().map(ToOwned::to_owned) })
    })
}

fn store(trusted: &[X509], demands: &Demands) -> Result<X509Store, ErrorStack> {
    let mut store = X509StoreBuilder::new()?;
    for certificate in trusted {
        store.add_cert(certificate.clone())?;
    }
    let mut parameters = X509VerifyParam::new()?;
    parameters.set_flags(demands.flags)?;
    parameters.set_auth_level(demands.level);
    match demands.role {
        Some(Role::Client) => parameters.set_purpose(X509PurposeId::SSL_CLIENT)?,
        Some(Role::Server) => parameters.set_purpose(X509PurposeId::SSL_SERVER)?,
        None => {}
    }
    store.set_param(&parameters)?;
    Ok(store.build())
}
