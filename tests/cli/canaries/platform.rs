//! Canaries through a platform that sends back what it got.

use serde_json::json;

use super::{CANARIES, Case, case, echo, forms, seeded, with_query};
use crate::harness::{ACCOUNT, Ran, Site, with};

/// A platform's own errors, and its messages about the connection to the endpoint.
fn platform_answers(held: &[&str]) -> Vec<String> {
    let mut answers = vec![echo(held, "500 No")];
    for canary in held {
        for form in forms(canary) {
            let message = format!("the header \"Bearer {form}\" is bad");
            let message = json!({ "time": 1, "message": message, "internalCode": 10 }).to_string();
            answers.push(format!(
                "HTTP/1.1 500 No\r\ncontent-length: {}\r\nlp-error-from-transport: {form}\r\n\r\n{message}",
                message.len()
            ));
        }
        answers.push(format!(
            "HTTP/1.1 424 No\r\ncontent-length: 0\r\nlp-error-from-transport: {canary}\r\nretry-after: {canary}\r\n\
             lp-message-from-transport: Connection to https://h/?apikey={canary} refused\r\n\r\n"
        ));
    }
    answers
}

#[test]
fn no_secret_of_a_submission_comes_out() {
    let lab = seeded();
    let closed = Site::nowhere();
    let body = ["--authorization-file", "authorization.txt", "-d", CANARIES[4]];
    let url = with_query(&closed.url());
    let of_bearer = &[0, 1, 2, 4, 6];
    let of_oauth = &[0, 2, 4, 6, 7, 8, 9, 10];
    for (case, thoroughly) in [
        (case("bearer from a file", &["--bearer-file", "bearer.txt"], of_bearer), true),
        (case("bearer from the command line", &["--bearer", CANARIES[1]], of_bearer), false),
        (case("bearer from a variable", &[], of_bearer), false),
        (case("OAuth1 from a file", &["--oauth1-file", "oauth1.txt"], of_oauth), false),
        (case("OAuth1 from variables", &["--oauth1"], of_oauth), false),
    ] {
        let answers = platform_answers(&case.held()).into_iter();
        for answer in answers.take(if thoroughly { usize::MAX } else { 2 }) {
            let host = lab.http_site(answer).plain_url();
            let arguments =
                [&["--account", ACCOUNT, "--domain", &host], &case.arguments[..], &body[..]].concat();
            Case { arguments, ..case.clone() }.run(&lab, &["-v"], &url);
        }
        let host = closed.plain_url();
        let arguments = [&["--account", ACCOUNT, "--domain", &host], &case.arguments[..], &body[..]].concat();
        Case { arguments, ..case }.run_in_every_form(&lab, &url);
    }
}

/// Each side's own fields are named in it.
#[test]
fn no_secret_comes_out_of_a_comparison() {
    let lab = seeded();
    let held = [0, 1, 2, 4, 6];
    let all: Vec<_> = held.iter().map(|at| CANARIES[*at]).collect();
    let site = lab.site(echo(&all, "200 OK"));
    let platform = lab.http_site(format!(
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-auth-token: of-the-answer\r\nserver: {}\r\n\r\n",
        CANARIES[1]
    ));
    let host = platform.plain_url();
    let arguments = ["--account", ACCOUNT, "--domain", &host, "--bearer-file", "bearer.txt", "--compare"];
    let body = ["--authorization-file", "authorization.txt", "-d", CANARIES[4]];
    let case = case("a comparison", &[&arguments[..], &body[..]].concat(), &held);
    for flags in [&["-v"][..], &["--json"]] {
        case.run(&lab, flags, &with_query(&site.url()));
    }
    let mut command = with(with(lab.command(), &arguments), &body);
    command.args(["--cacert", "ca.pem", "--password-file", "password.txt", "client.p12", &site.url()]);
    let ran = Ran::of(command, b"");
    ran.ends(0, "x-auth-token: \"***\"").ends(0, "server: \"***\"");
    assert!(!ran.stderr.contains("of-the-answer"), "{}", ran.stderr);
}
