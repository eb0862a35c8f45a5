//! What `inspect` finds, and that the commands that it prints fix it.

use std::path::Path;
use std::process::{Command, Stdio};

use openssl::x509::{X509, X509Req};
use p12_test::certificate::extension;
use p12_test::demo::pki::{Identity, Key, Profile, Purpose};
use serde_json::Value;

use crate::harness::{Lab, PASSWORD, Ran, is_installed, with};
use crate::inspect::{client, document, finding, inspect};
use crate::{odd_files, remedies};

/// Runs a script in the folder, where the program is in the PATH and its passwords in the variables.
#[track_caller]
pub(crate) fn shell(lab: &Lab, script: &str) {
    let program = Path::new(crate::harness::program()).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let password = String::from_utf8(std::fs::read(lab.path("password.txt")).unwrap()).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-ec", script]).current_dir(lab.folder.path()).env("PATH", path);
    shell.env("P12_TEST_PASSWORD", password.trim_end_matches('\n'));
    let ran = shell.stdin(Stdio::null()).output().unwrap();
    assert!(ran.status.success(), "{script}\n{}", String::from_utf8_lossy(&ran.stderr));
}

/// Packs what is in `client.p12`, or these files, with the options of `openssl pkcs12 -export`.
pub(crate) fn pack(lab: &Lab, options: &str) {
    shell(
        lab,
        &format!(
            "openssl pkcs12 -in client.p12 -noenc -passin file:password.txt -out made.pem
             openssl pkcs12 -export -in made.pem -passout file:password.txt -out c.p12 {options}"
        ),
    );
}

/// A client certificate with these extensions, signed by these options of `openssl x509`.
pub(crate) fn certify(lab: &Lab, extensions: &str, options: &str) {
    write_ca_key(lab);
    lab.write("extensions", extensions.as_bytes());
    shell(
        lab,
        &format!(
            "openssl req -new -newkey rsa:2048 -noenc -keyout key.pem -subj /CN=client -out r.csr
             openssl x509 -req -in r.csr -CA ca.pem -CAkey ca.key -days 90 -extfile extensions {options} -out c.pem
             openssl pkcs12 -export -inkey key.pem -in c.pem -name client -passout file:password.txt -out c.p12"
        ),
    );
}

pub(crate) fn write_ca_key(lab: &Lab) {
    lab.write("ca.key", &lab.root.key_pem().unwrap());
}

/// Runs a command as it is printed. A request that it makes is granted, and what is granted packed.
pub(crate) fn run(lab: &Lab, file: &str, command: &str) {
    let _ = std::fs::remove_file(lab.path("new.p12"));
    match (command.contains("--fetch-chain"), command.contains("--new-password ")) {
        (true, _) => remedies::in_public(lab, command),
        (_, true) => shell(lab, &format!("export P12_TEST_NEW_PASSWORD='a new one'; {command}")),
        _ => shell(lab, command),
    }
    if command.contains("request.csr") {
        write_ca_key(lab);
        let grant = "openssl x509 -req -in request.csr -CA ca.pem -CAkey ca.key -days 90 -copy_extensions copyall -out granted.pem";
        let (repack, _) = command.split_once(" > ").unwrap();
        shell(lab, &format!("{grant}\n{} new.p12", repack.replace("--request", "--certificate granted.pem")));
    }
    if command.contains("--new-password ") {
        std::fs::copy(lab.path("new.txt"), lab.path("password.txt")).unwrap();
    }
    let name = file.trim_start_matches("./");
    assert!(lab.path(name).exists() && lab.path("new.p12").exists(), "{command}");
}

/// The finding is there, and of this severity. Every command that the file gets fixes what it is for.
#[track_caller]
pub(crate) fn is_fixed(lab: &Lab, file: &str, name: &str, severity: &str) {
    let before = document(lab, &[file]);
    let found = finding(&before, name).unwrap_or_else(|| panic!("{name} is not found: {before:#}"));
    assert_eq!(found["severity"], severity, "{name}");
    assert!(found["command"].is_string(), "{name}: {found:#}");
    fix_all(lab, file, &before);
}

