//! The curl command for a submission to the platform.

use std::path::Path;

use super::Curl;
use crate::cli::TestArgs;
use crate::error::{Error, Kind, Result};
use crate::platform::gateway::{Account, Gateway};
use crate::platform::{contract, domain};
use crate::request::Request;
use crate::request::body::RequestBody;
use crate::shell::{self, quote};

impl Curl {
    /// Adds the multipart request to the platform.
    pub(super) fn add_submission(
        &mut self,
        args: &TestArgs,
        account: &Account,
        request: &Request,
    ) -> Result<()> {
        let gateway = args.platform.gateway();
        let path = contract::test_path(account);
        let header =
            |name: &http::HeaderName, value: &[u8]| [name.as_str().as_bytes(), b": ", value].concat();
        let forward = self.quote_url(&format!("{}: {}", contract::FORWARD_URL, request.url.as_str()));
        self.add(&["-H"]);
        self.words.push(forward);
        self.add_option("-H", &header(&contract::METHOD, request.method.as_str().as_bytes()));
        if let Some(kind) = request.headers.get(http::header::CONTENT_TYPE) {
            self.add_option("-H", &header(&contract::CONTENT_TYPE, kind.as_bytes()));
        }
        if request.headers.contains_key(http::header::AUTHORIZATION) {
            self.add_secret("-H", &header(&contract::AUTHORIZATION, b""), "AUTHORIZATION");
            self.explain("AUTHORIZATION", "the Authorization for the endpoint");
        }
        if args.platform.uses_oauth1() {
            self.add_secret("-H", b"authorization: ", "OAUTH1");
            self.explain("OAUTH1", "OAuth and its signature, which curl cannot make");
        } else {
            self.add_secret("-H", b"authorization: Bearer ", "BEARER");
            self.explain("BEARER", "the Bearer token for the platform");
        }
        self.add_option("-H", format!("user-agent: p12-test/{}", env!("CARGO_PKG_VERSION")).as_bytes());
        self.add_option("-H", b"Expect:");
        self.add_parts(args, request)?;
        self.add_gateway(gateway, account, &path)
    }

    fn add_parts(&mut self, args: &TestArgs, request: &Request) -> Result<()> {
        self.add_option(
            "-F",
            &quote_form_file(contract::FILE, '@', &args.target()?.p12, ";type=application/x-pkcs12"),
        );
        self.add_secret("--form-string", format!("{}=", contract::PASSWORD).as_bytes(), "P12_PASSWORD");
        self.explain("P12_PASSWORD", "the P12's password, empty if it has none");
        match &request.body {
            RequestBody::Empty | RequestBody::Stream(_) => {}
            RequestBody::Bytes(_) => {
                self.add_secret("--form-string", format!("{}=", contract::BODY).as_bytes(), "BODY");
                self.explain("BODY", "the body");
            }
            RequestBody::File(path) => self.add_option("-F", &quote_form_file(contract::BODY, '<', path, "")),
            RequestBody::Stdin => self.add_option("-F", format!("{}=<-", contract::BODY).as_bytes()),
        }
        Ok(())
    }

    fn add_gateway(&mut self, gateway: Gateway, account: &Account, path: &str) -> Result<()> {
        match gateway {
            Gateway::Host(base) => {
                let url =
                    base.url().join(path).map_err(|error| Error::new(Kind::Internal, error.to_string()))?;
                self.words.push(quote(url.as_str().as_bytes()));
            }
            Gateway::Lookup(api) => {
                let lookup = domain::lookup_url(api.url(), account)?;
                let mut word = shell::quote_before_variable(b"https://", "PLATFORM");
                word.extend(quote(path.as_bytes()));
                self.words.push(word);
                self.explain("PLATFORM", &format!("the baseURI that {lookup} returns"));
            }
        }
        Ok(())
    }
}

/// `name=@"path";more`, with curl's own escapes in the quotes.
fn quote_form_file(name: &str, how: char, path: &Path, more: &str) -> Vec<u8> {
    let mut value = format!("{name}={how}\"").into_bytes();
    for byte in path.as_os_str().as_encoded_bytes() {
        if matches!(byte, b'"' | b'\\') {
            value.push(b'\\');
        }
        value.push(*byte);
    }
    value.push(b'"');
    value.extend(more.bytes());
    value
}
