//! Which endpoints are called, and what a caller hears about those that are not.

use super::{Post, good};
use crate::harness::{Lab, OK};

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

#[test]
fn a_refused_url_tells_the_log_more_than_the_caller() {
    let lab = Lab::new();
    let served = lab.serve(&["--closed", "--rate", "0", "--resolve", "db.internal:443:10.2.3.4"]);
    let hosts = ["db.internal", "unknown.invalid", "10.2.3.4", "localhost", "8.8.8.8:25"];
    let refused = |host| Post::new(good(&lab)).forward(&format!("https://{host}/")).send(&served);
    let answers: Vec<_> = hosts.into_iter().map(refused).collect();
    let message = |answer: &str| body(answer).split("\"requestId\"").next().unwrap().to_owned();
    for (host, (status, answer)) in hosts.iter().zip(&answers) {
        assert_eq!((*status, message(answer)), (403, message(&answers[0].1)), "{host}");
    }
    assert!(!answers[0].1.contains("10.2.3.4") && !answers[0].1.contains("lp-"), "{}", answers[0].1);
    let (_, log) = served.end();
    for reason in [
        "db.internal:443 may not be called: 10.2.3.4 is a private address",
        "the name unknown.invalid is unknown",
        "localhost may not be called: it means the server itself",
        "8.8.8.8:25 may not be called: the port 25 is not allowed",
    ] {
        assert!(log.contains(reason), "{reason} is not in {log}");
    }
}

#[test]
fn denied_networks_and_ports_are_not_called() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let port = site.address.port().to_string();
    for (options, status) in [
        (["--allow-port", &port], 200),
        (["--allow-port", "443"], 403),
        (["--deny-net", "127.0.0.0/16"], 403),
        (["--deny-net", "10.0.0.0/8"], 200),
    ] {
        let served = lab.serve(&options);
        let url = format!("https://127.0.0.1:{port}/");
        assert_eq!(Post::new(good(&lab)).forward(&url).send(&served).0, status, "{options:?}");
    }
}

#[test]
fn a_name_with_many_addresses_is_tried_at_eight_of_them() {
    let lab = Lab::new();
    let addresses: Vec<_> = (0..2_000).map(|n| format!("127.9.{}.{}", n / 250, n % 250 + 1)).collect();
    let served = lab.serve(&["--rate", "0", "--resolve", &format!("many.example:1:{}", addresses.join(","))]);
    let (status, answer) = Post::new(good(&lab)).forward("https://many.example:1/").send(&served);
    assert_eq!(status, 424, "{answer}");
    assert_eq!(body(&answer).matches("connection refused").count(), 8, "{answer}");
    assert!(body(&answer).contains("1992 more addresses were not tried"), "{answer}");
}

#[test]
fn the_headers_of_the_platform_are_not_taken_from_an_endpoint() {
    let lab = Lab::new();
    let served = lab.serve(&[]);
    let site = lab.site(
        "HTTP/1.1 200 OK\r\nLP-message-from-transport: refused\r\nlp-error-from-transport: connection-refused\r\n\
         LP-other: 1\r\nX-LP-own: 1\r\ncontent-length: 2\r\n\r\nhi",
    );
    let (status, answer) = Post::new(good(&lab)).forward(&site.url()).send(&served);
    assert!(status == 200 && answer.contains("x-lp-own: 1") && !answer.contains("\r\nlp-"), "{answer}");
    lab.submit(&served.url, &site, &[]).exits(0).printed("hi");
}
