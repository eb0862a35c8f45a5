//! A certificate and its key that are in no P12, in one file or two; and a key with a password of its own.

use openssl::bn::{BigNum, BigNumContext};
use openssl::pkcs7::{Pkcs7, Pkcs7Flags};
use openssl::stack::Stack;
use openssl::symm::Cipher;
use p12_test::demo::pki::{Identity, Key, Profile, Purpose};

use crate::harness::{ACCOUNT, Lab, OK, PASSWORD, Ran, Site, with};
use crate::inspect::{document, finding, inspect};

/// `client.pem` and `key.pem`, apart.
fn parts(lab: &Lab, key: Key) -> Identity {
    let middle = lab.root.issue(&Profile::new("Issuing CA", Purpose::Authority)).unwrap();
    let client = middle.issue(&Profile { key, ..Profile::new("client", Purpose::Client) }).unwrap();
    lab.write("client.pem", &[client.certificate_pem().unwrap(), middle.certificate_pem().unwrap()].concat());
    lab.write("key.pem", &client.key.private_key_to_pem_pkcs8().unwrap());
    client
}

fn read(lab: &Lab, name: &str) -> Vec<u8> {
    std::fs::read(lab.path(name)).unwrap()
}

#[test]
fn a_certificate_and_its_key_in_one_file_get_through() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let client = parts(&lab, Key::Rsa(2048));
    let key = &client.key;
    let password = PASSWORD.as_bytes();
    let rsa = key.rsa().unwrap();
    let certificates = String::from_utf8(read(&lab, "client.pem")).unwrap();
    let escape = |text: &str| text.replace('\n', "\\n");
    let plain = String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let base64 = |text: &str| openssl::base64::encode_block(text.as_bytes());
    for (name, text) in [
        ("PKCS#8", format!("{certificates}{plain}")),
        (
            "the key first, with attributes",
            format!(
                "Bag Attributes\n    friendlyName: x\nKey Attributes: <No Attributes>\n{plain}subject=CN = client\n{certificates}"
            ),
        ),
        ("PKCS#1", certificates.clone() + &String::from_utf8(rsa.private_key_to_pem().unwrap()).unwrap()),
        (
            "encrypted PKCS#8",
            certificates.clone()
                + &String::from_utf8(
                    key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), password).unwrap(),
                )
                .unwrap(),
        ),
        (
            "old encryption",
            certificates.clone()
                + &String::from_utf8(
                    rsa.private_key_to_pem_passphrase(Cipher::des_ede3_cbc(), password).unwrap(),
                )
                .unwrap(),
        ),
        (
            "Key Vault",
            format!(
                r#"{{"contentType": "application/x-pem-file", "value": "{}"}}"#,
                escape(&(plain.clone() + &certificates))
            ),
        ),
        (
            "Vault's PKI",
            format!(
                r#"{{"data": {{"ca_chain": [], "certificate": "{}", "private_key": "{}"}}}}"#,
                escape(&certificates),
                escape(&plain)
            ),
        ),
        (
            "Kubernetes",
            format!(
                "data:\n  tls.crt: {}\n  tls.key: {}\ntype: kubernetes.io/tls\n",
                base64(&certificates),
                base64(&plain)
            ),
        ),
        (
            "Kubernetes, stringData",
            format!(
                "stringData:\n  tls.crt: |\n    {}\n  tls.key: |\n    {}\n",
                certificates.trim().replace('\n', "\n    "),
                plain.trim().replace('\n', "\n    ")
            ),
        ),
    ] {
        lab.write("both.pem", &text);
        lab.run_p12("both.pem", &site, &[]).in_case(name).exits(0);
    }
    lab.write(
        "both.pem",
        &(certificates
            + &String::from_utf8(rsa.private_key_to_pem_passphrase(Cipher::aes_256_cbc(), b"x").unwrap())
                .unwrap()),
    );
    lab.run_p12("both.pem", &Site::nowhere(), &[]).ends(3, "the password does not match");
}

