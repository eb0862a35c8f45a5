//! Which programs read which P12, tried with the programs themselves: the table in `src/readers.rs` says what they do.

use std::path::Path;
use std::process::{Command, Stdio};

use p12_test::readers::{Knowledge, READERS, Reader, Trait};

use crate::findings::shell;
use crate::harness::{Lab, PASSWORD, is_installed, skip};
use crate::odd_files;

/// A script that ends well if the reader finds a key and a certificate in `$1` under the password `$2`.
fn script(reader: &Reader) -> &'static str {
    match reader.name {
        "openssl" => {
            r#"openssl pkcs12 -in "$1" -passin "pass:$2" -noenc > out; grep 'BEGIN CERT' out; grep 'BEGIN PRIV' out"#
        }
        "java" => {
            r#"keytool -list -keystore "$1" -storetype PKCS12 -storepass "$2" | grep -q PrivateKeyEntry
               keytool -importkeystore -noprompt -srckeystore "$1" -srcstoretype PKCS12 -srcstorepass "$2" -destkeystore jks -deststorepass changeit -destkeypass changeit"#
        }
        "nss" => {
            r#"mkdir nss; certutil -N -d sql:nss --empty-password; pk12util -i "$1" -d sql:nss -W "$2"; certutil -K -d sql:nss | grep '< 0>'"#
        }
        "gnutls" => {
            r#"certtool --p12-info --inder --infile "$1" --password "$2" > out; grep 'BEGIN.*PRIVATE KEY' out"#
        }
        "go" => r#"../read "$1" "$2""#,
        "python" => r#"/usr/bin/python3 ../read.py "$1" "$2""#,
        "forge" => r#"node ../forge.js "$1" "$2""#,
        "node" => {
            r#"node -e "require('tls').createSecureContext({pfx:require('fs').readFileSync(process.argv[1]),passphrase:process.argv[2]})" "$1" "$2""#
        }
        other => panic!("{other} is measured, and nobody knows how"),
    }
}

const GO: &str = r#"package main

import (
	"fmt"
	"os"

	"golang.org/x/crypto/pkcs12"
)

