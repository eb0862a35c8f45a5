//! The request to the endpoint: method, URL, headers, body. Checked once, then trusted.

use std::net::IpAddr;
use std::sync::Arc;

use http::Method;
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, EXPECT, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};

use crate::error::{Error, Kind, Result};
use crate::foreign::header;
use crate::secret::Secret;
use body::{OutgoingBody, RequestBody};
use progress::Progress;
use url::ForwardUrl;

pub mod body;
mod pasted;
pub mod progress;
pub mod url;

#[derive(Debug)]
pub struct Request {
    /// The forward URL: https, with a host, without user, password or fragment.
    pub url: ForwardUrl,
    /// GET without a body, POST with one, or as the user chose.
    pub method: Method,
    /// All headers but `Host`; secret values are marked as sensitive.
    pub headers: HeaderMap,
    /// The body.
    pub body: RequestBody,
    /// The only address of the host to connect to; any unless set.
    pub address: Option<IpAddr>,
    /// How far its call has come.
    pub progress: Arc<Progress>,
}

/// The parts of a [`Request`] as the command line gives them.
#[derive(Default)]
pub struct RequestParts {
    /// The forward URL as typed.
    pub url: String,
    pub method: Option<String>,
    pub content_type: Option<String>,
    /// The `Authorization` for the endpoint.
    pub authorization: Option<Secret>,
    /// Extra headers, each as `Name: value`.
    pub headers: Vec<Secret>,
    /// The body.
    pub body: RequestBody,
}

impl Request {
    /// Opens the body for sending.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub async fn open_body(&self) -> Result<OutgoingBody> {
        let mut body = self.body.open().await?;
        self.progress.begin(body.left);
        body.progress = Arc::clone(&self.progress);
        Ok(body)
    }

    /// Whether the body waits for the endpoint's word (RFC 9110 section 10.1.1).
    pub fn expects_continue(&self) -> bool {
        let expected = self.headers.get(EXPECT);
        !self.body.is_empty()
            && expected.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
    }

    /// What only the endpoint may see: secret headers, values of the query, a body from the command line.
    pub fn secrets(&self) -> Vec<Secret> {
        let sensitive = self.headers.values().filter(|value| value.is_sensitive());
        let mut secrets: Vec<Secret> =
            sensitive.flat_map(|value| header::secrets(value.as_bytes())).collect();
        let values = self.url.query_values();
        secrets.extend(values.into_iter().map(|value| value.into_owned().into_bytes().into()));
        if let RequestBody::Bytes(body) = &self.body {
            secrets.push(body.clone());
        }
        secrets
    }
}

impl RequestParts {
    /// Checks each part.
    ///
    /// # Errors
    /// When a part is wrong; all are usage errors.
    pub fn check(self) -> Result<Request> {
        let url = ForwardUrl::parse(&self.url)?;
        let headers = self.header_map()?;
        let default = if self.body.is_empty() { "GET" } else { "POST" };
        let method = self.method.as_deref().unwrap_or(default);
        let method = Method::from_bytes(method.as_bytes())
            .ok()
            .filter(|method| method != Method::CONNECT)
            .ok_or_else(|| usage(format!("{method:?} is not a method that can be used")))?;
        Ok(Request { url, method, headers, body: self.body, address: None, progress: Arc::default() })
    }

    fn header_map(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(USER_AGENT_VALUE));
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        if !self.body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let mut extra = HeaderMap::new();
        for line in &self.headers {
            let (name, value) = parse_header(line.expose())?;
            extra.append(name, value);
        }
        // Replaces a default of the same name; a name given twice is sent twice.
        headers.extend(extra);
        if let Some(value) = &self.content_type {
            headers.insert(CONTENT_TYPE, parse_value("--content-type", value.as_bytes())?);
        }
        if let Some(secret) = &self.authorization {
            let mut value = parse_value("the authorization", secret.expose())?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(headers)
    }
}

const USER_AGENT_VALUE: &str = concat!("p12-test/", env!("CARGO_PKG_VERSION"));

fn usage(message: impl Into<String>) -> Error {
    Error::new(Kind::Usage, message)
}

/// Reads `Name: value`. The value may be a secret, so errors quote only the part before the colon.
fn parse_header(line: &[u8]) -> Result<(HeaderName, HeaderValue)> {
    let (name, value) = header::split_once(line, b':')
        .ok_or_else(|| usage("a --header has no colon: expected 'Name: value'"))?;
    let name = String::from_utf8_lossy(name);
    let parsed = HeaderName::from_bytes(name.trim().as_bytes())
        .map_err(|_| usage(format!("{name:?} is not a header name")))?;
    if [http::header::CONTENT_LENGTH, http::header::TRANSFER_ENCODING].contains(&parsed) {
        return Err(usage(format!("{name} cannot be set: it depends on the body")));
    }
    let mut value = parse_value(&name, value.trim_ascii())?;
    value.set_sensitive(!header::is_harmless(&parsed));
    Ok((parsed, value))
}

/// Reads a value. CR, LF and NUL never get into a header (RFC 9110 section 5.5).
fn parse_value(what: &str, value: &[u8]) -> Result<HeaderValue> {
    HeaderValue::from_bytes(value)
        .map_err(|_| usage(format!("the value of {what} contains a line break or a control character")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_never_gets_into_a_header() {
        assert_eq!(parse_header(b"a: b\r\nc: d").unwrap_err().kind, Kind::Usage);
        assert!(!parse_header(b"Cookie: canary\0").unwrap_err().message.contains("canary"));
    }
}
