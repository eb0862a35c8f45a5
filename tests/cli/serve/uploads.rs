//! Uploads that are large, late, or written in another character set.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Post, form, part, read};
use crate::harness::{Lab, OK, PASSWORD, Site, peak_memory};

/// An endpoint that reads all that comes, and answers never.
fn greedy(lab: &Lab) -> Site {
    let handler = Arc::new(|mut stream: tokio_openssl::SslStream<tokio::net::TcpStream>| {
        Box::pin(async move {
            let mut piece = vec![0; 1 << 16];
            while stream.read(&mut piece).await.is_ok_and(|read| read > 0) {}
            let _ = stream.shutdown().await;
        }) as _
    });
    lab.site_of(&lab.manners(), handler, Arc::default())
}

/// File, password, and a body of this size; the end of the form is missing.
fn with_body(lab: &Lab, size: usize) -> Vec<u8> {
    let p12 = std::fs::read(lab.path("client.p12")).unwrap();
    let parts = [part("file", &p12), part("password", PASSWORD.as_bytes()), part("body", &vec![b'x'; size])];
    parts.concat()
}

fn chunked(post: &Post) -> Vec<u8> {
    let whole = post.bytes();
    let end = whole.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8(whole[..end].to_vec()).unwrap();
    let length = format!("content-length: {}\r\n", post.body.len());
    let mut bytes = head.replace(&length, "transfer-encoding: chunked\r\n").into_bytes();
    for chunk in post.body.chunks(100_000) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    [bytes.as_slice(), b"0\r\n\r\n"].concat()
}

#[test]
fn a_chunked_upload_above_the_limit_is_413() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0", "--max-upload", "3M"]);
    let site = greedy(&lab);
    for forward in [site.url(), lab.site(OK).url()] {
        let post = Post::new(with_body(&lab, 4 << 20)).forward(&forward);
        let (status, answer) = super::send(served.address(), &chunked(&post));
        assert!(status == 413 && answer.contains("larger than 3145728 bytes"), "{answer}");
    }
    let post = Post::new(with_body(&lab, 0));
    assert_eq!(super::send(served.address(), &chunked(&post)).0, 400);
}

#[test]
fn a_client_that_stalls_in_a_large_body_is_at_fault() {
    let lab = Lab::new();
    for limits in [["--body-time", "1", "-m", "60"], ["--body-time", "60", "-m", "1"]] {
        let served = lab.serve(&limits);
        let site = greedy(&lab);
        let mut stream = TcpStream::connect(served.address()).unwrap();
        let whole = Post::new(with_body(&lab, 3 << 20)).forward(&site.url()).bytes();
        stream.write_all(&whole[..whole.len() - 1_000_000]).unwrap();
        let (status, answer) = read(&mut stream);
        assert!(status == 408 && answer.contains("did not arrive in time"), "{limits:?}: {answer}");
    }
}

#[test]
fn a_large_body_that_breaks_off_is_the_clients_fault() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    let site = greedy(&lab);
    let mut stream = TcpStream::connect(served.address()).unwrap();
    let whole = Post::new(with_body(&lab, 3 << 20)).forward(&site.url()).bytes();
    stream.write_all(&whole[..whole.len() - 1_000_000]).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let (status, answer) = read(&mut stream);
    assert!(status == 400 && answer.contains("broke off"), "{answer}");
}

#[test]
fn the_charset_of_the_password_is_honoured() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    let identity =
        lab.root.issue(&p12_test::demo::pki::Profile::new("x", p12_test::demo::pki::Purpose::Client));
    let p12 = identity.unwrap().p12("pässwörd €", "x").unwrap();
    let password = |charset: &str, bytes: &[u8]| {
        let head =
            "--BOUNDARY\r\nContent-Disposition: form-data; name=\"password\"\r\nContent-Type: text/plain";
        [format!("{head}{charset}\r\n\r\n").as_bytes(), bytes, b"\r\n"].concat()
    };
    let rows: [(&str, &[u8], u16); 7] = [
        ("", "pässwörd €".as_bytes(), 200),
        ("; charset=utf-8", "pässwörd €".as_bytes(), 200),
        ("; charset=\"UTF-8\"", "pässwörd €".as_bytes(), 200),
        ("; charset=windows-1252", b"p\xe4ssw\xf6rd \x80", 200),
        ("; charset=ISO-8859-15", b"p\xe4ssw\xf6rd \xa4", 200),
        ("; charset=windows-1252", b"wrong", 500),
        ("; charset=unheard-of", b"p\xe4ssw\xf6rd \x80", 400),
    ];
    for (charset, bytes, status) in rows {
        let post = Post::new(form(&[part("file", &p12), password(charset, bytes)]));
        let (got, answer) = post.send(&served);
        assert_eq!(got, status, "{charset}: {answer}");
    }
}

#[test]
fn calls_that_wait_for_their_endpoint_hold_little_memory() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0", "--max-calls", "64"]);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let forward = format!("https://{}/", silent.local_addr().unwrap());
    let mut p12 = std::fs::read(lab.path("client.p12")).unwrap();
    p12.resize(8 << 20, 0);
    let body = part("body", &vec![b'x'; (1 << 20) - 9]);
    let post = Post::new(form(&[part("file", &p12), part("password", PASSWORD.as_bytes()), body]));
    let whole = post.forward(&forward).bytes();
    let held: Vec<_> = (0..30)
        .map(|_| {
            let mut stream = TcpStream::connect(served.address()).unwrap();
            stream.write_all(&whole).unwrap();
            (stream, silent.accept().unwrap())
        })
        .collect();
    let peak = peak_memory(served.pid()).unwrap();
    assert!(peak < 160, "{peak} MiB for {} calls", held.len());
}
