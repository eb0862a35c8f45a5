//! Writes a test as a curl command. Shell variables stand in for secrets.

use std::path::Path;

use url::Url;

use crate::call::tls::Version;
use crate::cli::{ConnectionArgs, TLS_VERSIONS, TestArgs, given};
use crate::error::Result;
use crate::inputs::{Inputs as _, TestInputs, proxies};
use crate::p12::P12File;
use crate::p12::anatomy::{Anatomy, Form};
use crate::prompt::Prompt;
use crate::request::Request;
use crate::request::body::RequestBody;
use crate::shell::{self, quote};

mod submission;

const HEAD_WITH_BODY: &str = "not in curl: HEAD with a body: curl sends it, then waits in vain for a body of the answer until the connection or the time ends";

/// A curl command, with notes.
pub struct Curl {
    words: Vec<Vec<u8>>,
    /// What each variable stands for, and what curl cannot do.
    pub notes: Vec<String>,
}

impl Curl {
    /// The command for the request of this test. Nothing is asked for and nothing is sent.
    ///
    /// # Errors
    /// As a test with these options fails before it asks for a password.
    pub async fn new(args: &TestArgs) -> Result<Self> {
        let request = TestInputs { args, prompt: Prompt::Never }.request()?;
        let mut curl = Self { words: vec![b"curl".to_vec()], notes: Vec::new() };
        // Silent except for errors; curl must not change the URL, nor read patterns in it.
        curl.add(&["-sS", "-g", "--path-as-is"]);
        curl.add_connection(args)?;
        match &args.platform.account {
            None => curl.add_call(args, &request).await?,
            Some(account) => curl.add_submission(args, account, &request)?,
        }
        if args.output.include {
            curl.add(&["-i"]);
        }
        if let Some(path) = &args.output.output {
            curl.add_option("-o", path.as_os_str().as_encoded_bytes());
        }
        curl.note_limits(args);
        if cfg!(windows) {
            curl.notes.push(
                "the command is for cmd.exe, at its prompt; PowerShell reads variables in another way".into(),
            );
        }
        Ok(curl)
    }

    /// The command as a line for the shell of this system.
    pub fn line(&self) -> Vec<u8> {
        let mut line = self.words.join(&b' ');
        line.push(b'\n');
        line
    }

    fn add(&mut self, words: &[&str]) {
        self.words.extend(words.iter().map(|word| word.as_bytes().to_vec()));
    }

    fn add_option(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.add(&[name]);
        self.words.push(quote(value.as_ref()));
    }

    /// Adds an option whose value ends with a variable, which stands for `what`.
    fn add_secret(&mut self, name: &str, before: impl AsRef<[u8]>, variable: &str, what: &str) {
        self.add(&[name]);
        self.add_variable(before, variable, what);
    }

    fn add_variable(&mut self, before: impl AsRef<[u8]>, variable: &str, what: &str) {
        self.words.push(shell::quote_before_variable(before.as_ref(), variable));
        self.explain(variable, what);
    }

    fn explain(&mut self, variable: &str, what: &str) {
        self.notes.push(format!("{} stands for {what}", shell::refer_to(variable)));
    }

    /// Adds a URL; a variable stands in for its query, which may contain tokens.
    fn add_url(&mut self, url: &str) {
        match url.split_once('?') {
            None => self.words.push(quote(url.as_bytes())),
            Some((before, _)) => {
                self.add_variable(format!("{before}?"), "QUERY", "the query of the URL, percent-encoded");
            }
        }
    }

    fn add_connection(&mut self, args: &TestArgs) -> Result<()> {
        let connection = &args.connection;
        let platform = args.platform.account.is_some();
        let roots =
            args.platform.platform_cacert.as_ref().filter(|_| platform).or(connection.cacert.as_ref());
        if let Some(roots) = roots {
            let name = if roots.is_dir() { "--capath" } else { "--cacert" };
            self.add_option(name, roots.as_os_str().as_encoded_bytes());
        }
        let number = |wanted: Version| {
            TLS_VERSIONS.iter().find(|(_, version)| *version == wanted).map_or("1.2", |(number, _)| *number)
        };
        self.add(&[&format!("--tlsv{}", number(connection.oldest_tls()))]);
        if let Some(max) = connection.tls_max {
            self.add(&["--tls-max", number(max)]);
        }
        self.add(&[if connection.http2 && !platform { "--http2" } else { "--http1.1" }]);
        let switches = [(connection.insecure, "-k"), (connection.ipv4, "-4"), (connection.ipv6, "-6")];
        given(switches).for_each(|name| self.add(&[name]));
        self.add(&["--connect-timeout", &connection.connect_timeout.as_secs_f64().to_string()]);
        self.add(&["-m", &connection.max_time.as_secs_f64().to_string()]);
        for known in &connection.resolve {
            let addresses: Vec<_> = known.addresses.iter().map(ToString::to_string).collect();
            let value = format!("{}:{}:{}", known.host, known.port, addresses.join(","));
            self.add_option("--resolve", value);
        }
        self.add_proxy(connection)
    }

