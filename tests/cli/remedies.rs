//! Every command that `inspect` can print, run as it is printed: what it is for is gone afterwards.

use std::path::Path;
use std::process::{Command, Stdio};

use openssl::symm::Cipher;
use p12_test::demo::pki::{Identity, Profile, Purpose};
use p12_test::error::Kind;
use p12_test::inspect::{Name, Remedy};

use crate::findings::{
    certify, certify_twice, fix_all, is_fixed, pack, shell, told, with_openssl, write_ca_key,
};
use crate::harness::{Lab, PASSWORD, is_wine, skip};
use crate::inspect::{client, document, finding, inspect};
use crate::odd_files;

/// A finding, how bad it is, what its command does, and what makes `c.p12` with it.
type Case = (&'static str, &'static str, Remedy, fn(&Lab));

const CASES: &[Case] = &[
    ("expired", "error", Remedy::Request, |lab| vector(lab, "ossl-cert-expired.p12")),
    ("expired", "warning", Remedy::NewChain, |lab| below_ca(lab, (-9, -1))),
    ("expires-soon", "warning", Remedy::Request, |lab| {
        let soon = Profile { days: (-1, 10), ..Profile::new("client", Purpose::Client) };
        client(lab, "c.p12", &soon);
    }),
    ("expires-soon", "warning", Remedy::NewChain, |lab| below_ca(lab, (-9, 9))),
    ("self-signed", "warning", Remedy::Request, |lab| vector(lab, "java-selfgen-ed25519.p12")),
    ("server-auth-only", "error", Remedy::Request, |lab| vector(lab, "ossl-cert-server.p12")),
    ("no-client-auth", "error", Remedy::Request, |lab| vector(lab, "ossl-cert-codesign.p12")),
    ("any-usage-only", "warning", Remedy::Request, |lab| {
        certify(lab, "extendedKeyUsage=anyExtendedKeyUsage", "");
    }),
    ("weak-signature", "warning", Remedy::Request, |lab| vector(lab, "ossl-cert-sha1sig.p12")),
    ("chain-broken", "warning", Remedy::Intermediate, |lab| below_lost_ca(lab, true)),
    ("chain-open", "warning", Remedy::Intermediate, |lab| below_lost_ca(lab, false)),
    ("chain-open", "warning", Remedy::FetchChain, below_public_ca),
    ("chain-unordered", "warning", Remedy::Again, |lab| vector(lab, "nss-default.p12")),
    ("key-id-elsewhere", "warning", Remedy::Again, |lab| vector(lab, "w-mismatch-id-but-chain-matches.p12")),
    ("several-certificates", "warning", Remedy::Again, certify_twice),
    ("key-without-certificate", "warning", Remedy::Again, |lab| vector(lab, "w-two-keys-one-cert.p12")),
    ("unpacked", "note", Remedy::Again, |lab| loose(lab, Some(PASSWORD))),
    ("unpacked", "note", Remedy::NewPassword, |lab| loose(lab, None)),
    ("legacy-cipher", "warning", Remedy::Again, |lab| vector(lab, "ossl-pbe-RC4-128.p12")),
    ("old-cipher", "note", Remedy::Again, |lab| vector(lab, "ossl-pbe-2DES.p12")),
    ("no-mac", "warning", Remedy::Again, |lab| vector(lab, "ossl-nomac.p12")),
    ("pbmac1", "warning", Remedy::Again, |lab| vector(lab, "w-pbmac1-sha512-sha512.p12")),
    ("few-iterations", "note", Remedy::Again, |lab| vector(lab, "forge-count1.p12")),
    ("many-iterations", "note", Remedy::Again, |lab| pack(lab, "-iter 600001")),
    ("indefinite-lengths", "note", Remedy::Again, |lab| vector(lab, "nss-default.p12")),
    ("no-password", "warning", Remedy::NewPassword, |lab| vector(lab, "forge-emptypw.p12")),
    ("key-in-the-open", "warning", Remedy::Again, |lab| vector(lab, "ossl-key-plain.p12")),
    ("key-in-the-open", "warning", Remedy::NewPassword, |lab| vector(lab, "ossl-pw-empty-plain-nomac.p12")),
    ("not-for-old-readers", "note", Remedy::ForOldReaders, |lab| {
        pack(lab, "-name 'two words' -caname other")
    }),
    ("unreadable-certificates", "warning", Remedy::Again, |lab| {
        lab.write("c.p12", &odd_files::with_unreadable_certificate(&plain(lab)));
    }),
    ("keys-left-out", "warning", Remedy::Again, |lab| {
        let key = lab.server.key.private_key_to_pkcs8_passphrase(Cipher::aes_128_cbc(), b"another");
        lab.write("c.p12", &odd_files::with_bag(&plain(lab), 2, &key.unwrap()));
    }),
    ("other-contents", "note", Remedy::Again, |lab| vector(lab, "java-with-secretkey.p12")),
    ("trailing-bytes", "warning", Remedy::Again, |lab| vector(lab, "c-trailing-garbage.p12")),
    ("extra-certificates", "note", Remedy::Again, |lab| vector(lab, "java-key-and-trusted.p12")),
    ("odd-friendly-name", "note", Remedy::Rename, |lab| vector(lab, "w-name-control.p12")),
    ("password-source", "warning", Remedy::NewPassword, |lab| {
        let identity = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
        lab.write("c.p12", &identity.p12(&format!("{PASSWORD}\n"), "client").unwrap());
        lab.write("password.txt", PASSWORD);
    }),
    ("password-encoding", "warning", Remedy::Again, |lab| vector(lab, "w-pw-utf8-as-latin1.p12")),
    ("password-not-ascii", "warning", Remedy::NewPassword, |lab| vector(lab, "ossl-pw-1-3des.p12")),
    ("no-certificate", "error", Remedy::Certificate, |lab| {
        key_of_another(lab);
        shell(lab, "cp keyed.p12 c.p12");
    }),
    ("key-mismatch", "error", Remedy::Certificate, |lab| {
        key_of_another(lab);
        let [keyed, other] = ["keyed.p12", "other.p12"].map(|file| std::fs::read(lab.path(file)).unwrap());
        lab.write("c.p12", &odd_files::joined(&keyed, &other));
    }),
];

