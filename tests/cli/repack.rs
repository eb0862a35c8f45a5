//! `repack`: what it writes, what it never does, and where it gets certificates from.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use p12_test::demo::pki::{Identity, Profile, Purpose};
use serde_json::Value;

use crate::findings::shell;
use crate::harness::{Lab, PASSWORD, Ran, Session, is_installed, typed, with};
use crate::inspect::{document, finding};
use crate::odd_files;

fn repack(lab: &Lab, arguments: &[&str]) -> Ran {
    Ran::of(with(with(lab.command(), &["repack", "--password-file", "password.txt"]), arguments), b"")
}

/// The subjects in a file, the leaf's first.
fn chain(lab: &Lab, file: &str) -> Vec<String> {
    let document = document(lab, &[file]);
    let anatomy = &document["files"][0]["anatomy"];
    assert_eq!(document["files"][0]["kind"], Value::Null, "{document:#}");
    let subject =
        |certificate: &Value| certificate["subject"].as_str().unwrap().split(',').next().unwrap().to_owned();
    anatomy["certificates"].as_array().unwrap().iter().map(subject).collect()
}

/// A lab with `leaf.p12`, whose chain is missing: CN=client, CN=Issuing CA, CN=Policy CA, CN=Test CA.
fn broken_chain() -> (Lab, Identity, Identity) {
    let lab = Lab::new();
    let policy = lab.root.issue(&Profile::new("Policy CA", Purpose::Authority)).unwrap();
    let issuing = policy.issue(&Profile::new("Issuing CA", Purpose::Authority)).unwrap();
    let leaf = issuing.issue(&Profile::new("client", Purpose::Client)).unwrap();
    let leaf = Identity { chain: Vec::new(), ..leaf };
    lab.write("leaf.p12", &leaf.p12(PASSWORD, "client").unwrap());
    (lab, policy, issuing)
}

