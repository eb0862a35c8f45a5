//! The embedded endpoint with its own PKI, and a tour of both routes.

use std::convert::Infallible;
use std::ffi::OsString;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use clap::Parser as _;
use http::header::{CONTENT_TYPE, HeaderValue};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use openssl::error::ErrorStack;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_openssl::SslStream;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::cli::{Args, Command, ServeArgs, TestArgs};
use crate::diagnosis;
use crate::error::{Error, Exit, Kind, Result};
use crate::interrupt::Hangups;
use crate::interrupt::wait_for_signal;
use crate::platform::contract::PERMISSION;
use crate::serve::Server;
use crate::shell;
use endpoint::{Endpoint, Manners};
use pki::{Identity, Profile, Purpose};

pub mod endpoint;
pub mod pki;

/// A running demo: an endpoint and a platform on 127.0.0.1, and a private folder with their files.
pub struct Demo {
    folder: TempDir,
    endpoint: Endpoint,
    platform: String,
    _serving: DropGuard,
}

/// One test of the demo, as a user would type it.
pub struct DemoTest {
    /// What it shows, in a sentence.
    pub title: &'static str,
    arguments: Vec<OsString>,
    ends: Exit,
}

const PASSWORD: &str = "correct horse battery staple";

const KEPT: &str =
    "The endpoint and the files stay until Ctrl-C. You can repeat the commands in another terminal.";
const REMOVED: &str =
    "The files are removed now. --keep keeps them and the endpoint, so that you can repeat the commands.";

impl Demo {
    /// Makes the files and starts the endpoint.
    ///
    /// # Errors
    /// When a file cannot be written or a port cannot be opened.
    pub async fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("p12-test-demo-").tempdir();
        let folder = folder.map_err(|error| diagnosis::unwritable("a temporary folder", &error))?;
        let manners = write_files(folder.path())?;
        let endpoint = Endpoint::start(&manners, Arc::new(|stream| Box::pin(greet(stream)))).await;
        let endpoint = endpoint.map_err(|error| {
            let reason = diagnosis::in_words(&error);
            Error::new(Kind::OutputFailed, format!("cannot open a port on 127.0.0.1: {reason}"))
        })?;
        let server = Server::bind(&serve_args(folder.path())?, Arc::new(|_| {})).await?;
        let platform = server.url()?;
        let end = CancellationToken::new();
        tokio::spawn(server.run(end.clone().cancelled_owned(), Hangups::none()));
        Ok(Self { folder, endpoint, platform, _serving: end.drop_guard() })
    }

    /// What the demo is about to do.
    pub fn introduction(&self) -> String {
        let (url, folder) = (self.url(), self.folder.path().display());
        format!(
            "An endpoint that requires a certificate of the demo's CA runs at {url}, and a tester like the platform's at {}. Their files are in {folder}.",
            self.platform
        )
    }

    /// The tests, from simple to advanced.
    pub fn steps(&self) -> Vec<DemoTest> {
        let step = |title, file: &str, more: &[String], ends| {
            let mut arguments: Vec<OsString> = ["p12-test", "--cacert"].map(OsString::from).into();
            arguments.extend([self.path("ca.pem"), "--password-file".into(), self.path("password.txt")]);
            if names_a_proxy() {
                arguments.extend(["--proxy".into(), OsString::new()]);
            }
            arguments.extend(more.iter().map(OsString::from));
            arguments.extend([self.path(file), self.url().into()]);
            DemoTest { title, arguments, ends }
        };
        let platform = |token: &str| {
            let token = self.folder.path().join(token).display().to_string();
            ["--account", ACCOUNT, "--domain", &self.platform, "--bearer-file", &token].map(str::to_owned)
        };
        let (through, unknown) = (platform("token.txt"), platform("wrong-token.txt"));
        let compare = [&["--compare".to_owned()], through.as_slice()].concat();
        vec![
            step(
                "A good certificate: the endpoint asks for it, gets it, and answers.",
                "good.p12",
                &[],
                Exit::Success,
            ),
            step(
                "The same, with proof that the endpoint requires a certificate: a second call without it.",
                "good.p12",
                &["--control".to_owned()],
                Exit::Success,
            ),
            step("A certificate of another CA: the endpoint refuses it.", "stranger.p12", &[], Exit::Refused),
            step("An expired certificate: the endpoint refuses it.", "expired.p12", &[], Exit::Refused),
            step(
                "The good certificate again, submitted to the platform's tester, which makes the call.",
                "good.p12",
                &through,
                Exit::Success,
            ),
            step(
                "The certificate of another CA, through the platform: it reports what the endpoint did.",
                "stranger.p12",
                &through,
                Exit::Platform,
            ),
            step("A token that the platform does not know.", "good.p12", &unknown, Exit::Platform),
            step("Both routes side by side.", "good.p12", &compare, Exit::Success),
        ]
    }

    /// Ends the demo. With `keep`, it waits for Ctrl-C first.
    ///
    /// # Errors
    /// When the files cannot be removed.
    pub async fn finish(self, keep: bool, say: impl Fn(&str)) -> Result<()> {
        say("");
        say(if keep { KEPT } else { REMOVED });
        if keep {
            wait_for_signal().await;
        }
        let folder = self.folder.path().display().to_string();
        self.folder.close().map_err(|error| diagnosis::unwritable(folder, &error))
    }

    fn path(&self, name: &str) -> OsString {
        self.folder.path().join(name).into()
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/", self.endpoint.address().port())
    }
}