#[test]
fn every_command_that_can_be_printed_fixes_what_it_is_for() {
    for (name, severity, remedy, make) in CASES {
        let Some(lab) = with_openssl() else { return };
        if *remedy == Remedy::FetchChain && !has_namespaces() {
            continue;
        }
        make(&lab);
        let key: &[&str] = if *name == "unpacked" { &["--key", "key.pem", "c.p12"] } else { &["c.p12"] };
        let mut before = document(&lab, key);
        let found = finding(&before, name).unwrap_or_else(|| panic!("{name} is not found: {before:#}"));
        assert_eq!(found["severity"], *severity, "{name}");
        let of = |remedy: Remedy| {
            ["p12-test repack"].iter().chain(remedy.options()).copied().collect::<Vec<_>>().join(" ") + " "
        };
        let own = found["command"].as_str().unwrap_or_default().to_owned();
        assert!(own.starts_with(&of(*remedy)), "{name}: {found:#}");
        // What takes something that this case does not have is in another.
        let needs = [Remedy::Certificate, Remedy::Intermediate, Remedy::NewChain, Remedy::FetchChain].map(of);
        before["files"][0]["findings"].as_array_mut().unwrap().retain(|found| {
            let command = found["command"].as_str().unwrap_or_default();
            command == own || !needs.iter().any(|start| command.starts_with(start))
        });
        fix_all(&lab, "c.p12", &before);
    }
}

#[test]
fn every_finding_that_can_have_a_command_has_a_case_for_each() {
    let faults = Kind::ALL.iter().map(|kind| Name::Fault(*kind));
    let all = Name::ALL.iter().copied().chain(faults);
    let all = all.flat_map(|name| name.remedies().iter().map(move |remedy| (name.as_str(), *remedy)));
    let missing: Vec<_> =
        all.filter(|(name, remedy)| !CASES.iter().any(|case| case.0 == *name && case.2 == *remedy)).collect();
    assert!(missing.is_empty(), "no file for these: {missing:?}");
}

fn plain(lab: &Lab) -> Vec<u8> {
    std::fs::read(lab.path("client.p12")).unwrap()
}

/// One of the files of many programs, and its password.
fn vector(lab: &Lab, file: &str) {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let manifest = std::fs::read_to_string(vectors.join("manifest.tsv")).unwrap();
    let row = manifest.lines().find(|row| row.starts_with(&format!("{file}\t"))).unwrap();
    lab.write("password.txt", row.split('\t').nth(2).unwrap());
    std::fs::copy(vectors.join(file), lab.path("c.p12")).unwrap();
}

/// A client below a CA whose certificate is valid on these days; `new-chain.pem` is the same CA's for longer.
fn below_ca(lab: &Lab, days: (i64, i64)) {
    let middle = lab.root.issue(&Profile { days, ..Profile::new("Issuing CA", Purpose::Authority) }).unwrap();
    let leaf = middle.issue(&Profile::new("client", Purpose::Client)).unwrap();
    lab.write("c.p12", &leaf.p12(PASSWORD, "client").unwrap());
    write_ca_key(lab);
    lab.write("middle.pem", &middle.certificate_pem().unwrap());
    lab.write("middle.key", &middle.key_pem().unwrap());
    shell(
        lab,
        "openssl x509 -x509toreq -in middle.pem -signkey middle.key -out middle.csr
         echo basicConstraints=critical,CA:true > extensions
         openssl x509 -req -in middle.csr -CA ca.pem -CAkey ca.key -days 90 -extfile extensions -out new-chain.pem",
    );
}