fn names(lab: &Lab) -> Vec<String> {
    let entries = std::fs::read_dir(lab.folder.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_new_file_is_for_its_owner_and_the_old_one_stays() {
    use std::os::unix::fs::PermissionsExt as _;
    let lab = Lab::new();
    let (before, listed) = (std::fs::read(lab.path("client.p12")).unwrap(), names(&lab));
    let ran = repack(&lab, &["client.p12", "out.p12"]);
    ran.ends(0, "written   out.p12: AES-256 and SHA-256, 100000 iterations; opened again").printed("");
    assert_eq!(std::fs::read(lab.path("client.p12")).unwrap(), before);
    assert_eq!(std::fs::metadata(lab.path("out.p12")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(names(&lab).len(), listed.len() + 1);
    let mac = &document(&lab, &["out.p12"])["files"][0]["anatomy"]["mac"];
    assert_eq!((&mac["algorithm"], &mac["iterations"]), (&"HMAC-SHA256".into(), &100_000.into()));
    repack(&lab, &["-q", "-f", "client.p12", "out.p12"]).exits(0);
    assert_eq!(repack(&lab, &["-q", "-f", "client.p12", "out.p12"]).stderr, "");
}

#[test]
fn what_is_there_is_replaced_by_force_only_and_an_input_never() {
    let lab = Lab::new();
    lab.write("out.p12", "mine");
    std::os::unix::fs::symlink("client.p12", lab.path("link.p12")).unwrap();
    repack(&lab, &["client.p12", "out.p12"]).ends(2, "error: out.p12 exists already\nhint:  give the new file another name, or replace the old one: --force");
    assert_eq!(std::fs::read(lab.path("out.p12")).unwrap(), b"mine");
    let before = std::fs::read(lab.path("client.p12")).unwrap();
    for output in ["client.p12", "./client.p12", "link.p12", "password.txt", "ca.pem"] {
        let ran = repack(&lab, &["--force", "--add", "ca.pem", "client.p12", output]);
        ran.ends(2, "is an input and would be overwritten");
    }
    repack(&lab, &["--force", "client.p12", "/dev/null"]).ends(2, "is no file");
    repack(&lab, &["--force", "client.p12", "."]).ends(2, "is no file");
    assert_eq!(std::fs::read(lab.path("client.p12")).unwrap(), before);
    repack(&lab, &["--force", "client.p12", "out.p12"]).exits(0);
    assert_eq!(chain(&lab, "out.p12"), ["CN=client"]);
}

#[test]
fn a_fault_leaves_nothing_behind() {
    let lab = Lab::new();
    lab.write("text.p12", "hello");
    let listed = names(&lab);
    let wrong = with(lab.command(), &["repack", "-p", "wrong", "client.p12", "out.p12"]);
    Ran::of(wrong, b"").ends(3, "the password does not match");
    repack(&lab, &["text.p12", "out.p12"]).exits(3);
    repack(&lab, &["--certificate", "ca.pem", "client.p12", "out.p12"])
        .ends(3, "error: no certificate in ca.pem was issued for the key of client.p12");
    repack(&lab, &["--add", "text.p12", "client.p12", "out.p12"]).ends(10, "text.p12 holds no certificate");
    repack(&lab, &["client.p12", "nowhere/out.p12"]).exits(10);
    repack(&lab, &["client.p12"]).ends(2, "<OUT>");
    assert_eq!(names(&lab), listed);
}

#[test]
fn a_chain_is_put_in_order_from_files_of_every_form() {
    let (lab, policy, issuing) = broken_chain();
    lab.write("policy.der", &policy.certificate.to_der().unwrap());
    lab.write("issuing.pem", &[b"Here it is:\n", &issuing.certificate_pem().unwrap()[..]].concat());
    lab.write("both.pem", &[issuing.certificate_pem().unwrap(), policy.certificate_pem().unwrap()].concat());
    lab.write("ca.p12", &issuing.p12(PASSWORD, "the CA's own").unwrap());
    let whole = ["CN=client", "CN=Issuing CA", "CN=Policy CA", "CN=Test CA"];
    let add = |files: &[&str]| {
        let mut all: Vec<_> = files.iter().flat_map(|file| ["--add", file]).collect();
        all.extend(["-f", "leaf.p12", "out.p12"]);
        repack(&lab, &all)
    };
    add(&["ca.pem", "policy.der", "issuing.pem"]).exits(0);
    assert_eq!(chain(&lab, "out.p12"), whole);
    // A P12 brings its chain along, and its key not.
    add(&["ca.p12", "ca.pem"]).exits(0);
    assert_eq!(chain(&lab, "out.p12"), whole);
    let other = Identity::root("Another CA").unwrap();
    lab.write("other.pem", &other.certificate_pem().unwrap());
    add(&["other.pem", "both.pem"])
        .ends(0, "warning: left out: CN=Another CA, O=p12-test demo does not belong");
    assert_eq!(chain(&lab, "out.p12"), whole[..3]);
    if is_installed("openssl") {
        shell(
            &lab,
            "openssl crl2pkcs7 -nocrl -certfile both.pem -out pem.p7b; openssl crl2pkcs7 -nocrl -certfile both.pem -outform DER -out der.p7b",
        );
        for bundle in ["pem.p7b", "der.p7b"] {
            add(&[bundle]).exits(0);
            assert_eq!(chain(&lab, "out.p12"), whole[..3], "{bundle}");
        }
        // As CAs send it: with the leaf.
        shell(
            &lab,
            "openssl pkcs12 -in leaf.p12 -passin file:password.txt -nokeys -out leaf.pem
             openssl crl2pkcs7 -nocrl -certfile leaf.pem -certfile both.pem -out whole.p7b",
        );
        let ran = add(&["whole.p7b"]);
        assert!(!ran.exits(0).stderr.contains("warning"), "{}", ran.stderr);
        assert_eq!(chain(&lab, "out.p12"), whole[..3]);
    }
    repack(&lab, &["--leaf-only", "out.p12", "bare.p12"]).exits(0);
    assert_eq!(chain(&lab, "bare.p12"), whole[..1]);
}

#[test]
fn one_key_of_several_gets_a_name() {
    let lab = Lab::new();
    let p12 = |name, alias| {
        lab.root.issue(&Profile::new(name, Purpose::Client)).unwrap().p12(PASSWORD, alias).unwrap()
    };
    lab.write("two.p12", &odd_files::joined(&p12("one", "first"), &p12("other", "second")));
    repack(&lab, &["two.p12", "out.p12"]).ends(3, "it holds 2 keys");
    for alias in ["second", "SECOND", "#2"] {
        repack(&lab, &["-f", "--alias", alias, "--name", "Zoë", "two.p12", "out.p12"]).exits(0);
        assert_eq!(chain(&lab, "out.p12"), ["CN=other"]);
    }
    assert_eq!(document(&lab, &["out.p12"])["files"][0]["anatomy"]["keys"][0]["alias"], "Zoë");
}

#[test]
fn a_renewed_certificate_takes_the_place_of_the_old_one() {
    if !is_installed("openssl") {
        return;
    }
    let lab = Lab::new();
    lab.write("ca.key", &lab.root.key_pem().unwrap());
    shell(
        &lab,
        "p12-test repack --request client.p12 > request.csr
         openssl x509 -req -in request.csr -CA ca.pem -CAkey ca.key -days 700 -copy_extensions copyall -out new.pem
         cat ca.pem new.pem > bundle.pem",
    );
    for file in ["new.pem", "bundle.pem"] {
        repack(&lab, &["-f", "--certificate", file, "client.p12", "out.p12"]).exits(0);
        let document = document(&lab, &["out.p12"]);
        let anatomy = &document["files"][0]["anatomy"];
        assert!(anatomy["certificates"][0]["days_left"].as_i64().unwrap() > 600, "{document:#}");
        assert_eq!(anatomy["keys"][0]["alias"], "client");
    }
    assert_eq!(chain(&lab, "out.p12"), ["CN=client", "CN=Test CA"]);
}

#[test]
fn a_new_password_comes_from_where_the_command_line_says() {
    let lab = Lab::new();
    lab.write("new.txt", "from a file\n");
    let opens = |password: &str| {
        Ran::of(with(lab.command(), &["inspect", "-q", "-p", password, "out.p12"]), b"").exits(0);
        std::fs::remove_file(lab.path("out.p12")).unwrap();
    };
    repack(&lab, &["--new-password-file", "new.txt", "client.p12", "out.p12"]).exits(0);
    opens("from a file");
    let with_variables = |arguments: &[&str]| {
        let mut command = with(lab.command(), &["repack", "--password-file", "password.txt"]);
        command.env("P12_TEST_NEW_PASSWORD", "from the usual variable").env("MINE", "from mine");
        Ran::of(with(with(command, arguments), &["client.p12", "out.p12"]), b"").exits(0);
    };
    with_variables(&["--new-password-env", "MINE"]);
    opens("from mine");
    for arguments in [&[][..], &["--new-password"]] {
        with_variables(arguments);
        opens("from the usual variable");
    }
    repack(&lab, &["client.p12", "out.p12"]).exits(0);
    opens(PASSWORD);
    repack(&lab, &["--new-password", "client.p12", "out.p12"]).ends(3, "there is no terminal to ask at");
    lab.write("new.txt", b"\xff\xfe\n");
    repack(&lab, &["--new-password-file", "new.txt", "client.p12", "out.p12"]).ends(2, "is not UTF-8");
    lab.write("new.txt", "");
    repack(&lab, &["--new-password-file", "new.txt", "client.p12", "out.p12"])
        .ends(0, "warning: the new file has no password: anyone who has it has the key");
}

#[test]
fn a_new_password_is_typed_twice() {
    let lab = Lab::new();
    let arguments = ["repack", "--password-file", "password.txt", "--new-password", "client.p12", "out.p12"];
    let (first, again) = ("New password:", "The same again:");
    let Session { shown, status, .. } = typed(&lab, &arguments, &[(first, "one\n"), (again, "other\n")]);
    assert!(status == 2 && shown.contains("the two new passwords differ"), "{shown}");
    let Session { shown, status, .. } = typed(&lab, &arguments, &[(first, "one\n"), (again, "\u{3}")]);
    assert!(status == 130 && !lab.path("out.p12").exists(), "{status}: {shown}");
    let Session { shown, status, .. } =
        typed(&lab, &arguments, &[(first, "t0p secret\n"), (again, "t0p secret\n")]);
    assert!(status == 0 && !shown.contains("t0p"), "{status}: {shown}");
    Ran::of(with(lab.command(), &["inspect", "-q", "-p", "t0p secret", "out.p12"]), b"").exits(0);
}

#[test]
fn weak_algorithms_are_named_when_they_are_chosen() {
    let lab = Lab::new();
    for reader in ["java8", "windows2016", "macos", "android"] {
        let ran = repack(&lab, &["-f", "--for", reader, "client.p12", "out.p12"]);
        ran.ends(0, "warning: 3DES and SHA-1 protect the key less well");
        let document = document(&lab, &["out.p12"]);
        let anatomy = &document["files"][0]["anatomy"];
        assert_eq!(anatomy["mac"]["algorithm"], "HMAC-SHA1");
        assert_eq!(anatomy["keys"][0]["protection"]["algorithm"], "DES-EDE3-CBC");
    }
    for reader in ["java", "windows", "openssl", "current"] {
        let ran = repack(&lab, &["-f", "--for", reader, "client.p12", "out.p12"]);
        assert!(!ran.exits(0).stderr.contains("warning"), "{}", ran.stderr);
    }
    repack(&lab, &["-f", "--for", "fips", "client.p12", "out.p12"]).ends(0, "most other programs refuse it");
    let mac = &document(&lab, &["out.p12"])["files"][0]["anatomy"]["mac"];
    assert_eq!(
        (&mac["kdf"], &mac["iterations"], &mac["salt"]),
        (&"PBKDF2".into(), &100_000.into(), &16.into())
    );
    repack(&lab, &["--for", "vms", "client.p12", "other.p12"]).ends(2, "java8");
}

/// Serves files over plain HTTP, with 404 for others.
fn serve(listener: TcpListener, files: HashMap<&'static str, Vec<u8>>) {
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let (status, body) = match files.get(path.as_str()) {
                Some(body) => ("200 OK", &body[..]),
                None => ("404 Not Found", &b"nothing"[..]),
            };
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(&[head.as_bytes(), body].concat());
        }
    });
}

fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let site = format!("http://{}", listener.local_addr().unwrap());
    (listener, site)
}

