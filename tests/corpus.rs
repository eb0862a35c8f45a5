//! The reader against P12 files of many programs; a manifest says what each should do.
//!
//! `tests/vectors/` was made for this project. Beside the repository there may be a larger collection of public files.
//! If it is not there, the tests say so, unless `P12_TEST_PEERS=all` requires it.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may")]

#[path = "harness/tools.rs"]
#[allow(dead_code, reason = "a part of it is used")]
mod tools;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use openssl::hash::MessageDigest;
use openssl::pkcs12::Pkcs12;
use openssl::provider::Provider;
use p12_test::error::Kind;
use p12_test::p12::anatomy::{Anatomy, KdfName, Protection};
use p12_test::p12::{P12, P12File};
use p12_test::password::Password;
use tools::skip;

/// Labels proven wrong: the product must know these ciphers, and OpenSSL opens the files with the same password.
const DISPUTED: &[&str] = &[
    "ossl-pbes2-camellia-256-cbc.p12",
    "ossl-pbes2-aria-256-cbc.p12",
    "public/bcgit-bc-java__inline-PfxPduTest-5.p12",
    "public/bcgit-bc-java__inline-PfxPduTest-6.p12",
];

struct Row {
    /// In the manifest.
    name: String,
    path: PathBuf,
    password: Option<Vec<u8>>,
    expected: String,
}

struct Outcome {
    class: String,
    message: String,
    leaf: Option<Vec<u8>>,
    in_order: bool,
}

/// The lines of both manifests, each with its folder.
fn manifest() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (own, public) = (root.join("tests/vectors"), root.join("../shared/corpus"));
    let lines = |folder: &Path| {
        let manifest = std::fs::read(folder.join("manifest.tsv")).ok()?;
        let lines = String::from_utf8_lossy(&manifest).into_owned();
        Some(lines.lines().skip(1).map(|line| (folder.to_owned(), line.to_owned())).collect::<Vec<_>>())
    };
    let mut all = lines(&own).unwrap();
    match lines(&public) {
        // What else is there is what is in `tests/vectors` too.
        Some(lines) => all.extend(lines.into_iter().filter(|(_, line)| line.starts_with("public/"))),
        None => drop(skip(&format!("the public files are not in {}", public.display()))),
    }
    all
}

#[test]
fn the_corpus_does_what_its_manifest_says() {
    let rows: Vec<Row> = manifest().iter().map(|(folder, line)| row(folder, line)).collect();
    let outcomes = open_all(&rows);

    let mut tally: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let (mut others_right, mut others) = (0, 0);
    let mut faults = Vec::new();
    for (row, outcome) in rows.iter().zip(&outcomes) {
        let disputed = DISPUTED.contains(&row.name.as_str()) && row.expected == "unsupported";
        let right = match row.expected.as_str() {
            "password-unknown" => outcome.class != "panic",
            _ if disputed => outcome.class == "opens",
            expected => outcome.class == expected,
        };
        let count = tally.entry(&row.expected).or_default();
        count.1 += 1;
        count.0 += usize::from(right);
        if row.expected != "opens" && row.expected != "password-unknown" {
            others += 1;
            // By the manifest's word, a disputed row is not right.
            others_right += usize::from(right && !disputed);
        }
        if disputed {
            eprintln!("disputed: {} is labelled {}, and {}", row.name, row.expected, outcome.class);
        }
        if !right {
            eprintln!(
                "not right: {} expected {}, got {}: {}",
                row.name, row.expected, outcome.class, outcome.message
            );
        }
        if !right && (row.expected == "opens" || outcome.class == "panic") || !outcome.in_order {
            faults.push(row.name.clone());
        }
    }
    for (class, (right, all)) in &tally {
        eprintln!("{class:24} {right:4} of {all:4} right");
    }
    let right: usize = tally.values().map(|count| count.0).sum();
    eprintln!("{:24} {right:4} of {:4} right", "in all", rows.len());
    assert!(faults.is_empty(), "not opened, in panic or out of order: {faults:?}");
    assert!(others_right * 100 >= others * 98, "{others_right} of {others} other rows in the right class");
    compare_with_oracle(&rows, &outcomes);
}

