//! Malicious files: each ends in an error, none in a panic, a hang or unlimited memory.
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::time::{Duration, Instant};

use p12_test::demo::pki::{Identity, Key, Profile, Purpose};
use p12_test::error::Kind;
use p12_test::inspect::{Criteria, Inspection};
use p12_test::p12::{P12, P12File};
use p12_test::password::Password;

fn open(bytes: Vec<u8>) -> p12_test::error::Result<P12> {
    let file = P12File::from_bytes("test.p12", bytes);
    block_on(P12::open(&file, Some(&Password::exact(b"secret".to_vec().into())), None))
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

#[test]
fn lengths_and_depths_without_end_are_refused() {
    for bomb in [
        [0x30, 0x80].repeat(4 << 20),
        [vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff], vec![0; 64]].concat(),
        [vec![0x30, 0x80, 2, 1, 3], [0x24, 0x80].repeat(1 << 20)].concat(),
        b"MIIKvgIBAzCCCoQ".repeat(500_000),
    ] {
        assert!(open(bomb).is_err());
    }
}

#[cfg(unix)]
#[test]
fn an_endless_file_is_too_large() {
    assert_eq!(block_on(P12File::read("/dev/zero".as_ref())).unwrap_err().kind, Kind::TooLarge);
}

/// A PBES2 key bag by hand, whose iteration count is what an attacker wants.
fn shrouded(kdf: &[u8], copies: usize) -> Vec<u8> {
    let cipher = tlv(0x30, &[tlv(6, &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42]), tlv(4, &[0; 16])].concat());
    let pbes2 = tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13]);
    let scheme = tlv(0x30, &[pbes2, tlv(0x30, &[kdf.to_vec(), cipher].concat())].concat());
    let key = tlv(0x30, &[scheme, tlv(4, &[7; 64])].concat());
    let kind = tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 2]);
    let bag = tlv(0x30, &[kind, tlv(0xa0, &key)].concat());
    open_safe(&bag.repeat(copies))
}

/// A file without a MAC, with these bags in a safe in the open.
fn open_safe(bags: &[u8]) -> Vec<u8> {
    pfx_of(&data(&tlv(0x30, bags)))
}

/// A file without a MAC, with these safes.
fn pfx_of(safes: &[u8]) -> Vec<u8> {
    tlv(0x30, &[vec![2, 1, 3], data(&tlv(0x30, safes))].concat())
}

fn data(content: &[u8]) -> Vec<u8> {
    let kind = tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1]);
    tlv(0x30, &[kind, tlv(0xa0, &tlv(4, content))].concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84], length.as_slice(), content].concat()
}

fn pbkdf2(iterations: &[u8]) -> Vec<u8> {
    let oid = tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 12]);
    tlv(0x30, &[oid, tlv(0x30, &[tlv(4, &[1; 8]), tlv(2, iterations)].concat())].concat())
}

#[test]
fn key_derivation_without_measure_is_refused_before_it_runs() {
    let most = [0x7f, 0xff, 0xff, 0xff];
    assert_eq!(open(shrouded(&pbkdf2(&most), 1)).unwrap_err().kind, Kind::Unsupported);
    let oid = tlv(6, &[0x2b, 6, 1, 4, 1, 0xda, 0x47, 4, 11]);
    let numbers = [tlv(4, &[1; 8]), tlv(2, &[0x40, 0, 0, 0]), tlv(2, &[8]), tlv(2, &[1])].concat();
    let scrypt = tlv(0x30, &[oid, tlv(0x30, &numbers)].concat());
    assert_eq!(open(shrouded(&scrypt, 1)).unwrap_err().kind, Kind::Unsupported);
}

#[test]
fn a_thousand_costly_keys_share_one_budget() {
    let million = [0x0f, 0x42, 0x40];
    assert_eq!(open(shrouded(&pbkdf2(&million), 1_000)).unwrap_err().kind, Kind::Unsupported);
}

/// Opens a file and looks into it. No file may take long; a hostile one took minutes once, or had no end.
fn judge(bytes: Vec<u8>, password: &[u8]) -> p12_test::error::Result<P12> {
    let (file, password) =
        (P12File::from_bytes("test.p12", bytes), Password::exact(password.to_vec().into()));
    let began = Instant::now();
    let opened = block_on(async {
        Inspection::of(&file, Some(&password), &Criteria::default()).await;
        P12::open(&file, Some(&password), None).await
    });
    // Far above what it takes: the machine may be busy, and the program not optimized.
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
    opened
}

fn bag(kind: u8, attributes: &[u8], value: &[u8]) -> Vec<u8> {
    let kind = tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, kind]);
    tlv(0x30, &[kind, tlv(0xa0, value), tlv(0x31, attributes)].concat())
}

