//! Is this chain fit for this purpose? What is wrong with it, and with which of its certificates.

pub use flaw::{Flaw, FlawKind, Role};
pub use trust::Obstacle;

use openssl::x509::X509;

use crate::certificate::Certificate;

mod flaw;
mod rules;
mod trust;
mod verification;
mod words;

/// Why a server built on OpenSSL that trusts these certificates, and these alone, would not take a chain for client
/// authentication; `None` where it would.
pub fn obstacle(chain: &[&Certificate], trusted: &[X509]) -> Option<Obstacle> {
    trust::obstacle(chain, &flaws(chain, Role::Client), trusted)
}

/// All flaws of a chain, the leaf first in it; the likeliest cause of a refusal comes first.
///
/// The question is whether a server that trusts the top of the chain would take it. OpenSSL's verification answers
/// with the first flaw that it meets; the rules find them all, and what OpenSSL leaves to others.
pub fn flaws(chain: &[&Certificate], role: Role) -> Vec<Flaw> {
    let mut flaws = rules::flaws(chain, role);
    flaws.extend(verification::flaws(chain, role, &flaws));
    flaws.sort_by_key(|flaw| flaw.kind);
    flaws
}
