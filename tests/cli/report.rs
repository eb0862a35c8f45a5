//! `--json`, `--report`, and what may stand in them.

use std::collections::BTreeSet;
use std::process::Command;

use openssl::base64::encode_block;
use p12_test::error::Kind;
use serde_json::{Value, json};

use crate::harness::{ACCOUNT, Lab, OK, PASSWORD, Ran, Site, TOKEN, with};

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/report-1.json");

/// Validates each line of `documents.ndjson` by Python's jsonschema.
const VALIDATE: &str = "import json, sys, jsonschema\n\
    schema = json.load(open(sys.argv[1]))\n\
    jsonschema.Draft202012Validator.check_schema(schema)\n\
    validator = jsonschema.Draft202012Validator(schema)\n\
    for line in open('documents.ndjson'):\n\
    \x20   validator.validate(json.loads(line))\n";

fn json(lab: &Lab, site: &Site, more: &[&str]) -> Value {
    let mut all = vec!["--json"];
    all.extend(more);
    serde_json::from_slice(&lab.run(site, &all).stdout).unwrap()
}

#[test]
fn a_document_takes_the_place_of_the_answer() {
    let lab = Lab::new();
    let site = lab.site("HTTP/1.1 404 Not Found\r\ncontent-length: 3\r\nset-cookie: session=1\r\n\r\nno\n");
    let document = json(&lab, &site, &["--report", "report.json"]);
    let saved: Value = serde_json::from_slice(&std::fs::read(lab.path("report.json")).unwrap()).unwrap();
    assert_eq!(document, saved);
    assert_eq!(
        (&document["verdict"], &document["kind"], &document["exit"]),
        (&json!("failed"), &json!("status"), &json!(1))
    );
    assert_eq!(
        document["answer"]["sha256"],
        "564739ea8fa5926d4fa5c9734fed462061960a22e6b8d5c06e94969d97891bf2"
    );
    assert_eq!(document["answer"]["headers"][1], json!(["set-cookie", "***"]));
    assert_eq!(document["answer"]["body"], Value::Null);
    assert!(document["program"]["openssl"].as_str().unwrap().starts_with("OpenSSL"));
    let with_body = json(&lab, &site, &["--include-body"]);
    assert_eq!(with_body["answer"]["body"], json!({ "text": "no\n" }));
    let binary =
        json(&lab, &lab.site("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n\u{ff}"), &["--include-body"]);
    assert_eq!(binary["answer"]["body"], json!({ "text": "ÿ" }));
    lab.run(&site, &["--report", "no/such/folder/r.json"]).ends(10, "cannot write to no/such/folder/r.json");
}

#[test]
fn a_report_alone_says_what_was_wrong() {
    let lab = Lab::new();
    let other = p12_test::demo::pki::Identity::root("Another CA").unwrap();
    let stranger = p12_test::demo::pki::Profile::new("stranger", p12_test::demo::pki::Purpose::Client);
    lab.write("stranger.p12", &other.issue(&stranger).unwrap().p12(PASSWORD, "x").unwrap());
    let ran = lab.run_p12("stranger.p12", &lab.site(OK), &["--json"]);
    let document: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(document["p12"]["leaf"]["issuer"], "CN=Another CA, O=p12-test demo");
    assert_eq!(document["evidence"]["alert"], "alert 48 unknown_ca");
    let request = &document["evidence"]["certificate_requests"][0];
    assert_eq!((&request["ours_accepted"], &request["sent"]), (&json!(false), &json!(true)));
    assert_eq!(request["issuers"], json!(["CN=Test CA, O=p12-test demo"]));
    assert_eq!(document["retry"], json!({ "advice": "never", "after": null }));
}