/// A client without its chain, or with a CA of the same name that did not sign it; `intermediate.pem` did.
fn below_lost_ca(lab: &Lab, with_other: bool) {
    let issuing = || lab.root.issue(&Profile::new("Issuing CA", Purpose::Authority)).unwrap();
    let (middle, other) = (issuing(), issuing());
    let root = lab.root.certificate_pem().unwrap();
    lab.write("intermediate.pem", &[middle.certificate_pem().unwrap(), root].concat());
    let leaf = middle.issue(&Profile::new("client", Purpose::Client)).unwrap();
    let chain = if with_other { vec![other.certificate, lab.root.certificate.clone()] } else { Vec::new() };
    lab.write("c.p12", &Identity { chain, ..leaf }.p12(PASSWORD, "client").unwrap());
}

/// A client whose CA's certificate is at a public address, by what it says itself.
fn below_public_ca(lab: &Lab) {
    certify(lab, "extendedKeyUsage=clientAuth\nauthorityInfoAccess=caIssuers;URI:http://1.2.3.4/ca.pem", "");
}

/// Serves a folder at the address of [`below_public_ca`] while a command runs.
const PUBLIC: &str = r#"
import http.server, subprocess, sys, threading
subprocess.run("ip link set lo up && ip route add local 1.2.3.4 dev lo", shell=True, check=True)
server = http.server.HTTPServer(("1.2.3.4", 80), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.exit(subprocess.run(sys.argv[1], shell=True).returncode)
"#;

/// Runs a command where that address leads to the folder: in a network of its own.
pub(crate) fn in_public(lab: &Lab, command: &str) {
    lab.write("public.py", PUBLIC);
    lab.write("command", command);
    shell(lab, r#"unshare --user --map-root-user --net python3 public.py "$(cat command)""#);
}

fn has_namespaces() -> bool {
    if is_wine() {
        return skip("Wine opens sockets in a process outside of the namespace: --fetch-chain was not run");
    }
    let mut own = Command::new("unshare");
    own.args(["--user", "--map-root-user", "--net", "sh", "-c", "ip link set lo up && python3 -c ''"]);
    let made = own.stdin(Stdio::null()).stderr(Stdio::null()).status();
    made.is_ok_and(|status| status.success())
        || skip(
            "no network namespace can be made, or ip or python3 is not installed: --fetch-chain was not run",
        )
}

/// `c.p12` is a certificate in PEM, its key `key.pem`, perhaps encrypted.
fn loose(lab: &Lab, password: Option<&str>) {
    let client = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    let certificates = [client.certificate_pem().unwrap(), lab.root.certificate_pem().unwrap()];
    lab.write("c.p12", &certificates.concat());
    let sealed = |password: &str| {
        client.key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), password.as_bytes()).unwrap()
    };
    lab.write("key.pem", &password.map_or_else(|| client.key_pem().unwrap(), sealed));
    if password.is_none() {
        lab.write("password.txt", "");
    }
}

/// `keyed.p12` with a key alone, whose certificate is `client.pem`; `other.p12` with a certificate of another key.
fn key_of_another(lab: &Lab) {
    let profile = Profile::new("client", Purpose::Client);
    let (one, other) = (lab.root.issue(&profile).unwrap(), lab.root.issue(&profile).unwrap());
    lab.write("client.pem", &one.certificate_pem().unwrap());
    lab.write("key.pem", &one.key_pem().unwrap());
    lab.write("other.pem", &other.certificate_pem().unwrap());
    shell(
        lab,
        "openssl pkcs12 -export -nokeys -in other.pem -nomac -passout file:password.txt -out other.p12
         openssl pkcs12 -export -inkey key.pem -nocerts -name client -passout file:password.txt -out keyed.p12",
    );
}

#[test]
fn certificates_without_a_key_get_no_command() {
    let Some(lab) = with_openssl() else { return };
    key_of_another(&lab);
    let keyless = document(&lab, &["other.p12"]);
    told(&keyless, "no-key", "error");
    told(&keyless, "no-entry-in-java", "note");
    shell(&lab, "cp keyed.p12 c.p12");
    inspect(&lab, &["c.p12"]).exits(3);
    is_fixed(&lab, "c.p12", "no-certificate", "error");
}
