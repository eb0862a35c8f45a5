//! P12 files that the tools of today do not make, put together by hand.

use openssl::hash::MessageDigest;
use openssl::pkcs5::{pbkdf2_hmac, scrypt};
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::x509::X509;
use p12_test::demo::pki::{Identity, Profile, Purpose};

use crate::harness::{Lab, OK, PASSWORD, Ran, Site, with};

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84], &length[..], &content].concat()
}

/// The content of the first element, and what follows it.
fn first(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (start, length) = match bytes[1] {
        length @ ..0x80 => (2, usize::from(length)),
        long => {
            let end = 2 + usize::from(long & 0x7f);
            (end, bytes[2..end].iter().fold(0, |length, byte| length << 8 | usize::from(*byte)))
        }
    };
    (&bytes[start..start + length], &bytes[start + length..])
}

/// The authenticated safe: what is inside the OCTET STRING of a PFX.
fn authenticated_safe(p12: &[u8]) -> &[u8] {
    let (pfx, _) = first(p12);
    let (_, after_version) = first(pfx);
    let (info, _) = first(after_version);
    let (_, after_type) = first(info);
    first(first(after_type).0).0
}

const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";

fn pfx(safe: &[u8], mac: &[u8]) -> Vec<u8> {
    let content = der(0x30, &[DATA, &der(0xa0, &[&der(0x04, &[safe])])]);
    der(0x30, &[&[2, 1, 3], &content, mac])
}

/// All that is in two files that have the same password, without a MAC.
pub(crate) fn joined(one: &[u8], other: &[u8]) -> Vec<u8> {
    let safes = [authenticated_safe(one), authenticated_safe(other)].map(|safe| first(safe).0);
    pfx(&der(0x30, &safes), &[])
}

/// The same in BER, whose outermost length is not said.
pub(crate) fn with_indefinite_length(p12: &[u8]) -> Vec<u8> {
    [b"\x30\x80", first(p12).0, b"\0\0"].concat()
}