#[test]
fn documents_of_every_outcome_fit_the_schema() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let serve = lab.serve(&[]);
    lab.write("token", TOKEN.as_bytes());
    let closed = Site::nowhere();
    let mut lines = Vec::new();
    let mut add = |ran: Ran, exit: i32| {
        assert_eq!(ran.exit, exit, "{}", ran.stderr);
        let document: Value =
            serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        lines.push(document.to_string());
    };
    add(lab.run(&site, &["--json"]), 0);
    add(lab.run(&site, &["--json", "--control", "--include-body"]), 0);
    add(lab.run(&lab.site("HTTP/1.1 503 No\r\nretry-after: 5\r\ncontent-length: 0\r\n\r\n"), &["--json"]), 1);
    add(lab.run(&site, &["--json", "-X", "BAD METHOD"]), 2);
    add(lab.run_p12("ca.pem", &site, &["--json"]), 3);
    add(lab.run(&closed, &["--json"]), 4);
    add(lab.run(&lab.plain(Some(b"SSH-2.0-x\r\n")), &["--json"]), 4);
    let mut untrusted = lab.command();
    untrusted.args(["--json", "--password-file", "password.txt", "client.p12"]).arg(site.url());
    add(Ran::of(untrusted, b""), 5);
    let insecure = ["--json", "-k", "--password-file", "password.txt", "client.p12", &site.url()];
    add(Ran::of(with(lab.command(), &insecure), b""), 0);
    add(lab.run(&lab.site("garbage"), &["--json"]), 9);
    add(lab.run(&lab.site("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ncut"), &["--json"]), 9);
    add(lab.run_p12("nowhere.p12", &site, &["--json"]), 10);
    add(lab.run(&site, &["--json", "-x", &format!("http://127.0.0.1:{}", closed.address.port())]), 4);
    add(lab.submit(&serve.url, &site, &["--json"]), 0);
    add(lab.submit(&serve.url, &closed, &["--json"]), 7);
    add(lab.submit(&serve.url, &site, &["--json", "--compare", "--cacert", "ca.pem"]), 0);
    add(lab.submit(&closed.plain_url(), &site, &["--json"]), 4);
    let manifest = json!({ "id": "a", "p12": "client.p12", "url": site.url(), "cacert": "ca.pem", "password_file": "password.txt" });
    add(Ran::of(with(lab.command(), &["batch", "-q"]), manifest.to_string().as_bytes()), 0);
    add(Ran::of(with(lab.command(), &["batch", "-q"]), b"{}"), 1);
    lab.write("documents.ndjson", lines.join("\n").as_bytes());
    let run = |script: &str| {
        Command::new("python3").args(["-c", script, SCHEMA]).current_dir(lab.folder.path()).output().unwrap()
    };
    if !run("import jsonschema").status.success() && std::env::var_os("P12_TEST_PEERS").is_none() {
        eprintln!("skipped: Python's jsonschema is not installed");
        return;
    }
    let validated = run(VALIDATE);
    assert!(validated.status.success(), "{}", String::from_utf8_lossy(&validated.stderr));
}

#[test]
fn the_schema_knows_every_kind() {
    let schema: Value = serde_json::from_slice(&std::fs::read(SCHEMA).unwrap()).unwrap();
    let listed = schema["properties"]["kind"]["enum"].as_array().unwrap();
    let listed: BTreeSet<_> = listed.iter().map(|kind| kind.as_str().unwrap()).collect();
    let known: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.name()).chain(["passed"]).collect();
    assert_eq!(listed, known);
}

/// Secrets that are found again wherever they go, each with a `/`, a `+` or a blank where that is allowed.
const CANARIES: &[&str] = &[
    "canary-p12-pass/word+1",
    "canary-bearer/token+2",
    "canary-authorization/3+",
    "canary-header/value+4",
    "canary-body/value+5",
    "canary-proxy~password-6",
    "canary-query-value-7",
    "canary-consumer-key-8",
    "canary-consumer-secret-9",
    "canary-oauth-token-10",
    "canary-oauth-secret-11",
    "canary-file-body/12+",
];

/// Each canary as it is, in hex, Base64 at each place in a group of three, and URL encoding.
fn forms(canary: &str) -> Vec<String> {
    let hex: String = canary.bytes().map(|byte| format!("{byte:02x}")).collect();
    let wide: String = canary.bytes().map(|byte| format!("\0{}", char::from(byte))).collect();
    let percent = canary.replace('/', "%2F").replace('+', "%2B");
    let mut forms = vec![canary.into(), hex.to_uppercase(), hex, percent.to_lowercase(), percent, wide];
    for shift in 0..3 {
        let whole = encode_block(format!("{}{canary}", "x".repeat(shift)).as_bytes());
        let sure = whole[(shift * 8).div_ceil(6)..(shift + canary.len()) * 8 / 6].to_owned();
        forms.extend([sure.replace('+', "-").replace('/', "_"), sure]);
    }
    forms
}

#[track_caller]
fn is_free_of_canaries(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for canary in CANARIES {
        for form in forms(canary) {
            assert!(!text.contains(&form), "{what} holds {canary} as {form:?}:\n{text}");
        }
    }
}

