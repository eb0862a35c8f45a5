//! What the endpoint says of the certificate in its answer, beside the cases of `cases/`.

use serde_json::Value;

use crate::harness::{Lab, fit_schema};

fn page(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
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
