//! `inspect`: what it shows, what it finds, and that its mending commands mend.

use std::process::{Command, Stdio};

use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::stack::Stack;
use p12_test::demo::pki::{Identity, Key, Profile, Purpose};
use serde_json::Value;

use crate::harness::{Lab, PASSWORD, Ran, with};

fn inspect(lab: &Lab, arguments: &[&str]) -> Ran {
    let mut all = vec!["inspect", "--password-file", "password.txt"];
    all.extend(arguments);
    Ran::of(with(lab.command(), &all), b"")
}

fn stdout(ran: &Ran) -> String {
    String::from_utf8(ran.stdout.clone()).unwrap()
}

fn document(lab: &Lab, arguments: &[&str]) -> Value {
    let mut all = vec!["--json"];
    all.extend(arguments);
    serde_json::from_slice(&inspect(lab, &all).stdout).unwrap()
}

/// The finding of this name in the only file.
fn finding<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    document["files"][0]["findings"].as_array().unwrap().iter().find(|finding| finding["name"] == name)
}

fn client(lab: &Lab, file: &str, profile: &Profile<'_>) -> Identity {
    let identity = lab.root.issue(profile).unwrap();
    lab.write(file, &identity.p12(PASSWORD, "client").unwrap());
    identity
}

/// Runs a command of a finding as it is printed, with passwords from files where it would ask.
fn mend(lab: &Lab, finding: &Value) {
    let command = finding["mend"].as_str().unwrap();
    let command = command.replace("-noenc", "-noenc -passin file:password.txt");
    let command = command.replace("-export", "-export -passout file:password.txt");
    let mut shell = Command::new("sh");
    let ran =
        shell.arg("-ec").arg(&command).current_dir(lab.folder.path()).stdin(Stdio::null()).output().unwrap();
    assert!(ran.status.success(), "{command}\n{}", String::from_utf8_lossy(&ran.stderr));
}

/// The finding is there, its command makes `new.p12`, and there it is gone.
#[track_caller]
fn mended(lab: &Lab, file: &str, name: &str) {
    let before = document(lab, &[file]);
    mend(lab, finding(&before, name).unwrap_or_else(|| panic!("{name} is not found: {before:#}")));
    let after = document(lab, &["new.p12"]);
    assert!(finding(&after, name).is_none(), "{name} is still found: {after:#}");
    assert_eq!(after["files"][0]["kind"], Value::Null, "{after:#}");
}

