//! `serve` as a service: its end, its reload, proxies in front, what its numbers say.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use openssl::nid::Nid;
use openssl::ssl::{SslConnector, SslMethod};
use p12_test::demo::pki::{Profile, Purpose};

use super::{Post, get, good, send};
use crate::harness::{Lab, OK, PASSWORD, Served, Signal};

const PERMISSION: &str = "accounts = [\"*\"]\npermissions = [\"MTLS_READ_INTERNAL\"]\n";

fn credential(token: &str) -> String {
    format!("[[credential]]\nname = \"{token}\"\nbearer = \"{token}\"\n{PERMISSION}")
}

fn status_for(lab: &Lab, served: &Served, token: &str) -> u16 {
    Post { authorization: &format!("Bearer {token}"), ..Post::new(good(lab)) }.send(served).0
}

/// Asks for a reload and waits until the log has so many lines with this.
fn reload(served: &Served, says: &str, times: usize) {
    served.signal(Signal::HUP);
    while served.log().matches(says).count() < times {
        std::thread::yield_now();
    }
}

#[test]
fn the_end_is_announced_while_requests_are_still_taken() {
    let lab = Lab::new();
    let served = lab.serve(&["--drain-notice", "600", "--rate", "0"]);
    let mut kept = TcpStream::connect(served.address()).unwrap();
    served.terminate();
    while get(served.address(), "/healthz").0 == 200 {
        std::thread::yield_now();
    }
    let (status, answer) = get(served.address(), "/healthz");
    assert!(status == 503 && answer.ends_with("draining\n"), "{answer}");
    assert_eq!(Post::new(good(&lab)).forward(&lab.site(OK).url()).send(&served).0, 200);
    kept.write_all(b"GET /healthz HTTP/1.1\r\nhost: h\r\n\r\n").unwrap();
    let mut start = [0; 12];
    kept.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 503");
    // The second signal ends the announcement.
    assert_eq!(served.end().0, 0);
}

#[test]
fn a_reload_takes_good_credentials_and_leaves_out_bad_ones() {
    let lab = Lab::new();
    let served = lab.serve_for(&credential("first"), &["--rate", "0"]);
    assert_eq!((status_for(&lab, &served, "first"), status_for(&lab, &served, "second")), (200, 401));
    lab.write_private("credentials.toml", &credential("second"));
    reload(&served, "\"reloaded\"", 1);
    assert_eq!((status_for(&lab, &served, "first"), status_for(&lab, &served, "second")), (401, 200));
    for (number, bad) in (1..).zip(["[[credential]]\nbearer = canary", "credential = []"]) {
        lab.write_private("credentials.toml", bad);
        reload(
            &served,
            "\"warning\":\"not reloaded, and all stays as it was: cannot use credentials.toml",
            number,
        );
        assert_eq!(status_for(&lab, &served, "second"), 200);
    }
    let (exit, log) = served.end();
    assert!(exit == 0 && !log.contains("canary"), "{log}");
}

#[test]
fn reloads_lose_no_request() {
    let lab = Lab::new();
    let served = lab.serve_for(&credential("token"), &["--rate", "0"]);
    let site = lab.site(OK);
    let post = Post { authorization: "Bearer token", ..Post::new(good(&lab)).forward(&site.url()) }.bytes();
    std::thread::scope(|scope| {
        let call = || (0..40).all(|_| send(served.address(), &post).0 == 200);
        let calls: Vec<_> = (0..3).map(|_| scope.spawn(call)).collect();
        for number in 1..=20 {
            lab.write_private("credentials.toml", &(credential("token") + &credential(&number.to_string())));
            reload(&served, "\"reloaded\"", number);
        }
        assert!(calls.into_iter().all(|calls| calls.join().unwrap()));
    });
}

/// The common name of the certificate that a new connection is shown, and the connection.
fn shown(lab: &Lab, served: &Served) -> (String, openssl::ssl::SslStream<TcpStream>) {
    let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
    builder.set_ca_file(lab.path("ca.pem")).unwrap();
    let mut config = builder.build().configure().unwrap();
    config.set_verify_hostname(false);
    let stream = config.connect("localhost", TcpStream::connect(served.address()).unwrap()).unwrap();
    let certificate = stream.ssl().peer_certificate().unwrap();
    let name = certificate
        .subject_name()
        .entries_by_nid(Nid::COMMONNAME)
        .next()
        .unwrap()
        .data()
        .to_string()
        .unwrap();
    (name, stream)
}

