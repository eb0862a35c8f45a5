//! No hint advises an option that was given: what to do instead.

use std::time::Duration;

use crate::error::{Error, Kind};
use crate::evidence::Given;

/// An error with the usual hint of its kind, where that advises an option that was given, with a better one.
#[must_use]
pub fn spare(error: Error, given: &Given) -> Error {
    let usual = error.hint() == error.kind.hint();
    let instead = INSTEAD.iter().find(|(kind, is_given, _)| usual && *kind == error.kind && is_given(given));
    error.with_hint_if(instead.map(|(.., hint)| *hint))
}

/// A kind whose hint advises an option, whether that was given, and what to do then.
type Instead = (Kind, fn(&Given) -> bool, &'static str);

const INSTEAD: &[Instead] = &[
    (
        Kind::NameUnknown,
        |given| given.resolve,
        "check the spelling of the host; --resolve was given for another host or port than those of the URL",
    ),
    (
        Kind::DnsFailure,
        |given| given.resolve,
        "try again, or check this machine's name server; --resolve was given for another host or port than those of the URL",
    ),
    (
        Kind::TlsVersion,
        |given| given.old_tls,
        "ask the endpoint's owner which TLS versions it speaks; old versions were offered too",
    ),
    (Kind::WeakKeyExchange, |given| given.old_tls, "ask the endpoint's owner for a larger DH group or ECDHE"),
    (
        Kind::ServerUntrusted,
        |given| given.cacert,
        "the CAs of --cacert do not vouch for it: add the CA that issued it, if that is the right one; -k skips this check",
    ),
    (
        Kind::ServerChainIncomplete,
        |given| given.cacert,
        "ask the endpoint's owner to send the intermediate certificate, or add the missing CA to those of --cacert",
    ),
    (
        Kind::ServerSelfSigned,
        |given| given.cacert,
        "if it is the right certificate, add it to those of --cacert; -k skips this check",
    ),
    (
        Kind::ServerWeak,
        |given| given.old_tls,
        "ask the endpoint's owner for a certificate with SHA-256 and a larger key",
    ),
    (
        Kind::ServerWrongHost,
        |given| given.resolve,
        "use a host name from the certificate, in the URL and in --resolve",
    ),
];

/// As long as servers are known to hold a connection after they refused the certificate (s2n: 10 to 30 seconds).
pub(super) const LONGEST_SILENCE: Duration = Duration::from_secs(40);