#[test]
fn a_key_in_a_file_of_its_own_gets_through() {
    let lab = Lab::new();
    let site = lab.site(OK);
    for kind in [Key::Ec, Key::Rsa(2048), Key::Ed25519] {
        let client = parts(&lab, kind);
        let chain: Stack<_> = {
            let mut stack = Stack::new().unwrap();
            client.chain.iter().for_each(|above| stack.push(above.clone()).unwrap());
            stack.push(client.certificate.clone()).unwrap();
            stack
        };
        let signed =
            Pkcs7::sign(&lab.root.certificate, &lab.root.key, &chain, b"", Pkcs7Flags::empty()).unwrap();
        lab.write("chain.p7b", &signed.to_der().unwrap());
        lab.write("leaf.cer", &client.certificate.to_der().unwrap());
        lab.write("key.der", &client.key.private_key_to_pkcs8().unwrap());
        lab.write("old.der", &client.key.private_key_to_der().unwrap());
        lab.write(
            "locked.pem",
            &client
                .key
                .private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), PASSWORD.as_bytes())
                .unwrap(),
        );
        for (certificate, key) in [
            ("client.pem", "key.pem"),
            ("chain.p7b", "key.der"),
            ("leaf.cer", "old.der"),
            ("client.pem", "locked.pem"),
        ] {
            let more: &[&str] = if certificate == "leaf.cer" { &["--leaf-only"] } else { &[] };
            let ran = lab.run_p12(certificate, &site, &[&["--key", key], more].concat());
            // Without its chain the endpoint does not know the issuer.
            let ran = ran.in_case(key);
            if more.is_empty() {
                ran.exits(0)
            } else {
                ran.ends(6, "unknown_ca")
            };
        }
    }
    let stranger = lab.root.issue(&Profile::new("stranger", Purpose::Client)).unwrap();
    lab.write("key.pem", &stranger.key.private_key_to_pem_pkcs8().unwrap());
    lab.run_p12("client.pem", &Site::nowhere(), &["--key", "key.pem"])
        .ends(3, "belongs to none of its certificates");
    lab.run_p12("client.pem", &Site::nowhere(), &["--key", "ca.pem"])
        .ends(3, "in ca.pem, it is PEM with CERTIFICATE, and no private key");
}

#[test]
fn a_key_with_a_password_of_its_own_opens_with_both() {
    let lab = Lab::new();
    let client = parts(&lab, Key::Ec);
    lab.write(
        "locked.pem",
        &client.key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), b"of the key").unwrap(),
    );
    lab.write("key.txt", "of the key\n");
    let site = lab.site(OK);
    lab.run_p12("client.pem", &site, &["--key", "locked.pem", "--key-password-file", "key.txt"]).exits(0);
    let command = with(lab.command(), &["inspect", "--key", "locked.pem", "client.pem"]);
    let mut named = command;
    named.env("P12_TEST_KEY_PASSWORD", "'of the key'");
    let ran = Ran::of(named, b"");
    ran.exits(0);
    assert!(String::from_utf8_lossy(&ran.stdout).contains("EC prime256v1"));
    let command = ["--key", "locked.pem", "--key-password-file", "key.txt", "client.pem", "new.p12"];
    let packed = with(with(lab.command(), &["repack", "--password-file", "password.txt"]), &command);
    Ran::of(packed, b"").exits(0);
    lab.run_p12("new.p12", &site, &[]).exits(0);
}

#[test]
fn a_key_in_the_old_encryption_of_pem_is_in_no_safe() {
    let lab = Lab::new();
    let client = parts(&lab, Key::Rsa(2048));
    let key = client.key.rsa().unwrap();
    let key = key.private_key_to_pem_passphrase(Cipher::aes_256_cbc(), PASSWORD.as_bytes()).unwrap();
    lab.write("both.pem", &[read(&lab, "client.pem"), key].concat());
    let ran = inspect(&lab, &["both.pem"]);
    assert!(
        String::from_utf8_lossy(&ran.stdout).contains("RSA 2048; encrypted in the old way of PEM (DEK-Info)")
    );
}

