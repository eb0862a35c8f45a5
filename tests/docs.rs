//! The transcripts in `docs/` and the README: each `console` block is what the program says. `UPDATE=1` rewrites them.
//! The pages show commands of a POSIX shell.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may")]

mod harness;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use p12_test::demo::endpoint::{ClientAuth, Manners};
use p12_test::demo::pki::{Identity, Profile, Purpose};

use harness::{Lab, OK, PASSWORD, Served, Site, TOKEN};

/// What the pages use: files in a folder, and endpoints that are called by the ports of the pages.
struct Stage {
    lab: Lab,
    sites: Vec<(&'static str, Site)>,
    platform: Served,
}

impl Stage {
    fn new() -> Self {
        let lab = Lab::new();
        let issuing = lab.root.issue(&Profile::new("Issuing CA", Purpose::Authority)).unwrap();
        let leaf = issuing.issue(&Profile::new("client", Purpose::Client)).unwrap();
        let other = Identity::root("Another CA").unwrap();
        let expired = Profile { days: (-400, -2), ..Profile::new("client", Purpose::Client) };
        for (file, identity) in [
            ("orders.p12", leaf.clone()),
            ("bare.p12", Identity { chain: Vec::new(), ..leaf }),
            ("expired.p12", lab.root.issue(&expired).unwrap()),
            ("stranger.p12", other.issue(&Profile::new("client", Purpose::Client)).unwrap()),
            ("server.p12", lab.root.issue(&Profile::new("api", Purpose::Server)).unwrap()),
        ] {
            lab.write(file, &identity.p12(PASSWORD, "client").unwrap());
        }
        lab.write("intermediate.pem", &issuing.certificate_pem().unwrap());
        lab.write("wrong.txt", b"a guess\n");
        lab.write("token.txt", TOKEN.as_bytes());
        lab.write("old-token.txt", b"opaque-token_0\n");
        lab.write("cut.p12", &std::fs::read(lab.path("client.p12")).unwrap()[..600]);
        lab.write("records.ndjson", RECORDS.as_bytes());
        let asks = |client_auth| Manners { client_auth, ..lab.manners() };
        let forbidden = "HTTP/1.1 403 Forbidden\r\ncontent-length: 20\r\n\r\n{\"error\":\"not you\"}\n";
        let sites = vec![
            ("8443", lab.site(OK)),
            ("8444", lab.site_with(&asks(ClientAuth::Off), OK)),
            ("8445", lab.plain(Some(b"HTTP/1.1 400 Bad Request\r\n\r\n"))),
            (
                "8446",
                lab.site_of(
                    &lab.manners(),
                    Arc::new(|stream| Box::pin(async { drop(stream) })),
                    Arc::default(),
                ),
            ),
            ("8447", lab.site(forbidden)),
            ("8448", Site::nowhere()),
        ];
        let platform = lab.serve(&["--rate", "0"]);
        // What a page says must not depend on whether its machine has roots.
        let others = Identity::root("Public CA").unwrap();
        lab.write("roots.pem", &others.certificate_pem().unwrap());
        Self { lab, sites, platform }
    }

    /// The ports of the pages and the real ones.
    fn ports(&self) -> Vec<(String, String)> {
        let real = |site: &Site| site.address.port().to_string();
        let mut ports: Vec<_> =
            self.sites.iter().map(|(page, site)| (page.to_string(), real(site))).collect();
        let platform = self.platform.address().rsplit(':').next().unwrap().to_owned();
        ports.push(("8080".into(), platform));
        ports
    }

    /// What a command prints on both outputs, as a page shows it.
    fn run(&self, command: &str) -> String {
        let mut real = command.to_owned();
        for (page, port) in self.ports() {
            real = real.replace(&format!(":{page}"), &format!(":{port}"));
        }
        let path = Path::new(env!("CARGO_BIN_EXE_p12-test")).parent().unwrap();
        let path = format!("{}:{}", path.display(), std::env::var("PATH").unwrap());
        let mut records = RECORDS.to_owned();
        for (page, port) in self.ports() {
            records = records.replace(&format!(":{page}"), &format!(":{port}"));
        }
        self.lab.write("records.ndjson", records.as_bytes());
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec 2>&1; {real}")]).current_dir(self.lab.folder.path());
        shell.env_clear().env("PATH", path).env("LANG", "C.UTF-8").stdin(Stdio::null());
        shell.env("SSL_CERT_FILE", "roots.pem");
        let said = String::from_utf8(shell.output().unwrap().stdout).unwrap();
        self.as_on_the_page(&said)
    }

