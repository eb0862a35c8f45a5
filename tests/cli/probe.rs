//! `probe`: what an endpoint asks for, before there is a P12.

use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use p12_test::demo::endpoint::ClientAuth;
use p12_test::demo::pki::{Identity, Profile, Purpose};
use serde_json::{Value, json};

use crate::harness::{Lab, OK, PASSWORD, Ran, Site, fit_schema, with};

fn probe(lab: &Lab, url: &str, more: &[&str]) -> Ran {
    Ran::of(with(lab.command(), &[&["probe", "--cacert", "ca.pem", url], more].concat()), b"")
}

fn report(ran: &Ran) -> Value {
    let report = serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    fit_schema("probe-1.json", std::slice::from_ref(&report));
    report
}

#[track_caller]
fn shows(ran: &Ran, lines: &[&str]) {
    let stdout = String::from_utf8_lossy(&ran.stdout);
    for line in lines {
        assert!(stdout.contains(line), "{line:?} is not in:\n{stdout}");
    }
}

#[test]
fn an_endpoint_that_insists_is_described() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let ran = probe(&lab, &site.url(), &[]);
    ran.exits(0);
    assert_eq!(ran.stderr, "");
    shows(
        &ran,
        &[
            "server       CN=localhost, O=p12-test demo; issued by CN=Test CA, O=p12-test demo; until ",
            "trust        trusted\n",
            "asks         for a certificate, in the handshake\n",
            "accepts      CN=Test CA, O=p12-test demo\n",
            "signatures   ",
            "without one  refused: ",
            "alert 116 certificate_required",
            "verdict      it asks for a client certificate and insists on it\n",
        ],
    );
    assert_eq!(site.request(), "");
    let report = report(&probe(&lab, &site.url(), &["--json"]));
    assert_eq!((&report["verdict"], &report["exit"]), (&json!("insists"), &json!(0)));
    assert_eq!(report["requests"][0]["issuers"], json!(["CN=Test CA, O=p12-test demo"]));
    assert_eq!(report["server_chain"][0]["subject"], "CN=localhost, O=p12-test demo");
}

#[test]
fn an_endpoint_that_does_not_insist_exits_8() {
    let lab = Lab::new();
    let site = |client_auth, answer: &'static [u8]| {
        let mut manners = lab.manners();
        manners.client_auth = client_auth;
        lab.site_with(&manners, answer)
    };
    let never = probe(&lab, &site(ClientAuth::Off, OK).url(), &[]);
    never.exits(8);
    shows(
        &never,
        &[
            "asks         for no certificate\n",
            "without one  answered 200 OK\n",
            "it asks for no client certificate\n",
        ],
    );
    let optional = probe(&lab, &site(ClientAuth::Optional, OK).url(), &[]);
    optional.exits(8);
    shows(&optional, &["verdict      it asks for a client certificate and does not insist on it\n"]);
    // nginx's way: the handshake succeeds, and the page says what was missing.
    const PAGE: &[u8] =
        b"HTTP/1.1 400 Bad Request\r\ncontent-length: 36\r\n\r\nNo required SSL certificate was sent";
    let page = probe(&lab, &site(ClientAuth::Optional, PAGE).url(), &[]);
    page.exits(0);
    shows(&page, &["without one  answered 400 Bad Request\n", "insists on it\n"]);
    let missing = probe(
        &lab,
        &site(ClientAuth::Optional, b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").url(),
        &["--json"],
    );
    missing.exits(8);
    assert_eq!(report(&missing)["verdict"], "lets-in");
}

#[test]
fn files_are_judged_by_what_the_endpoint_said() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let other = Identity::root("Another CA").unwrap();
    let file = |name: &str, issuer: &Identity, profile: &Profile<'_>| {
        lab.write(name, &issuer.issue(profile).unwrap().p12(PASSWORD, "x").unwrap());
    };
    file("stranger.p12", &other, &Profile::new("stranger", Purpose::Client));
    file("old.p12", &lab.root, &Profile { days: (-9, -1), ..Profile::new("old", Purpose::Client) });
    file("server.p12", &lab.root, &Profile::new("server", Purpose::Server));
    lab.write("no.p12", "nothing");
    let among = [
        "--password-file",
        "password.txt",
        "--among",
        "client.p12",
        "stranger.p12",
        "old.p12",
        "server.p12",
        "no.p12",
    ];
    let ran = probe(&lab, &site.url(), &among);
    ran.exits(0);
    shows(
        &ran,
        &[
            "fits         client.p12: CN=client, O=p12-test demo; issued by CN=Test CA",
            "does not     stranger.p12: its chain ends with CN=stranger",
            "does not     old.p12: the P12's certificate expired on ",
            "does not     server.p12: the P12's certificate is for serverAuth",
            "does not     no.p12: cannot open no.p12: ",
        ],
    );
    let report = report(&probe(&lab, &site.url(), &[&among[..], &["--json"]].concat()));
    let fits: Vec<_> = report["files"].as_array().unwrap().iter().map(|file| file["fits"].clone()).collect();
    assert_eq!(fits, [true, false, false, false, false]);
    assert_eq!(report["files"][0]["leaf"]["subject"], "CN=client, O=p12-test demo");
}

/// Certificates that are not encrypted need no password.
#[test]
fn a_file_with_its_certificates_in_the_open_needs_no_password() {
    let lab = Lab::new();
    let identity = lab.root.issue(&Profile::new("open", Purpose::Client)).unwrap();
    let mut open = Pkcs12::builder();
    open.pkey(&identity.key).cert(&identity.certificate).cert_algorithm(Nid::from_raw(-1));
    lab.write("open.p12", &open.build2(PASSWORD).unwrap().to_der().unwrap());
    let ran = probe(&lab, &lab.site(OK).url(), &["--among", "open.p12", "client.p12"]);
    ran.exits(0);
    shows(&ran, &["fits         open.p12: CN=open", "does not     client.p12: cannot open client.p12: "]);
}

#[test]
fn what_cannot_be_reached_or_trusted_ends_as_a_test_does() {
    let lab = Lab::new();
    let closed = probe(&lab, &Site::nowhere().url(), &["--json"]);
    closed.ends(4, "error: cannot connect to localhost:9");
    assert_eq!(report(&closed)["verdict"], "failed");
    let site = lab.site(OK);
    let untrusted = Ran::of(with(lab.command(), &["probe", &site.url()]), b"");
    untrusted.ends(5, "error: ").ends(5, "--cacert");
    shows(&untrusted, &["server       CN=localhost", "trust        NOT trusted: "]);
    let insecure = Ran::of(with(lab.command(), &["probe", "-k", &site.url()]), b"");
    insecure.exits(0);
    shows(&insecure, &["trust        NOT trusted: ", "insists on it\n"]);
    probe(&lab, "http://localhost/", &[]).ends(2, "must be https");
    Ran::of(with(lab.command(), &["probe"]), b"").ends(2, "<URL>");
}
