//! A peer: a real server as a child on free loopback ports, and the rows that meet it.

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use crate::lab::Lab;
use crate::row::Row;

/// In every text, `~name~` is a free port, `DIR` the folder of the PKI `SCRIPTS` that of the scripts,
/// `BINARY` the program itself.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// None where the fault needs no server.
    command: &'static str,
    file: Option<(&'static str, &'static str)>,
    /// A further program without which there is nothing to meet.
    needs: &'static str,
    pub(crate) rows: Vec<Row>,
}

pub(crate) fn peer(name: &'static str, command: &'static str, rows: impl IntoIterator<Item = Row>) -> Peer {
    Peer { name, command, file: None, needs: "", rows: rows.into_iter().collect() }
}

impl Peer {
    pub(crate) fn file(self, name: &'static str, text: &'static str) -> Self {
        Self { file: Some((name, text)), ..self }
    }

    pub(crate) fn needs(self, needs: &'static str) -> Self {
        Self { needs, ..self }
    }

    pub(crate) fn installed(&self) -> bool {
        let program = self.command.split_whitespace().next().unwrap_or_default();
        let package = PACKAGES.iter().find(|(peer, _)| *peer == self.name);
        let packages = package.is_none_or(|(_, folder)| python_packages().join(folder).is_dir());
        let apart = self.rows.iter().all(|row| row.namespace.is_none()) || may_unshare();
        [program, self.needs].into_iter().all(on_path) && packages && apart
    }

    /// Starts it and waits until it listens on all its ports.
    pub(crate) fn start(&self, lab: &Lab) -> Result<Server, String> {
        let mut ports = Ports::default();
        if let Some((name, text)) = self.file {
            lab.write(name, ports.fill(text, lab));
        }
        let command = ports.fill(self.command, lab);
        let mut words = command.split_whitespace();
        let Some(program) = words.next() else { return Ok(Server { child: None, ports }) };
        let log = lab.path().join(format!("{}.log", ports.first().unwrap_or_default()));
        let mut command = Command::new(program);
        command.args(words).current_dir(lab.path()).stdin(Stdio::piped()).stdout(Stdio::null());
        command.env("PYTHONPATH", python_packages()).env_remove("SSL_CERT_FILE");
        command.stderr(std::fs::File::create(&log).unwrap());
        let mut server = Server { child: Some(command.spawn().unwrap()), ports };
        server.listens(&log)?;
        Ok(server)
    }
}

/// Whether there is such a program; no name is always there.
pub(crate) fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    program.is_empty() || std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Networks of one's own are root's.
fn may_unshare() -> bool {
    Command::new("unshare")
        .args(["--net", "--mount", "true"])
        .output()
        .is_ok_and(|done| done.status.success())
}

/// What peers in Python need, by its folder.
const PACKAGES: &[(&str, &str)] = &[("tlslite-ng", "tlslite"), ("python h2", "h2")];

/// Where `pip install --target` puts what a peer needs.
fn python_packages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python")
}

/// Ended, by its own pid, when its rows are done.
pub(crate) struct Server {
    child: Option<Child>,
    pub(crate) ports: Ports,
}

impl Server {
    fn listens(&mut self, log: &Path) -> Result<(), String> {
        let until = Instant::now() + Duration::from_secs(30);
        for port in self.ports.named.values() {
            while TcpStream::connect(("127.0.0.1", *port)).is_err() {
                let ended = self.child.as_mut().and_then(|child| child.try_wait().unwrap());
                if ended.is_some() || Instant::now() > until {
                    return Err(std::fs::read_to_string(log).unwrap_or_default());
                }
                std::thread::yield_now();
            }
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(child) = &mut self.child else { return };
        if child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return;
        }
        // Servers with workers end them at SIGTERM; a kill would leave them behind.
        if Command::new("kill").arg(child.id().to_string()).status().is_err() {
            let _ = child.kill();
        }
        let _ = child.wait();
    }
}

#[derive(Default)]
pub(crate) struct Ports {
    named: BTreeMap<String, u16>,
}

impl Ports {
    fn first(&self) -> Option<u16> {
        self.named.values().next().copied()
    }

    pub(crate) fn fill(&mut self, text: &str, lab: &Lab) -> String {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/matrix/peers");
        let text = text.replace("DIR", &lab.path().display().to_string());
        let text = text.replace("SCRIPTS", &scripts.display().to_string());
        let text = text.replace("BINARY", env!("CARGO_BIN_EXE_p12-test"));
        let port = |(at, piece): (usize, &str)| match at % 2 {
            0 => piece.to_owned(),
            _ => self.named.entry(piece.to_owned()).or_insert_with(free_port).to_string(),
        };
        text.split('~').enumerate().map(port).collect()
    }

    /// The text without what differs from run to run.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.named.values().fold(text.to_owned(), |text, port| text.replace(&port.to_string(), "PORT"))
    }
}

/// Below the ports that the system gives to outgoing connections, so that none takes it meanwhile.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 20_000 + (std::process::id() % 100) as u16 * 100;
    loop {
        let port = start + NEXT.fetch_add(1, Ordering::Relaxed);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