fn row(folder: &Path, line: &str) -> Row {
    let columns: Vec<_> = line.split('\t').collect();
    let password = match columns[2] {
        "<none>" => None,
        "<unknown>" => Some(b"no idea".to_vec()),
        escaped => Some(unescape(escaped)),
    };
    // A repository holds no empty directory; any other stands for it.
    let path = if columns[0] == "c-directory.p12" { folder.to_owned() } else { folder.join(columns[0]) };
    Row { name: columns[0].into(), path, password, expected: columns[3].into() }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        rest = more;
        match (first, more) {
            (b'\\', [b't', more @ ..]) => (bytes.push(b'\t'), rest = more).1,
            (b'\\', [b'n', more @ ..]) => (bytes.push(b'\n'), rest = more).1,
            (b'\\', [b'\\', more @ ..]) => (bytes.push(b'\\'), rest = more).1,
            (b'\\', [a @ b'0'..=b'3', b, c, more @ ..]) => {
                bytes.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
                rest = more;
            }
            _ => bytes.push(*first),
        }
    }
    bytes
}

fn open_all(rows: &[Row]) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(row) = rows.get(at) else { break };
                    let outcome = open(row);
                    done.lock().unwrap().push((at, outcome));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

fn open(row: &Row) -> Outcome {
    let opened = std::panic::catch_unwind(|| {
        let password = row.password.clone().map(|bytes| Password::exact(bytes.into()));
        block_on(async { P12::open(&P12File::read(&row.path).await?, password.as_ref(), None).await })
    });
    match opened {
        Err(_) => Outcome { class: "panic".into(), message: String::new(), leaf: None, in_order: true },
        Ok(Err(error)) if error.kind == Kind::Internal => {
            Outcome { class: "panic".into(), message: error.message, leaf: None, in_order: true }
        }
        Ok(Err(error)) => {
            Outcome { class: class(error.kind).into(), message: error.message, leaf: None, in_order: true }
        }
        Ok(Ok(p12)) => {
            let leaf = p12.leaf().unwrap().digest(MessageDigest::sha256()).unwrap().to_vec();
            Outcome {
                class: "opens".into(),
                message: String::new(),
                leaf: Some(leaf),
                in_order: in_order(&p12),
            }
        }
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// Each certificate of the chain issued the one before it.
fn in_order(p12: &P12) -> bool {
    let chain: Vec<_> =
        std::iter::once(p12.leaf().unwrap()).chain(p12.chain().iter().map(|c| &**c)).collect();
    chain.windows(2).all(|pair| {
        pair[0].issuer_name().to_der().unwrap() == pair[1].subject_name().to_der().unwrap()
            || pair[0].issuer_name().try_cmp(pair[1].subject_name()).unwrap().is_eq()
    })
}

fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::NotAP12 | Kind::TooLarge => "not-a-p12",
        Kind::Truncated => "truncated",
        Kind::Malformed => "malformed",
        Kind::Unsupported => "unsupported",
        Kind::WrongPassword | Kind::PasswordNeeded => "wrong-password",
        Kind::Changed => "mac-mismatch",
        Kind::KeyPasswordDiffers => "key-password-differs",
        Kind::Empty => "empty",
        Kind::NoKey => "no-key",
        Kind::NoCertificate => "no-cert",
        Kind::KeyMismatch => "key-mismatch",
        Kind::SeveralKeys => "several-keys",
        other => other.name(),
    }
}

/// Where OpenSSL opens a file too, and finds a certificate for the key, it is the same one.
fn compare_with_oracle(rows: &[Row], outcomes: &[Outcome]) {
    let _legacy = Provider::try_load(None, "legacy", true).unwrap();
    let mut compared = 0;
    for (row, outcome) in rows.iter().zip(outcomes) {
        let Some(leaf) = &outcome.leaf else { continue };
        let Ok(password) = String::from_utf8(row.password.clone().unwrap_or_default()) else { continue };
        if password.contains('\0') || row.name.contains("10m") {
            continue;
        }
        let bytes = std::fs::read(&row.path).unwrap();
        let Ok(parsed) = Pkcs12::from_der(&bytes).and_then(|p12| p12.parse2(&password)) else { continue };
        let (Some(certificate), Some(key)) = (parsed.cert, parsed.pkey) else { continue };
        if certificate.public_key().is_ok_and(|public| public.public_eq(&key)) {
            let oracle = certificate.digest(MessageDigest::sha256()).unwrap();
            assert_eq!(leaf.as_slice(), &*oracle, "{}: another leaf than OpenSSL's", row.name);
            compared += 1;
        }
    }
    eprintln!("{compared} leaves are the same as OpenSSL's");
    let opened = outcomes.iter().filter(|outcome| outcome.leaf.is_some()).count();
    assert!(compared * 2 > opened, "{compared} of {opened} compared");
}