/// Runs every command, which makes `new.p12`. What it is for is not found there.
#[track_caller]
pub(crate) fn fix_all(lab: &Lab, file: &str, before: &Value) {
    let password = std::fs::read(lab.path("password.txt")).unwrap();
    for found in before["files"][0]["findings"].as_array().unwrap() {
        let (Some(name), Some(command)) = (found["name"].as_str(), found["command"].as_str()) else {
            continue;
        };
        assert!(command.starts_with("p12-test repack ") && !command.contains('\n'), "{command}");
        run(lab, file, command);
        let after = document(lab, &["new.p12"]);
        assert!(finding(&after, name).is_none(), "{command}\n{name} is still found: {after:#}");
        assert_eq!(after["files"][0]["kind"], Value::Null, "{command}\n{after:#}");
        let alias = |document: &Value| document["files"][0]["anatomy"]["keys"][0]["alias"].clone();
        let keys = before["files"][0]["anatomy"]["keys"].as_array().unwrap().len();
        if keys == 1 && finding(before, "odd-friendly-name").is_none() {
            assert_eq!(alias(&after), alias(before), "{command}");
        }
        lab.write("password.txt", &password);
    }
}

/// The finding is there, of this severity, and no command fixes it.
#[track_caller]
pub(crate) fn told(document: &Value, name: &str, severity: &str) {
    let found = finding(document, name).unwrap_or_else(|| panic!("{name} is not found: {document:#}"));
    assert_eq!(found["severity"], severity, "{name}");
    assert_eq!(found["command"], Value::Null, "{name}");
    assert!(found["fix"].as_str().unwrap().len() > 10, "{name}");
}

/// What the commands ask the user for: the root, which is also the new chain.
pub(crate) fn lab() -> Lab {
    let lab = Lab::new();
    let root = lab.root.certificate_pem().unwrap();
    lab.write("intermediate.pem", &root);
    lab.write("new-chain.pem", &root);
    lab.write("new.txt", "a new one");
    lab
}

/// The same, where the `openssl` command is installed.
#[track_caller]
pub(crate) fn with_openssl() -> Option<Lab> {
    is_installed("openssl").then(lab)
}

#[test]
fn what_is_wrong_with_the_certificate_is_found_and_fixed() {
    let Some(lab) = with_openssl() else { return };
    let of = |days| Profile { days, ..Profile::new("client", Purpose::Client) };
    for (profile, exit, name, severity) in [
        (of((-9, -1)), 1, "expired", "error"),
        (of((-1, 10)), 0, "expires-soon", "warning"),
        (Profile::new("server", Purpose::Server), 1, "server-auth-only", "error"),
    ] {
        client(&lab, "c.p12", &profile);
        inspect(&lab, &["c.p12"]).in_case(name).exits(exit);
        is_fixed(&lab, "c.p12", name, severity);
    }
    client(&lab, "c.p12", &of((1, 10)));
    told(&document(&lab, &["c.p12"]), "not-yet-valid", "error");
    inspect(&lab, &["c.p12"]).exits(1);
    client(&lab, "c.p12", &Profile { key: Key::Rsa(1024), ..of((-1, 365)) });
    told(&document(&lab, &["c.p12"]), "weak-key", "warning");
}

#[test]
fn soon_is_what_within_says() {
    let lab = Lab::new();
    let soon =
        |within| finding(&document(&lab, &["--within", within, "client.p12"]), "expires-soon").is_some();
    assert!(!soon("1w") && soon("60w") && !soon("30d") && soon("400d"));
}

#[test]
fn a_certificate_without_client_auth_names_what_it_is_for() {
    let Some(lab) = with_openssl() else { return };
    certify(&lab, "extendedKeyUsage=emailProtection,1.2.3.4", "");
    let document = document(&lab, &["c.p12"]);
    let what = finding(&document, "no-client-auth").unwrap()["what"].to_string();
    assert!(what.contains("for emailProtection, 1.2.3.4 and not for client authentication"), "{what}");
    is_fixed(&lab, "c.p12", "no-client-auth", "error");
}