/// Issues a certificate that says where its issuer's is.
fn issue(lab: &Lab, name: &str, issuer: &str, extensions: &str, place: &str) {
    lab.write("extensions", format!("{extensions}\nauthorityInfoAccess={place}\n").as_bytes());
    shell(
        lab,
        &format!(
            "openssl req -new -newkey rsa:2048 -noenc -keyout {name}.key -subj /CN={name} -out r.csr
             openssl x509 -req -in r.csr -CA {issuer}.pem -CAkey {issuer}.key -days 90 -extfile extensions -out {name}.pem
             openssl x509 -in {name}.pem -outform DER -out {name}.der
             openssl crl2pkcs7 -nocrl -certfile {name}.pem -outform DER -out {name}.p7c"
        ),
    );
}

/// `client.p12` without its chain, and the certificates of the chain by their paths.
fn distributed(lab: &Lab, place: &str) -> HashMap<&'static str, Vec<u8>> {
    lab.write("ca.key", &lab.root.key_pem().unwrap());
    let ca = "basicConstraints=critical,CA:true";
    issue(lab, "policy", "ca", ca, &format!("{place}/ca.pem"));
    issue(lab, "issuing", "policy", ca, &format!("{place}/policy.p7c"));
    issue(lab, "client", "issuing", "extendedKeyUsage=clientAuth", &format!("{place}/issuing.der"));
    shell(
        lab,
        "openssl pkcs12 -export -inkey client.key -in client.pem -name client -passout file:password.txt -out client.p12",
    );
    let files = [("/ca.pem", "ca.pem"), ("/policy.p7c", "policy.p7c"), ("/issuing.der", "issuing.der")];
    files.into_iter().map(|(path, file)| (path, std::fs::read(lab.path(file)).unwrap())).collect()
}

