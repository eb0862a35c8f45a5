//! Options as they are typed: repeated ones, wrong ones, and `--leaf-only`.

use p12_test::demo::pki::{Identity, Profile, Purpose};
use serde_json::{Value, json};

use crate::batch::{batch, defaults, result, results};
use crate::harness::{Lab, OK, PASSWORD, Ran, with};

#[test]
fn of_an_option_that_is_repeated_the_last_counts() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let repeated = ["-X", "PUT", "-X", "DELETE", "-q", "-q", "--cacert", "no.pem", "--cacert", "ca.pem"];
    let ran = lab.run(&site, &[&repeated[..], &["-H", "A: 1", "-H", "B: 2"]].concat());
    ran.exits(0).printed("hello\n");
    let request = site.request();
    assert!(request.starts_with("DELETE / ") && request.contains("a: 1\r\nb: 2\r\n"), "{request}");
    let inspect = ["inspect", "--within", "1d", "--within", "2d", "--no-password", "client.p12"];
    Ran::of(with(lab.command(), &inspect), b"").exits(3);
}

#[test]
fn a_record_with_two_values_for_one_option_is_still_invalid() {
    let lab = Lab::new();
    let manifest = defaults(&lab.site(OK)) + &json!({ "id": "a", "method": ["PUT", "DELETE"] }).to_string();
    let ran = batch(&lab, &manifest, &[]);
    assert_eq!(result(&results(&ran.stdout), "a")["kind"], "record-invalid");
}

#[test]
fn a_wrong_command_line_has_a_json_report() {
    let lab = Lab::new();
    let report = |arguments: &[&str]| {
        let ran = Ran::of(with(lab.command(), arguments), b"");
        ran.ends(2, "error: ");
        let report: Value = serde_json::from_slice(&ran.stdout).unwrap_or_default();
        assert_eq!((&report["kind"], &report["exit"]), (&json!("usage"), &json!(2)), "{arguments:?}");
        assert_eq!(report["schema"], "p12-test/report-1");
        report["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        report(&["--json", "--no-such", "a.p12", "https://x/"]),
        "unexpected argument '--no-such' found"
    );
    assert_eq!(report(&["--json"]), "the following required arguments were not provided: <P12> <URL>");
    assert_eq!(
        report(&["--tls-min", "9", "--json", "a", "b"]),
        "invalid value '9' for '--tls-min <VERSION>' [possible values: 1.0, 1.1, 1.2, 1.3]"
    );
    let hidden = report(&["-p", "correct", "horse-canary", "a.p12", "https://x/", "--json"]);
    assert!(!hidden.contains("canary"), "{hidden}");
    // After `--` it is a file name.
    let named = with(lab.command(), &["--no-such", "--", "--json"]);
    Ran::of(named, b"").ends(2, "error: ").printed("");
}

#[test]
fn leaf_only_sends_the_certificate_without_its_chain() {
    let lab = Lab::new();
    let issuing = lab.root.issue(&Profile::new("Issuing CA", Purpose::Authority)).unwrap();
    let client = issuing.issue(&Profile::new("client", Purpose::Client)).unwrap();
    lab.write("chained.p12", &client.p12(PASSWORD, "client").unwrap());
    let site = lab.site(OK);
    lab.run_p12("chained.p12", &site, &[]).exits(0);
    let refused = lab.run_p12("chained.p12", &site, &["--leaf-only"]);
    refused.ends(6, "unknown_ca").ends(6, "--leaf-only left out the chain");
    let direct = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    let chain = vec![lab.root.certificate.clone()];
    lab.write("rooted.p12", &Identity { chain, ..direct }.p12(PASSWORD, "client").unwrap());
    let page = lab.site("HTTP/1.1 403 No\r\n\r\n<h3>HTTP Error 403.16 - Forbidden</h3>");
    let refused = lab.run_p12("rooted.p12", &page, &["--leaf-only"]);
    refused.ends(1, "refused it in HTTP").ends(1, "--leaf-only left out the chain");
    lab.run_p12("chained.p12", &site, &["--leaf-only", "--curl"]).ends(0, "not in curl: --leaf-only");
    lab.run(&site, &["--leaf-only"]).exits(0);
    lab.submit("http://127.0.0.1:9", &site, &["--leaf-only"])
        .ends(2, "--leaf-only works from this machine only");
    let manifest = defaults(&site)
        + &[
            "{\"id\":\"whole\",\"p12\":\"chained.p12\"}",
            "{\"id\":\"leaf\",\"p12\":\"chained.p12\",\"leaf_only\":true}",
        ]
        .join("\n");
    let results = results(&batch(&lab, &manifest, &[]).stdout);
    assert_eq!(result(&results, "whole")["kind"], "passed");
    assert_eq!(result(&results, "leaf")["kind"], "client-certificate-unknown-ca");
}

/// The hint is about the option only where it matters.
#[test]
fn leaf_only_is_not_blamed_for_what_it_did_not_cause() {
    let lab = Lab::new();
    let stranger = Identity::root("Another CA").unwrap();
    let client = stranger.issue(&Profile::new("client", Purpose::Client)).unwrap();
    lab.write("stranger.p12", &client.p12(PASSWORD, "client").unwrap());
    let ran = lab.run_p12("stranger.p12", &lab.site(OK), &["--leaf-only"]);
    ran.ends(6, "unknown_ca");
    assert!(!ran.stderr.contains("--leaf-only"), "{}", ran.stderr);
}