#[test]
fn a_jwk_with_its_certificate_gets_through() {
    let lab = Lab::new();
    let url = |bytes: &[u8]| {
        openssl::base64::encode_block(bytes).replace('+', "-").replace('/', "_").replace('=', "")
    };
    for kind in [Key::Rsa(2048), Key::Ec, Key::Ed25519] {
        let client = parts(&lab, kind);
        let members = match kind {
            Key::Ed25519 => format!(
                r#""kty": "OKP", "crv": "Ed25519", "x": "{}", "d": "{}""#,
                url(&client.key.raw_public_key().unwrap()),
                url(&client.key.raw_private_key().unwrap())
            ),
            Key::Rsa(_) => {
                let rsa = client.key.rsa().unwrap();
                let factors = [("d", rsa.d()), ("p", rsa.p().unwrap()), ("q", rsa.q().unwrap())];
                let rest =
                    [("dp", rsa.dmp1().unwrap()), ("dq", rsa.dmq1().unwrap()), ("qi", rsa.iqmp().unwrap())];
                let all = [("n", rsa.n()), ("e", rsa.e())].into_iter().chain(factors).chain(rest);
                let all = all.map(|(name, number)| format!(r#", "{name}": "{}""#, url(&number.to_vec())));
                format!(r#""kty": "RSA"{}"#, all.collect::<String>())
            }
            _ => {
                let key = client.key.ec_key().unwrap();
                let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
                let mut context = BigNumContext::new().unwrap();
                key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut context).unwrap();
                let [x, y, d] =
                    [&x, &y, key.private_key()].map(|number| url(&number.to_vec_padded(32).unwrap()));
                format!(r#""kty": "EC", "crv": "P-256", "x": "{x}", "y": "{y}", "d": "{d}""#)
            }
        };
        let chain = std::iter::once(&client.certificate).chain(&client.chain);
        let chain: Vec<_> = chain.map(|one| openssl::base64::encode_block(&one.to_der().unwrap())).collect();
        let key = format!(r#"{{{members}, "x5c": {chain:?}}}"#);
        let set = format!(r#"{{"keys": [{{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "x"}}, {key}]}}"#);
        for (name, text) in [("a key", key), ("a set", set)] {
            lab.write("client.jwk", &text);
            lab.run_p12("client.jwk", &lab.site(OK), &[]).in_case(name).exits(0);
        }
        lab.write("client.jwk", &format!("{{{members}}}"));
        lab.run_p12("client.jwk", &Site::nowhere(), &[])
            .ends(3, "it is JWK, not a P12")
            .ends(3, "for this key");
    }
}

#[test]
fn pem_with_a_margin_gets_through() {
    let lab = Lab::new();
    let client = parts(&lab, Key::Ec);
    let key = client.key.private_key_to_pem_pkcs8().unwrap();
    let both = String::from_utf8([read(&lab, "client.pem"), key].concat()).unwrap();
    let mark = |mark: &str| both.lines().map(|line| format!("{mark}{line}\n")).collect::<String>();
    let numbers = both.lines().enumerate().map(|(at, line)| format!("{:>4}  {line}\n", at + 1));
    for (name, text) in [
        ("numbers", numbers.collect()),
        ("a diff", format!("diff --git a/c b/c\n--- a/c\n+++ b/c\n@@ -0,0 +1,50 @@\n{}", mark("+"))),
        ("what a diff removes", format!("@@ -1,50 +0,0 @@\n{}", mark("-"))),
        ("a quotation", mark("> ")),
    ] {
        lab.write("both.pem", &text);
        lab.run_p12("both.pem", &lab.site(OK), &[]).in_case(name).exits(0);
    }
}

#[test]
fn what_is_no_p12_is_told_so_and_packed_by_the_printed_command() {
    let lab = Lab::new();
    parts(&lab, Key::Ec);
    let before = document(&lab, &["--key", "key.pem", "client.pem"]);
    let found = finding(&before, "unpacked").unwrap();
    assert_eq!(found["command"], "p12-test repack --key key.pem client.pem new.p12");
    crate::findings::shell(&lab, found["command"].as_str().unwrap());
    inspect(&lab, &["new.p12"]).exits(0);
    assert!(finding(&document(&lab, &["new.p12"]), "unpacked").is_none());
}

#[test]
fn the_platform_gets_a_p12_and_nothing_else() {
    let lab = Lab::new();
    parts(&lab, Key::Ec);
    lab.write("both.pem", &[read(&lab, "client.pem"), read(&lab, "key.pem")].concat());
    let (served, site) = (lab.serve(&[]), lab.site(OK));
    lab.write("token", crate::harness::TOKEN);
    let submit = |file: &str, more: &[&str]| {
        let platform = [
            "--account",
            ACCOUNT,
            "--domain",
            &served.url,
            "--bearer-file",
            "token",
            "--password-file",
            "password.txt",
        ];
        Ran::of(with(with(with(lab.command(), &platform), more), &[file, &site.url()]), b"")
    };
    submit("both.pem", &[]).ends(3, "only a P12 can be uploaded").ends(3, "p12-test repack");
    submit("both.pem", &["--no-precheck"]).ends(7, "only a P12 can be uploaded");
    submit("client.p12", &["--key", "key.pem"]).ends(2, "--key works from this machine only");
    let base64 = openssl::base64::encode_block(&read(&lab, "client.p12"));
    lab.write("client.txt", &base64);
    submit("client.txt", &[]).ends(0, "is sent as it is, as a text");
}
