//! `serve`: who may, what it refuses, what it passes on, and what it stands.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use p12_test::demo::pki::{Key, Profile, Purpose};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::harness::{ACCOUNT, Lab, OK, PASSWORD, Ran, Served, Site, TOKEN, peak_memory, with};

mod answers;
mod clients;
mod fairness;
mod hostile;
mod network;
mod oauth1;
mod operation;
mod service;
mod uploads;

const TYPE: &str = "multipart/form-data; boundary=BOUNDARY";

/// A request in text, sent as it is; the status and the whole answer.
fn send(address: &str, request: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // The server may have answered and closed before all is written.
    let _ = stream.write_all(request);
    read(&mut stream)
}

/// The status and the whole answer.
fn read(stream: &mut TcpStream) -> (u16, String) {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.get(9..12).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("no answer: {answer:?}")), answer)
}

fn get(address: &str, path: &str) -> (u16, String) {
    send(address, format!("GET {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").as_bytes())
}

struct Post<'a> {
    path: String,
    authorization: &'a str,
    kind: &'a str,
    headers: Vec<(&'a str, String)>,
    body: Vec<u8>,
}

impl<'a> Post<'a> {
    fn new(body: Vec<u8>) -> Self {
        let path = format!("/mtls/account/{ACCOUNT}/p12-test/multipart");
        Self { path, authorization: "Bearer opaque-token_1", kind: TYPE, headers: Vec::new(), body }
    }

    fn forward(mut self, url: &str) -> Self {
        self.headers.push(("LP-forward-url", url.to_owned()));
        self
    }

    fn header(mut self, name: &'a str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut head = format!(
            "POST {} HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-type: {}\r\ncontent-length: {}\r\n",
            self.path,
            self.kind,
            self.body.len()
        );
        if !self.authorization.is_empty() {
            head.push_str(&format!("authorization: {}\r\n", self.authorization));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }

    fn send(&self, served: &Served) -> (u16, String) {
        send(served.address(), &self.bytes())
    }
}

fn part(name: &str, value: &[u8]) -> Vec<u8> {
    let head = format!("--BOUNDARY\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
    [head.as_bytes(), value, b"\r\n"].concat()
}

fn form(parts: &[Vec<u8>]) -> Vec<u8> {
    [parts.concat().as_slice(), b"--BOUNDARY--\r\n"].concat()
}

fn good(lab: &Lab) -> Vec<u8> {
    let p12 = std::fs::read(lab.path("client.p12")).unwrap();
    form(&[part("file", &p12), part("password", PASSWORD.as_bytes())])
}

#[test]
fn every_documented_code_is_produced() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0", "--max-upload", "64K"]);
    let created = lab.site("HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok");
    let post = || Post::new(good(&lab));
    let url = created.url();
    let closed = "https://127.0.0.1:1/";
    let broken = Post { body: b"--BOUNDARY\r\nContent-Disp".to_vec(), ..post() };
    let twice = Post { body: form(&[part("file", b"x"), part("file", b"y")]), ..post() };
    let alone = Post { body: form(&[part("password", b"x")]), ..post() };
    let wrong = Post {
        body: form(&[part("file", &std::fs::read(lab.path("client.p12")).unwrap()), part("password", b"x")]),
        ..post()
    };
    let rows = [
        ("a good call", post(), 200, "\r\n\r\n"),
        ("the endpoint's own status", post().forward(&url), 201, "ok"),
        ("another path", Post { path: "/mtls/account/1/other".into(), ..post() }, 404, ""),
        ("a path with ..", Post { path: "/mtls/account/../p12-test/multipart".into(), ..post() }, 404, ""),
        ("no credential", Post { authorization: "", ..post() }, 401, "www-authenticate: Bearer"),
        ("an unknown token", Post { authorization: "Bearer other", ..post() }, 401, "the token is not known"),
        ("Basic", Post { authorization: "Basic YTpi", ..post() }, 401, "neither Bearer nor OAuth"),
        (
            "OAuth with a parameter of no form",
            Post { authorization: "OAuth x", ..post() },
            401,
            "oauth_problem=parameter_rejected",
        ),
        (
            "OAuth without its parameters",
            Post { authorization: "OAuth oauth_token=\"t\"", ..post() },
            401,
            "oauth_problem=parameter_absent",
        ),
        (
            "no permission",
            Post { authorization: "Bearer powerless", ..post() },
            403,
            "has no MTLS_READ_INTERNAL",
        ),
        (
            "another account",
            Post { path: "/mtls/account/99/p12-test/multipart".into(), ..post() },
            403,
            "not for this account",
        ),
        ("JSON", Post { kind: "application/json", ..post() }, 415, ""),
        ("no boundary", Post { kind: "multipart/form-data", ..post() }, 400, "no boundary"),
        ("a large body", Post { body: vec![b'x'; 70_000], ..post() }, 413, ""),
        ("a large password", Post { body: form(&[part("password", &[b'x'; 70_000])]), ..post() }, 413, ""),
        ("a broken form", broken, 400, "ends within"),
        ("a part twice", twice, 400, "comes twice"),
        ("a plain HTTP URL", post().forward("http://localhost/"), 400, "must be https"),
        ("no URL", post().forward("https://"), 400, "not a URL"),
        ("two URLs", post().forward(&url).forward(&url), 400, "lp-forward-url comes twice"),
        ("a bad method", post().forward(&url).header("LP-method-override", "G T"), 400, "not a method"),
        ("no file", alone, 500, "the part file is missing"),
        ("a wrong password", wrong, 500, "the password does not match"),
        (
            "a closed port",
            post().forward(closed),
            424,
            "lp-message-from-transport: cannot connect to 127.0.0.1:1",
        ),
        ("an unknown host", post().forward("https://no-such-host.invalid/"), 403, "may not be called"),
    ];
    for (case, post, status, says) in rows {
        let (got, answer) = post.send(&served);
        assert_eq!(got, status, "{case}: {answer}");
        assert!(answer.contains(says), "{case}: {says} is not in {answer}");
    }
    let (status, answer) = get(served.address(), &format!("/mtls/account/{ACCOUNT}/p12-test/multipart"));
    assert!(status == 405 && answer.contains("allow: POST"), "{answer}");
    assert_eq!(get(served.address(), "/").0, 404);
}

