//! Seeded mutations of P12 files and of answers: nothing panics, hangs or grows.
//!
//! Ten thousand cases; `P12_TEST_CASES` makes them more, `P12_TEST_SEED` others. A failure names both, so that it can be
//! repeated.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may")]

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use openssl::base64::encode_block;
use openssl::pkcs7::{Pkcs7, Pkcs7Flags};
use openssl::stack::Stack;
use openssl::symm::Cipher;
use p12_test::call::Local;
use p12_test::call::connect::Connect;
use p12_test::call::proxy::Proxies;
use p12_test::call::tls::Tls;
use p12_test::demo::endpoint::{Endpoint, Manners, OnConnection};
use p12_test::demo::pki::{Identity, Key, Profile, Purpose};
use p12_test::error::Kind;
use p12_test::inspect::{Criteria, Inspection};
use p12_test::outcome::Outcome;
use p12_test::p12::{P12, P12File};
use p12_test::password::Password;
use p12_test::request::body::RequestBody;
use p12_test::request::{Request, RequestParts};
use p12_test::route::Route;
use p12_test::sink::Sink;
use p12_test::verdict::Terms;
use p12_test::view::json;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const PASSWORD: &str = "correct horse";

/// xorshift64*: small, and the same everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// One to four changes: bits, bytes, lengths that lie, pieces lost, doubled or moved.
    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let length = self.below(bytes.len() - at + 1).min(64);
            match self.below(7) {
                0 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
                1 if !bytes.is_empty() => {
                    bytes[at] =
                        [0, 1, 0x30, 0x7f, 0x80, 0x82, 0x84, 0xff, b'\r', b'\n', b':'][self.below(11)];
                }
                2 => drop(bytes.drain(at..at + length)),
                3 => {
                    let piece = bytes[at..at + length].to_vec();
                    let to = self.below(bytes.len() + 1);
                    bytes.splice(to..to, piece);
                }
                4 => bytes.truncate(at),
                5 => {
                    let noise = (0..length).map(|_| self.next().to_le_bytes()[0]).collect::<Vec<_>>();
                    bytes.splice(at..at, noise);
                }
                _ if !bytes.is_empty() => bytes[at] = self.next().to_le_bytes()[0],
                _ => {}
            }
        }
    }
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap())
}

/// Cases by number, each from a seed of its own, and a word on the one that fails or does not end.
struct Run {
    what: &'static str,
    seed: u64,
    at: Arc<AtomicU64>,
    since: Arc<Mutex<Instant>>,
}

impl Run {
    fn new(what: &'static str) -> Self {
        let run = Self {
            what,
            seed: number("P12_TEST_SEED", 20_261_124),
            at: Arc::default(),
            since: Arc::new(Mutex::new(Instant::now())),
        };
        let (at, since, seed) = (Arc::clone(&run.at), Arc::clone(&run.since), run.seed);
        std::thread::spawn(move || {
            loop {
                std::thread::park_timeout(Duration::from_secs(5));
                let case = at.load(Ordering::SeqCst);
                if case != u64::MAX && since.lock().unwrap().elapsed() > Duration::from_secs(60) {
                    eprintln!("{what}: case {case} of P12_TEST_SEED={seed} does not end");
                    std::process::abort();
                }
            }
        });
        run
    }