#[test]
fn a_weak_signature_is_found_and_fixed() {
    let Some(lab) = with_openssl() else { return };
    shell(
        &lab,
        "openssl req -x509 -newkey rsa:2048 -noenc -keyout rsa.key -subj /CN=RSA -out rsa.pem; cat rsa.pem >> intermediate.pem",
    );
    for options in ["-sha1", "-md5 -CA rsa.pem -CAkey rsa.key"] {
        certify(&lab, "extendedKeyUsage=clientAuth", options);
        is_fixed(&lab, "c.p12", "weak-signature", "warning");
    }
}

#[test]
fn a_certificate_authority_gets_no_request_for_a_client() {
    let lab = lab();
    let profile = Profile { days: (-9, 9), key: Key::Rsa(1024), ..Profile::new("ca", Purpose::Authority) };
    client(&lab, "c.p12", &profile);
    let own = document(&lab, &["c.p12"]);
    for name in ["ca-as-leaf", "weak-key", "expires-soon"] {
        told(&own, name, "warning");
    }
    let weak =
        lab.root.issue(&Profile { key: Key::Rsa(1024), ..Profile::new("weak", Purpose::Authority) }).unwrap();
    let below = weak.issue(&Profile::new("client", Purpose::Client)).unwrap();
    lab.write("c.p12", &below.p12(PASSWORD, "client").unwrap());
    told(&document(&lab, &["c.p12"]), "weak-key", "warning");
}

#[test]
fn a_request_has_the_names_of_the_certificate() {
    let Some(lab) = with_openssl() else { return };
    let logon = "subjectAltName=email:zoe@example.com,DNS:client.example.com,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:zoe@corp";
    certify(
        &lab,
        &format!("extendedKeyUsage=serverAuth\n{logon}"),
        "-days 90 -subj '/O=p12-test/CN=O\\x27Brien \\/ Zoe'",
    );
    std::fs::rename(lab.path("c.p12"), lab.path("it's $HOME.p12")).unwrap();
    is_fixed(&lab, "it's $HOME.p12", "server-auth-only", "error");
    let old = X509::from_pem(&std::fs::read(lab.path("c.pem")).unwrap()).unwrap();
    let request = X509Req::from_pem(&std::fs::read(lab.path("request.csr")).unwrap()).unwrap();
    assert!(request.public_key().unwrap().public_eq(&old.public_key().unwrap()));
    assert_eq!(request.subject_name().to_der().unwrap(), old.subject_name().to_der().unwrap());
    let names = |certificate: &X509| extension(certificate, "2.5.29.17").unwrap();
    let granted = X509::from_pem(&std::fs::read(lab.path("granted.pem")).unwrap()).unwrap();
    assert_eq!(names(&granted), names(&old));
}

#[test]
fn a_chain_that_is_open_or_broken_is_fixed_by_a_certificate_that_is_supplied() {
    let Some(lab) = with_openssl() else { return };
    let issuing = || lab.root.issue(&Profile::new("Issuing CA", Purpose::Authority)).unwrap();
    let (middle, other) = (issuing(), issuing());
    lab.write(
        "intermediate.pem",
        &[middle.certificate_pem().unwrap(), lab.root.certificate_pem().unwrap()].concat(),
    );
    let leaf = middle.issue(&Profile::new("client", Purpose::Client)).unwrap();
    let put = |chain| {
        let identity = Identity { chain, ..leaf.clone() };
        lab.write("c.p12", &identity.p12(PASSWORD, "client").unwrap());
    };
    put(Vec::new());
    is_fixed(&lab, "c.p12", "chain-open", "warning");
    put(vec![other.certificate.clone(), lab.root.certificate.clone()]);
    is_fixed(&lab, "c.p12", "chain-broken", "warning");
    // The one that did sign is taken, wherever it lies.
    put(vec![other.certificate, middle.certificate]);
    let document = document(&lab, &["c.p12"]);
    assert!(finding(&document, "chain-broken").is_none());
    is_fixed(&lab, "c.p12", "extra-certificates", "note");
    is_fixed(&lab, "c.p12", "chain-open", "note");
}

