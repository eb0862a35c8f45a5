//! A PKI in files, a server as a child on a free loopback port, and the binary.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use p12_test::demo::pki::{Identity, Profile, Purpose};
use tempfile::TempDir;

pub(crate) const BODY: &str = "the answer of a real server\n";
const PASSWORD: &str = "correct horse";

/// The versions that each peer is tried in: our `--tls-min` and `--tls-max`.
pub(crate) const VERSIONS: [&str; 2] = ["1.2", "1.3"];

pub(crate) struct Lab {
    folder: TempDir,
}

/// A server that is ended, by its own pid, when the test is over.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Servers with workers end them at SIGTERM; a kill would leave them behind.
        let ended = Command::new("kill").arg(self.child.id().to_string()).status();
        if ended.is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

impl Lab {
    pub(crate) fn new() -> Self {
        let lab = Self { folder: tempfile::Builder::new().prefix("p12-peers-").tempdir().unwrap() };
        allow_workers(lab.folder.path());
        let root = Identity::root("Peer CA").unwrap();
        let issuing = root.issue(&Profile::new("Issuing CA", Purpose::Authority)).unwrap();
        let server = issuing.issue(&Profile::new("localhost", Purpose::Server)).unwrap();
        let other = Identity::root("Another CA").unwrap();
        lab.write("ca.pem", root.certificate_pem().unwrap());
        lab.write("server.pem", server.chain_pem().unwrap());
        lab.write("server.key", server.key_pem().unwrap());
        lab.write("both.pem", [server.chain_pem().unwrap(), server.key_pem().unwrap()].concat());
        lab.write("password.txt", PASSWORD);
        let expired = Profile { days: (-9, -1), ..Profile::new("expired", Purpose::Client) };
        for (name, identity) in [
            ("good", issuing.issue(&Profile::new("client", Purpose::Client)).unwrap()),
            ("stranger", other.issue(&Profile::new("stranger", Purpose::Client)).unwrap()),
            ("expired", issuing.issue(&expired).unwrap()),
        ] {
            lab.write(&format!("{name}.p12"), identity.p12(PASSWORD, name).unwrap());
        }
        let named = issuing.issue(&Profile::new("*.example.test", Purpose::Server)).unwrap();
        lab.write("named.pem", named.chain_pem().unwrap());
        lab.write("named.key", named.key_pem().unwrap());
        std::fs::create_dir(lab.path("www")).unwrap();
        lab.write("www/index.html", BODY);
        lab.write("www/asked.html", BODY);
        lab
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    /// The text with `DIR` and `PORT` filled in, as a file.
    pub(crate) fn config(&self, name: &str, port: u16, text: &str) -> PathBuf {
        let folder = self.folder.path().display().to_string();
        self.write(name, text.replace("DIR", &folder).replace("PORT", &port.to_string()));
        self.path(name)
    }

    /// Starts a server and waits until it takes connections.
    pub(crate) fn serve(&self, port: u16, mut command: Command) -> Server {
        command.current_dir(self.folder.path()).stdin(Stdio::piped());
        command.stdout(Stdio::null()).stderr(std::fs::File::create(self.path("server.log")).unwrap());
        let mut server = Server { child: command.spawn().unwrap(), port };
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = || std::fs::read_to_string(self.path("server.log")).unwrap_or_default();
            assert!(server.child.try_wait().unwrap().is_none(), "the server ended: {}", log());
            assert!(Instant::now() < until, "the server does not listen: {}", log());
            std::thread::yield_now();
        }
        server
    }

    pub(crate) fn call(&self, server: &Server, p12: &str, path: &str, version: &str, more: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_p12-test"));
        command.current_dir(self.folder.path()).env_clear();
        command.args(["--cacert", "ca.pem", "--password-file", "password.txt", "-4"]);
        command.args(["--tls-min", version, "--tls-max", version]).args(more).arg(format!("{p12}.p12"));
        command.arg(format!("https://localhost:{}{path}", server.port));
        let output = command.stdin(Stdio::null()).output().unwrap();
        Ran {
            exit: output.status.code().unwrap(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Workers give up root, and must still read the files of the test.
fn allow_workers(folder: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A port of 127.0.0.1 that is free now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) struct Ran {
    pub(crate) exit: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn ends(&self, exit: i32, says: &str) -> &Self {
        assert_eq!(self.exit, exit, "{}", self.stderr);
        assert!(self.stderr.contains(says), "{says:?} is not in:\n{}", self.stderr);
        self
    }
}
