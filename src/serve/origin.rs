//! Where a request comes from: the address of the client behind trusted proxies, and the name of the request.

use std::net::{IpAddr, SocketAddr};

use http::header::{FORWARDED, HeaderMap, HeaderName, VIA};
use ipnet::IpNet;

use crate::certificate;

/// Where one request comes from.
#[derive(Clone)]
pub(super) struct Origin {
    /// The other end of the connection.
    pub(super) peer: SocketAddr,
    /// The client, behind proxies that are trusted.
    pub(super) client: IpAddr,
    /// The name of the request.
    pub(super) id: String,
}

/// TrustedProxies whose word is taken for the address of a client.
pub(super) struct TrustedProxies(pub(super) Vec<IpNet>);

impl TrustedProxies {
    pub(super) fn trusts(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&ip.to_canonical()))
    }

    /// Where a request with these headers comes from.
    pub(super) fn find(&self, peer: SocketAddr, headers: &HeaderMap) -> Origin {
        Origin { peer, client: self.find_client(peer.ip(), headers), id: name_request(headers) }
    }

    /// The address of the client. Each proxy adds whom it was called by, so the last address that is no trusted proxy
    /// counts. Where the two headers disagree, one of them came from the client, and neither counts.
    fn find_client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let told = |name| Some(self.walk(peer, headers, name)).filter(|_| headers.contains_key(name));
        match (told(&X_FORWARDED_FOR), told(&FORWARDED)) {
            (Some(one), Some(other)) if one != other => peer,
            (one, other) => one.or(other).unwrap_or(peer),
        }
    }

    fn walk(&self, peer: IpAddr, headers: &HeaderMap, name: &HeaderName) -> IpAddr {
        let lines = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
        let hops: Vec<_> = lines.flat_map(|line| line.split(',')).collect();
        let mut nearest = peer;
        for hop in hops.into_iter().rev() {
            let hop = if *name == FORWARDED { find_for(hop) } else { Some(hop) };
            let Some(ip) = hop.and_then(parse_address) else { return nearest };
            nearest = ip;
            if !self.trusts(ip) {
                break;
            }
        }
        nearest
    }
}

/// Whether a proxy says that it passed the request on.
pub(super) fn is_proxied(headers: &HeaderMap) -> bool {
    [&X_FORWARDED_FOR, &X_REAL_IP, &FORWARDED, &VIA].into_iter().any(|name| headers.contains_key(name))
}

/// `for=` of an element of `Forwarded` (RFC 7239 section 4).
fn find_for(element: &str) -> Option<&str> {
    let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("for")).map(|(_, value)| value)
}

/// With or without a port, brackets and quotes.
fn parse_address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address = text.parse().map(|address: SocketAddr| address.ip());
    Some(bare.parse().or(address).ok()?.to_canonical())
}

/// The name of a request: the one that the client or a proxy gave it, or a new one.
fn name_request(headers: &HeaderMap) -> String {
    let text = |name: &HeaderName| headers.get(name)?.to_str().ok();
    let given = text(&X_REQUEST_ID).filter(|id| is_well_formed(id));
    given.or_else(|| find_trace(text(&TRACEPARENT)?)).map_or_else(new_id, str::to_owned)
}

fn is_well_formed(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(&byte))
}

/// The trace of a `traceparent` (W3C Trace Context, section 3.2).
fn find_trace(parent: &str) -> Option<&str> {
    let parts: Vec<_> = parent.split('-').collect();
    let [version, trace, span, flags, ..] = parts.as_slice() else { return None };
    let is_hex = |text: &str, length| {
        text.len() == length
            && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let fine = is_hex(version, 2) && *version != "ff" && is_hex(span, 16) && is_hex(flags, 2);
    let known = is_hex(trace, 32) && trace.bytes().any(|byte| byte != b'0');
    (fine && known && (parts.len() == 4 || *version != "00")).then_some(trace)
}

fn new_id() -> String {
    let mut bytes = [0; 16];
    // Without randomness, all are called alike.
    let _ = openssl::rand::rand_bytes(&mut bytes);
    certificate::hex(&bytes)
}

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

#[cfg(test)]
mod tests {
    use super::*;

    const X: &str = "x-forwarded-for";
    const F: &str = "forwarded";

    /// The other end, the headers, the client.
    type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str);

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_last_address_that_no_trusted_proxy_has_is_the_client() {
        let proxies = TrustedProxies(["127.0.0.0/8", "10.0.0.0/8"].map(|net| net.parse().unwrap()).to_vec());
        let rows: &[Case] = &[
            ("127.0.0.1", &[], "127.0.0.1"),
            ("9.9.9.9", &[(X, "1.1.1.1")], "9.9.9.9"),
            ("127.0.0.1", &[(X, "1.1.1.1")], "1.1.1.1"),
            ("::ffff:127.0.0.1", &[(X, "1.1.1.1:99")], "1.1.1.1"),
            ("127.0.0.1", &[(X, "6.6.6.6, 1.1.1.1, 10.2.3.4")], "1.1.1.1"),
            ("127.0.0.1", &[(X, "6.6.6.6, nonsense, 10.2.3.4")], "10.2.3.4"),
            ("127.0.0.1", &[(X, "10.2.3.4")], "10.2.3.4"),
            ("127.0.0.1", &[(X, "")], "127.0.0.1"),
            ("127.0.0.1", &[(F, "for=6.6.6.6, proto=http;For=\"[2001:db8::1]:4711\"")], "2001:db8::1"),
            ("127.0.0.1", &[(F, "for=_hidden")], "127.0.0.1"),
            ("127.0.0.1", &[(F, "by=1.1.1.1")], "127.0.0.1"),
            ("127.0.0.1", &[(X, "1.1.1.1"), (F, "for=1.1.1.1")], "1.1.1.1"),
            ("127.0.0.1", &[(X, "1.1.1.1"), (F, "for=2.2.2.2")], "127.0.0.1"),
        ];
        for (peer, lines, client) in rows {
            let found = proxies.find_client(peer.parse().unwrap(), &headers(lines));
            assert_eq!(found, client.parse::<IpAddr>().unwrap(), "{peer} {lines:?}");
        }
    }

    #[test]
    fn a_request_keeps_a_well_formed_name() {
        let trace = "0af7651916cd43dd8448eb211c80319c";
        let parent = format!("00-{trace}-b7ad6b7169203331-01");
        let name = |lines: &[(&'static str, &str)]| name_request(&headers(lines));
        assert_eq!(name(&[("x-request-id", "a-1.b:2")]), "a-1.b:2");
        assert_eq!(name(&[("traceparent", &parent)]), trace);
        assert_eq!(name(&[("x-request-id", "x y"), ("traceparent", &parent)]), trace);
        let made = [&[][..], &[("x-request-id", "\"")], &[("traceparent", "00-0-0-01")]].map(name);
        assert!(made.iter().all(|id| id.len() == 32) && made[0] != made[1], "{made:?}");
        let zeros = parent.replace(trace, &"0".repeat(32));
        assert_ne!(name(&[("traceparent", &zeros)]), "0".repeat(32));
    }
}