#[test]
fn a_missing_chain_is_fetched_from_where_the_certificates_say() {
    if !is_installed("openssl") {
        return;
    }
    let lab = Lab::new();
    let (listener, site) = listen();
    serve(listener, distributed(&lab, &format!("caIssuers;URI:ldap://x/y,caIssuers;URI:{site}")));
    let found = document(&lab, &["client.p12"]);
    let command = finding(&found, "chain-open").unwrap()["command"].as_str().unwrap();
    assert_eq!(command, "p12-test repack --fetch-chain client.p12 new.p12");
    repack(&lab, &["--fetch-chain", "client.p12", "new.p12"])
        .ends(4, "127.0.0.1 is a loopback address (RFC 1122)\nhint:  if this address is meant, allow its network: --allow-net");
    let ran = repack(&lab, &["--fetch-chain", "--allow-net", "127.0.0.0/8", "client.p12", "new.p12"]);
    ran.ends(0, &format!("fetched   CN=issuing from {site}/issuing.der"));
    assert_eq!(chain(&lab, "new.p12"), ["CN=client", "CN=issuing", "CN=policy", "CN=Test CA"]);
    assert!(finding(&document(&lab, &["new.p12"]), "chain-open").is_none());
    let again = repack(&lab, &["-f", "--fetch-chain", "--allow-net", "127.0.0.0/8", "new.p12", "again.p12"]);
    assert!(!again.exits(0).stderr.contains("fetched"), "{}", again.stderr);
}

