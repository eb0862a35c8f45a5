//! Which addresses may be called, so that `serve` does not open a way into a private network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::error::{Error, Kind, Result};

/// Allows public addresses, and others only if their network was allowed.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Networks that are allowed although they are not public. A mapped IPv4 address belongs to its IPv4
    /// network.
    pub allowed: Vec<IpNet>,
    /// Networks that are not called in any case.
    pub denied: Vec<IpNet>,
    pub ports: Ports,
}

#[derive(Debug, Clone, Default)]
pub enum Ports {
    #[default]
    Any,
    /// 443 and 8443 at public addresses, all in networks that were allowed.
    Usual,
    /// These, everywhere.
    Only(Vec<u16>),
}

impl Policy {
    /// Refuses unless every one of the addresses may be connected to: a name that also leads to a forbidden
    /// one is not to be trusted.
    ///
    /// # Errors
    /// With `address-forbidden`.
    pub fn check(&self, target: &str, addresses: &[SocketAddr]) -> Result<()> {
        let own = own_addresses();
        let forbidden = addresses.iter().find_map(|address| self.explain(*address, &own));
        forbidden.map_or(Ok(()), |why| {
            Err(Error::new(Kind::AddressForbidden, format!("{target} may not be called: {why}")))
        })
    }

    fn explain(&self, address: SocketAddr, own: &[IpAddr]) -> Option<String> {
        let (ip, port) = (address.ip(), address.port());
        let why = self.forbids(ip, own).map(|why| format!("{ip} is {why}"));
        why.or_else(|| self.forbids_port(ip, port).then(|| format!("the port {port} is not allowed")))
    }

    /// Refuses a name that means this machine, whatever DNS says (RFC 6761 section 6.3).
    pub(super) fn check_name(&self, name: &str) -> Result<()> {
        let bare = name.trim_end_matches('.').to_ascii_lowercase();
        let local = bare == "localhost" || bare.ends_with(".localhost");
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        if local && loopback.iter().all(|ip| self.forbids(*ip, &[]).is_some()) {
            let message = format!("{name} may not be called: it means the server itself (RFC 6761)");
            return Err(Error::new(Kind::AddressForbidden, message));
        }
        Ok(())
    }

    /// Why an address may not be called; `None` if it may. `own` are the addresses of this machine: what listens
    /// there behind a firewall is not public.
    fn forbids(&self, ip: IpAddr, own: &[IpAddr]) -> Option<&'static str> {
        let ip = ip.to_canonical();
        if contains(&self.denied, ip) {
            return Some("in a network that the operator denies");
        }
        let inner = if let IpAddr::V6(v6) = ip { embedded_v4(v6) } else { None };
        if let Some(inner) = inner
            && (contains(&self.denied, inner.into()) || !contains(&self.allowed, ip))
        {
            return self.forbids(inner.into(), own).map(|_| "a way to an IPv4 address that is not public");
        }
        if contains(&self.allowed, ip) {
            return None;
        }
        match SPECIAL.iter().find(|(network, _)| network.contains(&ip)) {
            Some((_, why)) => Some(why),
            None if ip.is_ipv6() && !GLOBAL_UNICAST.contains(&ip) => Some("not a public address"),
            None if own.contains(&ip) => Some("an address of the server itself"),
            None => None,
        }
    }

    fn forbids_port(&self, ip: IpAddr, port: u16) -> bool {
        match &self.ports {
            Ports::Any => false,
            Ports::Usual => !USUAL_PORTS.contains(&port) && !contains(&self.allowed, ip.to_canonical()),
            Ports::Only(ports) => !ports.contains(&port),
        }
    }
}

/// Where HTTPS is served.
const USUAL_PORTS: [u16; 2] = [443, 8443];

fn contains(networks: &[IpNet], ip: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&ip))
}

/// The addresses of this machine now. If the system does not say, the networks alone decide.
fn own_addresses() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    interfaces.iter().map(|interface| interface.ip().to_canonical()).collect()
}

/// The addresses assigned for global unicast (RFC 4291 section 2.4, IANA).
const GLOBAL_UNICAST: IpNet = v6(0x2000, 0, 0, 3);

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length))
}

const fn v6(a: u16, b: u16, last: u16, length: u8) -> IpNet {
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, last), length))
}

/// The IPv4 address that a translator or a tunnel would take a packet to: NAT64 (RFC 6052 section 2.1), 6to4
/// (RFC 3056 section 2), ISATAP (RFC 5214 section 6.1).
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [_, b, c, _, _, f, g, h] = ip.segments();
    let pair = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match ip.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(pair(g, h)),
        [0x2002, ..] => Some(pair(b, c)),
        [_, _, _, _, 0 | 0x200, 0x5efe, ..] if f == 0x5efe => Some(pair(g, h)),
        _ => None,
    }
}