#[test]
fn more_than_ten_calls_a_second_are_429_with_retry_after() {
    let lab = Lab::new();
    let served = lab.serve(&[]);
    let answers: Vec<_> = (0..30).map(|_| Post::new(good(&lab)).send(&served)).collect();
    let limited: Vec<_> = answers.iter().filter(|(status, _)| *status == 429).collect();
    assert!(answers.iter().take(10).all(|(status, _)| *status == 200));
    assert!(!limited.is_empty() && limited.iter().all(|(_, answer)| answer.contains("retry-after: 1")));
}

#[test]
fn what_the_headers_leave_out_is_taken_from_the_request() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    let site = lab.site(OK);
    let p12 = std::fs::read(lab.path("client.p12")).unwrap();
    let with_body =
        |body: Vec<u8>| Post::new(form(&[body, part("file", &p12), part("password", PASSWORD.as_bytes())]));
    assert_eq!(with_body(part("body", b"{}")).forward(&site.url()).send(&served).0, 200);
    let request = site.request();
    assert!(
        request.starts_with("POST / ") && request.contains("content-type: application/json\r\n"),
        "{request}"
    );
    assert!(request.ends_with("\r\n\r\n{}") && !request.contains("authorization"));
    let own =
        b"--BOUNDARY\r\nContent-Disposition: form-data; name=\"body\"\r\nContent-Type: text/own\r\n\r\nx\r\n";
    with_body(own.to_vec()).forward(&site.url()).send(&served);
    assert!(site.request().contains("content-type: text/own\r\n"));
    let post = with_body(own.to_vec()).forward(&site.url()).header("LP-content-type-override", "text/over");
    let post = post.header("LP-method-override", "PUT").header("LP-authorization-override", "Basic x");
    assert_eq!(post.send(&served).0, 200);
    let request = site.request();
    assert!(request.starts_with("PUT / ") && request.contains("content-type: text/over\r\n"), "{request}");
    assert!(request.contains("authorization: Basic x\r\n"));
}

