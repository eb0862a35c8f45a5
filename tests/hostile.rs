//! Files that mean harm: each ends in an error, none in a panic, a hang or an endless allocation.
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::path::Path;

use p12_test::error::Kind;
use p12_test::p12::{P12, P12File};
use p12_test::secret::Secret;

fn open(bytes: Vec<u8>) -> p12_test::error::Result<P12> {
    let file = P12File::from_bytes("test.p12", bytes);
    block_on(P12::open(&file, Some(&Secret::from(b"secret".to_vec())), None))
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
    assert_eq!(block_on(P12File::read(Path::new("/dev/zero"))).unwrap_err().kind, Kind::TooLarge);
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
    let data = |content: &[u8]| {
        let kind = tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1]);
        tlv(0x30, &[kind, tlv(0xa0, &tlv(4, content))].concat())
    };
    let safes = tlv(0x30, &data(&tlv(0x30, bags)));
    tlv(0x30, &[vec![2, 1, 3], data(&safes)].concat())
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
