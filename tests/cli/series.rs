//! `--each-address` and `--repeat`: several calls, one verdict.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use p12_test::demo::endpoint::{Manners, OnConnection};
use p12_test::demo::pki::Identity;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::batch::{batch, defaults, result, results};
use crate::harness::{ACCOUNT, Lab, OK, Ran, Site, fit_schema, with};

/// Makes this address a second machine with the port of `site`: connections go to `to`.
fn add_machine(lab: &Lab, address: &str, site: &Site, to: SocketAddr) {
    let address: IpAddr = address.parse().unwrap();
    let listener = lab.runtime.block_on(TcpListener::bind((address, site.address.port()))).unwrap();
    lab.runtime.spawn(async move {
        while let Ok((mut incoming, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut outgoing = TcpStream::connect(to).await.unwrap();
                let ((mut asks, mut hears), (mut answers, mut takes)) = (incoming.split(), outgoing.split());
                // Each to its end: a request that is no longer taken must not cut the answer short.
                let _ = tokio::join!(tokio::io::copy(&mut asks, &mut takes), async {
                    let _ = tokio::io::copy(&mut answers, &mut hears).await;
                    hears.shutdown().await
                });
            });
        }
    });
}

fn resolve(site: &Site, addresses: &str) -> String {
    format!("localhost:{}:{addresses}", site.address.port())
}

/// Answers 200 to the first call, then 503 and 200 in turn.
fn flickering(lab: &Lab) -> Site {
    let calls = Arc::new(AtomicUsize::new(0));
    let handler: OnConnection = Arc::new(move |mut stream| {
        let odd = calls.fetch_add(1, Ordering::SeqCst) % 2 == 1;
        Box::pin(async move {
            let _ = stream.read(&mut [0; 4096]).await;
            let answer = if odd { &b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"[..] } else { OK };
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        })
    });
    lab.site_of(&lab.manners(), handler, Arc::default())
}

/// The line with this label.
fn lines<'a>(ran: &'a Ran, label: &str) -> Vec<&'a str> {
    ran.stderr.lines().filter_map(|line| Some(line.strip_prefix(label)?.trim())).collect()
}

#[test]
fn the_machine_that_differs_is_named() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let other = Identity::root("Another CA").unwrap();
    let stubborn =
        lab.site_with(&Manners::new(&lab.server, &other), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    add_machine(&lab, "127.0.0.2", &site, stubborn.address);
    add_machine(&lab, "127.0.0.3", &site, site.address);
    let all = resolve(&site, "127.0.0.1,127.0.0.2,127.0.0.3");
    let ran = lab.run(&site, &["--each-address", "--resolve", &all]);
    ran.ends(6, "error: 1 of 3 addresses failed; 127.0.0.2: localhost:").printed("hello\n");
    ran.ends(6, "hint:  not all addresses behave alike")
        .ends(6, "127.0.0.2 differs from the other 2 addresses\n");
    let addresses = lines(&ran, "address");
    assert_eq!(addresses.len(), 3, "{}", ran.stderr);
    assert!(addresses[0].starts_with("127.0.0.1  200 OK; "), "{}", ran.stderr);
    assert!(addresses[1].starts_with("127.0.0.2  client-certificate-unknown-ca: "), "{}", ran.stderr);
    assert!(addresses[2].starts_with("127.0.0.3  200 OK; "), "{}", ran.stderr);
}

#[test]
fn both_families_are_called_and_may_be_alike() {
    let lab = Lab::new();
    let site = lab.site(OK);
    add_machine(&lab, "::1", &site, site.address);
    let ran = lab.run(&site, &["--each-address"]);
    ran.ends(0, "alike at all 2 addresses\n").printed("hello\n");
    assert!(lines(&ran, "address").iter().any(|line| line.starts_with("::1 ")), "{}", ran.stderr);
    let one = lab.run(&site, &["--each-address", "-4"]);
    one.exits(0);
    assert_eq!(lines(&one, "address").len(), 1);
}

