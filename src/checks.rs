//! Whether a chain is fit for a purpose: what is wrong with it, and with which of its certificates.

pub use flaw::{Flaw, FlawKind, Role};
pub use trust::Obstacle;

use openssl::x509::X509;

use crate::certificate::Certificate;

mod flaw;
mod rules;
mod trust;
mod verification;
mod words;

/// Why a server that uses OpenSSL and trusts only these certificates would refuse a chain for client
/// authentication; `None` if it would accept it.
pub fn obstacle(chain: &[&Certificate], trusted: &[X509]) -> Option<Obstacle> {
    trust::obstacle(chain, &flaws(chain, Role::Client), trusted)
}

/// All flaws of a chain, which starts with the leaf. The most likely cause of a refusal comes first.
///
/// A flaw is a reason for which a server that trusts the top of the chain would refuse it. OpenSSL's
/// verification stops at the first one. The rules find all of them, and others that OpenSSL does not look
/// for.
pub fn flaws(chain: &[&Certificate], role: Role) -> Vec<Flaw> {
    let mut flaws = rules::flaws(chain, role);
    flaws.extend(verification::flaws(chain, role, &flaws));
    flaws.sort_by_key(|flaw| flaw.kind);
    flaws
}