/// A proxy looks up names by itself, where a public name may lead to a private address.
#[test]
fn a_chain_is_not_fetched_through_a_proxy() {
    if !is_installed("openssl") {
        return;
    }
    let lab = Lab::new();
    distributed(&lab, "caIssuers;URI:http://ca.invalid");
    let proxy = lab.plain(Some(b"HTTP/1.1 200 OK\r\n\r\n"));
    let mut command = with(
        lab.command(),
        &["repack", "--password-file", "password.txt", "--fetch-chain", "client.p12", "out.p12"],
    );
    command.env("http_proxy", proxy.plain_url()).env("all_proxy", proxy.plain_url());
    Ran::of(command, b"").ends(4, "ca.invalid").ends(4, "through your proxy");
}

#[test]
fn what_cannot_be_fetched_is_asked_for() {
    if !is_installed("openssl") {
        return;
    }
    let lab = Lab::new();
    let ran = repack(&lab, &["--fetch-chain", "client.p12", "out.p12"]);
    ran.ends(2, "does not say where its issuer's certificate is\nhint:  ask the CA for the certificate of CN=Test CA, O=p12-test demo, and give it with --add");
    let other = Identity::root("Another CA").unwrap().certificate.to_der().unwrap();
    let (listener, site) = listen();
    let huge = vec![b'x'; 300 << 10];
    serve(listener, HashMap::from([("/huge", huge), ("/other", other), ("/page", b"<html>".to_vec())]));
    lab.write("ca.key", &lab.root.key_pem().unwrap());
    for (path, says) in [
        ("/huge", "holds no certificate, or more than 256 KiB"),
        ("/page", "holds no certificate, or more than 256 KiB"),
        ("/other", "is not the certificate of CN=Test CA"),
        ("/missing", "answered 404 Not Found"),
    ] {
        issue(&lab, "client", "ca", "extendedKeyUsage=clientAuth", &format!("caIssuers;URI:{site}{path}"));
        shell(
            &lab,
            "openssl pkcs12 -export -inkey client.key -in client.pem -passout file:password.txt -out c.p12",
        );
        let ran = repack(&lab, &["--fetch-chain", "--allow-net", "127.0.0.0/8", "c.p12", "out.p12"]);
        ran.ends(9, says).ends(9, "and give it with --add");
    }
    assert!(!lab.path("out.p12").exists());
}
