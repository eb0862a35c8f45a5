//! What is asked of the endpoint: method, URL, headers, body. Checked once, then trusted.

use std::sync::Arc;

use http::Method;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use crate::error::{Error, Kind, Result};
use crate::foreign::header;
use crate::secret::Secret;
use body::{Body, Progress, Upload};
use url::ForwardUrl;

pub mod body;
pub mod url;

/// One request to one endpoint.
#[derive(Debug)]
pub struct Request {
    /// The forward URL: https, with a host, without user, password and fragment.
    pub url: ForwardUrl,
    /// GET without a body, POST with one, or what was asked for.
    pub method: Method,
    /// What is sent beside `Host`; secrets among them are marked as sensitive.
    pub headers: HeaderMap,
    /// What is sent after the head.
    pub body: Body,
    /// How much of the body is on its way.
    pub progress: Arc<Progress>,
}

/// The parts of a [`Request`] as the command line gives them.
pub struct Parts {
    /// The forward URL as typed.
    pub url: String,
    /// Overrides the method.
    pub method: Option<String>,
    /// Overrides the content type.
    pub content_type: Option<String>,
    /// The `Authorization` for the endpoint.
    pub authorization: Option<Secret>,
    /// Further headers, each as `Name: value`.
    pub headers: Vec<Secret>,
    /// The body, where there is one.
    pub body: Body,
}

impl Request {
    /// Opens the body for sending. Fails when its file cannot be read.
    pub async fn upload(&self) -> Result<Upload> {
        let mut upload = self.body.open().await?;
        self.progress.begin(upload.left);
        upload.progress = Arc::clone(&self.progress);
        Ok(upload)
    }
}

impl Request {
    /// All that nobody but the endpoint may see: values of headers and of the query, a body from the command line.
    pub fn secrets(&self) -> Vec<Secret> {
        let sensitive = self.headers.values().filter(|value| value.is_sensitive());
        let mut secrets: Vec<Secret> =
            sensitive.flat_map(|value| header::secrets(value.as_bytes())).collect();
        let values = self.url.query_values();
        secrets.extend(values.into_iter().map(|value| value.into_owned().into_bytes().into()));
        if let Body::Bytes(body) = &self.body {
            secrets.push(body.clone());
        }
        secrets
    }
}

impl Parts {
    /// Checks each part. A fault is a usage error.
    pub fn check(self) -> Result<Request> {
        let url = ForwardUrl::parse(&self.url)?;
        let headers = self.header_map()?;
        let default = if self.body.is_empty() { "GET" } else { "POST" };
        let method = self.method.as_deref().unwrap_or(default);
        let method = Method::from_bytes(method.as_bytes())
            .ok()
            .filter(|method| method != Method::CONNECT)
            .ok_or_else(|| usage(format!("{method:?} is not a method that can be sent")))?;
        Ok(Request { url, method, headers, body: self.body, progress: Arc::default() })
    }

    fn header_map(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(USER_AGENT_VALUE));
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        if !self.body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let mut own = HeaderMap::new();
        for line in &self.headers {
            let (name, value) = field(line.expose())?;
            own.append(name, value);
        }
        replace(&mut headers, own);
        if let Some(value) = &self.content_type {
            headers.insert(CONTENT_TYPE, header_value("--content-type", value.as_bytes())?);
        }
        if let Some(secret) = &self.authorization {
            headers.insert(AUTHORIZATION, sensitive("the authorization", secret.expose())?);
        }
        Ok(headers)
    }
}

const USER_AGENT_VALUE: &str = concat!("p12-test/", env!("CARGO_PKG_VERSION"));

fn usage(message: String) -> Error {
    Error::new(Kind::Usage, message)
}

/// What the user names replaces our default of that name; a name given twice is sent twice.
fn replace(headers: &mut HeaderMap, own: HeaderMap) {
    for name in own.keys() {
        headers.remove(name);
    }
    let mut last = None;
    for (name, value) in own {
        last = name.or(last);
        if let Some(name) = &last {
            headers.append(name, value);
        }
    }
}

/// `Name: value`. The value may be a secret, so a fault names only the part before the colon.
fn field(line: &[u8]) -> Result<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':');
    let (name, value) = colon
        .and_then(|colon| line.split_at_checked(colon))
        .ok_or_else(|| usage("a --header has no colon; the form is 'Name: value'".into()))?;
    let (name, value) = (String::from_utf8_lossy(name), value.get(1..).unwrap_or_default());
    let parsed = HeaderName::from_bytes(name.trim().as_bytes())
        .map_err(|_| usage(format!("{name:?} is not a header name")))?;
    if [http::header::CONTENT_LENGTH, http::header::TRANSFER_ENCODING].contains(&parsed) {
        return Err(usage(format!("{name} cannot be set: it follows from the body")));
    }
    let mut value = header_value(&name, value.trim_ascii())?;
    value.set_sensitive(!header::is_harmless(&parsed));
    Ok((parsed, value))
}

/// CR, LF and NUL never get into a header (RFC 9110 section 5.5).
fn header_value(what: &str, value: &[u8]) -> Result<HeaderValue> {
    HeaderValue::from_bytes(value)
        .map_err(|_| usage(format!("the value of {what} holds a line break or a control character")))
}

fn sensitive(what: &str, value: &[u8]) -> Result<HeaderValue> {
    let mut value = header_value(what, value)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_never_gets_into_a_header() {
        assert_eq!(field(b"a: b\r\nc: d").unwrap_err().kind, Kind::Usage);
        assert!(!field(b"Cookie: canary\0").unwrap_err().message.contains("canary"));
    }
}