#[test]
fn a_file_is_shown_in_full_without_its_secrets() {
    let lab = Lab::new();
    let middle = lab.root.issue(&Profile::new("Issuing CA", Purpose::Authority)).unwrap();
    let leaf = middle.issue(&Profile::new("client", Purpose::Client)).unwrap();
    lab.write("c.p12", &leaf.p12(PASSWORD, "my key").unwrap());
    let ran = inspect(&lab, &["c.p12"]);
    ran.ends(0, "");
    let text = stdout(&ran);
    for fact in [
        "MAC          HMAC-SHA256; PKCS12 with SHA256, 2048 iterations",
        "safe         AES-256-CBC; PBKDF2 with SHA256, 2048 iterations",
        "key          \"my key\", EC prime256v1; AES-256-CBC",
        "certificate  CN=client, O=p12-test demo (\"my key\")",
        "  usage      clientAuth\n",
        "  usage      any; a CA\n",
        "chain        CN=Test CA, O=p12-test demo (not in the file)\n             └ CN=Issuing CA, O=p12-test demo\n               └ CN=client, O=p12-test demo\n",
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
    ran.ends(1, "");
    let rows: Vec<_> = stdout(&ran).lines().map(str::to_owned).collect();
    assert!(rows[0].starts_with("exit  file") && rows[1].starts_with("0     client.p12"), "{rows:#?}");
    assert!(rows[2].starts_with("1     expired.p12") && rows[2].contains("expired"), "{rows:#?}");
    inspect(&lab, &["client.p12", "expired.p12", "text.p12"]).ends(3, "");
    inspect(&lab, &["client.p12", "text.p12", "nowhere.p12"]).ends(10, "");
}

#[test]
fn a_password_that_can_be_read_once_is_for_all_files() {
    let lab = Lab::new();
    let line = format!("{PASSWORD}\n");
    let files = ["client.p12", "client.p12", "client.p12"];
    let piped = with(with(lab.command(), &["inspect", "--password-stdin"]), &files);
    Ran::of(piped, line.as_bytes()).ends(0, "");
    let mut shell = Command::new("sh");
    // A pipe by its name, as a shell's <(…) is.
    let script = "mkfifo pipe; cat password.txt > pipe & exec \"$0\" inspect --password-file pipe \"$@\"";
    shell.args(["-c", script, env!("CARGO_BIN_EXE_p12-test")]).args(files).current_dir(lab.folder.path());
    Ran::of(shell, b"").ends(0, "");
}

#[test]
fn without_the_password_the_container_is_shown() {
    let lab = Lab::new();
    let ran = Ran::of(with(lab.command(), &["inspect", "client.p12"]), b"");
    ran.ends(3, "");
    let text = stdout(&ran);
    assert!(text.contains("HMAC-SHA256") && text.contains("password-needed"), "{text}");
    assert!(text.contains("key          \"client\", not opened; AES-256-CBC"), "{text}");
}

#[test]
fn what_is_wrong_with_the_certificate_is_found() {
    let lab = Lab::new();
    let client = |days| Profile { days, ..Profile::new("client", Purpose::Client) };
    for (profile, exit, name) in [
        (client((-9, -1)), 1, "expired"),
        (client((-1, 10)), 0, "expires-soon"),
        (client((1, 10)), 1, "not-yet-valid"),
        (Profile::new("server", Purpose::Server), 1, "server-auth-only"),
        (Profile::new("ca", Purpose::Authority), 0, "ca-as-leaf"),
        (Profile { key: Key::Rsa(1024), ..client((-1, 365)) }, 0, "weak-key"),
    ] {
        self::client(&lab, "c.p12", &profile);
        assert!(finding(&document(&lab, &["c.p12"]), name).is_some(), "{name}");
        inspect(&lab, &["c.p12"]).ends(exit, "");
    }
    let week = document(&lab, &["--within", "1w", "client.p12"]);
    assert!(finding(&week, "expires-soon").is_none());
    assert!(finding(&document(&lab, &["--within", "60w", "client.p12"]), "expires-soon").is_some());
}

#[test]
fn a_request_for_a_new_certificate_is_made_on_the_same_key() {
    let lab = Lab::new();
    let name = "O'Brien / Söhne";
    let expired = Profile { days: (-9, -1), ..Profile::new(name, Purpose::Client) };
    let identity = client(&lab, "it's $HOME.p12", &expired);
    mend(&lab, finding(&document(&lab, &["it's $HOME.p12"]), "expired").unwrap());
    let request = std::fs::read(lab.path("request.csr")).unwrap();
    let request = openssl::x509::X509Req::from_pem(&request).unwrap();
    assert!(request.public_key().unwrap().public_eq(&identity.key));
    let names = request.subject_name().entries_by_nid(Nid::COMMONNAME).collect::<Vec<_>>();
    assert!(names[0].data().to_string().unwrap().starts_with("O'Brien / S"));
}

#[test]
fn what_is_wrong_with_the_file_is_found_and_mended() {
    let lab = Lab::new();
    let mut trailing = std::fs::read(lab.path("client.p12")).unwrap();
    trailing.extend(b"\n");
    lab.write("trailing.p12", &trailing);
    mended(&lab, "trailing.p12", "trailing-bytes");
    for (options, name) in [
        ("-legacy -certpbe RC2-40-CBC -keypbe RC2-40-CBC", "legacy-cipher"),
        ("-certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1", "old-cipher"),
        ("-nomac", "no-mac"),
        ("-iter 1", "few-iterations"),
        ("-keypbe NONE -certpbe NONE", "key-in-the-open"),
        ("-name ' odd '", "odd-friendly-name"),
    ] {
        let script = format!(
            "openssl pkcs12 -in client.p12 -noenc -passin file:password.txt -out made.pem
             openssl pkcs12 -export {options} -in made.pem -passout file:password.txt -out made.p12"
        );
        assert!(
            Command::new("sh")
                .arg("-ec")
                .arg(script)
                .current_dir(lab.folder.path())
                .status()
                .unwrap()
                .success()
        );
        mended(&lab, "made.p12", name);
    }
}

#[test]
fn a_missing_intermediate_is_mended_by_adding_it() {
    let lab = Lab::new();
    let middle = lab.root.issue(&Profile::new("Issuing CA", Purpose::Authority)).unwrap();
    let leaf = middle.issue(&Profile::new("client", Purpose::Client)).unwrap();
    let bare = Identity { chain: Vec::new(), ..leaf };
    lab.write("bare.p12", &bare.p12(PASSWORD, "client").unwrap());
    lab.write("intermediate.pem", &middle.certificate_pem().unwrap());
    let before = document(&lab, &["bare.p12"]);
    let open = finding(&before, "chain-open").unwrap();
    assert_eq!(open["severity"], "warning");
    mend(&lab, open);
    assert_eq!(finding(&document(&lab, &["new.p12"]), "chain-open").unwrap()["severity"], "note");
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
    assert!(finding(&shown, "key-without-certificate").is_some(), "{shown:#}");
}

#[test]
fn a_password_beyond_ascii_is_named_and_not_shown() {
    let lab = Lab::new();
    let identity = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    lab.write("c.p12", &identity.p12("pässwörd", "client").unwrap());
    let ran = Ran::of(with(lab.command(), &["inspect", "-p", "pässwörd", "c.p12"]), b"");
    let text = stdout(&ran);
    assert!(text.contains("password-not-ascii") && !text.contains("pässwörd"), "{text}");
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
    lab.write("document.json", &ran.stdout);
    let validate = "import json, sys, jsonschema\n\
         schema, document = (json.load(open(name)) for name in sys.argv[1:])\n\
         jsonschema.Draft202012Validator.check_schema(schema)\n\
         jsonschema.Draft202012Validator(schema).validate(document)";
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/inspect-1.json");
    let run = |script: &str| {
        let mut python = Command::new("python3");
        python.args(["-c", script, schema, "document.json"]).current_dir(lab.folder.path()).output().unwrap()
    };
    if !run("import jsonschema").status.success() && std::env::var_os("P12_TEST_PEERS").is_none() {
        eprintln!("skipped: Python's jsonschema is not installed");
        return;
    }
    let validated = run(validate);
    assert!(validated.status.success(), "{}", String::from_utf8_lossy(&validated.stderr));
}
