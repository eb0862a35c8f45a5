//! What is offered to an endpoint, and the options that hints go by.

use http::header::AUTHORIZATION;
use url::Host;

use super::Local;
use super::tls::Version;
use crate::evidence::{Given, Offer};
use crate::request::Request;

impl Local {
    pub(super) fn offer(&self, request: &Request) -> Offer {
        let name = match request.url.host() {
            Host::Domain(name) => Some(name.trim_end_matches('.').to_owned()),
            Host::Ipv4(_) | Host::Ipv6(_) => None,
        };
        let max = self.tls.max.unwrap_or(Version::Tls13);
        let tls12 = self.tls.min <= Version::Tls12 && max >= Version::Tls12;
        Offer { name, tls12, tls13: max == Version::Tls13, http2: self.tls.http2 }
    }

    pub(super) fn given(&self, request: &Request) -> Given {
        Given {
            cacert: self.tls.cacert.is_some(),
            resolve: !self.connect.overrides.is_empty(),
            old_tls: self.tls.min < Version::Tls12,
            authorization: request.headers.contains_key(AUTHORIZATION),
            expect: request.expects_continue(),
            patience: self.connect.timeout,
        }
    }
}
