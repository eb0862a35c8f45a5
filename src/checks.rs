//! Is this chain fit for this purpose? What is wrong with it, and with which of its certificates.

pub use flaw::{Flaw, FlawKind, Role};
pub use trust::Trust;

use openssl::x509::X509;

use crate::certificate::Certificate;

mod flaw;
mod rules;
mod trust;
mod verification;
mod words;

/// Whether a server built on OpenSSL that trusts these certificates, and these alone, would take a chain for client
/// authentication.
pub fn trust(chain: &[&Certificate], trusted: &[X509]) -> Trust {
    trust::trust(chain, &flaws(chain, Role::Client), trusted)
}

/// All flaws of a chain, the leaf first in it; the likeliest cause of a refusal comes first.
///
/// The question is whether a server that trusts the top of the chain would take it. OpenSSL's verification answers
/// with the first flaw that it meets; the rules find them all, and what OpenSSL leaves to others.
pub fn flaws(chain: &[&Certificate], purpose: Role) -> Vec<Flaw> {
    let mut flaws = rules::flaws(chain, purpose);
    flaws.extend(verification::flaws(chain, purpose, &flaws));
    flaws.sort_by_key(|flaw| flaw.kind);
    flaws
}
