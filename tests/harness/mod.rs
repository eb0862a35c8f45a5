//! What all tests share: a folder with a PKI, endpoints that behave as a test wants, the program and its output.
#![allow(dead_code, unused_imports, reason = "each test uses a part of it")]

mod gate;
mod process;
mod program;
mod schema;
mod terminal;
mod tools;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex};

use clap::ValueEnum as _;
use p12_test::cli::Format;
use p12_test::demo::endpoint::{Endpoint, Manners, OnConnection};
use p12_test::demo::pki::{Identity, Profile, Purpose};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::runtime::Runtime;

pub(crate) use gate::Gate;
pub(crate) use process::{Daemon, free_port, peak_memory};
#[cfg(unix)]
pub(crate) use process::{Signal, send, wait_for_signal_handler};
pub(crate) use program::{Ran, Served, error_line, with};
pub(crate) use schema::fit_schema;
pub(crate) use terminal::{Session, has_terminals, is_wine, typed, typed_on};
pub(crate) use tools::{all_tools, is_installed, on_path, skip};

pub(crate) const PASSWORD: &str = "correct horse";
pub(crate) const ACCOUNT: &str = "12345678";
pub(crate) const TOKEN: &str = "opaque-token_1";
pub(crate) const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello\n";

/// The program to test: the one that was just built, or `P12_TEST_PROGRAM`, which may run in an emulator.
pub(crate) fn program() -> &'static str {
    static PROGRAM: LazyLock<String> = LazyLock::new(|| {
        std::env::var("P12_TEST_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_p12-test").into())
    });
    &PROGRAM
}

/// The names of all formats of `batch`.
pub(crate) fn formats() -> Vec<String> {
    let name = |format: &Format| Some(format.to_possible_value()?.get_name().to_owned());
    Format::value_variants().iter().filter_map(name).collect()
}

/// A PKI in a private folder: `ca.pem`, `password.txt`, `client.p12`.
pub(crate) struct Lab {
    pub(crate) folder: TempDir,
    pub(crate) root: Identity,
    pub(crate) server: Identity,
    pub(crate) runtime: Runtime,
}

/// An endpoint, and what it was sent.
pub(crate) struct Site {
    _endpoint: Option<Endpoint>,
    pub(crate) address: SocketAddr,
    pub(crate) received: Arc<Mutex<Vec<u8>>>,
}