#[test]
fn the_answer_is_passed_on_but_for_what_belongs_to_one_connection() {
    let lab = Lab::new();
    let served = lab.serve(&[]);
    let site = lab.site(
        "HTTP/1.1 299 Odd\r\nx-a: 1\r\nx-a: 2\r\nset-cookie: a=b\r\nserver: mine\r\nconnection: x-hop\r\nx-hop: 1\r\n\
         keep-alive: 5\r\nwww-authenticate: Basic\r\ncontent-length: 3\r\n\r\n\0\x01\x7f",
    );
    let (status, answer) = Post::new(good(&lab)).forward(&site.url()).send(&served);
    assert_eq!(status, 299);
    for kept in [
        "x-a: 1\r\nx-a: 2\r\n",
        "set-cookie: a=b",
        "server: mine",
        "www-authenticate: Basic",
        "content-length: 3",
    ] {
        assert!(answer.contains(kept), "{answer}");
    }
    assert!(!answer.contains("x-hop") && !answer.contains("keep-alive: 5"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n\0\x01\x7f"));
}

#[test]
fn head_and_bodyless_answers_end_at_once() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    for (method, answer, status) in [
        ("HEAD", "HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n", 200),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n", 204),
        ("GET", "HTTP/1.1 304 Not Modified\r\ncontent-length: 999\r\n\r\n", 304),
    ] {
        let site = lab.site(answer);
        let post = Post::new(good(&lab)).forward(&site.url()).header("LP-method-override", method);
        assert_eq!(post.send(&served).0, status, "{method} {answer}");
    }
    let site = lab.site("no HTTP at all");
    assert_eq!(Post::new(good(&lab)).forward(&site.url()).send(&served).0, 424);
}

#[test]
fn an_answer_that_breaks_off_is_not_made_to_look_whole() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    let half = lab.site("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhal");
    lab.submit(&served.url, &half, &[]).ends(9, "broke off after 3 bytes").printed("hal");
    let chunked = lab.site("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhal\r\n");
    lab.submit(&served.url, &chunked, &[]).ends(9, "broke off").printed("hal");
    let (_, log) = served.end();
    assert_eq!(log.matches("\"complete\":false").count(), 2, "{log}");
}

#[test]
fn no_way_into_a_private_network() {
    let lab = Lab::new();
    let served = lab.serve(&["--closed", "--rate", "0", "--resolve", "rebound.example:443:10.0.0.1,8.8.8.8"]);
    let hosts = "127.0.0.1 127.1 127.255.255.254 2130706433 0x7f000001 0x7f.1 0177.0.0.1 017700000001 127.0.0.1.
        %31%32%37.0.0.1 １２７.０.０.１ localhost localhost. LOCALHOST 0 0.0.0.0 10.0.0.1 10.1 012.0.0.1 0xa.0.0.1 167772161
        100.64.0.1 100.100.100.200 172.16.0.1 172.31.255.255 2886729729 192.168.0.1 192.168.1 0300.0250.0.1 3232235521
        169.254.169.254 2852039166 0xa9fea9fe 0251.0376.0251.0376 192.0.0.192 168.63.129.16 198.18.0.1 224.0.0.1
        239.255.255.255 255.255.255.255 [::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:10.0.0.1]
        [::ffff:169.254.169.254] [::127.0.0.1] [::7f00:1] [64:ff9b::127.0.0.1] [64:ff9b::a00:1] [2002:7f00:1::]
        [2002:a00:1::1] [2001:0:7f00:1::] [2001:db8::1] [fc00::1] [fd00:ec2::254] [fe80::1] [fec0::1] [ff02::1] [5f00::1]
        rebound.example";
    let hosts: Vec<_> = hosts.split_whitespace().collect();
    assert!(hosts.len() > 60);
    for host in hosts {
        let (status, answer) = Post::new(good(&lab)).forward(&format!("https://{host}/")).send(&served);
        // A header is ASCII; what a URL may hold beyond it never gets as far as the policy.
        let ascii = host.is_ascii();
        assert_eq!(status, if ascii { 403 } else { 400 }, "{host}: {answer}");
        assert!(!ascii || answer.contains("may not be called"), "{host}: {answer}");
    }
}

#[test]
fn a_hundred_megabytes_pass_both_ways_in_little_memory() {
    const SIZE: usize = 100 << 20;
    let lab = Lab::new();
    let served = lab.serve(&[]);
    let site = large(&lab, SIZE);
    lab.write("body", &vec![b'x'; SIZE]);
    let mut command = lab.command();
    command.args(["--account", ACCOUNT, "--domain", &served.url, "--bearer-file", "token", "-o", "answer"]);
    command.args(["--password-file", "password.txt", "-d", "@body", "client.p12"]).arg(site.url());
    lab.write("token", TOKEN.as_bytes());
    let mut client = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut client_peak = 0;
    // The number is there as long as the process is; the last one that was seen is its peak, or close to it.
    while client.try_wait().unwrap().is_none() {
        client_peak = client_peak.max(peak_memory(client.id()).unwrap_or_default());
        std::thread::yield_now();
    }
    let mut report = String::new();
    client.stderr.take().unwrap().read_to_string(&mut report).unwrap();
    assert!(client.wait().unwrap().success() && report.contains("104857600 bytes"), "{report}");
    let answer = std::fs::read(lab.path("answer")).unwrap();
    assert!(answer.len() == SIZE && answer.iter().all(|byte| *byte == b'y'));
    let sent: usize = site.request().parse().unwrap();
    assert!(sent > SIZE, "{sent}");
    let peak = peak_memory(served.pid()).unwrap();
    assert!(peak < 64 && client_peak < 64, "{peak} and {client_peak} MiB");
}

