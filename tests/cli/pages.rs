//! What the endpoint says of the certificate in its answer.

use serde_json::Value;

use crate::harness::{Lab, fit_schema};

fn page(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn a_page_about_the_certificate_is_known_by_its_words() {
    let lab = Lab::new();
    let rows = [
        ("403 Forbidden", "<h3>HTTP Error 403.13 - Forbidden</h3>", "cannot reach its CRL"),
        (
            "403 Forbidden",
            "<h2>403.16 - Forbidden: untrusted or invalid</h2>",
            "trust the CA of the certificate",
        ),
        ("403 Forbidden", "HTTP Error 403.17 - Forbidden", "its clock last"),
        ("403 Forbidden", "403.12 - Forbidden: Mapper denied access", "give access to CN=client"),
        (
            "403 Forbidden",
            r#"{"message":"Invalid client certificate"}"#,
            "the fault is most likely at the endpoint",
        ),
        (
            "401 Unauthorized",
            r#"{"message":"TLS certificate failed verification"}"#,
            "most likely at the endpoint",
        ),
        (
            "401 Unauthorized\r\nwww-authenticate: Bearer error=\"invalid_token\", \
          error_description=\"client certificate thumbprint mismatch\"",
            "",
            "give access to CN=client",
        ),
    ];
    for (head, body, says) in rows {
        let ran = lab.run(&lab.site(page(head, body)), &[]).in_case((head, body));
        ran.ends(1, "accepted the certificate in TLS and refused it in HTTP").ends(1, says);
        assert!(!ran.stderr.contains("Authorization header"), "{}", ran.stderr);
    }
    let missing = page(
        "401 Unauthorized",
        r#"{"error_description":"proper client ssl certificate was not presented"}"#,
    );
    lab.run(&lab.site(missing), &[])
        .ends(1, "the certificate was sent to")
        .ends(1, "says \"proper client ssl certificate was not presented\"");
}

#[test]
fn a_reason_phrase_that_is_not_the_usual_one_is_shown_and_read() {
    let lab = Lab::new();
    let site = lab.site(page("403 Invalid client certificate", ""));
    lab.run(&site, &[]).ends(1, "refused it in HTTP: 403 \"Invalid client certificate\";");
    let ran = lab.run(&site, &["--json"]);
    let document: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(document["answer"]["reason"], "Invalid client certificate");
    assert_eq!(document["kind"], "certificate-rejected-by-page");
    fit_schema("report-1.json", &[document]);
    for usual in ["404 Not Found", "404 NOT FOUND", "503 Service Temporarily Unavailable", "404 ", "404"] {
        let ran = lab.run(&lab.site(page(usual, "")), &["--json"]).in_case(usual);
        let document: Value = serde_json::from_slice(&ran.exits(1).stdout).unwrap();
        assert_eq!(document["answer"]["reason"], Value::Null, "{usual}");
    }
}

#[test]
fn a_401_says_what_is_wanted() {
    let lab = Lab::new();
    let challenged = lab.site(page("401 Unauthorized\r\nwww-authenticate: Basic realm=x", ""));
    lab.run(&challenged, &[]).ends(1, "hint:  the endpoint also wants an Authorization header");
    let silent = lab.site(page("401 Unauthorized", ""));
    lab.run(&silent, &[]).ends(1, "the certificate's subject may not be a user there");
}