/// An endpoint that gives back what it got, in its head and in several encodings.
fn echo(canaries: &[&str]) -> String {
    let mut head = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n".to_owned();
    for (at, canary) in canaries.iter().enumerate() {
        for (form, text) in forms(canary).iter().enumerate().filter(|(_, text)| !text.contains('\0')) {
            head += &format!("x-echo-{at}-{form}: before {text} after\r\n");
        }
    }
    let first = canaries.first().copied().unwrap_or_default();
    head + &format!("location: /x?{first}\r\n\r\n")
}

/// A lab whose secrets are canaries.
fn seeded() -> Lab {
    let lab = Lab::new();
    let identity = lab
        .root
        .issue(&p12_test::demo::pki::Profile::new("client", p12_test::demo::pki::Purpose::Client))
        .unwrap();
    lab.write("client.p12", &identity.p12(CANARIES[0], "client").unwrap());
    lab.write("password.txt", CANARIES[0].as_bytes());
    lab.write("bearer.txt", CANARIES[1].as_bytes());
    lab.write("authorization.txt", format!("Bearer {}", CANARIES[2]).as_bytes());
    lab.write("proxy.txt", format!("user:{}", CANARIES[5]).as_bytes());
    lab.write_private("oauth1.txt", &CANARIES[7..11].join("\n"));
    lab.write("body.txt", CANARIES[11].as_bytes());
    lab
}

/// What a run is told, and which canaries it holds: an endpoint can give back no others.
struct Case<'a> {
    what: &'a str,
    arguments: Vec<&'a str>,
    held: &'a [usize],
}

fn case<'a>(what: &'a str, arguments: &[&'a str], held: &'a [usize]) -> Case<'a> {
    Case { what, arguments: arguments.to_vec(), held }
}

/// Runs a case in each form of output, and looks for all canaries in all that comes out.
fn run_quietly(lab: &Lab, case: &Case<'_>, url: &str) {
    let environment = [
        ("P12_TEST_PASSWORD", 0),
        ("SECRET_AUTHORIZATION", 2),
        ("P12_TEST_BEARER", 1),
        ("P12_TEST_OAUTH1_CONSUMER_KEY", 7),
        ("P12_TEST_OAUTH1_CONSUMER_SECRET", 8),
        ("P12_TEST_OAUTH1_TOKEN", 9),
        ("P12_TEST_OAUTH1_TOKEN_SECRET", 10),
    ];
    for form in [&["-v"][..], &["-v", "--json"][..], &["-q", "-o", "answer"][..]] {
        let mut command = lab.command();
        command.envs(environment.map(|(name, canary)| (name, CANARIES[canary])));
        command.args(["--cacert", "ca.pem", "--report", "report.json"]).args(form);
        command.args(&case.arguments).args(["client.p12", url]);
        let ran = Ran::of(command, b"");
        is_free_of_canaries(&format!("{}: stderr", case.what), ran.stderr.as_bytes());
        if form.contains(&"--json") {
            is_free_of_canaries(&format!("{}: stdout", case.what), &ran.stdout);
        }
        if let Ok(report) = std::fs::read(lab.path("report.json")) {
            is_free_of_canaries(&format!("{}: report", case.what), &report);
            std::fs::remove_file(lab.path("report.json")).unwrap();
        }
    }
}

fn held<'a>(case: &Case<'a>) -> Vec<&'a str> {
    case.held.iter().map(|at| CANARIES[*at]).collect()
}

#[test]
fn no_secret_of_a_local_call_comes_out() {
    let lab = seeded();
    let closed = Site::nowhere();
    let header = format!("X-Secret: {}", CANARIES[3]);
    let wants = lab.http_site("HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n");
    let wants = format!("http://user:{}@{}", CANARIES[5], wants.address);
    let port = closed.address.port();
    let (proxy, bare) =
        (format!("http://user:{}@127.0.0.1:{port}", CANARIES[5]), format!("http://127.0.0.1:{port}"));
    let all = ["--authorization-file", "authorization.txt", "-H", &header, "-d", CANARIES[4]];
    for case in [
        case("all", &all, &[0, 2, 3, 4, 6]),
        case("a body from a file", &["-d", "@body.txt"], &[0, 6]),
        case("from variables", &["--authorization-env", "SECRET_AUTHORIZATION"], &[0, 2, 6]),
        case("from the command line", &["-p", CANARIES[0], "--authorization", CANARIES[2]], &[0, 2, 6]),
        case("wrong password", &["-p", CANARIES[10]], &[10, 6]),
        case("two passwords", &["-p", CANARIES[0], "--no-password"], &[]),
        case("a header without a colon", &["-H", CANARIES[3]], &[]),
        case("proxy closed", &["-x", &proxy], &[]),
        case("proxy refuses", &["-x", &wants], &[]),
        case("proxy and user", &["-x", &bare, "--proxy-user-file", "proxy.txt"], &[]),
        case("file missing", &["--authorization-file", "nowhere.txt"], &[]),
    ] {
        let site = lab.site(echo(&held(&case)));
        for site in [&site, &closed] {
            run_quietly(&lab, &case, &format!("{}?token={}", site.url(), CANARIES[6]));
        }
    }
    run_quietly(&lab, &case("user in the URL", &[], &[]), &format!("https://u:{}@localhost/", CANARIES[5]));
}