#[test]
fn how_often_each_outcome_came_is_counted() {
    let lab = Lab::new();
    let ran = lab.run(&flickering(&lab), &["--repeat", "5"]);
    ran.ends(1, "error: 2 of 5 calls failed; localhost:").printed("hello\n");
    let calls = lines(&ran, "calls");
    assert!(calls[0].starts_with("3 of 5: 200 OK; median "), "{}", ran.stderr);
    assert!(calls[1].starts_with("2 of 5: status: "), "{}", ran.stderr);
    ran.ends(1, "hint:  not all calls behave alike");
    let same = lab.run(&lab.site(OK), &["--repeat", "3"]);
    same.ends(0, "alike in all 3 calls\n");
    let quiet = lab.run(&lab.site(OK), &["--repeat", "3", "-q"]);
    quiet.exits(0);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn failures_that_are_alike_are_told_once() {
    let lab = Lab::new();
    let ran = lab.run(&lab.site("HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n"), &["--repeat", "3"]);
    ran.ends(1, "alike in all 3 calls\n").ends(1, "error: localhost:");
    assert_eq!(ran.stderr.matches("error:").count(), 1);
}

#[test]
fn the_report_holds_every_call_and_the_spread_of_the_times() {
    let lab = Lab::new();
    let site = flickering(&lab);
    add_machine(&lab, "127.0.0.2", &site, site.address);
    let all = resolve(&site, "127.0.0.1,127.0.0.2");
    let ran = lab.run(&site, &["--json", "--repeat", "2", "--each-address", "--resolve", &all]);
    ran.exits(1);
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let series = &report["series"];
    let calls = series["calls"].as_array().unwrap();
    let seen: Vec<_> = calls.iter().map(|call| (call["kind"].clone(), call["status"].clone())).collect();
    let (good, bad) = ((json!("passed"), json!(200)), (json!("status"), json!(503)));
    assert_eq!(seen, [good.clone(), bad.clone(), good, bad]);
    assert_eq!(calls[3]["address"], "127.0.0.2");
    assert_eq!((&series["alike"], &report["answer"]["status"]), (&json!(false), &json!(503)));
    assert_eq!(series["outcomes"][0], json!({ "count": 2, "kind": "passed", "exit": 0, "status": 200 }));
    let total = &series["timings"]["total"];
    let [min, median, max] = ["min", "median", "max"].map(|name| total[name].as_f64().unwrap());
    assert!(0.0 < min && min <= median && median <= max, "{total}");
    fit_schema("report-1.json", &[report]);
}

#[test]
fn records_take_them_too() {
    let lab = Lab::new();
    let site = flickering(&lab);
    let manifest =
        defaults(&site) + "{\"id\":\"a\",\"repeat\":2}\n{\"id\":\"b\",\"each_address\":true,\"ipv4\":true}\n";
    let ran = batch(&lab, &manifest, &["-j", "1"]);
    let results = results(&ran.stdout);
    let (a, b) = (result(&results, "a"), result(&results, "b"));
    assert_eq!((&a["kind"], a["series"]["calls"].as_array().unwrap().len()), (&json!("status"), 2));
    assert_eq!(b["series"]["calls"].as_array().unwrap().len(), 1);
}

#[test]
fn the_platform_can_be_called_repeatedly() {
    let lab = Lab::new();
    let (site, serve) = (lab.site(OK), lab.serve(&[]));
    lab.submit(&serve.url, &site, &["--repeat", "2"]).ends(0, "alike in all 2 calls\n");
}

#[test]
fn what_cannot_be_repeated_is_a_usage_error() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.run(&site, &["--repeat", "0"]).ends(2, "invalid value '0' for '--repeat");
    lab.run(&site, &["--repeat", "2", "-d", "@-"]).ends(2, "--repeat sends the body more than once");
    lab.run(&site, &["--each-address", "-d", "@-"]).ends(2, "--each-address sends the body more than once");
    let proxied = lab.run(&site, &["--each-address", "-x", "http://127.0.0.1:9"]);
    proxied.ends(2, "--each-address cannot choose addresses behind a proxy");
    lab.submit(&site.plain_url(), &site, &["--each-address"])
        .ends(2, "--each-address works from this machine only");
    for option in [&["--repeat", "2"][..], &["--each-address"]] {
        let compare = ["--compare", "--account", ACCOUNT, "client.p12", "https://localhost/"];
        Ran::of(with(lab.command(), &[option, &compare].concat()), b"").ends(2, "cannot be used with");
        lab.run(&site, &[option, &["--curl"]].concat()).ends(0, &format!("not in curl: {}", option[0]));
    }
}
