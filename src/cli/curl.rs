//! A test as a curl command. Secrets stand in the shell's variables.

use std::path::Path;

use url::Url;

use super::TestArgs;
use super::connection::TlsVersion;
use crate::error::{Error, Kind, Result};
use crate::p12::P12File;
use crate::p12::anatomy::{Anatomy, Form};
use crate::platform::gateway::{Account, Gateway};
use crate::platform::{contract, domain};
use crate::request::Request;
use crate::request::body::Body;
use crate::shell::quoted;

const HEAD_WITH_BODY: &str = "not in curl: HEAD with a body: curl sends it, then waits for a body of the answer, which never comes, until the connection or the time ends";

/// The command, and what has to be said of it.
pub struct Curl {
    words: Vec<Vec<u8>>,
    /// What stands in which variable, and what curl cannot do.
    pub notes: Vec<String>,
}

impl TestArgs {
    /// The curl command for the same request. Nothing is asked for and nothing is sent.
    pub async fn curl(&self) -> Result<Curl> {
        let request = self.request()?;
        let mut curl = Curl { words: vec![b"curl".to_vec()], notes: Vec::new() };
        // Silent, but for errors; nothing in the URL is a pattern or is tidied up.
        curl.plain(&["-sS", "-g", "--path-as-is"]);
        curl.connection(self)?;
        match &self.platform.account {
            None => curl.call(self, &request).await?,
            Some(account) => curl.submission(self, account, &request)?,
        }
        if self.output.include {
            curl.plain(&["-i"]);
        }
        if let Some(path) = &self.output.output {
            curl.option("-o", path.as_os_str().as_encoded_bytes());
        }
        curl.cannot(self);
        if cfg!(windows) {
            curl.notes.push("the command is for a POSIX shell, such as that of Git for Windows".into());
        }
        Ok(curl)
    }
}

impl Curl {
    /// The command as a line for a POSIX shell.
    pub fn line(&self) -> Vec<u8> {
        let mut line = self.words.join(&b' ');
        line.push(b'\n');
        line
    }

    fn plain(&mut self, words: &[&str]) {
        self.words.extend(words.iter().map(|word| word.as_bytes().to_vec()));
    }

    fn option(&mut self, name: &str, value: &[u8]) {
        self.plain(&[name]);
        self.words.push(quoted(value));
    }

    /// An option whose value ends with a variable.
    fn secret(&mut self, name: &str, before: &[u8], variable: &str) {
        self.plain(&[name]);
        let mut word = if before.is_empty() { Vec::new() } else { quoted(before) };
        word.extend(format!("\"${variable}\"").bytes());
        self.words.push(word);
    }

    /// A word that is this URL, its query a variable: tokens stand there.
    fn url(&mut self, url: &str) -> Vec<u8> {
        let Some((before, _)) = url.split_once('?') else { return quoted(url.as_bytes()) };
        self.stands("QUERY", "the query of the URL, percent-encoded");
        [quoted(format!("{before}?").as_bytes()), b"\"$QUERY\"".to_vec()].concat()
    }

    fn stands(&mut self, variable: &str, what: &str) {
        self.notes.push(format!("${variable} stands for {what}"));
    }

    fn connection(&mut self, args: &TestArgs) -> Result<()> {
        let connection = &args.connection;
        let platform = args.platform.account.is_some();
        let roots =
            args.platform.platform_cacert.as_ref().filter(|_| platform).or(connection.cacert.as_ref());
        if let Some(roots) = roots {
            let name = if roots.is_dir() { "--capath" } else { "--cacert" };
            self.option(name, roots.as_os_str().as_encoded_bytes());
        }
        let number = |version: TlsVersion| version.number();
        self.plain(&[&format!("--tlsv{}", connection.tls_min.map_or("1.2", number))]);
        if let Some(max) = connection.tls_max {
            self.plain(&["--tls-max", max.number()]);
        }
        self.plain(&[if connection.http2 && !platform { "--http2" } else { "--http1.1" }]);
        let switches = [(connection.insecure, "-k"), (connection.ipv4, "-4"), (connection.ipv6, "-6")];
        switches.iter().filter(|(set, _)| *set).for_each(|(_, name)| self.plain(&[name]));
        self.plain(&["--connect-timeout", &connection.connect_timeout.as_secs_f64().to_string()]);
        self.plain(&["-m", &connection.max_time.as_secs_f64().to_string()]);
        for known in &connection.resolve {
            let addresses: Vec<_> = known.addresses().iter().map(ToString::to_string).collect();
            self.option(
                "--resolve",
                format!("{}:{}:{}", known.host(), known.port(), addresses.join(",")).as_bytes(),
            );
        }
        self.proxy(args)
    }

