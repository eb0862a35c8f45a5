//! A forward URL that can be called with a client certificate.

use std::borrow::Cow;

use http::Uri;
use url::{Host, Url};

use super::pasted;
use crate::error::{Error, Kind, Result};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardUrl {
    url: Url,
    host: Host,
    absolute: Uri,
}

impl ForwardUrl {
    /// Reads a URL as typed; without a scheme it is https. International names become ASCII (UTS 46).
    ///
    /// # Errors
    /// When it is not a URL, not https, or has a user or password.
    pub fn parse(text: &str) -> Result<Self> {
        if let Some(fault) = pasted::find_fault(text) {
            return Err(fault);
        }
        // As browsers do (WHATWG URL).
        let text = text.trim_matches(|letter: char| letter <= ' ').replace(['\t', '\n', '\r'], "");
        let full = if has_scheme(&text) { text } else { format!("https://{text}") };
        // What was typed may contain a password or a token anywhere, so no error quotes it.
        let usage = |message: &str| Error::new(Kind::Usage, message);
        let mut url = Url::parse(&full).map_err(|error| pasted::explain(&full, &error.to_string()))?;
        if url.scheme() != "https" {
            let scheme = url.scheme().escape_debug();
            return Err(usage(&format!("the URL must be https: {scheme} has no client certificates")));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(usage("the URL contains a user or password; use --authorization-file instead"));
        }
        url.set_fragment(None);
        let unusable = || pasted::explain(&full, "it cannot be requested");
        let host = url.host().ok_or_else(unusable)?.to_owned();
        let absolute = url.as_str().parse().map_err(|_| unusable())?;
        Ok(Self { url, host, absolute })
    }

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
    pub fn origin_form(&self) -> Uri {
        self.absolute.path_and_query().cloned().map(Uri::from).unwrap_or_default()
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

/// Whether it begins with a scheme. What may be `host:port` or `user:password` is none, unless the slashes follow.
fn has_scheme(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let named = scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    named && (rest.starts_with("//") || SPECIAL.contains(&scheme.to_ascii_lowercase().as_str()))
}

/// The schemes that need no slashes (WHATWG URL, section 4.2).
const SPECIAL: &[&str] = &["http", "https", "ws", "wss", "ftp", "file"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_is_read_as_browsers_read_it() {
        let target = |text| ForwardUrl::parse(text).map(|url| url.as_str().to_owned());
        for (text, url) in [
            ("https:/x.example/a", "https://x.example/a"),
            ("https:x.example", "https://x.example/"),
            ("HTTPS:\\\\x.example\\a", "https://x.example/a"),
            (" https://x.example/ ", "https://x.example/"),
            ("ht\ttps:/x.example", "https://x.example/"),
            ("https:8443", "https://0.0.32.251/"),
            ("x.example/?next=https://other/", "https://x.example/?next=https://other/"),
            ("x.example:8443/?next=https://other/", "https://x.example:8443/?next=https://other/"),
            ("x.example?a=b://c", "https://x.example/?a=b://c"),
            ("//x.example/a", "https://x.example/a"),
        ] {
            assert_eq!(target(text).unwrap(), url, "{text}");
        }
        for (text, why) in [
            ("http:/x.example", "http has no client certificates"),
            ("ftp:x.example", "ftp has no client certificates"),
            ("gopher://x.example", "gopher has no client certificates"),
            ("user:secret@x.example", "contains a user or password"),
            ("://x.example", "is not a URL"),
            ("https:", "is not a URL"),
        ] {
            let message = target(text).unwrap_err().message;
            assert!(message.contains(why) && !message.contains("secret"), "{text}: {message}");
        }
    }

    #[test]
    fn an_international_name_becomes_ascii_and_an_ipv6_address_keeps_its_brackets() {
        for (text, authority, target, origin) in [
            ("localhost:8443/a?b#c", "localhost:8443", "localhost:8443", "/a?b"),
            ("https://Bücher.example", "xn--bcher-kva.example", "xn--bcher-kva.example:443", "/"),
            ("https://[::1]:8443//a", "[::1]:8443", "[::1]:8443", "//a"),
        ] {
            let url = ForwardUrl::parse(text).unwrap();
            assert_eq!((url.authority(), url.target()), (authority.to_owned(), target.to_owned()));
            assert_eq!(url.origin_form().to_string(), origin);
        }
    }

    #[test]
    fn what_was_done_to_a_url_is_named() {
        for (text, why) in [
            ("\u{200b}https://x.example/", "a zero-width space (U+200B) as its character 1 of 19"),
            ("https://x.\u{200b}example/", "as its character 11"),
            ("https://x.example/a\u{200b}", "as its character 20 of 20"),
            ("\u{201c}https://x.example/\u{201d}", "a typographic quote (U+201C) as its character 1"),
            ("https://x.example/\u{2019}", "a typographic quote (U+2019)"),
            ("<https://x.example/>", "an angle bracket"),
            ("'https://x.example/'", "a quote"),
            ("https://https://x.example/", "two schemes"),
            ("HTTPS://http://x.example/", "two schemes"),
            ("https://https//x.example/", "two schemes"),
            ("https//x.example/", "has no colon"),
            ("https://{host}/a", "the URL's host or port has the character '{'"),
            ("https://${HOST}/", "the URL's host or port has the character '$'"),
            ("{host}/a", "the URL's host or port has the character '{'"),
            ("https://<host>:8443/", "the URL's host or port has the character '<'"),
            ("https://a|b/", "the URL's host or port has the character '|', which neither has"),
            ("https://u:{s@x y/", "the URL is not a URL"),
        ] {
            let message = ForwardUrl::parse(text).unwrap_err().message;
            assert!(message.contains(why), "{text}: {message}");
        }
        for fine in [
            "https://x.example/it's",
            "https://x.example/?$filter=a%20eq%20'b'",
            "https://x.example/?q=%E2%80%9C",
            "https://x.example/\u{201c}a\u{201d}/b",
        ] {
            assert!(ForwardUrl::parse(fine).is_ok(), "{fine}");
        }
    }

    #[test]
    fn what_cannot_carry_a_certificate_is_refused() {
        for url in ["http://x/", "ftp://x/", "https://u:p@x/", "https://", "https://x:99999/"] {
            assert_eq!(ForwardUrl::parse(url).unwrap_err().kind, Kind::Usage, "{url}");
        }
    }
}
