//! What comes from the endpoint, and what becomes of it.

use std::time::Duration;

use super::{Post, form, good, part, send};
use crate::harness::{Lab, PASSWORD, peak_memory};

#[test]
fn an_answer_that_breaks_off_before_its_first_piece_is_424() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    let head = "HTTP/1.1 200 OK\r\n";
    let rests = [
        "content-length: 10\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\nzz\r\n",
    ];
    for rest in rests {
        let site = lab.site(format!("{head}{rest}"));
        for _ in 0..5 {
            let (status, answer) = Post::new(good(&lab)).forward(&site.url()).send(&served);
            assert!(status == 424 && answer.contains("lp-message-from-transport"), "{rest}: {answer}");
        }
    }
    let half = lab.site(format!("{head}content-length: 10\r\n\r\nhal"));
    Post::new(good(&lab)).forward(&half.url()).send(&served);
    let (_, log) = served.end();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines[..15].iter().all(|line| line["status"] == 424 && line["kind"].is_string()), "{log}");
    let last = &lines[15];
    assert!(
        last["status"] == 200 && last["kind"] == "answer-cut-short" && last["complete"] == false,
        "{log}"
    );
}

#[test]
fn the_reason_phrase_is_passed_on() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    for line in ["200 OK", "200 Fine and dandy", "299 Odd", "299 ", "404 Gone fishing", "444 ", "503 "] {
        let site = lab.site(format!("HTTP/1.1 {line}\r\ncontent-length: 0\r\n\r\n"));
        let (_, answer) = Post::new(good(&lab)).forward(&site.url()).send(&served);
        assert_eq!(answer.lines().next().unwrap(), format!("HTTP/1.1 {line}"));
    }
}

#[test]
fn what_has_no_body_has_no_length() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    for length in ["content-length: 0\r\n", "content-length: 7\r\n", ""] {
        let site = lab.site(format!("HTTP/1.1 204 No Content\r\n{length}\r\n"));
        let (status, answer) = Post::new(good(&lab)).forward(&site.url()).send(&served);
        assert!(status == 204 && !answer.contains("content-length"), "{answer}");
    }
}

#[test]
fn the_client_takes_as_many_header_fields_as_are_passed_on() {
    let lab = Lab::new();
    let served = lab.serve(&[]);
    let fields: String = (0..250).map(|number| format!("x-{number}: {number}\r\n")).collect();
    let site = lab.site(format!("HTTP/1.1 200 OK\r\n{fields}content-length: 2\r\n\r\nhi"));
    lab.submit(&served.url, &site, &[]).exits(0).printed("hi");
}

#[test]
fn a_request_names_one_host() {
    let lab = Lab::new();
    let served = lab.serve(&["--public-url", "https://h", "--rate", "0"]);
    for (version, hosts, status) in [
        ("1.1", "host: h\r\n", 200),
        ("1.1", "host: h\r\nhost: h\r\n", 400),
        ("1.1", "", 400),
        ("1.0", "", 200),
    ] {
        let request = format!("GET /healthz HTTP/{version}\r\n{hosts}connection: close\r\n\r\n");
        assert_eq!(send(served.address(), request.as_bytes()).0, status, "{version} {hosts}");
    }
    let post = Post::new(good(&lab)).header("host", "other");
    assert_eq!(post.send(&served).0, 400);
}

#[test]
fn a_wrong_password_is_never_told_as_too_costly() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    let client =
        lab.root.issue(&p12_test::demo::pki::Profile::new("x", p12_test::demo::pki::Purpose::Client));
    let client = client.unwrap();
    let mut builder = openssl::pkcs12::Pkcs12::builder();
    builder.name("x").pkey(&client.key).cert(&client.certificate).key_iter(1_300_000).mac_iter(1_300_000);
    let p12 = builder.build2("pässword").unwrap().to_der().unwrap();
    for (password, status, says) in [("pässword", 200, ""), ("pässwort", 500, "the password does not match")]
    {
        let post = Post::new(form(&[part("file", &p12), part("password", password.as_bytes())]));
        let (got, answer) = post.send(&served);
        assert!(got == status && answer.contains(says), "{password}: {answer}");
    }
}

/// A P12 whose content type is an object identifier of four megabytes.
#[test]
fn a_long_object_identifier_costs_little_memory() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    let tlv = |tag: u8, content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x84][..], &length, content].concat()
    };
    let (number, data) = (tlv(2, &[3]), [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01]);
    let long = tlv(6, &[vec![0x2a], vec![0x81; 4 << 20], vec![1]].concat());
    let inner = tlv(0x30, &tlv(0x30, &long));
    let safe = tlv(0x30, &[tlv(6, &data), tlv(0xa0, &tlv(4, &inner))].concat());
    let p12 = tlv(0x30, &[number, safe].concat());
    let post = Post::new(form(&[part("file", &p12), part("password", PASSWORD.as_bytes())]));
    let began = std::time::Instant::now();
    assert_eq!(post.send(&served).0, 500);
    let peak = peak_memory(served.pid()).unwrap();
    assert!(peak < 80 && began.elapsed() < Duration::from_secs(10), "{peak} MiB, {:?}", began.elapsed());
}
