//! What the head of a request says: the host, and the headers that ask for a call.

use http::Version;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;

use super::answer::Failure;
use crate::platform::contract;
use crate::request::RequestParts;
use crate::request::body::RequestBody;

/// RFC 9112 section 3.2. A proxy in front might go by another one than we do.
pub(super) fn names_one_host(head: &Parts) -> bool {
    let hosts = head.headers.get_all(header::HOST).iter().count();
    hosts == 1 || (hosts == 0 && head.version == Version::HTTP_10)
}

/// What the LP headers ask for; `None` when no endpoint is named.
pub(super) fn parse_forward(headers: &HeaderMap) -> Result<Option<RequestParts>, Failure> {
    let Some(url) = read_text(headers, &contract::FORWARD_URL)? else { return Ok(None) };
    let text = |name| Ok::<_, Failure>(read_text(headers, name)?.map(str::to_owned));
    let authorization = read_one(headers, &contract::AUTHORIZATION)?;
    Ok(Some(RequestParts {
        url: url.to_owned(),
        method: text(&contract::METHOD)?.or_else(|| Some("POST".into())),
        content_type: text(&contract::CONTENT_TYPE)?,
        authorization: authorization.map(|value| value.as_bytes().to_vec().into()),
        headers: Vec::new(),
        body: RequestBody::Empty,
    }))
}

pub(super) fn read_text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Failure> {
    let text = read_one(headers, name)?.map(HeaderValue::to_str).transpose();
    text.map_err(|_| Failure::malformed(&format!("{name} is not ASCII")))
}

fn read_one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, Failure> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(Failure::malformed(&format!("{name} comes twice"))),
    }
}