    /// Scheme, host and port, which is all that is needed of its URL; the rest may be secret.
    fn proxy(&mut self, args: &TestArgs) -> Result<()> {
        let connection = &args.connection;
        let Some(name) = connection.proxies()?.name().cloned() else { return Ok(()) };
        let Ok(url) = Url::parse(&String::from_utf8_lossy(name.expose())) else {
            self.option("--noproxy", b"*");
            return Ok(());
        };
        let port = url.port_or_known_default().map_or(String::new(), |port| format!(":{port}"));
        let host = url.host_str().unwrap_or_default();
        self.option("-x", format!("{}://{host}{port}", url.scheme()).as_bytes());
        if !url.username().is_empty() || url.password().is_some() {
            self.secret("--proxy-user", b"", "PROXY_USER");
            self.stands("PROXY_USER", "the proxy's USER:PASSWORD");
        }
        Ok(())
    }

    /// The mutual-TLS call itself.
    async fn call(&mut self, args: &TestArgs, request: &Request) -> Result<()> {
        self.certificate(args).await?;
        let usual = if request.body.is_empty() { "GET" } else { "POST" };
        match request.method.as_str() {
            "HEAD" if request.body.is_empty() => self.plain(&["--head"]),
            "HEAD" => {
                self.plain(&["-X", "HEAD"]);
                self.notes.push(HEAD_WITH_BODY.into());
            }
            method if method == usual => {}
            method => self.option("-X", method.as_bytes()),
        }
        for (at, (name, value)) in request.headers.iter().enumerate() {
            let name = name.as_str();
            if !value.is_sensitive() {
                self.option("-H", &[name.as_bytes(), b": ", value.as_bytes()].concat());
                continue;
            }
            let numbered = || format!("HEADER_{at}");
            let variable = if name == "authorization" { "AUTHORIZATION".into() } else { numbered() };
            self.secret("-H", format!("{name}: ").as_bytes(), &variable);
            self.stands(&variable, &format!("the value of the header {name}"));
        }
        self.body("--data-binary", "", &request.body);
        let word = self.url(request.url.as_str());
        self.words.push(word);
        Ok(())
    }

    async fn certificate(&mut self, args: &TestArgs) -> Result<()> {
        let path = args.p12_path()?;
        let mut name = Vec::new();
        for byte in path.as_os_str().as_encoded_bytes() {
            if matches!(byte, b':' | b'\\') {
                name.push(b'\\');
            }
            name.push(*byte);
        }
        name.push(b':');
        self.plain(&["--cert-type", "P12"]);
        if args.password.no_password {
            self.option("--cert", &name);
        } else {
            self.secret("--cert", &name, "P12_PASSWORD");
            self.stands("P12_PASSWORD", "the P12's password");
        }
        self.note_file(path).await;
        Ok(())
    }

    /// What curl will make of the file, as far as that shows without its password.
    async fn note_file(&mut self, path: &Path) {
        let Ok(file) = P12File::read(path).await else { return };
        let Ok((anatomy, _)) = Anatomy::read(&file, None).await else { return };
        if anatomy.is_legacy() {
            self.notes.push(
                "curl with OpenSSL 3 refuses the ciphers of this P12; p12-test inspect tells how to fix that"
                    .into(),
            );
        }
        if anatomy.form == Form::Text {
            self.notes.push("curl reads a P12 in binary only, and this one is text".into());
        }
    }

    fn body(&mut self, option: &str, name: &str, body: &Body) {
        match body {
            Body::Empty | Body::Stream(_) => {}
            Body::Bytes(_) => {
                self.secret(option, name.as_bytes(), "BODY");
                self.stands("BODY", "the body");
            }
            Body::File(path) => {
                self.option(option, &[name.as_bytes(), b"@", path.as_os_str().as_encoded_bytes()].concat());
            }
            Body::Stdin => self.option(option, format!("{name}@-").as_bytes()),
        }
        if !body.is_empty() {
            self.option("-H", b"Expect:");
        }
    }