/// A bag with a key of this algorithm.
fn key(oid: &[u8], key: &[u8], attributes: &[u8]) -> Vec<u8> {
    bag(1, attributes, &tlv(0x30, &[vec![2, 1, 0], tlv(0x30, &tlv(6, oid)), tlv(4, key)].concat()))
}

fn certificate(identity: &Identity, attributes: &[u8]) -> Vec<u8> {
    let kind = tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 22, 1]);
    let der = tlv(0xa0, &tlv(4, &identity.certificate.to_der().unwrap()));
    bag(3, attributes, &tlv(0x30, &[kind, der].concat()))
}

fn attribute(kind: u8, value: &[u8]) -> Vec<u8> {
    tlv(0x30, &[tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, kind]), tlv(0x31, value)].concat())
}

const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const ML_DSA_87: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 19];

#[test]
fn more_bags_than_any_file_has_are_refused_however_many_safes_they_are_in() {
    let some = data(&tlv(0x30, &key(ML_DSA_87, &tlv(0x80, &[1; 32]), &[]).repeat(20)));
    let refused = judge(pfx_of(&some.repeat(1_000)), b"secret").unwrap_err();
    assert!(refused.kind == Kind::Malformed && refused.message.contains("more bags"), "{}", refused.message);
}

#[test]
fn keys_that_grow_when_they_are_read_are_counted() {
    let seeds: Vec<_> = (0..2_000_u32).map(|at| [&at.to_be_bytes()[..], &[7; 28]].concat()).collect();
    let bags: Vec<_> = seeds.iter().map(|seed| key(ML_DSA_87, &tlv(0x80, seed), &[])).collect();
    assert_eq!(judge(open_safe(&bags.concat()), b"secret").unwrap_err().kind, Kind::Unsupported);
}

#[test]
fn keys_are_not_compared_with_certificates_one_by_one() {
    let root = Identity::root("CA").unwrap();
    let keys: Vec<_> = (0..700_u32)
        .map(|at| key(ED25519, &tlv(4, &[&at.to_be_bytes()[..], &[7; 28]].concat()), &attribute(20, &[])))
        .collect();
    let bags = [keys.concat(), certificate(&root, &[]).repeat(1_200)].concat();
    assert_eq!(judge(open_safe(&bags), b"secret").unwrap_err().kind, Kind::KeyMismatch);
}

#[test]
fn circles_and_crowds_of_issuers_end() {
    let (one, other) = (Identity::root("one").unwrap(), Identity::root("other").unwrap());
    // Each of a thousand could have issued each of another thousand, and the other way round.
    let crossed =
        |issuer: &Identity, name: &str| issuer.issue(&Profile::new(name, Purpose::Authority)).unwrap();
    let (one, other) = (crossed(&other, "one"), crossed(&one, "other"));
    let leaf = one.issue(&Profile::new("leaf", Purpose::Client)).unwrap();
    let pkcs8 = leaf.key.private_key_to_pkcs8().unwrap();
    let crowd = [certificate(&one, &[]), certificate(&other, &[])].concat().repeat(900);
    let bags = [bag(1, &[], &pkcs8).repeat(100), certificate(&leaf, &[]), crowd].concat();
    assert!(judge(open_safe(&bags), b"secret").unwrap().leaf().unwrap() == &*leaf.certificate);
}

#[test]
fn long_names_are_not_compared_one_by_one() {
    let name = tlv(0x1e, &[0, b'A'].repeat(2_000));
    let bags: Vec<_> = (0..700).map(|_| key(ED25519, &tlv(4, &[7; 32]), &attribute(20, &name))).collect();
    let certificate = certificate(&Identity::root("CA").unwrap(), &attribute(20, &name));
    let bags = [bags.concat(), certificate.repeat(700)].concat();
    assert_eq!(judge(open_safe(&bags), b"secret").unwrap_err().kind, Kind::KeyMismatch);
}

#[test]
fn a_long_password_counts_as_work() {
    let parameters = tlv(0x30, &[tlv(4, &[1]), tlv(2, &[1])].concat());
    let scheme =
        tlv(0x30, &[tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 3]), parameters].concat());
    let shrouded = bag(2, &[], &tlv(0x30, &[scheme, tlv(4, &[7; 8])].concat()));
    let file = open_safe(&shrouded.repeat(1_900));
    assert_eq!(judge(file.clone(), &[b'a'; 1 << 16]).unwrap_err().kind, Kind::Unsupported);
    assert_eq!(judge(file, b"wrong").unwrap_err().kind, Kind::WrongPassword);
}

