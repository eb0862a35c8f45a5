//! `inspect`: what it shows, and how it ends.

use std::process::Command;

use openssl::pkcs12::Pkcs12;
use openssl::stack::Stack;
use p12_test::demo::pki::{Identity, Key, Profile, Purpose};
use serde_json::Value;

use crate::harness::{Lab, PASSWORD, Ran, fit_schema, with};

pub(crate) fn inspect(lab: &Lab, arguments: &[&str]) -> Ran {
    let mut all = vec!["inspect", "--password-file", "password.txt"];
    all.extend(arguments);
    Ran::of(with(lab.command(), &all), b"")
}

fn stdout(ran: &Ran) -> String {
    String::from_utf8(ran.stdout.clone()).unwrap()
}

pub(crate) fn document(lab: &Lab, arguments: &[&str]) -> Value {
    let mut all = vec!["--json"];
    all.extend(arguments);
    serde_json::from_slice(&inspect(lab, &all).stdout).unwrap()
}

/// The finding of this name in the only file.
pub(crate) fn finding<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    document["files"][0]["findings"].as_array().unwrap().iter().find(|finding| finding["name"] == name)
}

pub(crate) fn client(lab: &Lab, file: &str, profile: &Profile<'_>) -> Identity {
    let identity = lab.root.issue(profile).unwrap();
    lab.write(file, &identity.p12(PASSWORD, "client").unwrap());
    identity
}

#[test]
fn a_file_is_shown_in_full_without_its_secrets() {
    let lab = Lab::new();
    let middle = lab.root.issue(&Profile::new("Issuing CA", Purpose::Authority)).unwrap();
    let leaf = middle.issue(&Profile::new("client", Purpose::Client)).unwrap();
    lab.write("c.p12", &leaf.p12(PASSWORD, "my key").unwrap());
    let ran = inspect(&lab, &["c.p12"]);
    ran.exits(0);
    let text = stdout(&ran);
    for fact in [
        "MAC          HMAC-SHA256; PKCS12 with SHA256, 2048 iterations",
        "safe         AES-256-CBC; PBKDF2 with SHA256, 2048 iterations",
        "key          \"my key\", EC prime256v1; AES-256-CBC",
        "certificate  CN=client, O=p12-test demo (\"my key\")",
        "  usage      clientAuth\n",
        "  usage      any; a CA\n",
        "chain        CN=Test CA, O=p12-test demo (not in the file)\n             └ CN=Issuing CA, O=p12-test demo",
        "\n               └ CN=client, O=p12-test demo ",
        " ░░░░░░░░░░ 36",
        "\nverdict      ok: it can be used as it is; 0 errors, 0 warnings, ",
        "looks like OpenSSL 3",
    ] {
        assert!(text.contains(fact), "{fact:?} is not in\n{text}");
    }
    assert!(!text.contains(PASSWORD) && !text.contains("PRIVATE"));
}

#[test]
fn many_files_are_a_table_and_the_worst_counts() {
    let lab = Lab::new();
    client(&lab, "expired.p12", &Profile { days: (-9, -1), ..Profile::new("expired", Purpose::Client) });
    lab.write("text.p12", b"hello");
    let ran = inspect(&lab, &["client.p12", "expired.p12"]);
    ran.exits(1);
    let rows: Vec<_> = stdout(&ran).lines().map(str::to_owned).collect();
    assert!(rows[0].starts_with("exit  file") && rows[1].starts_with("0     client.p12"), "{rows:#?}");
    assert!(rows[2].starts_with("1     expired.p12") && rows[2].contains("expired"), "{rows:#?}");
    inspect(&lab, &["client.p12", "expired.p12", "text.p12"]).exits(3);
    inspect(&lab, &["client.p12", "text.p12", "nowhere.p12"]).exits(10);
}

#[test]
fn a_password_that_can_be_read_once_is_for_all_files() {
    let lab = Lab::new();
    let line = format!("{PASSWORD}\n");
    let files = ["client.p12", "client.p12", "client.p12"];
    let piped = with(with(lab.command(), &["inspect", "--password-stdin"]), &files);
    Ran::of(piped, line.as_bytes()).exits(0);
    let mut shell = Command::new("sh");
    // A pipe by its name, as a shell's <(…) is.
    let script = "mkfifo pipe; cat password.txt > pipe & exec \"$0\" inspect --password-file pipe \"$@\"";
    shell.args(["-c", script, crate::harness::program()]).args(files).current_dir(lab.folder.path());
    Ran::of(shell, b"").exits(0);
}

#[test]
fn without_the_password_the_container_is_shown() {
    let lab = Lab::new();
    let ran = Ran::of(with(lab.command(), &["inspect", "client.p12"]), b"");
    ran.exits(3);
    let text = stdout(&ran);
    assert!(text.contains("HMAC-SHA256") && text.contains("password-needed"), "{text}");
    assert!(text.contains("key          \"client\", not opened; AES-256-CBC"), "{text}");
}

#[test]
fn a_file_that_cannot_be_used_still_shows_what_it_holds() {
    let lab = Lab::new();
    let (one, other) = (
        lab.root.issue(&Profile::new("one", Purpose::Client)).unwrap(),
        lab.root.issue(&Profile::new("other", Purpose::Client)).unwrap(),
    );
    let mut stack = Stack::new().unwrap();
    stack.push(one.certificate).unwrap();
    let mixed = |ca| {
        let mut builder = Pkcs12::builder();
        builder.name("x").pkey(&other.key).ca(ca);
        builder.build2(PASSWORD).unwrap().to_der().unwrap()
    };
    lab.write("mismatch.p12", &mixed(stack));
    let shown = document(&lab, &["mismatch.p12"]);
    assert_eq!((&shown["files"][0]["exit"], &shown["files"][0]["kind"]), (&3.into(), &"key-mismatch".into()));
    assert_eq!(shown["files"][0]["anatomy"]["certificates"].as_array().unwrap().len(), 1);
    assert!(finding(&shown, "key-mismatch").is_some(), "{shown:#}");
}

#[test]
fn nothing_raw_reaches_the_terminal() {
    let lab = Lab::new();
    let evil = "evil\u{1b}[31m\r\u{202e}";
    let identity = lab.root.issue(&Profile::new(evil, Purpose::Client)).unwrap();
    lab.write("c.p12", &identity.p12(PASSWORD, "ali\u{1b}as").unwrap());
    lab.write("e\u{1b}vil.p12", &identity.p12(PASSWORD, "x").unwrap());
    for files in [vec!["c.p12"], vec!["c.p12", "e\u{1b}vil.p12"], vec!["--json", "c.p12"]] {
        let text = stdout(&inspect(&lab, &files));
        assert!(!text.contains(['\u{1b}', '\r', '\u{202e}']), "{text:?}");
    }
}

#[test]
fn documents_fit_the_schema() {
    let lab = Lab::new();
    client(&lab, "rsa.p12", &Profile { key: Key::Rsa(2048), ..Profile::new("rsa", Purpose::Client) });
    lab.write("text.p12", b"hello");
    let ran = inspect(&lab, &["--json", "client.p12", "rsa.p12", "text.p12", "nowhere.p12"]);
    fit_schema("inspect-1.json", &[serde_json::from_slice(&ran.stdout).unwrap()]);
}
