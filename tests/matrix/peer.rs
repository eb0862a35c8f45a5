//! A peer: a real server as a child on free loopback ports, and the rows that meet it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Daemon, Lab, free_port, on_path};
use crate::row::Row;

/// In every text, `~name~` is a free port, `DIR` the folder of the lab, `SCRIPTS` that of the scripts, `NPM`
/// that of programs from npm, and `BINARY` the program itself.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// Empty if the fault needs no server.
    command: &'static str,
    file: Option<(&'static str, &'static str)>,
    /// Another program that the peer needs, or a file by its whole path.
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
        let program = program.replace("NPM", &npm_programs());
        let package = PACKAGES.iter().find(|(peer, _)| *peer == self.name);
        let packages = package.is_none_or(|(_, folder)| python_packages().join(folder).is_dir());
        let apart = self.rows.iter().all(|row| row.namespace.is_none()) || may_unshare();
        [&*program, self.needs].into_iter().all(on_path) && packages && apart
    }

    /// Starts it and waits until it listens on all its ports.
    pub(crate) fn start(&self, lab: &Lab) -> Result<Server, String> {
        let mut ports = Ports::default();
        if let Some((name, text)) = self.file {
            lab.write(name, &ports.fill(text, lab));
        }
        let command = ports.fill(self.command, lab);
        let mut words = command.split_whitespace();
        let Some(program) = words.next() else { return Ok(Server { _daemon: None, ports }) };
        let mut command = Command::new(program);
        command.args(words).current_dir(lab.folder.path());
        command.env("PYTHONPATH", python_packages()).env_remove("SSL_CERT_FILE");
        let log = lab.path(&format!("{}.log", ports.first().unwrap_or_default()));
        let mut daemon = Daemon::start(command, &log);
        for port in ports.named.values() {
            daemon.wait_for_port(*port)?;
        }
        Ok(Server { _daemon: Some(daemon), ports })
    }
}

/// Only root may make a network namespace.
fn may_unshare() -> bool {
    Command::new("unshare")
        .args(["--net", "--mount", "true"])
        .output()
        .is_ok_and(|done| done.status.success())
}

/// The Python packages that peers need, by their folders.
const PACKAGES: &[(&str, &str)] =
    &[("tlslite-ng", "tlslite"), ("python h2", "h2"), ("granian", "granian"), ("s2n", "awscrt")];

/// Where `pip install --target` puts what a peer needs.
fn python_packages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python")
}

/// Where `npm install --prefix target/node` puts programs.
fn npm_programs() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/node/node_modules/.bin").display().to_string()
}

/// Runs until its rows are done.
pub(crate) struct Server {
    _daemon: Option<Daemon>,
    pub(crate) ports: Ports,
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
        let text = text.replace("DIR", &lab.folder.path().display().to_string());
        let text = text.replace("SCRIPTS", &scripts.display().to_string());
        let text = text.replace("NPM", &npm_programs());
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
