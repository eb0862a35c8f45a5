//! Clients that close a connection early, in one way or another.

use std::io::Write as _;
use std::net::{Shutdown, TcpListener, TcpStream};

use super::{Post, good, read};
use crate::harness::{Lab, OK};

#[test]
fn a_client_that_closes_its_sending_side_gets_its_answer() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    let site = lab.site(OK);
    for _ in 0..20 {
        let mut stream = TcpStream::connect(served.address()).unwrap();
        stream.write_all(&Post::new(good(&lab)).forward(&site.url()).bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let (status, answer) = read(&mut stream);
        assert!(status == 200 && answer.ends_with("hello\n"), "{answer}");
        let mut stream = TcpStream::connect(served.address()).unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: h\r\n\r\n").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read(&mut stream).0, 200);
    }
}

#[test]
fn an_upload_that_ends_early_is_400_at_once() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    let whole = Post::new(good(&lab)).bytes();
    let mut stream = TcpStream::connect(served.address()).unwrap();
    stream.write_all(&whole[..whole.len() - 200]).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let (status, answer) = read(&mut stream);
    assert!(status == 400 && answer.contains("broke off"), "{answer}");
}

#[test]
fn a_client_that_goes_away_is_logged_as_gone() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let forward = format!("https://{}/", silent.local_addr().unwrap());
    let mut stream = TcpStream::connect(served.address()).unwrap();
    let post = Post::new(good(&lab)).forward(&forward).bytes();
    stream.write_all(&[b"GET / HTTP/1.1\r\nhost: h\r\n\r\n", post.as_slice()].concat()).unwrap();
    let _endpoint = silent.accept().unwrap();
    // The first answer was not read, so this is a reset.
    drop(stream);
    let broken = lab.site("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhal");
    Post::new(good(&lab)).forward(&broken.url()).send(&served);
    let (_, log) = served.end();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let gone: Vec<_> =
        lines.iter().map(|line| (line["gone"].as_bool(), line["complete"].as_bool())).collect();
    let expected = [(false, true), (true, false), (false, false)];
    assert_eq!(gone, expected.map(|(gone, complete)| (Some(gone), Some(complete))), "{log}");
}
