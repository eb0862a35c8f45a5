//! The endpoint cannot be reached: DNS, TCP, proxies.

use std::io;
use std::net::SocketAddr;

use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use http::HeaderMap;
use http::header::PROXY_AUTHENTICATE;

use super::handshake::BEFORE_TLS;
use super::{framing, in_words, is_out_of_files};
use crate::error::{Error, Kind, Retry};
use crate::exchange::describe_status;

/// Windows' text is in the language of its user.
const WSAHOST_NOT_FOUND: i32 = 11001;
const WSANO_DATA: i32 = 11004;

/// The lookup of a name failed. The codes of getaddrinfo are available as text only: these are glibc's,
/// musl's and Apple's.
pub fn explain_lookup(host: &str, error: &io::Error) -> Error {
    let text = error.to_string();
    let says = |code, parts: &[&str]| {
        error.raw_os_error() == Some(code) || parts.iter().any(|part| text.contains(part))
    };
    let unknown =
        ["not known", "does not exist", "does not resolve", "nodename nor servname", "No such host"];
    if says(WSANO_DATA, &["No address", "no usable address"]) {
        without_address(host)
    } else if says(WSAHOST_NOT_FOUND, &unknown) {
        unknown_name(host)
    } else {
        failed_lookup(host, error)
    }
}

/// The lookup of a name at the name servers failed.
pub fn explain_dns(host: &str, error: &NetError) -> Error {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NoError => without_address(host),
            _ => unknown_name(host),
        },
        NetError::Io(error) => failed_lookup(host, error),
        NetError::Timeout => failed_lookup(host, &io::Error::other("the name servers do not answer")),
        other => failed_lookup(host, &io::Error::other(other.to_string())),
    }
}

fn without_address(host: &str) -> Error {
    let message = format!("the name {host} exists in DNS, but has no address (A or AAAA record)");
    Error::new(Kind::NameWithoutAddress, message)
}

fn unknown_name(host: &str) -> Error {
    Error::new(Kind::NameUnknown, format!("the name {host} is unknown to DNS on this machine"))
}

fn failed_lookup(host: &str, error: &io::Error) -> Error {
    let reason = in_words(error);
    let reason = reason.rsplit(": ").next().unwrap_or_default().to_lowercase();
    let kind = if is_out_of_files(error) { Kind::OutOfFiles } else { Kind::DnsFailure };
    Error::new(kind, format!("DNS could not look up {host}: {reason}"))
}

/// No address accepted the connection. If they failed in several ways, the kind is that of the attempt that
/// got nearest, not of the last one. An address that could not be tried because of a limit here comes first,
/// as nothing is known about it. `left_out` is how many more addresses the name has.
pub fn explain_failures(target: &str, failures: &[(SocketAddr, io::Error)], left_out: usize) -> Error {
    let tried: Vec<_> =
        failures.iter().map(|(address, error)| format!("{address}: {}", in_words(error))).collect();
    let more =
        if left_out > 0 { format!("; {left_out} more addresses were not tried") } else { String::new() };
    let kinds = || failures.iter().map(|(_, error)| kind_of(error));
    let nearest = [
        Kind::OutOfFiles,
        Kind::HandshakeReset,
        Kind::ConnectionRefused,
        Kind::ConnectTimeout,
        Kind::Unroutable,
    ];
    let kind = nearest.into_iter().find(|kind| kinds().any(|met| met == *kind));
    let kind = kind.or_else(|| kinds().next()).unwrap_or(Kind::ConnectionFailed);
    let message = match tried.as_slice() {
        [] => {
            let message = format!("cannot connect to {target}: it has no address of the wanted family");
            let hint =
                "-4 and -6 ask for one family of addresses, and the name has none of that: leave them out";
            return Error::new(Kind::Unroutable, message).with_hint(hint).with_retry(Retry::Never, None);
        }
        // A moment later, the same reset is one in the handshake.
        [_] if kind == Kind::HandshakeReset => format!("{target} reset the connection {BEFORE_TLS}"),
        tried => format!("cannot connect to {target} ({}{more})", tried.join("; ")),
    };
    let decisive = failures.iter().find(|(_, error)| kind_of(error) == kind);
    Error::new(kind, message).with_hint_if(decisive.and_then(|(_, error)| name_firewall(error)))
}

/// What to do where a firewall may have refused the connection. Linux says "no route to host" of ICMP's "host prohibited"
/// and "communication administratively prohibited", and "permission denied" of those of ICMPv6 and of its own rules.
fn name_firewall(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::HostUnreachable => Some(
            "either a firewall prohibits the connection (ICMP says so in this way: ask whether it lets this machine through), \
             or no machine has that address: check it, and this machine's network and VPN",
        ),
        io::ErrorKind::PermissionDenied => Some(
            "a firewall or a rule of this machine, or a firewall on the way (ICMP), prohibits the connection: \
             ask whether it lets this machine through",
        ),
        _ => None,
    }
}