/// What `inspect` says of the algorithms, against the manifest's columns.
#[test]
fn the_algorithms_are_those_of_the_manifest() {
    let (mut compared, mut wrong) = (0, Vec::new());
    let manifest = manifest();
    for (folder, line) in &manifest {
        let columns: Vec<_> = line.split('\t').collect();
        let [_, _, _, "opens" | "wrong-password" | "several-keys", _, _, certificates, keys, mac, ..] =
            columns[..]
        else {
            continue;
        };
        let row = row(folder, line);
        let file = block_on(P12File::read(&row.path)).unwrap();
        let password = row.password.map(|bytes| Password::exact(bytes.into()));
        let Ok((anatomy, _)) = block_on(Anatomy::read(&file, password.as_ref())) else {
            wrong.push(format!("{}: it cannot be dissected", row.name));
            continue;
        };
        compared += 1;
        let safes: Vec<_> = anatomy.safes.iter().flatten().map(notation).collect();
        let of_keys: Vec<_> = anatomy.keys.iter().flat_map(|key| &key.protection).map(notation).collect();
        let found_mac = anatomy.mac.as_ref().map_or_else(|| "none".into(), mac_notation);
        let fits = |wanted: &str, found: &[String]| match wanted {
            "" => true,
            "none" => found.is_empty(),
            wanted if wanted.starts_with("none(in ") => true,
            wanted => found.iter().any(|found| found == wanted),
        };
        let within = |wanted: &str| fits(wanted, &of_keys) || wanted == "none" && of_keys.is_empty();
        let in_safes = certificates == "none" || fits(certificates, &safes);
        if !in_safes || anatomy.opened && !within(keys) || !mac.is_empty() && mac != found_mac {
            wrong.push(format!(
                "{}: {certificates} {keys} {mac}, found {safes:?} {of_keys:?} {found_mac}",
                row.name
            ));
        }
    }
    eprintln!("{compared} compared");
    // Old NSS names AES-128 and uses the 32 bytes of key that its key derivation states.
    wrong.retain(|what| !what.contains("AES-128-CBC") || !what.contains("AES-256-CBC"));
    assert!(compared * 2 > manifest.len(), "{compared} of {} compared", manifest.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn notation(protection: &Protection) -> String {
    let cipher = protection.algorithm.to_string();
    let digest = protection.prf.map_or(String::new(), |prf| prf.name().to_lowercase());
    match (protection.kdf, cipher.as_str()) {
        (KdfName::Pkcs12, "RC2-40-CBC") => "PBE-RC2-40".into(),
        (KdfName::Pkcs12, "RC2-CBC") => "PBE-RC2-128".into(),
        (KdfName::Pkcs12, "DES-EDE3-CBC") => "PBE-3DES".into(),
        (KdfName::Pkcs12, "DES-EDE-CBC") => "PBE-2DES".into(),
        (KdfName::Pkcs12, "RC4") => "PBE-RC4-128".into(),
        (KdfName::Pkcs12, "RC4-40") => "PBE-RC4-40".into(),
        (KdfName::Pbkdf1, cipher) => format!("PBES1-{digest}-{}", cipher.trim_end_matches("-CBC")),
        (kdf, cipher) => {
            let cipher = match cipher {
                "DES-EDE3-CBC" => "3DES-CBC",
                "RC2-40-CBC" | "RC2-64-CBC" => "RC2-CBC",
                "ARIA-256-CBC" => "oid:1.2.410.200046.1.1.12",
                "CAMELLIA-256-CBC" => "oid:1.2.392.200011.61.1.1.1.4",
                cipher => cipher,
            };
            let kdf = match kdf {
                KdfName::Scrypt => "scrypt-N16384-r8-p1".to_owned(),
                _ => format!("PBKDF2-{digest}"),
            };
            format!("PBES2/{kdf}/{cipher}")
        }
    }
}

fn mac_notation(mac: &Protection) -> String {
    let spelled =
        |name: &str| name.to_lowercase().replace("sha512-256", "sha512_256").replace("sha3-256", "sha3_256");
    let digest = spelled(&mac.algorithm.to_string()).trim_start_matches("hmac-").to_owned();
    match mac.prf {
        Some(prf) if mac.is_pbmac1() => format!("PBMAC1-{digest}/PBKDF2-{}", spelled(prf.name())),
        _ => format!("HMAC-{digest}"),
    }
}