#[test]
fn a_wrong_password_is_not_called_costly_where_the_right_one_would_open() {
    // Once it is derived in time, and not once for each encoding of the password.
    let file = shrouded(&pbkdf2(&20_000_u32.to_be_bytes()), 1);
    let open = |work: u64| {
        let file = P12File::from_bytes("test.p12", file.clone()).with_work(work);
        block_on(P12::open(&file, Some(&Password::exact(b"wrong".to_vec().into())), None)).unwrap_err()
    };
    assert_eq!(open(60_000).kind, Kind::WrongPassword);
    let costly = open(30_000);
    assert_eq!(costly.kind, Kind::Unsupported);
    assert!(costly.hint().contains("fewer iterations"), "{}", costly.hint());
}

/// A DSA key in an open bag, its prime and its secret of so many bytes.
fn dsa(bytes: usize) -> Vec<u8> {
    let prime = tlv(2, &[&[0x7f], vec![0xa5; bytes - 2].as_slice(), &[1]].concat());
    let numbers = [prime, tlv(2, &[0x7f; 20]), tlv(2, &[2])].concat();
    let algorithm = [tlv(6, &[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1]), tlv(0x30, &numbers)].concat();
    let secret = tlv(2, &vec![0x5a; bytes - 1]);
    let key = tlv(0x30, &[vec![2, 1, 0], tlv(0x30, &algorithm), tlv(4, &secret)].concat());
    let kind = tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 1]);
    tlv(0x30, &[kind, tlv(0xa0, &key)].concat())
}

#[test]
fn keys_that_would_be_computed_without_end_are_refused() {
    for bags in [dsa(30_000), dsa(600).repeat(1_000)] {
        assert_eq!(open(open_safe(&bags)).unwrap_err().kind, Kind::Unsupported);
    }
}

#[test]
fn so_many_keys_are_not_all_judged() {
    let root = Identity::root("CA").unwrap();
    let one = |at: u32| {
        let profile = Profile { key: Key::Ed25519, ..Profile::new("client", Purpose::Client) };
        let client = root.issue(&profile).unwrap();
        let name = attribute(20, &tlv(0x0c, format!("key {at}").as_bytes()));
        [bag(1, &name, &client.key.private_key_to_pkcs8().unwrap()), certificate(&client, &[])].concat()
    };
    let bags: Vec<_> = (0..140).map(one).collect();
    let file = P12File::from_bytes("test.p12", open_safe(&bags.concat()));
    let inspection = block_on(Inspection::of(&file, None, &Criteria::default()));
    let told = inspection.findings.iter().find(|finding| finding.name.as_str() == "many-keys");
    assert!(told.unwrap().what.contains("only the first 128 keys"), "{told:?}");
}

#[test]
fn names_of_algorithms_are_not_read_without_end() {
    let long = [&[0x2a][..], &[1; 7_000]].concat();
    let bags = key(&long, &[0], &[]).repeat(780);
    assert!(judge(open_safe(&bags), b"secret").is_err());
    assert!(judge(open_safe(&key(&[1; 7_000_000], &[0], &[])), b"secret").is_err());
}

#[test]
fn texts_without_measure_end_soon() {
    let block = |at: u32| {
        format!(
            "-----BEGIN A-----\n{}\n-----END A-----\n",
            openssl::base64::encode_block(&tlv(2, &at.to_be_bytes()))
        )
    };
    for text in [
        "-----BEGIN ".repeat(700_000),
        (0..60_000).map(block).collect(),
        format!("[\"{}\"]", "A".repeat(50) + &"\",\"".repeat(2_000_000)),
        "ab  cd\n".repeat(1_000_000),
        "\\u0041".repeat(1_000_000),
        "[".repeat(7_000_000),
        format!("MII{}\n", "A".repeat(60)).repeat(40_000),
        format!(" MIA{}", "A".repeat(50)).repeat(50_000),
        "%2B&".repeat(700_000),
        "=3D".repeat(700_000),
        "48,".repeat(700_000),
        "\\x30".repeat(700_000),
        "\u{1b}[0m".repeat(700_000),
    ] {
        assert_eq!(judge(text.into_bytes(), b"secret").unwrap_err().kind, Kind::NotAP12);
    }
    let root = Identity::root("CA").unwrap();
    let pem: String = (0..2_100_u32)
        .map(|at| {
            let key = tlv(
                0x30,
                &[
                    vec![2, 1, 0],
                    tlv(0x30, &tlv(6, ED25519)),
                    tlv(4, &tlv(4, &[&at.to_be_bytes()[..], &[7; 28]].concat())),
                ]
                .concat(),
            );
            format!(
                "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
                openssl::base64::encode_block(&key)
            )
        })
        .collect();
    let certificate = root.certificate_pem().unwrap();
    let refused = judge([pem.as_bytes(), &certificate].concat(), b"secret").unwrap_err();
    assert!(refused.message.contains("more keys and certificates than any file has"), "{}", refused.message);
}
