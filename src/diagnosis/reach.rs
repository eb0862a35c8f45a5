//! The endpoint cannot be reached: DNS, TCP, proxies.

use std::io;
use std::net::SocketAddr;

use hickory_resolver::net::{DnsError, NetError};

use super::{in_words, is_out_of_files};
use crate::error::{Error, Kind, Retry};

/// WSAHOST_NOT_FOUND and WSANO_DATA: Windows' text is in the language of its user.
const UNKNOWN_TO_WINDOWS: [i32; 2] = [11001, 11004];

/// The lookup of a name failed. The codes of getaddrinfo are available as text only: these are glibc's,
/// musl's and Apple's.
pub fn explain_lookup(host: &str, error: &io::Error) -> Error {
    let text = error.to_string();
    let code = error.raw_os_error().is_some_and(|code| UNKNOWN_TO_WINDOWS.contains(&code));
    let unknown = [
        "not known",
        "No address",
        "does not exist",
        "does not resolve",
        "nodename nor servname",
        "No such host",
    ];
    match code || unknown.iter().any(|part| text.contains(part)) {
        true => unknown_name(host),
        false => failed_lookup(host, error),
    }
}

/// The lookup of a name at the name servers failed.
pub fn explain_dns(host: &str, error: &NetError) -> Error {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(_)) => unknown_name(host),
        NetError::Io(error) => failed_lookup(host, error),
        NetError::Timeout => failed_lookup(host, &io::Error::other("the name servers do not answer")),
        other => failed_lookup(host, &io::Error::other(other.to_string())),
    }
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
    let nearest = [Kind::OutOfFiles, Kind::ConnectionRefused, Kind::ConnectTimeout, Kind::Unroutable];
    let kind = nearest.into_iter().find(|kind| kinds().any(|met| met == *kind));
    let kind = kind.or_else(|| kinds().next()).unwrap_or(Kind::ConnectionFailed);
    let message = match tried.as_slice() {
        [] => {
            let message = format!("cannot connect to {target}: it has no address of the wanted family");
            let hint =
                "-4 and -6 ask for one family of addresses, and the name has none of that: leave them out";
            return Error::new(Kind::Unroutable, message).with_hint(hint).with_retry(Retry::Never, None);
        }
        tried => format!("cannot connect to {target} ({}{more})", tried.join("; ")),
    };
    Error::new(kind, message)
}

pub(super) fn kind_of(error: &io::Error) -> Kind {
    match error.kind() {
        _ if is_out_of_files(error) => Kind::OutOfFiles,
        io::ErrorKind::ConnectionRefused => Kind::ConnectionRefused,
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

/// A proxy did not answer CONNECT with success.
pub fn explain_proxy_status(proxy: &str, target: &str, status: http::StatusCode) -> Error {
    let (kind, said) = match status.as_u16() {
        407 => (Kind::ProxyCredentials, "wants credentials for"),
        401 | 403 | 405 => (Kind::ProxyRefused, "refuses to connect to"),
        _ => (Kind::ProxyFailed, "could not connect to"),
    };
    let error = Error::new(
        kind,
        format!("the proxy {proxy} {said} {target}: it answered {}", super::describe_status(status)),
    );
    match status.as_u16() {
        500.. => error.with_hint(
            "the proxy works and does not reach the endpoint: check the URL's host and port, and whether the proxy may reach them",
        ),
        _ => error,
    }
}
