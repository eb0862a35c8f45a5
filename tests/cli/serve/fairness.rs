//! What one client may take from the others.

use std::io::Write as _;
use std::net::{IpAddr, TcpListener, TcpStream};
use std::time::Duration;

use p12_test::demo::pki::{Profile, Purpose};

use super::{Post, form, good, part, read, send};
use crate::harness::{Lab, OK, PASSWORD, Served};

pub(super) const TENANTS: &str = "[[credential]]\nname = \"greedy\"\nbearer = \"greedy\"\naccounts = [\"*\"]\n\
    permissions = [\"MTLS_READ_INTERNAL\"]\n[[credential]]\nname = \"modest\"\nbearer = \"modest\"\n\
    accounts = [\"*\"]\npermissions = [\"MTLS_READ_INTERNAL\"]\n";

/// A connection from this loopback address.
pub(super) fn connect_from(lab: &Lab, served: &Served, last: u8) -> TcpStream {
    let connect = async {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind((IpAddr::from([127, 0, 0, last]), 0).into())?;
        socket.connect(served.address().parse().unwrap()).await?.into_std()
    };
    let stream = lab.runtime.block_on(connect).unwrap();
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// An endpoint that takes connections and never answers.
pub(super) struct Silent(TcpListener);

impl Silent {
    pub(super) fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    pub(super) fn url(&self) -> String {
        format!("https://{}/", self.0.local_addr().unwrap())
    }

    /// Waits until somebody is connected.
    fn accept(&self) -> TcpStream {
        self.0.accept().unwrap().0
    }
}

pub(super) fn post<'a>(lab: &Lab, token: &'a str) -> Post<'a> {
    Post { authorization: token, ..Post::new(good(lab)) }
}

#[test]
fn strangers_take_their_own_rate_only() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "5"]);
    let stranger = Post { authorization: "Bearer unknown", ..Post::new(Vec::new()) };
    let answers: Vec<_> = (0..30).map(|_| stranger.send(&served)).collect();
    let (unknown, limited): (Vec<_>, Vec<_>) = answers.iter().partition(|(status, _)| *status == 401);
    assert!(unknown.len() >= 5 && !limited.is_empty());
    assert!(limited.iter().all(|(status, answer)| *status == 429 && answer.contains("retry-after: 1")));
    for _ in 0..5 {
        assert_eq!(Post::new(good(&lab)).send(&served).0, 200);
    }
}

#[test]
fn one_credential_leaves_places_to_others() {
    let lab = Lab::new();
    let served = lab.serve_for(TENANTS, &["--rate", "0", "--max-calls", "8"]);
    let (silent, site) = (Silent::new(), lab.site(OK));
    let greedy = post(&lab, "Bearer greedy").forward(&silent.url());
    let mut held = Vec::new();
    for address in [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2] {
        let mut stream = connect_from(&lab, &served, address);
        stream.write_all(&greedy.bytes()).unwrap();
        held.push(stream);
    }
    // Four of the first address, one of the second.
    let _running: Vec<_> = (0..5).map(|_| silent.accept()).collect();
    let mut stream = connect_from(&lab, &served, 3);
    stream.write_all(&post(&lab, "Bearer modest").forward(&site.url()).bytes()).unwrap();
    let (status, answer) = read(&mut stream);
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn a_call_waits_for_a_place_that_becomes_free() {
    let lab = Lab::new();
    let served = lab.serve(&["--max-calls", "1", "--rate", "0"]);
    let (silent, site) = (Silent::new(), lab.site(OK));
    let mut first = TcpStream::connect(served.address()).unwrap();
    first.write_all(&Post::new(good(&lab)).forward(&silent.url()).bytes()).unwrap();
    let endpoint = silent.accept();
    let mut second = TcpStream::connect(served.address()).unwrap();
    second.write_all(&Post::new(good(&lab)).forward(&site.url()).bytes()).unwrap();
    // It has been heard once a third one is answered.
    assert_eq!(
        send(served.address(), b"GET /healthz HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").0,
        200
    );
    drop(endpoint);
    assert_eq!((read(&mut first).0, read(&mut second).0), (424, 200));
}

#[test]
fn what_the_head_shows_is_checked_before_the_upload() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    let mut stream = TcpStream::connect(served.address()).unwrap();
    let whole = Post::new(good(&lab)).forward("http://plain.example/").bytes();
    stream.write_all(&whole[..whole.len() - 100]).unwrap();
    let mut answer = [0; 12];
    std::io::Read::read_exact(&mut stream, &mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 400");
}

#[test]
fn silent_connections_keep_nobody_out() {
    let lab = Lab::new();
    let served = lab.serve(&["--max-connections", "16"]);
    let health = b"GET /healthz HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
    let mut silent: Vec<_> = (0..40).map(|_| connect_from(&lab, &served, 1)).collect();
    assert_eq!(send(served.address(), health).0, 200);
    let mut other = connect_from(&lab, &served, 2);
    silent.extend((0..40).map(|_| connect_from(&lab, &served, 1)));
    assert_eq!(send(served.address(), health).0, 200);
    // Of another address, and so not closed for any of the first.
    other.write_all(health).unwrap();
    assert_eq!(read(&mut other).0, 200);
}

/// A P12 that takes about a second of a processor.
pub(super) fn costly(lab: &Lab) -> Vec<u8> {
    let client = lab.root.issue(&Profile::new("costly", Purpose::Client)).unwrap();
    let mut builder = openssl::pkcs12::Pkcs12::builder();
    builder.name("costly").pkey(&client.key).cert(&client.certificate).key_iter(2_000_000);
    builder.build2(PASSWORD).unwrap().to_der().unwrap()
}

#[test]
fn a_p12_is_not_opened_for_a_client_that_is_gone() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0", "--max-calls", "16", "--max-kdf", "40000000"]);
    let post = Post::new(form(&[part("file", &costly(&lab)), part("password", PASSWORD.as_bytes())])).bytes();
    let gone: Vec<_> = (0..8)
        .map(|_| {
            let mut stream = TcpStream::connect(served.address()).unwrap();
            stream.write_all(&post).unwrap();
            stream
        })
        .collect();
    drop(gone);
    // Their places would be taken for more than the time that a call waits for one.
    let (status, answer) = Post::new(good(&lab)).send(&served);
    assert_eq!(status, 200, "{answer}");
}