pub(super) fn kind_of(error: &io::Error) -> Kind {
    match error.kind() {
        _ if is_out_of_files(error) => Kind::OutOfFiles,
        io::ErrorKind::ConnectionRefused | io::ErrorKind::PermissionDenied => Kind::ConnectionRefused,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Kind::HandshakeReset,
        io::ErrorKind::TimedOut => Kind::ConnectTimeout,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Kind::Unroutable,
        io::ErrorKind::AddrNotAvailable => Kind::Unroutable,
        _ => Kind::ConnectionFailed,
    }
}

/// A SOCKS5 proxy refused, failed, or does not speak SOCKS5.
pub fn explain_socks(proxy: &str, host: &str, port: u16, error: &tokio_socks::Error) -> Error {
    use tokio_socks::Error as Socks;
    let reason = match error {
        Socks::Io(io) => in_words(io),
        other => other.to_string().to_lowercase(),
    };
    let kind = match error {
        Socks::PasswordAuthFailure(_) | Socks::AuthorizationRequired | Socks::NoAcceptableAuthMethods => {
            Kind::ProxyCredentials
        }
        Socks::ConnectionNotAllowedByRuleset => Kind::ProxyRefused,
        _ => Kind::ProxyFailed,
    };
    if let Socks::Io(io) = error
        && matches!(io.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset)
    {
        let message = format!("{proxy} does not answer as a SOCKS5 proxy: {reason}");
        return Error::new(kind, message).with_hint("is it an HTTP proxy? Then its URL begins with http://");
    }
    Error::new(kind, format!("the proxy {proxy} did not connect to {host}:{port}: {reason}"))
}

/// A proxy did not answer CONNECT, or not with HTTP.
pub fn explain_tunnel(proxy: &str, http: &hyper::Error) -> Error {
    let what = match http.is_parse() {
        true => format!("did not answer with HTTP: {}", framing::broken_head(http)),
        false => "ended the connection without an answer".to_owned(),
    };
    Error::new(Kind::ProxyFailed, format!("the proxy {proxy} {what}"))
}

/// A proxy did not answer CONNECT with success. `given`: credentials were sent to it.
pub fn explain_proxy_status<B>(
    proxy: &str,
    target: &str,
    response: &http::Response<B>,
    given: bool,
) -> Error {
    let status = response.status();
    let (kind, said) = match status.as_u16() {
        407 => (Kind::ProxyCredentials, "wants credentials for"),
        401 | 403 | 405 => (Kind::ProxyRefused, "refuses to connect to"),
        _ => (Kind::ProxyFailed, "could not connect to"),
    };
    let message = format!("the proxy {proxy} {said} {target}: it answered {}", describe_status(status));
    let hint = match status.as_u16() {
        407 => explain_challenge(response.headers(), given),
        500.. => Some("the proxy works and does not reach the endpoint: check the URL's host and port, and whether the proxy may reach them".into()),
        _ => None,
    };
    Error::new(kind, message).with_hint_if(hint)
}

/// What to do about a proxy's challenge: only Basic is spoken here (RFC 9110 section 11.7).
fn explain_challenge(headers: &HeaderMap, given: bool) -> Option<String> {
    let challenges = headers.get_all(PROXY_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let schemes = challenges.filter_map(|value| value.split([' ', ',']).next());
    let is_name =
        |scheme: &&str| scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    let schemes: Vec<_> = schemes.filter(|scheme| !scheme.is_empty()).filter(is_name).collect();
    let basic = schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"));
    match schemes.as_slice() {
        [_, ..] if !basic => Some(format!(
            "the proxy takes only {}, which p12-test does not speak: run a local proxy that does (px, cntlm) and name that \
             one with --proxy, or ask the proxy's administrator for an exception",
            schemes.join(" and ")
        )),
        _ if given => {
            Some("the proxy did not accept the user and password that were given: check them".into())
        }
        _ => None,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// By Linux's numbers: ECONNRESET, ECONNREFUSED, EACCES, EHOSTUNREACH, ENETUNREACH.
    #[test]
    fn a_connection_that_fails_is_told_by_what_ended_it() {
        for (code, kind, hint) in [
            (104, Kind::HandshakeReset, "ask the endpoint's owner for its log"),
            (111, Kind::ConnectionRefused, "nothing listens on that port"),
            (13, Kind::ConnectionRefused, "a firewall on the way (ICMP)"),
            (113, Kind::Unroutable, "either a firewall prohibits the connection"),
            (101, Kind::Unroutable, "check this machine's network"),
        ] {
            let address = "192.0.2.1:443".parse().unwrap();
            let error = explain_failures("api:443", &[(address, io::Error::from_raw_os_error(code))], 0);
            assert_eq!(error.kind, kind, "{code}");
            assert!(error.hint().contains(hint), "{code}: {}", error.hint());
        }
    }
}
