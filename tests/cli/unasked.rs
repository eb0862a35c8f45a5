//! The endpoint answers without having asked for a certificate: which cause is named, and what to do.

use p12_test::demo::endpoint::{ClientAuth, Manners};

use crate::harness::{Lab, OK, Site};

/// An endpoint that never asks.
fn open(lab: &Lab, answer: &str) -> Site {
    lab.site_with(&Manners { client_auth: ClientAuth::Off, ..lab.manners() }, answer)
}

fn answer(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: 0\r\n\r\n")
}

#[test]
fn an_address_in_the_url_sends_no_name_and_the_hint_says_how_to() {
    let lab = Lab::new();
    let site = open(&lab, std::str::from_utf8(OK).unwrap());
    let resolve = format!("--resolve NAME:{}:127.0.0.1", site.address.port());
    let by_address = format!("https://127.0.0.1:{}/", site.address.port());
    lab.run_at(&by_address, &[]).ends(8, &resolve).ends(8, "no host name was sent in TLS (SNI)");
    assert!(!lab.run(&site, &[]).exits(8).stderr.contains("--resolve"));
    let elsewhere = lab.site(answer("421 Misdirected Request", ""));
    let by_address = format!("https://127.0.0.1:{}/", elsewhere.address.port());
    lab.run_at(&by_address, &[]).ends(1, "--resolve NAME:");
    lab.run(&elsewhere, &[]).ends(1, "use the same host name in the URL and in the Host header");
}

#[test]
fn a_body_too_large_to_ask_after_is_told_from_an_endpoint_that_never_asks() {
    let lab = Lab::new();
    let site = open(&lab, &answer("413 Request Entity Too Large", ""));
    let ran = lab.run(&site, &["-d", "x"]);
    ran.ends(8, "SSLRenegBufferSize").ends(8, "a call without the body");
    assert!(!ran.stderr.contains("enable client certificates"), "{}", ran.stderr);
    lab.run(&lab.site(answer("413 Payload Too Large", "")), &["-d", "x"])
        .ends(1, "the certificate got through; the request's body is too large");
}

#[test]
fn a_server_that_asks_late_may_not_be_able_to_over_tls_1_3_or_http2() {
    let lab = Lab::new();
    let site = open(&lab, &answer("403 Forbidden", ""));
    lab.run(&site, &[]).ends(8, "try --tls-max 1.2");
    let page =
        "HTTP/1.1 400 Bad Request\r\nVia: 1.1 x\r\ncontent-length: 30\r\n\r\nNo client certificate was sent";
    let ran = lab.run(&open(&lab, page), &[]);
    ran.ends(8, "try --tls-max 1.2").ends(8, "came through a proxy (header via)");
    assert!(!ran.stderr.contains("in front of the endpoint"), "{}", ran.stderr);
    assert!(!lab.run(&site, &["--tls-max", "1.2"]).exits(8).stderr.contains("--tls-max"));
}

#[test]
fn a_product_in_front_is_named_by_its_header() {
    let lab = Lab::new();
    for (header, says) in [
        ("CF-Ray: 8f1-FRA\r\n", "came through Cloudflare (header cf-ray)"),
        ("Server: awselb/2.0\r\n", "came through an AWS load balancer (header server)"),
        ("X-Azure-Ref: 0\r\n", "came through Azure Front Door (header x-azure-ref)"),
        ("Via: 1.1 secret-host\r\n", "came through a proxy (header via)"),
    ] {
        let ran = lab.run(&open(&lab, &answer("200 OK", header)), &[]).in_case(header);
        ran.ends(8, says).ends(8, "the certificate may stop there");
        assert!(!ran.stderr.contains("secret-host"));
        let missed = "400 Bad Request";
        let page =
            format!("HTTP/1.1 {missed}\r\n{header}content-length: 30\r\n\r\nNo client certificate was sent");
        lab.run(&lab.site(page), &[]).ends(1, says);
    }
}

#[test]
fn the_status_keeps_its_own_advice() {
    let lab = Lab::new();
    let busy = "503 Service Temporarily Unavailable";
    for (status, retry, hint) in [
        (busy, "retry: it may help, after 7 s (Retry-After)", "the endpoint is busy"),
        ("500 Internal Server Error", "retry: it may help", "the endpoint failed while handling the request"),
        ("404 Not Found", "", "check the URL"),
    ] {
        let headers = if status == busy { "retry-after: 7\r\n" } else { "" };
        let asked = lab.run(&lab.site(answer(status, headers)), &[]).in_case(status);
        let unasked = lab.run(&open(&lab, &answer(status, headers)), &[]).in_case(status);
        asked.ends(1, hint);
        unasked.ends(8, hint).ends(8, "--allow-unrequested");
        let advice =
            |stderr: &str| stderr.lines().find(|line| line.starts_with("retry: ")).map(str::to_owned);
        assert_eq!(advice(&asked.stderr), advice(&unasked.stderr), "{status}");
        assert!(advice(&asked.stderr).unwrap_or_default().starts_with(retry), "{}", asked.stderr);
    }
}
