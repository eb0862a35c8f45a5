//! The request as HTTP/1.1 and HTTP/2 write it, and the client that sends it.

use http::header::{CONTENT_LENGTH, HOST};
use http::uri::Authority;
use http::{HeaderValue, Uri, Version};

use super::held::HeldBody;
use crate::request::Request;

/// HTTP/1.1, as tolerant as other clients are. An answer without a head counts as HTTP/0.9, so that it can be shown.
pub(super) fn http1_client() -> hyper::client::conn::http1::Builder {
    let mut builder = hyper::client::conn::http1::Builder::new();
    builder
        .http09_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .max_headers(256)
        .max_buf_size(MAX_BUFFER);
    builder
}

/// For a head, and for the pieces of a body, in bytes: enough for full speed, and less than curl takes.
const MAX_BUFFER: usize = 256 * 1024;

pub(super) fn build_message(request: &Request, upload: HeldBody, http2: bool) -> http::Request<HeldBody> {
    // An empty body has a length too (RFC 9110 section 8.6); hyper leaves it out.
    let empty = !request.body.is_empty() && upload.length() == Some(0);
    let mut message = http::Request::new(upload);
    *message.method_mut() = request.method.clone();
    *message.headers_mut() = request.headers.clone();
    if empty {
        message.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    if http2 {
        *message.version_mut() = Version::HTTP_2;
        *message.uri_mut() = absolute_form(request);
        message.headers_mut().remove(HOST);
    } else {
        *message.uri_mut() = request.url.origin_form();
        let host = HeaderValue::from_str(&request.url.authority());
        if let (false, Ok(host)) = (request.headers.contains_key(HOST), host) {
            message.headers_mut().insert(HOST, host);
        }
    }
    message
}

/// The URL for HTTP/2, with the authority of the `Host` header where one was given (RFC 9113 section 8.3.1).
fn absolute_form(request: &Request) -> Uri {
    let absolute = request.url.absolute_form();
    let host = request.headers.get(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let mut parts = absolute.clone().into_parts();
    parts.authority = host.or(parts.authority);
    Uri::from_parts(parts).unwrap_or_else(|_| absolute.clone())
}