    /// The output with the ports and times of the page, and without what else changes from run to run.
    fn as_on_the_page(&self, said: &str) -> String {
        let mut text = said.to_owned();
        for (page, port) in self.ports() {
            text = text.replace(&format!(":{port}"), &format!(":{page}"));
        }
        text.lines().map(steady).map(|line| line + "\n").collect()
    }
}

const RECORDS: &str = "{\"defaults\":{\"cacert\":\"ca.pem\",\"password_file\":\"password.txt\"}}\n\
    {\"id\":\"orders\",\"p12\":\"orders.p12\",\"url\":\"https://localhost:8443/orders\"}\n\
    {\"id\":\"billing\",\"p12\":\"expired.p12\",\"url\":\"https://localhost:8443/billing\"}\n\
    {\"id\":\"typo\",\"p12\":\"orders.p12\",\"url\":\"https://localhost:8443/\",\"pasword\":\"x\"}\n";

/// The line with fixed times, dates and fingerprints.
fn steady(line: &str) -> String {
    let today = p12_test::certificate::timestamp();
    let mut out = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let run: String =
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-:.".contains(*c)).collect();
        let word = if run.is_empty() { first.to_string() } else { run };
        rest = &rest[word.len()..];
        let shown = match word.as_str() {
            word if is_date(word) => {
                if word < today.as_str() { "2026-10-31" } else { "2027-11-24" }.to_owned()
            }
            word if is_clock(word) => "12:00:00".to_owned(),
            // The certificate was made for 365 days some milliseconds ago.
            "364" => "365".to_owned(),
            word if rest.starts_with(" bytes are missing") && word.parse::<u64>().is_ok() => "400".to_owned(),
            word if rest.starts_with(" bytes, DER") && word.parse::<u64>().is_ok() => "1500".to_owned(),
            "-3" => "-2".to_owned(),
            word if rest.starts_with(" ms") && word.parse::<f64>().is_ok() => {
                // Keeps the columns: aligned to the right or, in a comparison, to the left.
                let room = " ".repeat(word.len().saturating_sub(3));
                match (line.starts_with("time "), out.ends_with("  ")) {
                    (true, _) if rest.starts_with(" ms  ") => {
                        rest = &rest[3..];
                        format!("1.0 ms{room}")
                    }
                    (false, true) => {
                        out = format!("{:<46}", out.trim_end());
                        "1.0".to_owned()
                    }
                    _ => "1.0".to_owned(),
                }
            }
            word if rest.starts_with(" s:") && word.parse::<f64>().is_ok() => "0.1".to_owned(),
            word if word.len() >= 32 && word.chars().all(|c| c.is_ascii_hexdigit()) => {
                "0123456789abcdef…".to_owned()
            }
            word => word.to_owned(),
        };
        out += &shown;
    }
    // The width of a column of times depends on its longest.
    out.trim_end().to_owned()
}

fn is_date(word: &str) -> bool {
    word.len() == 10 && word.starts_with("20") && word.bytes().filter(|byte| *byte == b'-').count() == 2
}

fn is_clock(word: &str) -> bool {
    word.len() == 8 && word.bytes().filter(|byte| *byte == b':').count() == 2
}

/// The page with the present output of each command.
fn played(stage: &Stage, page: &str) -> String {
    let mut out = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        out += line;
        out.push('\n');
        if line != "```console" {
            continue;
        }
        for line in lines.by_ref() {
            if let Some(command) = line.strip_prefix("$ ") {
                let gap = if out.ends_with("```console\n") { "" } else { "\n" };
                out += &format!("{gap}{line}\n{}", stage.run(command));
            } else if line == "```" {
                out += "```\n";
                break;
            }
        }
    }
    out
}

#[test]
fn every_transcript_is_what_the_program_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let stage = Stage::new();
    let mut transcripts = 0;
    for path in docs.chain([root.join("README.md")]) {
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let page = std::fs::read_to_string(&path).unwrap();
        let now = played(&stage, &page);
        transcripts += page.matches("\n$ ").count();
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, now).unwrap();
        } else {
            assert!(
                page == now,
                "{} is not what the program says; UPDATE=1 rewrites it:\n{now}",
                path.display()
            );
        }
    }
    assert!(transcripts > 15, "{transcripts} transcripts");
}