/// Reads a request of that size, in chunks, counting only; answers as much.
fn large(lab: &Lab, size: usize) -> Site {
    let received = Arc::<std::sync::Mutex<Vec<u8>>>::default();
    let count = Arc::clone(&received);
    let handler = Arc::new(move |mut stream: tokio_openssl::SslStream<tokio::net::TcpStream>| {
        let count = Arc::clone(&count);
        Box::pin(async move {
            let (mut piece, mut sent, mut tail) = (vec![0; 1 << 16], 0, Vec::new());
            while !tail.ends_with(b"\r\n0\r\n\r\n") {
                let read = stream.read(&mut piece).await.unwrap();
                assert!(read > 0, "the request broke off");
                sent += read;
                tail.extend_from_slice(&piece[..read]);
                tail.drain(..tail.len().saturating_sub(16));
            }
            *count.lock().unwrap() = sent.to_string().into_bytes();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            let piece = vec![b'y'; 1 << 16];
            for _ in 0..size >> 16 {
                stream.write_all(&piece).await.unwrap();
            }
            let _ = stream.shutdown().await;
        }) as _
    });
    lab.site_of(&lab.manners(), handler, received)
}

#[test]
fn clients_that_dawdle_stop_nobody_and_are_let_go() {
    let lab = Lab::new();
    let served = lab.serve(&["--header-time", "1", "--body-time", "1", "--max-calls", "2", "--rate", "0"]);
    let whole = Post::new(good(&lab)).bytes();
    let mut slow: Vec<_> = (0..100)
        .map(|number| {
            let mut stream = TcpStream::connect(served.address()).unwrap();
            let cut = if number % 2 == 0 { 30 } else { whole.len() - 30 };
            stream.write_all(&whole[..cut]).unwrap();
            stream
        })
        .collect();
    assert_eq!(Post::new(good(&lab)).send(&served).0, 200);
    for (number, stream) in slow.iter_mut().enumerate() {
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut answer = Vec::new();
        // A reset is an end, too.
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer);
        assert!(number % 2 == 0 || text.starts_with("HTTP/1.1 408"), "{text}");
    }
}

#[test]
fn calls_above_the_limit_are_503() {
    let lab = Lab::new();
    let served = lab.serve(&["--max-calls", "1", "--rate", "0"]);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let forward = format!("https://{}/", silent.local_addr().unwrap());
    let mut first = TcpStream::connect(served.address()).unwrap();
    first.write_all(&Post::new(good(&lab)).forward(&forward).bytes()).unwrap();
    // It has its place when it is on its way.
    let _held = silent.accept().unwrap();
    let (status, answer) = Post::new(good(&lab)).forward(&lab.site(OK).url()).send(&served);
    assert_eq!(status, 503, "{answer}");
    assert!(answer.contains("retry-after: 1"));
    assert_eq!(get(served.address(), "/healthz").0, 200);
}

#[test]
fn key_derivation_has_a_limit() {
    let lab = Lab::new();
    let served = lab.serve(&["--max-kdf", "1000"]);
    let (status, answer) = Post::new(good(&lab)).send(&served);
    assert!(status == 500 && answer.contains("more key derivation"), "{answer}");
}

#[test]
fn sigterm_waits_for_the_answer_that_is_on_its_way() {
    let lab = Lab::new();
    let served = lab.serve(&[]);
    let (tell, told) = std::sync::mpsc::channel::<()>();
    let (go, gone) = tokio::sync::oneshot::channel::<()>();
    let gone = Arc::new(std::sync::Mutex::new(Some(gone)));
    let handler = Arc::new(move |mut stream: tokio_openssl::SslStream<tokio::net::TcpStream>| {
        let (tell, gone) = (tell.clone(), gone.lock().unwrap().take());
        Box::pin(async move {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\non").await.unwrap();
            tell.send(()).unwrap();
            gone.unwrap().await.unwrap();
            stream.write_all(b"ce").await.unwrap();
            let _ = stream.shutdown().await;
        }) as _
    });
    let site = lab.site_of(&lab.manners(), handler, Arc::default());
    let mut stream = TcpStream::connect(served.address()).unwrap();
    stream.write_all(&Post::new(good(&lab)).forward(&site.url()).bytes()).unwrap();
    told.recv().unwrap();
    served.terminate();
    // It takes nobody any more once it has heard.
    let address = served.address().to_owned();
    while TcpStream::connect(&address).is_ok() {
        std::thread::yield_now();
    }
    go.send(()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("once"), "{answer}");
    assert_eq!(served.end().0, 0);
}

