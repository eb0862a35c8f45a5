//! OAuth 1.0a signatures (RFC 5849): the client makes them and `serve` checks them.
//!
//! No crate fits: the maintained ones sign with HMAC-SHA1 only, and none verifies.

use std::time::{SystemTime, UNIX_EPOCH};

use openssl::base64;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use crate::certificate::hex;
use crate::diagnosis;
use crate::error::Result;
use crate::secret::Secret;

/// The four values of a client that was granted access in advance.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Names the client: the "app key".
    pub consumer_key: Secret,
    /// The client's secret.
    pub consumer_secret: Secret,
    /// Names the grant: the "access token".
    pub token: Secret,
    /// The grant's secret.
    pub token_secret: Secret,
}

/// How a request is signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    /// RFC 5849 section 3.4.2.
    #[default]
    HmacSha1,
    /// The same with SHA-256. It is not registered, but the platform understands it.
    HmacSha256,
}

impl Method {
    /// The value of `oauth_signature_method`.
    pub fn name(self) -> &'static str {
        match self {
            Self::HmacSha1 => "HMAC-SHA1",
            Self::HmacSha256 => "HMAC-SHA256",
        }
    }

    /// The method of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::HmacSha1, Self::HmacSha256].into_iter().find(|method| method.name() == name)
    }

    fn digest(self) -> MessageDigest {
        match self {
            Self::HmacSha1 => MessageDigest::sha1(),
            Self::HmacSha256 => MessageDigest::sha256(),
        }
    }
}

/// Names and values, not percent-encoded. They may hold secrets.
pub type Parameters = Vec<(String, Zeroizing<String>)>;

impl Keys {
    /// All four, in the order of the fields.
    pub fn values(&self) -> [&Secret; 4] {
        [&self.consumer_key, &self.consumer_secret, &self.token, &self.token_secret]
    }

    /// The value of `Authorization` for a request made now (RFC 5849 section 3.5.1).
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn authorization(&self, method: Method, verb: &str, url: &Url) -> Result<Secret> {
        let mut random = [0; 16];
        openssl::rand::rand_bytes(&mut random)
            .map_err(|stack| diagnosis::openssl("making a nonce", &stack))?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        self.authorization_at(method, verb, url, now, &hex(&random))
    }

    /// The same at a given time, in seconds since 1970, and with a given nonce.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn authorization_at(
        &self,
        method: Method,
        verb: &str,
        url: &Url,
        timestamp: u64,
        nonce: &str,
    ) -> Result<Secret> {
        let text = |secret: &Secret| Zeroizing::new(String::from_utf8_lossy(secret.expose()).into_owned());
        let mut parameters: Parameters = vec![
            ("oauth_consumer_key".into(), text(&self.consumer_key)),
            ("oauth_token".into(), text(&self.token)),
            ("oauth_signature_method".into(), Zeroizing::new(method.name().into())),
            ("oauth_timestamp".into(), Zeroizing::new(timestamp.to_string())),
            ("oauth_nonce".into(), Zeroizing::new(nonce.into())),
            ("oauth_version".into(), Zeroizing::new("1.0".into())),
        ];
        let signature = self.signature(method, verb, url, &parameters)?;
        parameters.push(("oauth_signature".into(), Zeroizing::new(signature)));
        let fields: Vec<_> = parameters
            .iter()
            .map(|(name, value)| Zeroizing::new(format!("{name}=\"{}\"", *encode(value.as_bytes()))))
            .collect();
        Ok(["OAuth ", &join(&fields, ", ")].concat().into())
    }

    /// The signature of a request with these protocol parameters, in base64 (RFC 5849 section 3.4.2).
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn signature(
        &self,
        method: Method,
        verb: &str,
        url: &Url,
        parameters: &Parameters,
    ) -> Result<String> {
        let base = base_string(verb, url, parameters);
        let key = join(&[encode(self.consumer_secret.expose()), encode(self.token_secret.expose())], "&");
        let sign = || {
            let key = PKey::hmac(key.as_bytes())?;
            Signer::new(method.digest(), &key)?.sign_oneshot_to_vec(base.as_bytes())
        };
        let signature = sign().map_err(|stack| diagnosis::openssl("signing with OAuth1", &stack))?;
        Ok(base64::encode_block(&signature))
    }
}

/// RFC 5849 section 3.4.1: method, URL without query, all parameters in order. A multipart body is not part of it
/// (section 3.4.1.3.1).
pub fn base_string(verb: &str, url: &Url, parameters: &Parameters) -> Zeroizing<String> {
    let signed = parameters.iter().filter(|(name, _)| name != "realm" && name != "oauth_signature");
    let pair = |name: &str, value: &str| (encode(name.as_bytes()), encode(value.as_bytes()));
    let queried = url.query_pairs().map(|(name, value)| pair(&name, &value));
    let mut pairs: Vec<_> = signed.map(|(name, value)| pair(name, value)).chain(queried).collect();
    pairs.sort_by(|(name, value), (other, second)| (&**name, &**value).cmp(&(&**other, &**second)));
    let pairs: Vec<_> =
        pairs.iter().map(|(name, value)| Zeroizing::new([name, "=", value].concat())).collect();
    let normal = join(&pairs, "&");
    let base = format!("{}://{}{}", url.scheme(), diagnosis::platform::authority(url), url.path());
    let verb = Zeroizing::new(verb.to_uppercase());
    join(&[verb, encode(base.as_bytes()), encode(normal.as_bytes())], "&")
}