#[test]
fn no_secret_of_a_submission_comes_out() {
    let lab = seeded();
    let closed = Site::nowhere();
    let body = ["--authorization-file", "authorization.txt", "-d", CANARIES[4]];
    for case in [
        case("bearer from a file", &["--bearer-file", "bearer.txt"], &[0, 1, 2, 4, 6]),
        case("bearer from the command line", &["--bearer", CANARIES[1]], &[0, 1, 2, 4, 6]),
        case("bearer from a variable", &[], &[0, 1, 2, 4, 6]),
        case("OAuth1 from a file", &["--oauth1-file", "oauth1.txt"], &[0, 2, 4, 6, 7, 8, 9, 10]),
        case("OAuth1 from variables", &["--oauth1"], &[0, 2, 4, 6, 7, 8, 9, 10]),
    ] {
        let message = json!({ "time": 1, "message": held(&case).join(" "), "internalCode": 10 }).to_string();
        let json = format!(
            "HTTP/1.1 500 No\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{message}",
            message.len()
        );
        for platform in [lab.http_site(echo(&held(&case))), lab.http_site(json), Site::nowhere()] {
            let host = platform.plain_url();
            let arguments =
                [&["--account", ACCOUNT, "--domain", &host], &case.arguments[..], &body[..]].concat();
            let case = Case { arguments, ..case };
            run_quietly(&lab, &case, &format!("{}?token={}", closed.url(), CANARIES[6]));
        }
    }
}

#[test]
fn no_secret_comes_out_of_a_batch() {
    let lab = seeded();
    let site = lab.site(echo(&[CANARIES[0], CANARIES[2], CANARIES[3]]));
    let record = |id: &str, more: Value| {
        let mut record = json!({ "id": id, "p12": "client.p12", "url": site.url(), "cacert": "ca.pem" });
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        format!("{record}\n")
    };
    let manifest = [
        record("good", json!({ "password": CANARIES[0], "authorization": CANARIES[2], "header": format!("X: {}", CANARIES[3]) })),
        record("wrong", json!({ "password": CANARIES[1] })),
        record("bad", json!({ "password": CANARIES[1], "no_password": true })),
        record("name", json!({ "passwort": CANARIES[1] })),
        format!("{{\"password\": \"{}\"\n", CANARIES[0]),
    ]
    .concat();
    for format in ["ndjson", "table", "tap", "junit"] {
        let ran = Ran::of(with(lab.command(), &["batch", "--format", format]), manifest.as_bytes());
        ran.ends(1, "5 of 5 tests did not pass");
        is_free_of_canaries(format, &ran.stdout);
        is_free_of_canaries(format, ran.stderr.as_bytes());
    }
}

/// A process that is ended in the middle of a call leaves no core file, whatever the shell allows.
#[test]
fn no_core_file_is_left() {
    let lab = seeded();
    let silent = lab.plain(None);
    let script = format!(
        "ulimit -c unlimited; \"$0\" --password-file password.txt client.p12 {} & \
         while ! grep -q '^SigCgt' /proc/$!/status || ! ls -l /proc/$!/fd | grep -q socket; do :; done; \
         kill -ABRT $!; wait $!; echo ended $?; ls",
        silent.url()
    );
    let mut shell = Command::new("bash");
    shell.current_dir(lab.folder.path()).args(["-c", &script, env!("CARGO_BIN_EXE_p12-test")]);
    let ran = Ran::of(shell, b"");
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(said.contains("ended 134") && !said.contains("core"), "{said}\n{}", ran.stderr);
    is_free_of_canaries("stderr", ran.stderr.as_bytes());
}