/// An identity whose key has the localKeyID of its CA's certificate, in the open and without a MAC.
pub(crate) fn with_local_key_id_of_ca(identity: &Identity) -> Vec<u8> {
    let bag = |last: u8, value: &[u8], id: u8| {
        let kind = [b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01", &[last][..]].concat();
        let id = der(0x31, &[&[4, 1, id]]);
        let attribute = der(0x30, &[b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x15", &id]);
        der(0x30, &[&kind, &der(0xa0, &[value]), &der(0x31, &[&attribute])])
    };
    let certificate = |certificate: &X509, id| {
        let value = der(0xa0, &[&der(0x04, &[&certificate.to_der().unwrap()])]);
        bag(3, &der(0x30, &[b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01", &value]), id)
    };
    let key = bag(1, &identity.key.private_key_to_pkcs8().unwrap(), 1);
    let bags = [certificate(&identity.chain[0], 1), certificate(&identity.certificate, 2), key].concat();
    let contents = der(0x30, &[&bags]);
    let safe = der(0x30, &[DATA, &der(0xa0, &[&der(0x04, &[&contents])])]);
    pfx(&der(0x30, &[&safe]), &[])
}

/// The same with a MAC of RFC 7292 under this password, in place of its own: SHA-1, and one iteration of appendix B.2.
pub(crate) fn with_mac(p12: &[u8], password: &str) -> Vec<u8> {
    let safe = authenticated_safe(p12);
    let wide: Vec<u8> = password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect();
    let stretched = |bytes: &[u8]| bytes.iter().copied().cycle().take(64).collect::<Vec<_>>();
    let input = [[3; 64].to_vec(), stretched(b"salt"), stretched(&wide)].concat();
    let key = openssl::hash::hash(MessageDigest::sha1(), &input).unwrap();
    let mut signer = Signer::new(MessageDigest::sha1(), &PKey::hmac(&key).unwrap()).unwrap();
    let mac = signer.sign_oneshot_to_vec(safe).unwrap();
    let digest = der(0x30, &[&der(0x30, &[b"\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00"]), &der(0x04, &[&mac])]);
    pfx(safe, &der(0x30, &[&digest, b"\x04\x04salt"]))
}

/// The same with a MAC by PBMAC1 (RFC 9879) in place of its own.
pub(crate) fn with_pbmac1(p12: &[u8], password: &str) -> Vec<u8> {
    let mut key = [0; 32];
    pbkdf2_hmac(password.as_bytes(), b"salt", 2048, MessageDigest::sha256(), &mut key).unwrap();
    let parameters = der(0x30, &[b"\x04\x04salt\x02\x02\x08\x00\x02\x01\x20", &hmac()]);
    pbmac1(p12, &key, &der(0x30, &[b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c", &parameters]))
}

/// The same with the key by scrypt.
fn with_pbmac1_by_scrypt(p12: &[u8], password: &str) -> Vec<u8> {
    let mut key = [0; 32];
    scrypt(password.as_bytes(), b"salt", 1024, 8, 1, 1 << 25, &mut key).unwrap();
    let parameters = der(0x30, &[b"\x04\x04salt\x02\x02\x04\x00\x02\x01\x08\x02\x01\x01\x02\x01\x20"]);
    pbmac1(p12, &key, &der(0x30, &[b"\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x04\x0b", &parameters]))
}

fn hmac() -> Vec<u8> {
    der(0x30, &[b"\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x09\x05\x00"])
}

fn pbmac1(p12: &[u8], key: &[u8], kdf: &[u8]) -> Vec<u8> {
    let safe = authenticated_safe(p12);
    let mac = Signer::new(MessageDigest::sha256(), &PKey::hmac(key).unwrap())
        .unwrap()
        .sign_oneshot_to_vec(safe)
        .unwrap();
    let pbmac1 = der(0x30, &[b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0e", &der(0x30, &[kdf, &hmac()])]);
    let digest = der(0x30, &[&pbmac1, &der(0x04, &[&mac])]);
    pfx(safe, &der(0x30, &[&digest, b"\x04\x00\x02\x01\x01"]))
}

/// A safe in the open with these bags.
fn open_safe(bags: &[u8]) -> Vec<u8> {
    der(0x30, &[DATA, &der(0xa0, &[&der(0x04, &[&der(0x30, &[bags])])])])
}

/// A bag of RFC 7292's types.
fn bag(kind: u8, value: &[u8]) -> Vec<u8> {
    let oid = [b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01", &[kind][..]].concat();
    der(0x30, &[&oid, &der(0xa0, &[value])])
}

fn certificate_bag(identity: &Identity) -> Vec<u8> {
    let certificate = der(0xa0, &[&der(0x04, &[&identity.certificate.to_der().unwrap()])]);
    bag(3, &der(0x30, &[b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01", &certificate]))
}

/// The contents of a file and a further safe, without a MAC.
fn with_safe(p12: &[u8], safe: &[u8]) -> Vec<u8> {
    pfx(&der(0x30, &[first(authenticated_safe(p12)).0, safe]), &[])
}

/// The contents of a file and a further bag, without a MAC.
pub(crate) fn with_bag(p12: &[u8], kind: u8, value: &[u8]) -> Vec<u8> {
    with_safe(p12, &open_safe(&bag(kind, value)))
}

/// The contents of a file and a certificate that is none.
pub(crate) fn with_unreadable_certificate(p12: &[u8]) -> Vec<u8> {
    let certificate = der(0xa0, &[&der(0x04, &[b"\x30\x03\x02\x01\x07"])]);
    with_bag(p12, 3, &der(0x30, &[b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01", &certificate]))
}

/// The contents of a file and the password that Windows protected to a group.
pub(crate) fn for_windows_groups(p12: &[u8]) -> Vec<u8> {
    let groups = b"\x06\x09\x2b\x06\x01\x04\x01\x82\x37\x11\x04";
    with_bag(p12, 5, &der(0x30, &[groups, &der(0xa0, &[&der(0x04, &[b"SID"])])]))
}

/// A key that is encrypted by the algorithm of this OID.
pub(crate) fn with_algorithm(oid: &[u8]) -> Vec<u8> {
    let key = der(0x30, &[&der(0x30, &[oid, &der(0x30, &[])]), &der(0x04, &[&[7; 16]])]);
    pfx(&der(0x30, &[&open_safe(&bag(2, &key))]), &[])
}

/// The OID of the cipher of CryptoPro CSP.
pub(crate) const CRYPTOPRO: &[u8] = b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x50";

/// A key in the open, encrypted by AES-256 under a key that takes so many iterations; no password opens it.
pub(crate) fn with_iterations(iterations: u32) -> Vec<u8> {
    let count = der(0x02, &[&iterations.to_be_bytes()]);
    let parameters = der(0x30, &[b"\x04\x04salt", &count]);
    let kdf = der(0x30, &[b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c", &parameters]);
    let cipher = der(0x30, &[b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a", &der(0x04, &[&[0; 16]])]);
    let pbes2 = der(0x30, &[b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d", &der(0x30, &[&kdf, &cipher])]);
    let key = der(0x30, &[&pbes2, &der(0x04, &[&[7; 64]])]);
    pfx(&der(0x30, &[&open_safe(&bag(2, &key))]), &[])
}

#[test]
fn pbmac1_is_known_whatever_derives_its_key() {
    let lab = Lab::new();
    let identity = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    let file = identity.p12(PASSWORD, "client").unwrap();
    lab.write("pbkdf2.p12", &with_pbmac1(&file, PASSWORD));
    lab.write("scrypt.p12", &with_pbmac1_by_scrypt(&file, PASSWORD));
    for name in ["pbkdf2.p12", "scrypt.p12"] {
        let arguments = ["inspect", "--password-file", "password.txt", name];
        let ran = Ran::of(with(lab.command(), &arguments), b"");
        ran.exits(0);
        let shown = String::from_utf8_lossy(&ran.stdout);
        assert!(shown.contains("warning      pbmac1: ") && !shown.contains("not-for-old-readers"), "{shown}");
    }
}

fn inspect(lab: &Lab, name: &str, arguments: &[&str]) -> Ran {
    Ran::of(with(with(lab.command(), &["inspect", name]), arguments), b"")
}

#[test]
fn a_file_for_windows_groups_says_that_no_password_opens_it() {
    let lab = Lab::new();
    let client = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    lab.write("groups.pfx", &for_windows_groups(&client.p12(PASSWORD, "x").unwrap()));
    let site = Site::nowhere();
    lab.write("wrong.txt", b"wrong");
    let mut command = lab.command();
    command.args(["--password-file", "wrong.txt", "groups.pfx", &site.url()]);
    Ran::of(command, b"")
        .ends(3, "it is protected to Windows users or groups, and this password does not open it")
        .ends(3, "export it again with a password");
    inspect(&lab, "groups.pfx", &["--password-file", "password.txt"]).exits(0);
}

#[test]
fn a_key_in_the_open_where_an_encrypted_one_belongs_opens() {
    let lab = Lab::new();
    let client = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    let key = bag(2, &client.key.private_key_to_pkcs8().unwrap());
    let safe = open_safe(&[key, certificate_bag(&client)].concat());
    lab.write("gnutls.p12", &pfx(&der(0x30, &[&safe]), &[]));
    let site = lab.site(OK);
    let mut command = lab.command();
    command.args(["--cacert", "ca.pem", "--no-password", "gnutls.p12", &site.url()]);
    Ran::of(command, b"").exits(0);
}

#[test]
fn algorithms_of_cryptopro_gost_and_shangmi_are_named_with_what_to_do() {
    let lab = Lab::new();
    let cases: [(&[u8], &str, &str); 3] = [
        (CRYPTOPRO, "of CryptoPro CSP", "CryptoPro's own tools"),
        (b"\x06\x07\x2a\x85\x03\x07\x01\x01\x01", "of GOST", "RSA or EC key"),
        (b"\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x11", "of ShangMi", "RSA or EC key"),
    ];
    for (oid, name, hint) in cases {
        lab.write("odd.p12", &with_algorithm(oid));
        let mut command = lab.command();
        command.args(["-p", "x", "odd.p12", &Site::nowhere().url()]);
        Ran::of(command, b"").ends(3, &format!("uses an algorithm {name}")).ends(3, hint);
    }
}

#[test]
fn a_key_is_chosen_by_its_number_and_by_its_name_however_its_accents_are_written() {
    let lab = Lab::new();
    let issue = |name| lab.root.issue(&Profile::new(name, Purpose::Client)).unwrap();
    let (one, two) = (issue("one"), issue("two"));
    lab.write(
        "two.p12",
        &joined(&one.p12(PASSWORD, "first").unwrap(), &two.p12(PASSWORD, "Zo\u{eb}").unwrap()),
    );
    let site = lab.site(OK);
    for (alias, subject) in
        [("1", "CN=one"), ("#2", "CN=two"), ("Zoe\u{308}", "CN=two"), ("ZO\u{cb}", "CN=two")]
    {
        lab.run_p12("two.p12", &site, &["--alias", alias]).in_case(alias).ends(0, subject);
    }
    lab.run_p12("two.p12", &Site::nowhere(), &["--alias", "3"]).ends(3, "no key in it is called \"3\"");
}

#[test]
fn a_password_for_a_file_that_has_none_is_told_so() {
    let lab = Lab::new();
    let client = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    lab.write("client.p12", &client.p12("", "client").unwrap());
    lab.run(&Site::nowhere(), &[])
        .ends(3, "the password does not match, as the file has none")
        .ends(3, "hint:  leave the password out, or give --no-password");
}