impl Site {
    /// `https://localhost:9/`, where nothing has to be.
    pub(crate) fn nowhere() -> Self {
        Self { _endpoint: None, address: "127.0.0.1:9".parse().unwrap(), received: Arc::default() }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}/", self.address.port())
    }

    /// Its URL where it speaks plain HTTP.
    pub(crate) fn plain_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn request(&self) -> String {
        String::from_utf8_lossy(&self.received.lock().unwrap()).into_owned()
    }
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self::with_root("Test CA")
    }

    /// With a root of this name, in a folder that servers' workers can read: they give up root.
    pub(crate) fn for_workers(root: &str) -> Self {
        let lab = Self::with_root(root);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(lab.folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        lab
    }

    fn with_root(name: &str) -> Self {
        let root = Identity::root(name).unwrap();
        let server = root.issue(&Profile::new("localhost", Purpose::Server)).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let lab = Self { folder: TempDir::new().unwrap(), root, server, runtime: runtime.unwrap() };
        lab.write("ca.pem", &lab.root.certificate_pem().unwrap());
        lab.write("password.txt", &format!("{PASSWORD}\n"));
        let client = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
        lab.write("client.p12", &client.p12(PASSWORD, "client").unwrap());
        lab
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &(impl AsRef<[u8]> + ?Sized)) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn manners(&self) -> Manners {
        Manners::new(&self.server, &self.root)
    }

    /// Reads a request whole, answers with these bytes, and closes as TLS wants it.
    pub(crate) fn site(&self, answer: impl Into<Vec<u8>>) -> Site {
        self.site_with(&self.manners(), answer)
    }

    pub(crate) fn site_with(&self, manners: &Manners, answer: impl Into<Vec<u8>>) -> Site {
        let (answer, received) = (Arc::new(answer.into()), Arc::default());
        let seen = Arc::clone(&received);
        let handler: OnConnection =
            Arc::new(move |stream| Box::pin(answer_once(stream, Arc::clone(&answer), Arc::clone(&seen))));
        self.site_of(manners, handler, received)
    }

    pub(crate) fn site_of(
        &self,
        manners: &Manners,
        handler: OnConnection,
        received: Arc<Mutex<Vec<u8>>>,
    ) -> Site {
        let endpoint = self.runtime.block_on(Endpoint::start(manners, handler)).unwrap();
        Site { address: endpoint.address(), _endpoint: Some(endpoint), received }
    }

    /// A port where plain TCP gets these bytes and is closed, or nothing at all.
    pub(crate) fn plain(&self, answer: Option<&'static [u8]>) -> Site {
        let listener = self.runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        self.runtime.spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                match answer {
                    Some(answer) => {
                        let _ = stream.write_all(answer).await;
                        let _ = stream.read(&mut [0; 4096]).await;
                    }
                    None => open.push(stream),
                }
            }
        });
        Site { _endpoint: None, address, received: Arc::default() }
    }

    /// As [`Self::site`], without TLS: what stands in for the platform where its answers are to be odd.
    pub(crate) fn http_site(&self, answer: impl Into<Vec<u8>>) -> Site {
        let listener = self.runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (answer, received) = (Arc::new(answer.into()), Arc::default());
        let seen = Arc::clone(&received);
        self.runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer_once(stream, Arc::clone(&answer), Arc::clone(&seen)));
            }
        });
        Site { _endpoint: None, address, received }
    }

    /// `p12-test serve` as a child, for [`TOKEN`] and [`ACCOUNT`], with the way to loopback endpoints open.
    pub(crate) fn serve(&self, more: &[&str]) -> Served {
        self.write("token", TOKEN.as_bytes());
        let credentials = format!(
            "[[credential]]\nname = \"bearer\"\nbearer = \"{TOKEN}\"\naccounts = [\"{ACCOUNT}\"]\n\
             permissions = [\"MTLS_READ_INTERNAL\"]\n\
             [[credential]]\nbearer = \"powerless\"\naccounts = [\"*\"]\npermissions = []\n"
        );
        self.serve_for(&credentials, more)
    }

    /// The same for a client that signs.
    pub(crate) fn serve_oauth1(&self, more: &[&str]) -> Served {
        let credentials = "[[credential]]\naccounts = [\"*\"]\npermissions = [\"MTLS_READ_INTERNAL\"]\n\
             oauth1 = { consumer_key = \"ck\", consumer_secret = \"c&s\", token = \"t\", token_secret = \"t s\" }\n";
        self.serve_for(credentials, more)
    }

    /// The same for these credentials.
    pub(crate) fn serve_for(&self, credentials: &str, more: &[&str]) -> Served {
        self.write_private("credentials.toml", credentials);
        let open = ["--allow-net", "127.0.0.0/8", "--allow-net", "::1/128"];
        let mut arguments =
            vec!["--listen", "127.0.0.1:0", "--credentials", "credentials.toml", "--cacert", "ca.pem"];
        if !more.contains(&"--drain-notice") {
            arguments.extend(["--drain-notice", "0"]);
        }
        if !more.contains(&"--closed") {
            arguments.extend(open);
        }
        arguments.extend(more.iter().filter(|argument| **argument != "--closed"));
        Served::start(with(with(self.command(), &["serve"]), &arguments))
    }

    /// A file that nobody else may read.
    pub(crate) fn write_private(&self, name: &str, text: &str) -> PathBuf {
        let path = self.write(name, text);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        path
    }

    /// The binary against this site, by way of what is served there.
    pub(crate) fn submit(&self, platform: &str, site: &Site, more: &[&str]) -> Ran {
        let mut command = self.command();
        command.args(["--account", ACCOUNT, "--domain", platform, "--bearer-file", "token"]);
        command.args(["--password-file", "password.txt"]).args(more).arg("client.p12").arg(site.url());
        self.write("token", TOKEN.as_bytes());
        Ran::of(command, b"")
    }

    /// The binary with `--cacert` and the password, against this site.
    pub(crate) fn run(&self, site: &Site, more: &[&str]) -> Ran {
        self.run_p12("client.p12", site, more)
    }

    pub(crate) fn run_at(&self, url: &str, more: &[&str]) -> Ran {
        let mut command = self.command();
        command.args(["--cacert", "ca.pem", "--password-file", "password.txt"]).args(more);
        Ran::of(with(command, &["client.p12", url]), b"")
    }

    pub(crate) fn run_p12(&self, p12: &str, site: &Site, more: &[&str]) -> Ran {
        let mut command = self.command();
        command
            .arg("--cacert")
            .arg(self.path("ca.pem"))
            .arg("--password-file")
            .arg(self.path("password.txt"));
        command.args(more).arg(self.path(p12)).arg(site.url());
        Ran::of(command, b"")
    }

    /// The bare binary in the folder, without what the environment might add.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(program());
        command.current_dir(self.folder.path()).env_clear().env("LANG", "C.UTF-8");
        // Windows has no sockets without the first, and no folder for temporary files without the others.
        let needed = ["SystemRoot", "TEMP", "TMP"].iter().filter(|_| cfg!(windows));
        command.envs(needed.filter_map(|name| Some((name, std::env::var_os(name)?))));
        command
    }
}

async fn answer_once(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: Arc<Vec<u8>>,
    received: Arc<Mutex<Vec<u8>>>,
) {
    let mut request = Vec::new();
    let mut piece = vec![0; 65536];
    while !complete(&request) {
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => break,
            Ok(read) => request.extend_from_slice(&piece[..read]),
        }
    }
    *received.lock().unwrap() = request;
    let _ = stream.write_all(&answer).await;
    let _ = stream.shutdown().await;
    let _ = stream.read(&mut piece).await;
}

/// Whether a request has come whole, by its length or its last chunk.
fn complete(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
    let body = &request[end + 4..];
    if head.contains("transfer-encoding: chunked") {
        return body.ends_with(b"0\r\n\r\n");
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}