/// Whether the environment names a proxy. It could not reach the demo's address.
fn names_a_proxy() -> bool {
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    names.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

impl DemoTest {
    /// Checks that the step ended as it should.
    ///
    /// # Errors
    /// When it did not.
    pub fn check(&self, exit: Exit) -> Result<()> {
        if exit == self.ends {
            return Ok(());
        }
        let (exit, ends) = (exit as u8, self.ends as u8);
        let message = format!("a step of the demo ended with {exit} instead of {ends}");
        let hint = "the report above says why; does something intercept connections on 127.0.0.1?";
        Err(Error::new(Kind::SomeFailed, message).with_hint(hint))
    }

    /// The command line, quoted for the shell of this system.
    pub fn command(&self) -> String {
        let quoted = self.arguments.iter().map(|argument| shell::quote_text(&argument.to_string_lossy()));
        quoted.collect::<Vec<_>>().join(" ")
    }

    /// The command line as the program reads it.
    ///
    /// # Errors
    /// When it is wrong, which is a bug.
    pub fn args(&self) -> Result<TestArgs> {
        let parsed = Args::try_parse_from(&self.arguments).map(|args| args.test);
        parsed.map_err(|_| Error::new(Kind::Internal, "the demo's own command line is wrong"))
    }
}

/// The options of the demo's platform: its own account and token, and calls to loopback allowed.
fn serve_args(folder: &Path) -> Result<ServeArgs> {
    let credentials = format!(
        "[[credential]]\nbearer = \"{TOKEN}\"\naccounts = [\"{ACCOUNT}\"]\npermissions = [\"{PERMISSION}\"]\n"
    );
    let file = folder.join("credentials.toml");
    write(file.clone(), credentials.as_bytes())?;
    write(folder.join("token.txt"), format!("{TOKEN}\n").as_bytes())?;
    write(folder.join("wrong-token.txt"), b"not-the-token\n")?;
    let mut arguments: Vec<OsString> =
        ["p12-test", "serve", "--listen", "127.0.0.1:0", "--drain-notice", "0"].map(OsString::from).into();
    arguments.extend(["--allow-net", "127.0.0.0/8", "--allow-net", "::1/128"].map(OsString::from));
    arguments.extend(["--credentials".into(), file.into(), "--cacert".into(), folder.join("ca.pem").into()]);
    match Args::try_parse_from(arguments).map(|args| args.command) {
        Ok(Some(Command::Serve(args))) => Ok(*args),
        _ => Err(Error::new(Kind::Internal, "the demo's own command line is wrong")),
    }
}

const ACCOUNT: &str = "12345678";
const TOKEN: &str = "demo-token";

/// Writes the CA, the password and three P12 files; returns the settings of an endpoint that accepts one of them.
fn write_files(folder: &Path) -> Result<Manners> {
    let failed = |stack: ErrorStack| diagnosis::openssl("making the demo's certificates", &stack);
    let authority = Identity::root("Demo CA").map_err(failed)?;
    let stranger = Identity::root("Another CA").map_err(failed)?;
    let server = authority.issue(&Profile::new("localhost", Purpose::Server)).map_err(failed)?;
    let client = |issuer: &Identity, name: &str, days| {
        let profile = Profile { days, ..Profile::new(name, Purpose::Client) };
        issuer.issue(&profile).and_then(|identity| identity.p12(PASSWORD, name)).map_err(failed)
    };
    write(folder.join("ca.pem"), &authority.certificate_pem().map_err(failed)?)?;
    write(folder.join("password.txt"), format!("{PASSWORD}\n").as_bytes())?;
    write(folder.join("good.p12"), &client(&authority, "good client", (-1, 365))?)?;
    write(folder.join("stranger.p12"), &client(&stranger, "stranger", (-1, 365))?)?;
    write(folder.join("expired.p12"), &client(&authority, "expired client", (-30, -1))?)?;
    Ok(Manners::new(&server, &authority))
}

/// Writes a file that only its owner may read, as `serve` wants its credentials.
fn write(path: PathBuf, bytes: &[u8]) -> Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&path).and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| diagnosis::unwritable(path.display(), &error))
}

/// Answers each request with the name of the client.
async fn greet(stream: SslStream<TcpStream>) {
    let (peer, _) = endpoint::peer(&stream);
    let body = format!("{{\"hello\":{:?}}}\n", peer.unwrap_or_default());
    let answer = service_fn(|_| {
        let mut response = http::Response::new(Full::new(Bytes::from(body.clone())));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        std::future::ready(Ok::<_, Infallible>(response))
    });
    // A client that closes early needs no message.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_with_another_exit_status_fails_the_demo() {
        let step = DemoTest { title: "", arguments: Vec::new(), ends: Exit::Refused };
        assert!(step.check(Exit::Refused).is_ok());
        let failed = step.check(Exit::Unreached).unwrap_err();
        assert_eq!(failed.message, "a step of the demo ended with 4 instead of 6");
    }
}
