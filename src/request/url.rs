//! A forward URL that can be called with a client certificate.

use std::borrow::Cow;

use http::Uri;
use url::{Host, Url};

use crate::error::{Error, Kind, Result};

/// A forward URL that can be called with a client certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardUrl {
    url: Url,
    host: Host,
    uri: Uri,
    absolute: Uri,
}

impl ForwardUrl {
    /// Reads a URL as typed; without a scheme it is https. International names become ASCII (UTS 46).
    ///
    /// # Errors
    /// When it is not a URL, not https, or has a user or password.
    pub fn parse(text: &str) -> Result<Self> {
        let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        // What was typed may contain a password or a token anywhere, so no error quotes it.
        let usage = |message: &str| Error::new(Kind::Usage, message);
        let mut url =
            Url::parse(&full).map_err(|error| usage(&format!("the forward URL is not a URL: {error}")))?;
        if url.scheme() != "https" {
            let scheme = url.scheme().escape_debug();
            return Err(usage(&format!(
                "the forward URL must be https: {scheme} has no client certificates"
            )));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(usage("the URL contains a user or password; use --authorization-file instead"));
        }
        url.set_fragment(None);
        let unusable = || usage("the forward URL cannot be requested");
        let host = url.host().ok_or_else(unusable)?.to_owned();
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let uri = path.parse().map_err(|_| unusable())?;
        let absolute = url.as_str().parse().map_err(|_| unusable())?;
        Ok(Self { url, host, uri, absolute })
    }

    /// The URL that is called.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// The values in its query, encoded and decoded; a part without a name is a value.
    pub fn query_values(&self) -> Vec<Cow<'_, str>> {
        let pairs = self.url.query().unwrap_or_default().split('&');
        let raw = pairs.map(|pair| Cow::from(pair.split_once('=').map_or(pair, |(_, value)| value)));
        raw.chain(self.url.query_pairs().map(|(_, value)| value)).collect()
    }

    /// Its host: a name in ASCII, or an address.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Its port, 443 by default.
    pub fn port(&self) -> u16 {
        self.url.port().unwrap_or(443)
    }

    /// `host:port`, an IPv6 address in brackets.
    pub fn target(&self) -> String {
        format!("{}:{}", self.host, self.port())
    }

    /// The request target in origin form (RFC 9112 section 3.2.1).
    pub fn origin_form(&self) -> &Uri {
        &self.uri
    }

    /// The request target in absolute form, for the pseudo-headers of HTTP/2 (RFC 9113 section 8.3.1).
    pub fn absolute_form(&self) -> &Uri {
        &self.absolute
    }

    /// The value of `Host`: without the port if that is the default.
    pub fn authority(&self) -> String {
        match self.url.port() {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_scheme_is_https() {
        let url = ForwardUrl::parse("localhost:8443/a?b#c").unwrap();
        assert_eq!(
            (url.target().as_str(), url.origin_form().to_string().as_str()),
            ("localhost:8443", "/a?b")
        );
    }

    #[test]
    fn an_international_name_becomes_ascii() {
        assert_eq!(ForwardUrl::parse("https://Bücher.example").unwrap().authority(), "xn--bcher-kva.example");
    }

    #[test]
    fn an_ipv6_address_keeps_its_brackets() {
        assert_eq!(ForwardUrl::parse("https://[::1]:8443/").unwrap().target(), "[::1]:8443");
    }

    #[test]
    fn what_cannot_carry_a_certificate_is_refused() {
        for url in ["http://x/", "ftp://x/", "https://u:p@x/", "https://", "https://x:99999/"] {
            assert_eq!(ForwardUrl::parse(url).unwrap_err().kind, Kind::Usage, "{url}");
        }
    }
}
