//! The metrics of a batch in Debian's Prometheus, with the alert rules of `docs/watch/`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use p12_test::demo::endpoint::{ClientAuth, Manners};
use p12_test::demo::pki::{Identity, Profile, Purpose};
use serde_json::{Value, json};

use crate::harness::{Daemon, Lab, OK, PASSWORD, Ran, free_port, is_installed, with};

const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/watch/alerts.yml");

/// A certificate with 20 days left, one that is refused, an endpoint that never asks, and hostile names.
fn metrics(lab: &Lab) -> Vec<u8> {
    let soon = Profile { days: (-300, 20), ..Profile::new("soon", Purpose::Client) };
    let stranger = Identity::root("Another CA").unwrap();
    let stranger = stranger.issue(&Profile::new("stranger", Purpose::Client)).unwrap();
    lab.write("soon.p12", &lab.root.issue(&soon).unwrap().p12(PASSWORD, "a\"b\\c\u{202e}é").unwrap());
    lab.write("stranger.p12", &stranger.p12(PASSWORD, "x").unwrap());
    let site = lab.site(OK);
    let silent = lab.site_with(&Manners { client_auth: ClientAuth::Off, ..lab.manners() }, OK);
    let record = |id: &str, p12: &str, url: String| {
        let record = json!({ "id": id, "p12": p12, "url": url, "cacert": "ca.pem", "password": PASSWORD });
        format!("{record}\n")
    };
    let manifest = [
        record("soon", "soon.p12", site.url()),
        record("refused", "stranger.p12", site.url()),
        record("unasked", "client.p12", silent.url()),
        record("odd \"\\{}", "no-such.p12", site.url()),
    ];
    let ran =
        Ran::of(with(lab.command(), &["batch", "--format", "openmetrics"]), manifest.concat().as_bytes());
    ran.ends(1, "3 of 4 tests did not pass");
    ran.stdout
}

/// What promtool says, which has to be nothing bad.
#[track_caller]
fn promtool(arguments: &[&str], stdin: &[u8]) {
    let mut command = with(Command::new("promtool"), arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(stdin));
}

#[test]
fn promtool_has_no_objection() {
    if !is_installed("promtool") {
        return;
    }
    promtool(&["check", "metrics"], &metrics(&Lab::new()));
    promtool(&["check", "rules", RULES], b"");
}

fn get(port: u16, path: &str) -> Option<Value> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
}

/// The names of the alerts that fire, each with the id of its record.
fn firing(port: u16) -> Vec<(String, String)> {
    let alerts = get(port, "/api/v1/alerts").unwrap_or_default();
    let alerts = alerts["data"]["alerts"].as_array().cloned().unwrap_or_default();
    let name = |alert: &Value, label: &str| alert["labels"][label].as_str().unwrap_or_default().to_owned();
    let fires = |alert: &&Value| alert["state"] == "firing";
    alerts.iter().filter(fires).map(|alert| (name(alert, "alertname"), name(alert, "id"))).collect()
}

/// As the textfile collector serves it, and as OpenMetrics, which is read more strictly.
#[test]
fn the_alerts_fire_in_a_real_prometheus() {
    if !is_installed("prometheus") {
        return;
    }
    for kind in ["text/plain; version=0.0.4", "application/openmetrics-text; version=1.0.0; charset=utf-8"] {
        let lab = Lab::new();
        let body = metrics(&lab);
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
        let site = lab.http_site([head.into_bytes(), body].concat());
        let config = json!({
            "global": { "scrape_interval": "1s", "evaluation_interval": "1s" },
            "rule_files": [RULES],
            // "id" and "host" of the metrics stay, as Prometheus' own labels have other names.
            "scrape_configs": [{ "job_name": "p12", "static_configs": [{ "targets": [site.address.to_string()] }] }],
        });
        let port = free_port();
        let config = lab.write("prometheus.yml", &config.to_string());
        let mut daemon = start(&lab, &config, port);
        daemon.wait_for_port(port).unwrap_or_else(|log| panic!("{log}"));
        let expected = [
            ("ClientCertificateExpiresSoon", "soon"),
            ("ClientCertificateRefused", "refused"),
            ("ClientCertificateNeverAsked", "unasked"),
        ];
        let until = Instant::now() + Duration::from_secs(60);
        let mut fired = Vec::new();
        while !expected.iter().all(|(name, id)| fired.contains(&((*name).to_owned(), (*id).to_owned()))) {
            assert!(Instant::now() < until, "{kind}: only {fired:?}; {:?}", get(port, "/api/v1/targets"));
            fired = firing(port);
            std::thread::yield_now();
        }
        let soon = fired.iter().filter(|(name, _)| name == "ClientCertificateExpiresSoon");
        assert_eq!(soon.count(), 1, "{kind}: {fired:?}");
    }
}

fn start(lab: &Lab, config: &Path, port: u16) -> Daemon {
    let mut command = Command::new("prometheus");
    command.arg(format!("--config.file={}", config.display()));
    command.arg(format!("--storage.tsdb.path={}", lab.path("tsdb").display()));
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    Daemon::start(command, &lab.path("prometheus.log"))
}
