//! The curl command for a submission to the platform.

use std::path::Path;

use super::Curl;
use crate::cli::TestArgs;
use crate::error::Result;
use crate::platform::contract;
use crate::platform::gateway::{Account, Gateway};
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
        let header =
            |name: &http::HeaderName, value: &[u8]| [name.as_str().as_bytes(), b": ", value].concat();
        self.add(&["-H"]);
        self.add_url(&format!("{}: {}", contract::FORWARD_URL, request.url.as_str()));
        self.add_option("-H", header(&contract::METHOD, request.method.as_str().as_bytes()));
        if let Some(kind) = request.headers.get(http::header::CONTENT_TYPE) {
            self.add_option("-H", header(&contract::CONTENT_TYPE, kind.as_bytes()));
        }
        if request.headers.contains_key(http::header::AUTHORIZATION) {
            let name = header(&contract::AUTHORIZATION, b"");
            self.add_secret("-H", name, "AUTHORIZATION", "the Authorization for the endpoint");
        }
        let (scheme, variable, what) = match args.platform.uses_oauth1() {
            true => ("", "OAUTH1", "OAuth and its signature, which curl cannot make"),
            false => ("Bearer ", "BEARER", "the Bearer token for the platform"),
        };
        self.add_secret("-H", format!("authorization: {scheme}"), variable, what);
        self.add_option("-H", concat!("user-agent: p12-test/", env!("CARGO_PKG_VERSION")));
        self.add_option("-H", "Expect:");
        self.add_parts(args, request)?;
        self.add_gateway(args.platform.gateway(), account);
        Ok(())
    }

    fn add_parts(&mut self, args: &TestArgs, request: &Request) -> Result<()> {
        self.add_option(
            "-F",
            quote_form_file(contract::FILE, '@', &args.target()?.p12, ";type=application/x-pkcs12"),
        );
        let mut add_string =
            |name, variable, what| self.add_secret("--form-string", format!("{name}="), variable, what);
        add_string(contract::PASSWORD, "P12_PASSWORD", "the P12's password, empty if it has none");
        match &request.body {
            RequestBody::Empty | RequestBody::Stream(_) => {}
            RequestBody::Bytes(_) => add_string(contract::BODY, "BODY", "the body"),
            RequestBody::File(path) => self.add_option("-F", quote_form_file(contract::BODY, '<', path, "")),
            RequestBody::Stdin => self.add_option("-F", format!("{}=<-", contract::BODY)),
        }
        Ok(())
    }

    fn add_gateway(&mut self, gateway: Gateway, account: &Account) {
        match gateway {
            Gateway::Host(base) => {
                let url = contract::test_url(base.url(), account);
                self.words.push(quote(url.as_str().as_bytes()));
            }
            Gateway::Lookup(api) => {
                let host = shell::quote_before_variable(b"https://", "PLATFORM");
                self.words.push([host, quote(contract::test_path(account).as_bytes())].concat());
                let lookup = contract::domain_url(api.url(), account);
                self.explain("PLATFORM", &format!("the baseURI that {lookup} returns"));
            }
        }
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