/// IANA's registries of special-purpose addresses, multicast, and a metadata service with a public address.
/// Other metadata services (169.254.169.254, 100.100.100.200, 192.0.0.192) are in these networks.
const SPECIAL: &[(IpNet, &str)] = &[
    (v4(0, 0, 0, 0, 8), "this host or network (RFC 1122)"),
    (v4(10, 0, 0, 0, 8), "a private address (RFC 1918)"),
    (v4(100, 64, 0, 0, 10), "a carrier's private address (RFC 6598)"),
    (v4(127, 0, 0, 0, 8), "a loopback address (RFC 1122)"),
    (v4(168, 63, 129, 16, 32), "a cloud's metadata address (Azure)"),
    (v4(169, 254, 0, 0, 16), "a link-local address (RFC 3927), where clouds keep their metadata"),
    (v4(172, 16, 0, 0, 12), "a private address (RFC 1918)"),
    (v4(192, 0, 0, 0, 24), "a protocol's own address (RFC 6890)"),
    (v4(192, 0, 2, 0, 24), "an address for documentation (RFC 5737)"),
    (v4(192, 88, 99, 0, 24), "a relay's address (RFC 7526)"),
    (v4(192, 168, 0, 0, 16), "a private address (RFC 1918)"),
    (v4(198, 18, 0, 0, 15), "an address for benchmarks (RFC 2544)"),
    (v4(198, 51, 100, 0, 24), "an address for documentation (RFC 5737)"),
    (v4(203, 0, 113, 0, 24), "an address for documentation (RFC 5737)"),
    (v4(224, 0, 0, 0, 4), "a multicast address (RFC 5771)"),
    (v4(240, 0, 0, 0, 4), "a reserved or broadcast address (RFC 1112)"),
    (v6(0, 0, 0, 128), "no address at all (RFC 4291)"),
    (v6(0, 0, 1, 128), "the loopback address (RFC 4291)"),
    (v6(0xfc00, 0, 0, 7), "a private address (RFC 4193)"),
    (v6(0xfe80, 0, 0, 10), "a link-local address (RFC 4291)"),
    (v6(0xfec0, 0, 0, 10), "a site-local address (RFC 3879)"),
    (v6(0xff00, 0, 0, 8), "a multicast address (RFC 4291)"),
    (v6(0x2001, 0, 0, 23), "a protocol's or tunnel's own address (RFC 2928)"),
    (v6(0x2001, 0xdb8, 0, 32), "an address for documentation (RFC 3849)"),
    (v6(0x3fff, 0, 0, 20), "an address for documentation (RFC 9637)"),
];

#[cfg(test)]
mod tests {
    use url::Host;

    use super::*;
    use crate::request::url::ForwardUrl;