    fn case(&self, case: u64) -> Chance {
        self.at.store(case, Ordering::SeqCst);
        *self.since.lock().unwrap() = Instant::now();
        Chance(self.seed ^ (case + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn failed(&self, case: u64, how: &str) -> ! {
        panic!("{}: case {case} of P12_TEST_SEED={}: {how}", self.what, self.seed);
    }

    /// In 512 MiB.
    fn was_small(&self) {
        let peak = peak_memory();
        assert!(peak < 512, "{}: {peak} MiB with P12_TEST_SEED={}", self.what, self.seed);
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.at.store(u64::MAX, Ordering::SeqCst);
    }
}

/// In MiB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// Files that are made here, and a quarter of the smaller ones of `tests/vectors/`.
fn files() -> Vec<Vec<u8>> {
    let root = Identity::root("CA").unwrap();
    let client = |key| root.issue(&Profile { key, ..Profile::new("client", Purpose::Client) }).unwrap();
    let mut files: Vec<_> = [Key::Ec, Key::Rsa(2048), Key::Ed25519]
        .map(|key| client(key).p12(PASSWORD, "client").unwrap())
        .into();
    let vectors = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")).unwrap();
    let mut paths: Vec<_> = vectors.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    files.extend(
        paths.iter().step_by(4).map(|path| std::fs::read(path).unwrap()).filter(|file| file.len() < 8192),
    );
    files.extend(wrapped(&files[0], &client(Key::Rsa(2048))));
    files
}

/// The texts that a P12, and a certificate with its key, come in.
fn wrapped(p12: &[u8], client: &Identity) -> Vec<Vec<u8>> {
    let (one, rsa) = (encode_block(p12), client.key.rsa().unwrap());
    let certificate = client.certificate_pem().unwrap();
    let sealed = rsa.private_key_to_pem_passphrase(Cipher::aes_128_cbc(), PASSWORD.as_bytes()).unwrap();
    let locked =
        client.key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), PASSWORD.as_bytes()).unwrap();
    let escaped = String::from_utf8_lossy(&[certificate.as_slice(), &sealed].concat()).replace('\n', "\\n");
    let hex = |before: &str| p12.iter().map(|byte| format!("{before}{byte:02x}")).collect::<String>();
    let rows = p12.chunks(16).map(|row| row.iter().map(|byte| format!(" {byte:02x}")).collect::<String>());
    let dump: String = rows.enumerate().map(|(at, row)| format!("{:08x} {row}  |..|\n", at * 16)).collect();
    let rows: Vec<_> = one.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    let added: String = rows.iter().map(|row| format!("+{row}\n")).collect();
    let numbered: String = rows.iter().enumerate().map(|(at, row)| format!("{at:>4}  {row}\n")).collect();
    let none = Stack::new().unwrap();
    let signed = Pkcs7::sign(&client.certificate, &client.key, &none, p12, Pkcs7Flags::BINARY).unwrap();
    vec![
        dump.into_bytes(),
        signed.to_der().unwrap(),
        [&certificate[..], format!("<pkcs12>\n{one}</pkcs12>").as_bytes()].concat(),
        format!("@@ -0,0 +1,60 @@\n{added}").into_bytes(),
        numbered.into_bytes(),
        format!("INSERT INTO x VALUES (1, X'{}');", hex("")).into_bytes(),
        format!("\"x\"=hex:{}", hex(",").trim_start_matches(',')).into_bytes(),
        hex("\\x").into_bytes(),
        format!("{{ {} }}", hex(", 0x")).into_bytes(),
        format!("{p12:?}").into_bytes(),
        format!("p12={}&x=y", one.replace('+', "%2B").replace('=', "%3D")).into_bytes(),
        format!("Subject: x\n\n> {}\n", one.replace('=', "=3D")).into_bytes(),
        one.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        [&b"HTTP/1.1 200 OK\r\n\r\n"[..], p12, b"\r\n--x--"].concat(),
        format!("\"{one}\"").into_bytes(),
        format!(r#"{{"value": "{one}", "tags": {{}}}}"#).into_bytes(),
        format!("data:\n  client.p12: {one}\n  password: eA==\n").into_bytes(),
        encode_block(one.as_bytes()).into_bytes(),
        format!("data:application/x-pkcs12;base64,{one}").into_bytes(),
        format!(r#"{{"data": {{"data": {{"pem": "{escaped}"}}}}}}"#).into_bytes(),
        [certificate.as_slice(), &locked].concat(),
        [certificate.as_slice(), &rsa.private_key_to_pem().unwrap()].concat(),
        client.certificate.to_der().unwrap(),
        client.key.private_key_to_der().unwrap(),
    ]
}

#[test]
fn mutated_files_end_in_a_verdict() {
    let (files, run) = (files(), Run::new("files"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let passwords =
        [PASSWORD, "changeit", "", "wrong"].map(|text| Password::exact(text.as_bytes().to_vec().into()));
    for case in 0..number("P12_TEST_CASES", 10_000) * 8 / 10 {
        let mut chance = run.case(case);
        let mut bytes = files[chance.below(files.len())].clone();
        chance.mutate(&mut bytes);
        let password = chance.below(passwords.len() + 1);
        let password = passwords.get(password);
        // Little work, so that a mutated count of iterations does not make the run a benchmark.
        let file = P12File::from_bytes("mutated", bytes).with_work(60_000);
        let (opened, exit) = runtime.block_on(async {
            let opened = P12::open(&file, password, None).await.and_then(|p12| p12.identity());
            (opened, Inspection::of(&file, password, &Criteria::default()).await.exit as u8)
        });
        let kind = opened.as_ref().map_err(|error| error.kind).err();
        if kind == Some(Kind::Internal) || exit == Kind::Internal.exit() as u8 {
            run.failed(case, "it panicked");
        }
        if opened.is_ok() && exit >= 3 {
            run.failed(case, "open and inspect disagree");
        }
    }
    run.was_small();
}

const ANSWERS: &[&str] = &[
    "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 12\r\nset-cookie: a=b\r\n\r\nhello world\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nx: y\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 302 Found\r\nlocation: /login?next=/\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 400 Bad Request\r\ncontent-length: 41\r\n\r\n<center>The SSL certificate error</center>",
    "HTTP/1.0 503 Busy\r\nretry-after: 5\r\n\r\nuntil the end",
    "\0\0\x12\x04\0\0\0\0\0 no HTTP at all",
];

fn route() -> Route {
    Route::Local(Box::new(Local {
        connect: Connect {
            overrides: Vec::new(),
            family: None,
            proxies: Proxies::none(),
            timeout: Duration::from_secs(10),
            policy: None,
        },
        tls: Tls { insecure: true, ..Tls::default() },
        max_time: Duration::from_secs(10),
        leaf_only: false,
        control: false,
    }))
}

fn request(endpoint: &Endpoint) -> Request {
    let url = format!("https://localhost:{}/", endpoint.address().port());
    let parts = RequestParts {
        url,
        method: None,
        content_type: None,
        authorization: None,
        headers: Vec::new(),
        body: RequestBody::Empty,
    };
    parts.check().unwrap()
}

/// Gives each connection what is to be answered next, and closes.
fn handler(next: Arc<Mutex<Vec<u8>>>) -> OnConnection {
    Arc::new(move |mut stream| {
        let answer = next.lock().unwrap().clone();
        Box::pin(async move {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        })
    })
}

#[test]
fn mutated_answers_end_in_a_verdict() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let root = Identity::root("CA").unwrap();
    let server = root.issue(&Profile::new("localhost", Purpose::Server)).unwrap();
    let client = root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    let file = P12File::from_bytes("client", client.p12(PASSWORD, "client").unwrap());
    let password = Password::exact(PASSWORD.as_bytes().to_vec().into());
    let p12 = runtime.block_on(P12::open(&file, Some(&password), None)).unwrap();
    let (next, run) = (Arc::<Mutex<Vec<u8>>>::default(), Run::new("answers"));
    runtime.block_on(async {
        let endpoint =
            Endpoint::start(&Manners::new(&server, &root), handler(Arc::clone(&next))).await.unwrap();
        let (request, route) = (request(&endpoint), route());
        for case in 0..number("P12_TEST_CASES", 10_000) * 2 / 10 {
            let mut chance = run.case(case);
            let mut bytes = ANSWERS[chance.below(ANSWERS.len())].as_bytes().to_vec();
            chance.mutate(&mut bytes);
            *next.lock().unwrap() = bytes;
            let call = async {
                let mut outcome = Outcome::default();
                let started = route.start(&request, &p12, &outcome.known).await;
                outcome.result = outcome.receive(started, &Terms::default(), &mut Sink::default()).await;
                serde_json::from_str::<Value>(&json::pretty(&outcome)).unwrap()
            };
            let Ok(document) = AssertUnwindSafe(call).catch_unwind().await else {
                run.failed(case, "it panicked")
            };
            if !document["kind"].is_string() || document["kind"] == "internal" {
                run.failed(case, &format!("{document:#}"));
            }
        }
    });
    run.was_small();
}