func main() {
	bytes, _ := os.ReadFile(os.Args[1])
	if _, _, err := pkcs12.Decode(bytes, os.Args[2]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
"#;

const PYTHON: &str = "import sys
from cryptography.hazmat.primitives.serialization import pkcs12
key, certificate, _ = pkcs12.load_key_and_certificates(open(sys.argv[1], 'rb').read(), sys.argv[2].encode())
sys.exit(0 if key and certificate else 1)
";

const FORGE: &str = "const forge = require('node-forge'), fs = require('fs');
const asn1 = forge.asn1.fromDer(fs.readFileSync(process.argv[2], 'binary'));
const bags = forge.pkcs12.pkcs12FromAsn1(asn1, process.argv[3]).safeContents.flatMap(safe => safe.safeBags);
process.exit(bags.some(bag => bag.key) && bags.some(bag => bag.cert) ? 0 : 1);
";

/// Whether the program is here.
#[track_caller]
fn is_here(lab: &Lab, reader: &Reader) -> bool {
    let there = |what: &str, script: &str| {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).current_dir(lab.folder.path()).env("NODE_PATH", modules());
        shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        shell.status().unwrap().success() || skip(&format!("{what} is not installed"))
    };
    match reader.name {
        "openssl" => is_installed("openssl"),
        "java" => is_installed("keytool"),
        "nss" => is_installed("pk12util") && is_installed("certutil"),
        "gnutls" => is_installed("certtool"),
        "node" => is_installed("node"),
        "go" => {
            is_installed("go")
                && there(
                    "golang.org/x/crypto",
                    "GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$PWD/cache go build -o read read.go",
                )
        }
        "python" => there("Python's cryptography", "/usr/bin/python3 -c 'import cryptography'"),
        "forge" => is_installed("node") && there("node-forge", "node -e 'require(\"node-forge\")'"),
        other => panic!("{other} is measured, and nobody knows with what"),
    }
}

fn modules() -> String {
    format!("{}/target/node/node_modules", env!("CARGO_MANIFEST_DIR"))
}

/// Whether a reader reads a file.
fn reads(lab: &Lab, reader: &Reader, file: &str, password: &str) -> bool {
    let folder = tempfile::TempDir::new_in(lab.folder.path()).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-ec", script(reader), "sh"]).arg(Path::new("..").join(file)).arg(password);
    shell.current_dir(folder.path()).env("LC_ALL", "C.UTF-8").env("NODE_PATH", modules());
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
}

/// A folder with the readers' programs, `key.pem` and `cert.pem`, all RSA: node-forge knows nothing else.
fn lab() -> Lab {
    let lab = Lab::new();
    for (file, program) in [("read.go", GO), ("read.py", PYTHON), ("forge.js", FORGE)] {
        lab.write(file, program);
    }
    shell(
        &lab,
        "openssl req -x509 -newkey rsa:2048 -noenc -keyout ca.key -subj /CN=CA -out ca.pem
         openssl req -new -newkey rsa:2048 -noenc -keyout key.pem -subj /CN=client -out r.csr
         openssl x509 -req -in r.csr -CA ca.pem -CAkey ca.key -days 90 -out cert.pem",
    );
    lab
}

/// A file that is like that, and otherwise as all readers take it; its password.
fn sample(lab: &Lab, wanted: Trait) -> Option<(String, &'static str)> {
    let old = "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES";
    let pack = |options: &str, password: &str| {
        let names = if wanted == Trait::NoName { "" } else { "-name client" };
        shell(
            lab,
            &format!(
                "openssl pkcs12 -export -inkey key.pem -in cert.pem {names} -passout 'pass:{password}' {options} -out t.p12"
            ),
        );
    };
    let mut password = PASSWORD;
    match wanted {
        Trait::OldCipher => pack("-legacy -certpbe PBE-SHA1-RC2-40 -keypbe PBE-SHA1-RC2-40", PASSWORD),
        Trait::Aes => pack("-macalg sha1", PASSWORD),
        Trait::Sha2Mac => pack(&format!("{old} -macalg sha256"), PASSWORD),
        Trait::NoMac => pack(&format!("{old} -nomac"), PASSWORD),
        Trait::OpenKey => pack("-keypbe NONE -certpbe NONE -macalg sha1", PASSWORD),
        Trait::NoPassword => {
            password = "";
            pack(&format!("{old} -macalg sha1"), "");
        }
        Trait::NotAscii => {
            password = "pässwörd";
            pack(&format!("{old} -macalg sha1"), password);
        }
        Trait::ManyIterations => pack(&format!("{old} -macalg sha1 -iter 600001"), PASSWORD),
        Trait::Chain => pack(&format!("{old} -macalg sha1 -certfile ca.pem"), PASSWORD),
        Trait::TripleDes | Trait::Pbmac1 | Trait::Ber | Trait::NoName => {
            pack(&format!("{old} -macalg sha1"), PASSWORD)
        }
        // Only Java makes them, with a MAC.
        Trait::SeveralKeys if !is_installed("keytool") => return None,
        Trait::SeveralKeys => shell(
            lab,
            &format!(
                "for name in one two; do keytool -genkeypair -keyalg RSA -dname CN=$name -alias $name -storetype PKCS12 -keystore t.p12 -storepass '{PASSWORD}' {}; done",
                [
                    "keyProtectionAlgorithm=PBEWithSHA1AndDESede",
                    "certProtectionAlgorithm=PBEWithSHA1AndDESede",
                    "macAlgorithm=HmacPBESHA1"
                ]
                .map(|property| format!("-J-Dkeystore.pkcs12.{property}"))
                .join(" ")
            ),
        ),
    }
    let plain = std::fs::read(lab.path("t.p12")).unwrap();
    std::fs::remove_file(lab.path("t.p12")).unwrap();
    let name = format!("{wanted:?}.p12");
    lab.write(
        &name,
        &match wanted {
            Trait::Pbmac1 => odd_files::with_pbmac1(&plain, PASSWORD),
            Trait::Ber => odd_files::with_indefinite_length(&plain),
            _ => plain,
        },
    );
    Some((name, password))
}

#[test]
fn each_reader_reads_what_the_table_says() {
    if !is_installed("openssl") {
        return;
    }
    let lab = lab();
    let samples: Vec<_> =
        Trait::ALL.iter().filter_map(|(one, _)| Some((*one, sample(&lab, *one)?))).collect();
    let mut faults = Vec::new();
    for reader in READERS.iter().filter(|reader| matches!(reader.knowledge, Knowledge::Measured(..))) {
        if !is_here(&lab, reader) {
            continue;
        }
        for (one, (file, password)) in &samples {
            let (says, does) = (reader.reads(*one), reads(&lab, reader, file, password));
            if says != Some(does) {
                faults.push(format!("{}: {one:?}: the table says {says:?}, it is {does}", reader.name));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn each_reader_reads_what_is_packed_for_it() {
    if !is_installed("openssl") {
        return;
    }
    let lab = lab();
    shell(
        &lab,
        "openssl pkcs12 -export -inkey key.pem -in cert.pem -certfile ca.pem -name client -passout file:password.txt -out c.p12",
    );
    for reader in READERS {
        let chain = if reader.reads(Trait::Chain) == Some(false) { "--leaf-only" } else { "" };
        let name = reader.name;
        shell(&lab, &format!("p12-test repack -q --for {name} {chain} c.p12 for-{name}.p12"));
        if matches!(reader.knowledge, Knowledge::Measured(..)) && is_here(&lab, reader) {
            assert!(reads(&lab, reader, &format!("for-{name}.p12"), PASSWORD), "{name}");
        }
    }
    // Every reader that is here takes what is for the old ones that are not.
    let java = Reader::find("java").unwrap();
    for old in ["java8", "windows2016", "macos", "android"] {
        assert!(!is_here(&lab, java) || reads(&lab, java, &format!("for-{old}.p12"), PASSWORD), "{old}");
    }
}