    /// Why a URL with this host is forbidden, parsed like every forward URL.
    fn forbidden(host: &str) -> Option<&'static str> {
        let url = ForwardUrl::parse(&format!("https://{host}/")).unwrap_or_else(|_| panic!("{host}"));
        let ip = match url.host() {
            Host::Ipv4(ip) => IpAddr::V4(*ip),
            Host::Ipv6(ip) => IpAddr::V6(*ip),
            Host::Domain(name) => panic!("{name} is a name"),
        };
        Policy::default().forbids(ip, &[])
    }

    #[test]
    fn every_way_of_writing_a_private_address_is_refused() {
        let ways = "127.0.0.1 127.1 127.0.1 127.255.255.254 2130706433 0x7f000001 0x7f.0.0.1 0x7f.1 0177.0.0.1
            017700000001 0177.1 127.0.0.1. %31%32%37.0.0.1 １２７.０.０.１ 127。0。0。1 0 0.0.0.0 0x0 00 0.1.2.3
            10.0.0.1 10.255.255.255 10.1 012.0.0.1 0xa.0.0.1 167772161 100.64.0.1 100.100.100.200 100.127.255.255
            172.16.0.1 172.31.255.255 0xac.16.0.1 2886729729 192.168.0.1 192.168.255.255 192.168.1 0300.0250.0.1
            3232235521 169.254.169.254 169.254.0.1 2852039166 0xa9fea9fe 0251.0376.0251.0376 192.0.0.1 192.0.0.192
            192.0.2.1 192.88.99.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 168.63.129.16 224.0.0.1
            239.255.255.255 240.0.0.1 255.255.255.255 4294967295
            [::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:10.0.0.1] [::ffff:169.254.169.254]
            [::127.0.0.1] [::7f00:1] [::10.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b::a00:1] [64:ff9b:1::1] [2002:7f00:1::]
            [2002:a00:1::1] [2002:a9fe:a9fe::] [2001::1] [2001:0:7f00:1::] [2001:10::1] [2001:db8::1] [3fff::1]
            [fc00::1] [fd00:ec2::254] [fdff:ffff::1] [fe80::1] [febf::1] [fec0::1] [ff02::1] [ff05::2] [100::1]
            [4000::1] [5f00::1] [2600::5efe:10.0.0.1] [2600::200:5efe:127.0.0.1]";
        let ways: Vec<_> = ways.split_whitespace().collect();
        assert!(ways.len() > 60, "{}", ways.len());
        for host in ways {
            assert!(forbidden(host).is_some(), "{host} got through");
        }
    }

    #[test]
    fn public_addresses_are_let_through() {
        for host in "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1
            172.15.255.255 172.32.0.1 192.0.1.1 192.167.255.255 198.17.255.255 198.20.0.1 223.255.255.255 134744072
            [2606:4700::1111] [2001:4860:4860::8888] [2a00::1] [2002:808:808::1] [64:ff9b::8.8.8.8] [::ffff:8.8.8.8]"
            .split_whitespace()
        {
            assert_eq!(forbidden(host), None, "{host}");
        }
    }

    #[test]
    fn an_opened_network_is_open_in_its_mapped_form_too() {
        let policy = Policy { allowed: networks("127.0.0.0/8 fd00::/8"), ..Policy::default() };
        for open in ["127.0.0.1", "::ffff:127.0.0.2", "fd12::1", "64:ff9b::127.0.0.1"] {
            assert_eq!(policy.forbids(open.parse().unwrap(), &[]), None, "{open}");
        }
        for shut in ["10.0.0.1", "::1", "fe80::1"] {
            assert!(policy.forbids(shut.parse().unwrap(), &[]).is_some(), "{shut}");
        }
    }

    #[test]
    fn one_forbidden_address_among_public_ones_is_enough() {
        let addresses = ["8.8.8.8:443", "10.0.0.1:443"].map(|address| address.parse().unwrap());
        assert_eq!(Policy::default().check("x:443", &addresses).unwrap_err().kind, Kind::AddressForbidden);
    }

    fn networks(text: &str) -> Vec<IpNet> {
        text.split(' ').map(|network| network.parse().unwrap()).collect()
    }

    #[test]
    fn a_denied_network_is_shut_whatever_else_is_said() {
        let (allowed, denied) = (networks("10.0.0.0/8"), networks("10.9.0.0/16 8.8.8.0/24 2606::/16"));
        let policy = Policy { allowed, denied, ..Policy::default() };
        for shut in
            ["10.9.1.1", "8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "2606::1"]
        {
            assert!(policy.forbids(shut.parse().unwrap(), &[]).is_some(), "{shut}");
        }
        for open in ["10.8.1.1", "8.8.4.4", "64:ff9b::8.8.4.4", "2001:4860::1"] {
            assert_eq!(policy.forbids(open.parse().unwrap(), &[]), None, "{open}");
        }
    }

    #[test]
    fn an_address_of_this_machine_is_shut_unless_its_network_is_allowed() {
        let own = ["9.9.9.9", "2606:4700::9"].map(|ip| ip.parse().unwrap());
        for ip in ["9.9.9.9", "::ffff:9.9.9.9", "64:ff9b::9.9.9.9", "2606:4700::9"] {
            assert!(Policy::default().forbids(ip.parse().unwrap(), &own).is_some(), "{ip}");
        }
        let policy = Policy { allowed: networks("9.9.9.0/24"), ..Policy::default() };
        assert_eq!(policy.forbids(own[0], &own), None);
        assert!(own_addresses().contains(&Ipv4Addr::LOCALHOST.into()));
    }

    #[test]
    fn ports_are_those_of_https_at_public_addresses_or_those_that_are_named() {
        let policy = |ports| Policy { allowed: networks("10.0.0.0/8"), denied: Vec::new(), ports };
        let rows = [
            (Ports::Any, "8.8.8.8:25", true),
            (Ports::Usual, "8.8.8.8:443", true),
            (Ports::Usual, "[2606:4700::1]:8443", true),
            (Ports::Usual, "8.8.8.8:22", false),
            (Ports::Usual, "10.0.0.1:22", true),
            (Ports::Usual, "[::ffff:10.0.0.1]:22", true),
            (Ports::Only(vec![9443]), "8.8.8.8:443", false),
            (Ports::Only(vec![9443]), "10.0.0.1:443", false),
            (Ports::Only(vec![9443]), "10.0.0.1:9443", true),
        ];
        for (ports, address, open) in rows {
            let case = format!("{ports:?} {address}");
            assert_eq!(policy(ports).check("x", &[address.parse().unwrap()]).is_ok(), open, "{case}");
        }
    }
}