#[test]
fn what_is_wrong_with_the_file_is_found_and_fixed() {
    let Some(lab) = with_openssl() else { return };
    let long = format!("-name {}", "x".repeat(200));
    for (options, name, severity) in [
        ("-legacy -certpbe RC2-40-CBC -keypbe RC2-40-CBC", "legacy-cipher", "warning"),
        ("-certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1 -name 'Zoë'", "old-cipher", "note"),
        ("-name 'two words' -caname other", "not-for-old-readers", "note"),
        ("-macalg sha1", "not-for-old-readers", "note"),
        ("-certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha256", "not-for-old-readers", "note"),
        ("-nomac", "no-mac", "warning"),
        ("-iter 1", "few-iterations", "note"),
        ("-iter 600001", "many-iterations", "note"),
        ("-keypbe NONE -certpbe NONE", "key-in-the-open", "warning"),
        ("-keypbe NONE -certpbe AES-256-CBC", "key-in-the-open", "warning"),
        ("-certfile ca.pem -certfile intermediate.pem", "not-for-old-readers", "note"),
        ("-name ' odd '", "odd-friendly-name", "note"),
        ("-name ''", "odd-friendly-name", "note"),
        ("-name \"$(printf 'a\\tb')\"", "odd-friendly-name", "note"),
        (&long, "odd-friendly-name", "note"),
    ] {
        pack(&lab, options);
        is_fixed(&lab, "c.p12", name, severity);
    }
}

#[test]
fn the_fix_for_old_readers_says_what_it_costs() {
    let lab = lab();
    let before = document(&lab, &["client.p12"]);
    let old = finding(&before, "not-for-old-readers").unwrap();
    assert!(old["fix"].as_str().unwrap().contains("the price"), "{old:#}");
    for reader in ["Java before 8u301", "Windows before 10 1709", "Android before 14", "macOS", "Go's"] {
        assert!(old["what"].as_str().unwrap().contains(reader), "{old:#}");
    }
    run(&lab, "client.p12", old["command"].as_str().unwrap());
    let after = document(&lab, &["new.p12"]);
    assert!(finding(&after, "legacy-cipher").is_none() && finding(&after, "old-cipher").is_some());
}

#[test]
fn only_those_old_readers_are_named_that_refuse_the_file() {
    let Some(lab) = with_openssl() else { return };
    for (options, says, named, not_named) in [
        ("-macalg sha1", "it uses AES;", "Android before 14", "Java before"),
        ("-certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES", "its MAC is HMAC-SHA256;", "Java before", "Android"),
    ] {
        pack(&lab, options);
        let document = document(&lab, &["c.p12"]);
        let what = finding(&document, "not-for-old-readers").unwrap()["what"].as_str().unwrap();
        assert!(what.starts_with(says) && what.contains(named) && !what.contains(not_named), "{what}");
    }
}

#[test]
fn files_in_other_forms_are_fixed_too() {
    let Some(lab) = with_openssl() else { return };
    let plain = std::fs::read(lab.path("client.p12")).unwrap();
    lab.write("c.p12", &[&plain[..], b"\n"].concat());
    is_fixed(&lab, "c.p12", "trailing-bytes", "warning");
    shell(&lab, "openssl base64 -in client.p12 -out c.p12");
    is_fixed(&lab, "c.p12", "chain-open", "warning");
    shell(
        &lab,
        "(echo -----BEGIN PKCS12-----; openssl base64 -in client.p12; echo -----END PKCS12-----) > c.p12",
    );
    is_fixed(&lab, "c.p12", "chain-open", "warning");
    let hex: String = plain.iter().map(|byte| format!("{byte:02x}")).collect();
    lab.write("c.p12", hex.as_bytes());
    is_fixed(&lab, "c.p12", "not-for-old-readers", "note");
}