    /// Adds scheme, host and port of the proxy; the rest of its URL may be secret.
    fn add_proxy(&mut self, connection: &ConnectionArgs) -> Result<()> {
        let Some(name) = proxies(connection)?.name().cloned() else { return Ok(()) };
        let Ok(url) = Url::parse(&String::from_utf8_lossy(name.expose())) else {
            self.add_option("--noproxy", "*");
            return Ok(());
        };
        let port = url.port_or_known_default().map_or(String::new(), |port| format!(":{port}"));
        let host = url.host_str().unwrap_or_default();
        self.add_option("-x", format!("{}://{host}{port}", url.scheme()));
        if !url.username().is_empty() || url.password().is_some() {
            self.add_secret("--proxy-user", "", "PROXY_USER", "the proxy's USER:PASSWORD");
        }
        Ok(())
    }

    /// Adds the mutual-TLS call.
    async fn add_call(&mut self, args: &TestArgs, request: &Request) -> Result<()> {
        self.add_certificate(args).await?;
        let usual = if request.body.is_empty() { "GET" } else { "POST" };
        match request.method.as_str() {
            "HEAD" if request.body.is_empty() => self.add(&["--head"]),
            "HEAD" => {
                self.add(&["-X", "HEAD"]);
                self.notes.push(HEAD_WITH_BODY.into());
            }
            method if method == usual => {}
            method => self.add_option("-X", method),
        }
        for (at, (name, value)) in request.headers.iter().enumerate() {
            let name = name.as_str();
            if !value.is_sensitive() {
                self.add_option("-H", [name.as_bytes(), b": ", value.as_bytes()].concat());
                continue;
            }
            let numbered = || format!("HEADER_{at}");
            let variable = if name == "authorization" { "AUTHORIZATION".into() } else { numbered() };
            let what = format!("the value of the header {name}");
            self.add_secret("-H", format!("{name}: "), &variable, &what);
        }
        self.add_body(&request.body);
        self.add_url(request.url.as_str());
        Ok(())
    }

    async fn add_certificate(&mut self, args: &TestArgs) -> Result<()> {
        let path = &args.target()?.p12;
        let escape = |byte: &u8| if b":\\".contains(byte) { vec![b'\\', *byte] } else { vec![*byte] };
        let mut name: Vec<_> = path.as_os_str().as_encoded_bytes().iter().flat_map(escape).collect();
        name.push(b':');
        let loose = self.note_file(path).await == Some(Form::Loose) || args.key.key.is_some();
        self.add(&["--cert-type", if loose { "PEM" } else { "P12" }]);
        if args.password.no_password {
            self.add_option("--cert", &name);
        } else {
            self.add_secret("--cert", &name, "P12_PASSWORD", "the P12's password");
        }
        if let Some(key) = &args.key.key {
            self.add_option("--key", key.as_os_str().as_encoded_bytes());
        }
        Ok(())
    }

    /// Notes what curl cannot read, as far as that shows without the password. Returns the file's form, if it is known.
    async fn note_file(&mut self, path: &Path) -> Option<Form> {
        let file = P12File::read(path).await.ok()?;
        let (anatomy, _) = Anatomy::read(&file, None).await.ok()?;
        if anatomy.is_legacy() {
            self.notes.push(
                "curl with OpenSSL 3 refuses the ciphers of this P12; p12-test inspect shows how to fix that"
                    .into(),
            );
        }
        if anatomy.form == Form::Text {
            self.notes.push("curl reads only binary P12 files, and this one is text".into());
        }
        Some(anatomy.form)
    }

    fn add_body(&mut self, body: &RequestBody) {
        match body {
            RequestBody::Empty | RequestBody::Stream(_) => return,
            RequestBody::Bytes(_) => self.add_secret("--data-binary", "", "BODY", "the body"),
            RequestBody::File(path) => {
                self.add_option("--data-binary", [b"@", path.as_os_str().as_encoded_bytes()].concat());
            }
            RequestBody::Stdin => self.add_option("--data-binary", "@-"),
        }
        self.add_option("-H", "Expect:");
    }

    fn note_limits(&mut self, args: &TestArgs) {
        let missing = given([
            (args.alias.is_some(), "--alias: curl uses the first key"),
            (args.key.key_password_file.is_some(), "--key-password-file: curl takes one password"),
            (args.key.key_password_env.is_some(), "--key-password-env: curl takes one password"),
            (args.verdict.each_address, "--each-address: use --resolve HOST:PORT:ADDRESS, once for each"),
            (args.verdict.repeat.is_some(), "--repeat: run the command several times"),
            (args.leaf_only, "--leaf-only: curl sends the whole chain of a P12"),
            (args.verdict.control, "--control: run the command once more without --cert"),
            (
                !args.verdict.expect.is_empty(),
                "--expect: curl's exit status does not depend on the answer's status",
            ),
            (
                args.verdict.allow_unrequested,
                "--allow-unrequested: curl does not say whether the certificate was asked for",
            ),
            (args.platform.compare, "--compare: run without --account for the call from here"),
        ]);
        self.notes.extend(missing.map(|what| format!("not in curl: {what}")));
    }
}