    /// The multipart request to the platform.
    fn submission(&mut self, args: &TestArgs, account: &Account, request: &Request) -> Result<()> {
        let gateway = args.platform.gateway();
        let path = contract::test_path(account);
        let header =
            |name: &http::HeaderName, value: &[u8]| [name.as_str().as_bytes(), b": ", value].concat();
        let forward = self.url(&format!("{}: {}", contract::FORWARD_URL, request.url.as_str()));
        self.plain(&["-H"]);
        self.words.push(forward);
        self.option("-H", &header(&contract::METHOD, request.method.as_str().as_bytes()));
        if let Some(kind) = request.headers.get(http::header::CONTENT_TYPE) {
            self.option("-H", &header(&contract::CONTENT_TYPE, kind.as_bytes()));
        }
        if request.headers.contains_key(http::header::AUTHORIZATION) {
            self.secret("-H", &header(&contract::AUTHORIZATION, b""), "AUTHORIZATION");
            self.stands("AUTHORIZATION", "the Authorization for the endpoint");
        }
        if args.platform.uses_oauth1() {
            self.secret("-H", b"authorization: ", "OAUTH1");
            self.stands("OAUTH1", "OAuth and its signature, which curl cannot make");
        } else {
            self.secret("-H", b"authorization: Bearer ", "BEARER");
            self.stands("BEARER", "the Bearer token for the platform");
        }
        self.option("-H", format!("user-agent: p12-test/{}", env!("CARGO_PKG_VERSION")).as_bytes());
        self.option("-H", b"Expect:");
        self.option("-F", &form_file(contract::FILE, '@', args.p12_path()?, ";type=application/x-pkcs12"));
        self.secret("--form-string", &value_of(contract::PASSWORD), "P12_PASSWORD");
        self.stands("P12_PASSWORD", "the P12's password, empty where it has none");
        match &request.body {
            Body::Empty | Body::Stream(_) => {}
            Body::Bytes(_) => {
                self.secret("--form-string", &value_of(contract::BODY), "BODY");
                self.stands("BODY", "the body");
            }
            Body::File(path) => self.option("-F", &form_file(contract::BODY, '<', path, "")),
            Body::Stdin => self.option("-F", &[value_of(contract::BODY), b"<-".to_vec()].concat()),
        }
        match gateway {
            Gateway::Host(base) => {
                let url =
                    base.url().join(&path).map_err(|error| Error::new(Kind::Internal, error.to_string()))?;
                self.words.push(quoted(url.as_str().as_bytes()));
            }
            Gateway::Lookup(api) => {
                let lookup = domain::lookup_url(api.url(), account)?;
                let mut word = b"https://\"$PLATFORM\"".to_vec();
                word.extend(quoted(path.as_bytes()));
                self.words.push(word);
                self.stands("PLATFORM", &format!("the baseURI that {lookup} names"));
            }
        }
        Ok(())
    }

    fn cannot(&mut self, args: &TestArgs) {
        let missing = [
            (args.alias.is_some(), "--alias: curl takes the first key"),
            (args.verdict.control, "--control: run the command once more without --cert"),
            (!args.verdict.expect.is_empty(), "--expect: curl's exit status says nothing of the answer's"),
            (
                args.verdict.allow_unrequested,
                "--allow-unrequested: curl never tells whether the certificate was asked for",
            ),
            (
                args.platform.compare,
                "--compare: this is the call by the platform; leave --account out for the other",
            ),
        ];
        let told = missing.iter().filter(|(set, _)| *set);
        self.notes.extend(told.map(|(_, what)| format!("not in curl: {what}")));
    }
}

/// `name=`, before the value of a part.
fn value_of(name: &str) -> Vec<u8> {
    format!("{name}=").into_bytes()
}

/// `name=@"path";more`, with curl's own escapes in the quotes.
fn form_file(name: &str, how: char, path: &Path, more: &str) -> Vec<u8> {
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