#[test]
fn a_key_that_tls_cannot_use_makes_the_file_unusable() {
    let Some(lab) = with_openssl() else { return };
    certify(&lab, "extendedKeyUsage=clientAuth", "");
    shell(
        &lab,
        "openssl genpkey -algorithm X25519 -out key.pem
         openssl pkey -in key.pem -pubout -out public.pem
         openssl x509 -req -in r.csr -force_pubkey public.pem -CA ca.pem -CAkey ca.key -days 90 -out c.pem
         openssl pkcs12 -export -inkey key.pem -in c.pem -passout file:password.txt -out c.p12",
    );
    inspect(&lab, &["c.p12"]).exits(3);
    told(&document(&lab, &["c.p12"]), "key-not-for-tls", "error");
}

#[test]
fn several_keys_are_told_apart_and_one_that_is_fine_is_enough() {
    let Some(lab) = with_openssl() else { return };
    let of = |days| Profile { days, ..Profile::new("client", Purpose::Client) };
    let p12 = |days| lab.root.issue(&of(days)).unwrap().p12(PASSWORD, "client").unwrap();
    lab.write("c.p12", &odd_files::joined(&p12((-1, 365)), &p12((-9, -1))));
    inspect(&lab, &["c.p12"]).exits(0);
    let two = document(&lab, &["c.p12"]);
    for name in ["several-keys", "friendly-name-twice", "no-mac"] {
        told(&two, name, "warning");
    }
    let command = finding(&two, "expired").unwrap()["command"].as_str().unwrap();
    assert!(command.contains("--alias '#2' "), "{command}");
    run(&lab, "c.p12", command);
    assert!(finding(&document(&lab, &["new.p12"]), "expired").is_none());
    lab.write("c.p12", &odd_files::joined(&p12((-9, -1)), &p12((-9, -1))));
    inspect(&lab, &["c.p12"]).exits(1);
    let expired = document(&lab, &["c.p12"]);
    assert_eq!(finding(&expired, "expired").unwrap()["severity"], "error");
}

#[test]
fn a_password_beyond_ascii_is_named_fixed_and_not_shown() {
    let Some(lab) = with_openssl() else { return };
    let identity = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    lab.write("c.p12", &identity.p12("pässwörd", "client").unwrap());
    let ran = Ran::of(with(lab.command(), &["inspect", "--json", "-p", "pässwörd", "c.p12"]), b"");
    let text = String::from_utf8(ran.stdout).unwrap();
    assert!(!text.contains("rd\"") && !text.contains("pässwörd") && !text.contains("\\u00f6rd"), "{text}");
    let found: Value = serde_json::from_str(&text).unwrap();
    let command = finding(&found, "password-not-ascii").unwrap()["command"].as_str().unwrap();
    lab.write("password.txt", "pässwörd\n");
    run(&lab, "c.p12", command);
    assert!(finding(&document(&lab, &["new.p12"]), "password-not-ascii").is_none());
}

/// A second certificate on the key of `c.p12`, in the same file.
pub(crate) fn certify_twice(lab: &Lab) {
    certify(lab, "extendedKeyUsage=clientAuth", "");
    shell(
        lab,
        "openssl x509 -req -in r.csr -CA ca.pem -CAkey ca.key -days 60 -extfile extensions -out second.pem
         openssl pkcs12 -export -inkey key.pem -in c.pem -certfile second.pem -name client -passout file:password.txt -out c.p12",
    );
}

#[test]
fn a_command_takes_the_key_that_it_is_for_where_another_has_two_certificates() {
    let Some(lab) = with_openssl() else { return };
    certify_twice(&lab);
    let twice = std::fs::read(lab.path("c.p12")).unwrap();
    let expired = Profile { days: (-9, -1), ..Profile::new("old", Purpose::Client) };
    let old = lab.root.issue(&expired).unwrap();
    lab.write("c.p12", &odd_files::joined(&twice, &old.p12(PASSWORD, "old").unwrap()));
    let found = document(&lab, &["c.p12"]);
    let command = finding(&found, "expired").unwrap()["command"].as_str().unwrap();
    assert!(command.contains("--alias '#3' "), "{command}");
    run(&lab, "c.p12", command);
    let made = std::fs::read(lab.path("request.csr")).unwrap();
    assert!(X509Req::from_pem(&made).unwrap().public_key().unwrap().public_eq(&old.key));
}