/// Joined in one piece, so that no copy is left behind.
fn join(texts: &[Zeroizing<String>], between: &str) -> Zeroizing<String> {
    let texts: Vec<_> = texts.iter().map(|text| text.as_str()).collect();
    Zeroizing::new(texts.join(between))
}

/// All but the unreserved characters (RFC 5849 section 3.6).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn encode(bytes: &[u8]) -> Zeroizing<String> {
    // Room for all, so that growing leaves no copy behind.
    let mut text = Zeroizing::new(String::with_capacity(3 * bytes.len()));
    text.extend(percent_encode(bytes, RESERVED));
    text
}

/// The parameters of an `Authorization: OAuth …` header, the realm included. `None` when it is not well formed.
pub fn parse(header: &str) -> Option<Parameters> {
    let (scheme, mut rest) = header.trim_start().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("OAuth") {
        return None;
    }
    let mut parameters = Parameters::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Some(parameters);
        }
        let (name, value) = rest.split_once('=')?;
        let name = decode(name.trim())?.to_string();
        let (value, after) = split_quoted(value.trim_start())?;
        // The realm alone is not percent-encoded (RFC 5849 section 3.5.1).
        let value = if name == "realm" { Zeroizing::new(value.to_owned()) } else { decode(value)? };
        if parameters.len() >= MAX_PARAMETERS || parameters.iter().any(|(known, _)| *known == name) {
            return None;
        }
        parameters.push((name, value));
        rest = after.trim_start();
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
}

/// What stands in quotes, and what follows (RFC 9110 section 5.6.4).
fn split_quoted(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('"')?;
    let mut escaped = false;
    let end = text.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    let (value, rest) = text.split_at_checked(end)?;
    Some((value, rest.strip_prefix('"')?))
}

/// The protocol defines eight.
const MAX_PARAMETERS: usize = 16;

/// `None` if a `%` is not followed by two digits.
fn decode(text: &str) -> Option<Zeroizing<String>> {
    let is_pair = |rest: &str| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    let mut bytes = Vec::with_capacity(text.len());
    bytes.extend(percent_decode_str(text));
    text.split('%').skip(1).all(is_pair).then_some(())?;
    String::from_utf8(bytes).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(consumer: (&str, &str), token: (&str, &str)) -> Keys {
        let [consumer_key, consumer_secret, token, token_secret] =
            [consumer.0, consumer.1, token.0, token.1].map(|text| Secret::from(text.to_owned()));
        Keys { consumer_key, consumer_secret, token, token_secret }
    }

    fn parameters(pairs: &[(&str, &str)]) -> Parameters {
        pairs.iter().map(|(name, value)| ((*name).into(), Zeroizing::new((*value).into()))).collect()
    }

    /// RFC 5849 section 1.2, the request for the photo. (The signature of the first request there, to
    /// `/initiate`, is wrong; oauthlib finds the same.)
    #[test]
    fn the_example_of_the_rfc_comes_out() {
        let client = ("dpf43f3p2l4k3l03", "kd94hf93k423kf44");
        let token = ("nnch734d00sl2jdk", "pfkkdhi9sl3r4s00");
        let url = Url::parse("http://photos.example.net/photos?file=vacation.jpg&size=original").unwrap();
        let sent = parameters(&[
            ("oauth_consumer_key", client.0),
            ("oauth_token", token.0),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131202"),
            ("oauth_nonce", "chapoH"),
        ]);
        let signature = keys(client, token).signature(Method::HmacSha1, "GET", &url, &sent).unwrap();
        assert_eq!(signature, "MdpQcU8iPSUjWoN/UDMsK2sui9I=");
    }

    /// RFC 5849 section 3.4.1.1. Its form body is passed as parameters of the request here.
    #[test]
    fn the_base_string_of_the_rfc_comes_out() {
        let url = Url::parse("http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b").unwrap();
        let sent = parameters(&[
            ("oauth_consumer_key", "9djdj82h48djs9d2"),
            ("oauth_token", "kkk9d7dh3k39sjv7"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131201"),
            ("oauth_nonce", "7d8f3e4a"),
            ("c2", ""),
            ("a3", "2 q"),
        ]);
        assert_eq!(
            *base_string("post", &url, &sent),
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
        );
    }

    #[test]
    fn secrets_with_reserved_letters_sign_as_other_libraries_have_it() {
        let keys = keys(
            ("ck_0123456789abcdef", "cs/with+special=chars&"),
            ("tok_fedcba9876543210", "ts~safe-_.!*'()"),
        );
        let url =
            Url::parse("https://va-a.mtls.liveperson.net/mtls/account/12345678/p12-test/multipart").unwrap();
        for (method, wanted) in [
            (Method::HmacSha1, "PB4s8eQIkYciOYSrt1I//26xfQg="),
            (Method::HmacSha256, "im4RvzJDA44OCWAJnMcKkHtjwYy88B0C8KumKexnZhc="),
        ] {
            let line =
                keys.authorization_at(method, "POST", &url, 1_700_000_000, "0f1e2d3c4b5a6978").unwrap();
            let parsed = parse(std::str::from_utf8(line.expose()).unwrap()).unwrap();
            let signature = parsed.iter().find(|(name, _)| name == "oauth_signature").unwrap();
            assert_eq!(*signature.1, wanted);
        }
    }

    #[test]
    fn a_header_that_is_not_well_formed_is_no_header() {
        for line in [
            "OAuth a=b",
            "OAuth a=\"%zz\"",
            "OAuth a=\"b\",a=\"c\"",
            "Bearer a=\"b\"",
            "OAuth",
            "OAuth a=\"%+1\"",
            "OAuth a=\"b\" c=\"d\"",
            "OAuth a=\"b\\\"",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