#[test]
fn each_request_has_one_line_of_json_and_no_secret_in_it() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    let site = lab.site(OK);
    let secret_url = format!("{}canary-path?canary=query", site.url());
    let post = Post::new(good(&lab)).forward(&secret_url).header("LP-authorization-override", "canary-auth");
    post.send(&served);
    Post { authorization: "Bearer canary-token", ..Post::new(good(&lab)) }.send(&served);
    get(served.address(), "/canary-path?canary=1");
    let (exit, log) = served.end();
    assert_eq!(exit, 0);
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let statuses: Vec<_> = lines.iter().map(|line| line["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 401, 404]);
    assert_eq!(lines[0]["forward"], format!("localhost:{}", site.address.port()));
    assert_eq!((&lines[0]["credential"], &lines[0]["account"]), (&"bearer".into(), &ACCOUNT.into()));
    for secret in ["canary", TOKEN, PASSWORD] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[test]
fn health_and_numbers_are_shown() {
    let lab = Lab::new();
    let served = lab.serve(&[]);
    assert!(get(served.address(), "/healthz").1.ends_with("\r\n\r\nok\n"));
    let (_, head) = send(served.address(), b"HEAD /healthz HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
    assert!(head.contains("content-length: 3\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    Post::new(good(&lab)).send(&served);
    let (_, metrics) = get(served.address(), "/metrics");
    assert!(metrics.contains("p12_test_requests_total{route=\"p12-test\",status=\"200\"} 1\n"), "{metrics}");
    assert!(metrics.contains("application/openmetrics-text") && metrics.ends_with("# EOF\n"));
    let (_, log) = served.end();
    let bytes: Vec<_> = log
        .lines()
        .map(|line| {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            entry["bytes"].as_u64().unwrap()
        })
        .collect();
    assert_eq!(bytes[..2], [3, 0], "{log}");
}

#[test]
fn tls_comes_out_of_a_p12_and_beyond_loopback_it_must() {
    let lab = Lab::new();
    lab.write("server.p12", &lab.server.p12(PASSWORD, "server").unwrap());
    let served = lab.serve(&["--tls-p12", "server.p12", "--tls-password-file", "password.txt"]);
    let site = lab.site(OK);
    let url = served.url.replace("127.0.0.1", "localhost");
    lab.submit(&url, &site, &["--platform-cacert", "ca.pem"]).exits(0).printed("hello\n");
    lab.submit(&url, &site, &[]).ends(5, "shows a certificate that is not trusted here");
    lab.submit(&url, &site, &["-k"]).ends(0, "the platform's certificate is not checked");
    let open = ["serve", "--listen", "0.0.0.0:0", "--credentials", "credentials.toml"];
    Ran::of(with(lab.command(), &open), b"").ends(2, "not a loopback address");
}

#[test]
fn a_credentials_file_is_private_and_its_faults_show_no_text_of_it() {
    let lab = Lab::new();
    let serve = |file: &str| {
        Ran::of(with(lab.command(), &["serve", "--listen", "127.0.0.1:0", "--credentials", file]), b"")
    };
    lab.write("open.toml", b"");
    serve("open.toml").ends(10, "other users can read it");
    serve("missing.toml").ends(10, "cannot read missing.toml");
    for (text, says) in [
        ("credential = []", "the file has no [[credential]]"),
        ("[[credential]]\nbearer = canary", "line 2 is not valid"),
        (
            "[[credential]]\nbearer = \"canary\"\naccounts = \"canary\"\npermissions = []",
            "line 3 is not valid",
        ),
        ("[[credential]]\nbearer = \"\"\naccounts = []\npermissions = []", "needs either bearer or oauth1"),
        (
            "[[credential]]\nbearer = \"\"\naccounts = []\npermissions = []\n[credential.oauth1]\n\
             consumer_key = \"canary\"\nconsumer_secret = \"canary\"\ntoken = \"canary\"\ntoken_secret = \"canary\"",
            "needs either bearer or oauth1",
        ),
        ("[[credential]]\nbearer = \"a b\"\naccounts = []\npermissions = []", "a token without spaces"),
        (
            "[[credential]]\nbearer = \"canary\"\naccounts = []\npermissions = []\n\
             [[credential]]\nname = \"b\"\nbearer = \"canary\"\naccounts = []\npermissions = []",
            "credentials 1 and 2 have the same token",
        ),
        (
            "[[credential]]\nname = \"a\"\nbearer = \"canary\"\naccounts = []\npermissions = []\n\
             [[credential]]\nname = \"a\"\nbearer = \"canary2\"\naccounts = []\npermissions = []",
            "credential 2 has the name of another one",
        ),
    ] {
        lab.write_private("c.toml", text);
        let ran = serve("c.toml").in_case(text);
        ran.ends(2, says);
        assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    }
}

/// From a loop that keeps 500 uploads in the air, with clients among them that dawdle.
#[test]
fn five_hundred_uploads_at_once_are_answered_or_shed() {
    const AT_ONCE: usize = 500;
    const IN_ALL: usize = 2_000;
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0", "--max-calls", "16"]);
    let site = lab.site(OK);
    let whole = Arc::new(Post::new(good(&lab)).forward(&site.url()).bytes());
    let dawdling: Vec<_> = (0..50)
        .map(|number| {
            let mut stream = TcpStream::connect(served.address()).unwrap();
            stream.write_all(&whole[..if number % 2 == 0 { 10 } else { whole.len() - 10 }]).unwrap();
            stream
        })
        .collect();
    let (address, places) = (served.address().to_owned(), Arc::new(tokio::sync::Semaphore::new(AT_ONCE)));
    let statuses = lab.runtime.block_on(async {
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..IN_ALL {
            let place = Arc::clone(&places).acquire_owned().await.unwrap();
            let (address, whole) = (address.clone(), Arc::clone(&whole));
            calls.spawn(async move {
                let _place = place;
                let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
                let _ = stream.write_all(&whole).await;
                let mut answer = Vec::new();
                let _ = stream.read_to_end(&mut answer).await;
                String::from_utf8_lossy(answer.get(9..12).unwrap_or_default()).into_owned()
            });
        }
        calls.join_all().await
    });
    let count = |status: &str| statuses.iter().filter(|known| *known == status).count();
    assert!(count("200") > 0 && count("503") > 0, "{} answered, {} shed", count("200"), count("503"));
    assert_eq!(count("200") + count("503"), IN_ALL, "{statuses:?}");
    assert_eq!(get(served.address(), "/healthz").0, 200);
    assert_eq!(Post::new(good(&lab)).forward(&site.url()).send(&served).0, 200);
    let peak = peak_memory(served.pid()).unwrap();
    assert!(peak < 300, "{peak} MiB");
    drop(dawdling);
}

#[test]
fn tls_is_1_2_or_1_3_and_always_with_forward_secrecy() {
    use openssl::ssl::{SslConnector, SslMethod, SslVersion};
    let lab = Lab::new();
    let profile = Profile { key: Key::Rsa(2048), ..Profile::new("localhost", Purpose::Server) };
    lab.write("server.p12", &lab.root.issue(&profile).unwrap().p12(PASSWORD, "server").unwrap());
    let served = lab.serve(&["--tls-p12", "server.p12", "--tls-password-file", "password.txt"]);
    let handshake = |version, ciphers: &str| {
        let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
        builder.set_ca_file(lab.path("ca.pem")).unwrap();
        builder.set_security_level(0);
        builder.set_min_proto_version(Some(version)).unwrap();
        builder.set_max_proto_version(Some(version)).unwrap();
        builder.set_cipher_list(ciphers).unwrap();
        builder.set_alpn_protos(b"\x02h2\x08http/1.1").unwrap();
        let stream = TcpStream::connect(served.address()).unwrap();
        let stream = builder.build().connect("localhost", stream).ok()?;
        Some(stream.ssl().selected_alpn_protocol().unwrap_or_default().to_vec())
    };
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        assert_eq!(handshake(version, "ALL").unwrap(), b"http/1.1", "{version:?}");
    }
    assert_eq!(handshake(SslVersion::TLS1_1, "ALL"), None);
    for old in ["AES256-GCM-SHA384", "AES128-SHA", "AES256-SHA256", "ECDHE-RSA-AES256-SHA"] {
        assert_eq!(handshake(SslVersion::TLS1_2, old), None, "{old}");
    }
}