#[test]
fn a_reload_shows_the_new_certificate_and_cuts_no_connection() {
    let lab = Lab::new();
    let write = |name: &str| {
        let server = lab.root.issue(&Profile::new(name, Purpose::Server)).unwrap();
        lab.write("server.p12", &server.p12(PASSWORD, "server").unwrap());
    };
    write("first.example");
    let served = lab.serve(&["--tls-p12", "server.p12", "--tls-password-file", "password.txt"]);
    let (name, mut kept) = shown(&lab, &served);
    assert_eq!(name, "first.example");
    write("second.example");
    reload(&served, "\"reloaded\"", 1);
    assert_eq!(shown(&lab, &served).0, "second.example");
    lab.write("server.p12", b"no P12");
    reload(&served, "\"warning\":\"not reloaded", 1);
    assert_eq!(shown(&lab, &served).0, "second.example");
    kept.write_all(b"GET /metrics HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    let _ = kept.read_to_string(&mut answer);
    let expiry =
        answer.lines().find_map(|line| line.strip_prefix("p12_test_certificate_expiry_timestamp_seconds "));
    assert!(expiry.unwrap().parse::<u64>().unwrap() > 1_700_000_000, "{answer}");
}

#[test]
fn clients_behind_a_trusted_proxy_are_told_apart() {
    let lab = Lab::new();
    let from = |served: &Served, client: &str| {
        Post::new(good(&lab)).header("X-Forwarded-For", client).send(served).0
    };
    let served = lab.serve(&["--rate", "3", "--trusted-proxy", "127.0.0.0/8"]);
    let first: Vec<_> = (0..20).map(|_| from(&served, "198.51.100.7")).collect();
    assert!(first[..3].iter().all(|status| *status == 200) && first.contains(&429), "{first:?}");
    assert_eq!(from(&served, "6.6.6.6, 198.51.100.8"), 200);
    assert!(served.end().1.contains("\"client\":\"198.51.100.8\""));
    let served = lab.serve(&["--rate", "3"]);
    let all: Vec<_> = (0..20).map(|number| from(&served, &format!("198.51.100.{number}"))).collect();
    assert!(all.contains(&429), "{all:?}");
}

#[test]
fn metrics_are_not_shown_through_a_proxy() {
    let lab = Lab::new();
    let served = lab.serve(&["--metrics-from", "0.0.0.0/0"]);
    for header in
        ["X-Forwarded-For: 127.0.0.1", "Forwarded: for=127.0.0.1", "Via: 1.1 proxy", "X-Real-IP: 127.0.0.1"]
    {
        let request = format!("GET /metrics HTTP/1.1\r\nhost: h\r\n{header}\r\nconnection: close\r\n\r\n");
        assert_eq!(send(served.address(), request.as_bytes()).0, 403, "{header}");
    }
    assert_eq!(get(served.address(), "/metrics").0, 200);
}

#[test]
fn a_request_has_a_name_in_the_answer_the_error_and_the_log() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    let (plain, own) =
        (lab.site(OK), lab.site("HTTP/1.1 200 OK\r\nx-request-id: theirs\r\ncontent-length: 0\r\n\r\n"));
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let rows = [
        (
            Post::new(good(&lab)).forward(&plain.url()).header("X-Request-Id", "call-1"),
            "\r\nx-request-id: call-1\r\n",
        ),
        (
            Post::new(good(&lab)).forward(&own.url()).header("X-Request-Id", "call-2"),
            "\r\nx-request-id: theirs\r\n",
        ),
        (Post::new(Vec::new()).header("X-Request-Id", "call-3"), "\"requestId\":\"call-3\""),
        (
            Post::new(good(&lab)).header("traceparent", trace),
            "x-request-id: 0af7651916cd43dd8448eb211c80319c",
        ),
    ];
    for (post, says) in rows {
        let (_, answer) = post.send(&served);
        assert!(answer.contains(says), "{says} is not in {answer}");
    }
    let (_, answer) = Post::new(good(&lab)).header("X-Request-Id", "not \"well\" formed").send(&served);
    assert!(answer.contains("x-request-id: ") && !answer.contains("formed"), "{answer}");
    let (_, log) = served.end();
    for id in ["call-1", "call-2", "call-3", "0af7651916cd43dd8448eb211c80319c"] {
        assert!(log.contains(&format!("\"request_id\":\"{id}\"")), "{log}");
    }
}

#[test]
fn outcomes_are_counted_by_class_kind_and_credential() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    Post::new(good(&lab)).send(&served);
    Post::new(good(&lab)).forward("https://127.0.0.1:1/").send(&served);
    Post { authorization: "", ..Post::new(good(&lab)) }.send(&served);
    let (_, metrics) = get(served.address(), "/metrics");
    for labels in [
        "class=\"2xx\",kind=\"\",credential=\"bearer\"",
        "class=\"4xx\",kind=\"connection-refused\",credential=\"bearer\"",
        "class=\"4xx\",kind=\"\",credential=\"\"",
    ] {
        assert!(metrics.contains(&format!("p12_test_outcomes_total{{{labels}}} 1\n")), "{metrics}");
    }
    assert!(metrics.contains("p12_test_duration_seconds_bucket"), "{metrics}");
}
