//! A foreign server on a loopback port, the files that it needs, and calls to it.

use std::path::PathBuf;
use std::process::Command;

use p12_test::demo::pki::{Identity, Profile, Purpose};

use crate::harness::{Daemon, Lab, PASSWORD, Ran};

pub(crate) const BODY: &str = "the answer of a real server\n";

/// The versions that each peer is tried in: our `--tls-min` and `--tls-max`.
pub(crate) const VERSIONS: [&str; 2] = ["1.2", "1.3"];

/// A lab with what foreign servers read: certificates below an issuing CA, a web page, and P12 files for the calls.
pub(crate) fn lab() -> Lab {
    let lab = Lab::for_workers("Peer CA");
    let issuing = lab.root.issue(&Profile::new("Issuing CA", Purpose::Authority)).unwrap();
    let server = issuing.issue(&Profile::new("localhost", Purpose::Server)).unwrap();
    let other = Identity::root("Another CA").unwrap();
    lab.write("server.pem", &server.chain_pem().unwrap());
    lab.write("server.key", &server.key_pem().unwrap());
    lab.write("both.pem", &[server.chain_pem().unwrap(), server.key_pem().unwrap()].concat());
    let expired = Profile { days: (-9, -1), ..Profile::new("expired", Purpose::Client) };
    for (name, identity) in [
        ("good", issuing.issue(&Profile::new("client", Purpose::Client)).unwrap()),
        ("stranger", other.issue(&Profile::new("stranger", Purpose::Client)).unwrap()),
        ("expired", issuing.issue(&expired).unwrap()),
    ] {
        lab.write(&format!("{name}.p12"), &identity.p12(PASSWORD, name).unwrap());
    }
    let named = issuing.issue(&Profile::new("*.example.test", Purpose::Server)).unwrap();
    lab.write("named.pem", &named.chain_pem().unwrap());
    lab.write("named.key", &named.key_pem().unwrap());
    std::fs::create_dir(lab.path("www")).unwrap();
    lab.write("www/index.html", BODY);
    lab.write("www/asked.html", BODY);
    lab
}

/// The text with `DIR` and `PORT` filled in, as a file.
pub(crate) fn config(lab: &Lab, name: &str, port: u16, text: &str) -> PathBuf {
    let folder = lab.folder.path().display().to_string();
    lab.write(name, &text.replace("DIR", &folder).replace("PORT", &port.to_string()))
}

pub(crate) struct Server {
    _daemon: Daemon,
    pub(crate) port: u16,
}

impl Server {
    /// Starts it in the lab and waits until it takes connections.
    pub(crate) fn start(lab: &Lab, port: u16, mut command: Command) -> Self {
        command.current_dir(lab.folder.path());
        let mut daemon = Daemon::start(command, &lab.path("server.log"));
        daemon.wait_for_port(port).unwrap_or_else(|log| panic!("the server does not listen: {log}"));
        Self { _daemon: daemon, port }
    }

    pub(crate) fn call(&self, lab: &Lab, p12: &str, path: &str, version: &str, more: &[&str]) -> Ran {
        let mut command = lab.command();
        command.args(["--cacert", "ca.pem", "--password-file", "password.txt", "-4"]);
        command.args(["--tls-min", version, "--tls-max", version]).args(more).arg(format!("{p12}.p12"));
        command.arg(format!("https://localhost:{}{path}", self.port));
        Ran::of(command, b"")
    }
}
