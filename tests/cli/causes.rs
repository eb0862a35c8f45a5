//! Each flaw of a certificate or of a CA above it: `inspect` finds it before any call, and where a server refuses the
//! certificate for it, the test names it and how to fix it.

use openssl::nid::Nid;
use p12_test::demo::endpoint::Manners;
use p12_test::demo::pki::Identity;

use crate::flawed::{CA, Kind, Recipe};
use crate::harness::{Lab, OK, PASSWORD};
use crate::inspect::{document, finding, inspect};
use crate::odd_files::with_local_key_id_of_ca;

/// What is made, and what has to be said of it.
struct Case {
    identity: Identity,
    /// The finding, and its severity.
    found: (&'static str, &'static str),
    /// What the test says of it when the endpoint, which is OpenSSL and trusts the root, refuses it; nothing when it is
    /// accepted there.
    cause: Option<&'static str>,
    fix: &'static str,
}

fn case(
    identity: Identity,
    found: (&'static str, &'static str),
    cause: Option<&'static str>,
    fix: &'static str,
) -> Case {
    Case { identity, found, cause, fix }
}

fn check(lab: &Lab, case: &Case) {
    let Case { identity, found: (name, severity), cause, fix } = case;
    lab.write("c.p12", &identity.p12(PASSWORD, "client").unwrap());
    let shown = document(lab, &["c.p12"]);
    let found = finding(&shown, name).unwrap_or_else(|| panic!("{name} is not found: {shown:#}"));
    assert_eq!(found["severity"], *severity, "{name}: {shown:#}");
    inspect(lab, &["c.p12"]).exits(u8::from(*severity == "error").into());
    let site = lab.site_with(&Manners { clients: lab.root.certificate.clone(), ..lab.manners() }, OK);
    let ran = lab.run_p12("c.p12", &site, &[]);
    match cause {
        Some(cause) => ran.ends(6, cause).ends(6, fix),
        None => ran.ends(0, fix),
    };
}

#[test]
fn a_flaw_of_the_leaf_is_found_and_named() {
    let lab = Lab::new();
    let client = Recipe::client();
    let made = |recipe: Recipe<'_>| recipe.issued_by(Some(&lab.root));
    let with = |extensions| made(Recipe { extensions, ..client });
    for case in [
        case(
            made(Recipe { days: (-9, -1), ..client }),
            ("expired", "error"),
            Some("alert 45 certificate_expired; the P12's certificate expired on"),
            "renew the certificate",
        ),
        case(
            made(Recipe { days: (2, 9), ..client }),
            ("not-yet-valid", "error"),
            Some("alert 42 bad_certificate; the P12's certificate is not valid before"),
            "wait until it is valid",
        ),
        case(
            with(&[(Nid::EXT_KEY_USAGE, "serverAuth")]),
            ("server-auth-only", "error"),
            Some("is for serverAuth and not for client authentication"),
            "extended key usage clientAuth",
        ),
        case(
            with(&[(Nid::EXT_KEY_USAGE, "anyExtendedKeyUsage")]),
            ("any-usage-only", "warning"),
            Some("anyExtendedKeyUsage without clientAuth"),
            "extended key usage clientAuth",
        ),
        case(
            with(&[(Nid::KEY_USAGE, "keyEncipherment")]),
            ("no-digital-signature", "error"),
            Some("without digitalSignature (it allows keyEncipherment)"),
            "key usage digitalSignature",
        ),
        case(
            with(&[(Nid::NETSCAPE_CERT_TYPE, "server")]),
            ("netscape-type", "error"),
            Some("Netscape certificate type (nsCertType)"),
            "without the extension nsCertType",
        ),
        case(
            made(Recipe { unknown: true, ..client }),
            ("unknown-critical-extension", "error"),
            Some("a critical extension that TLS servers do not know (1.2.3.4.5)"),
            "without that extension",
        ),
        case(
            made(Recipe { key: Kind::Explicit, ..client }),
            ("explicit-curve", "error"),
            Some("spells out the parameters of its curve"),
            "make a new key on a named curve",
        ),
        case(
            made(Recipe { sha1: true, ..client }),
            ("weak-signature", "warning"),
            Some("is signed with ecdsa-with-SHA1"),
            "signed with SHA-256",
        ),
        case(
            made(Recipe { key: Kind::Rsa(1024), ..client }),
            ("weak-key", "warning"),
            Some("has a key of only 1024 bits, which current TLS libraries refuse"),
            "on a larger key",
        ),
        case(
            Recipe { extensions: &[], ..client }.issued_by(None),
            ("self-signed", "warning"),
            Some("is self-signed: no CA vouches for it"),
            "ask the endpoint's owner to trust this certificate (SHA-256 ",
        ),
    ] {
        check(&lab, &case);
    }
}

#[test]
fn a_flaw_of_a_ca_above_is_found_and_named() {
    let lab = Lab::new();
    let under = |recipe: Recipe<'_>| Recipe::client().issued_by(Some(&recipe.issued_by(Some(&lab.root))));
    let ca = Recipe::ca("Issuing");
    let short = Recipe {
        extensions: &[
            (Nid::BASIC_CONSTRAINTS, "critical,CA:TRUE,pathlen:0"),
            (Nid::KEY_USAGE, "keyCertSign"),
        ],
        ..ca
    };
    let short = short.issued_by(Some(&lab.root));
    let below_short = Recipe::ca("Below").issued_by(Some(&short));
    let long = Recipe::ca("Below").issued_by(Some(&ca.issued_by(Some(&lab.root))));
    let names = [CA, &[(Nid::NAME_CONSTRAINTS, "critical,permitted;DNS:allowed.example")]].concat();
    let named = Recipe { extensions: &[(Nid::SUBJECT_ALT_NAME, "DNS:other.example")], ..Recipe::client() };
    let not_a_ca = [(Nid::BASIC_CONSTRAINTS, "CA:FALSE")];
    let not_to_sign = [(Nid::BASIC_CONSTRAINTS, "CA:TRUE"), (Nid::KEY_USAGE, "cRLSign")];
    let for_servers = [CA, &[(Nid::EXT_KEY_USAGE, "serverAuth")]].concat();
    for case in [
        case(
            under(Recipe { extensions: &not_a_ca, ..ca }),
            ("not-a-ca", "error"),
            Some("CN=Issuing has issued a certificate, but it is not marked as a CA"),
            "ask a real CA for a certificate",
        ),
        case(
            under(Recipe { extensions: &not_to_sign, ..ca }),
            ("not-a-ca", "error"),
            Some("its key usage does not allow that (keyCertSign is missing)"),
            "ask a real CA for a certificate",
        ),
        case(
            under(Recipe { extensions: &for_servers, ..ca }),
            ("ca-not-for-clients", "error"),
            Some("the CA certificate CN=Issuing is for serverAuth and not for client authentication"),
            "from a CA that may issue client certificates",
        ),
        case(
            Recipe::client().issued_by(Some(&below_short)),
            ("path-length", "error"),
            Some("CN=Issuing allows 0 CA certificates below it (pathlen), and the chain has 1"),
            "fewer CAs in between",
        ),
        case(
            named.issued_by(Some(&Recipe { extensions: &names, ..ca }.issued_by(Some(&lab.root)))),
            ("name-constraints", "error"),
            Some("has a name that the name constraints of a CA above it do not allow"),
            "names that it may certify",
        ),
        case(
            under(Recipe { days: (-9, -1), ..ca }),
            ("expired", "warning"),
            Some("the CA certificate CN=Issuing expired on"),
            "ask the CA for its current certificate",
        ),
        case(
            under(Recipe { sha1: true, ..ca }),
            ("weak-signature", "warning"),
            Some("the CA certificate CN=Issuing is signed with ecdsa-with-SHA1"),
            "ask the CA for a current certificate of its own",
        ),
        case(
            Recipe::client().issued_by(Some(&long)),
            ("chain-long", "note"),
            None,
            "nginx accepts only 1 unless its ssl_verify_depth allows more",
        ),
    ] {
        check(&lab, &case);
    }
}

#[test]
fn what_other_servers_refuse_is_told_of_a_test_that_passes_only() {
    let lab = Lab::new();
    let upper = Recipe::ca("Upper").issued_by(Some(&lab.root));
    let long = Recipe::client().issued_by(Some(&Recipe::ca("Lower").issued_by(Some(&upper))));
    lab.write("long.p12", &long.p12(PASSWORD, "x").unwrap());
    let warning = "warning: some other servers will refuse this P12: 2 CA certificates stand between";
    lab.run_p12("long.p12", &lab.site(OK), &[]).ends(0, warning);
    let page = "<title>400 The SSL certificate error</title>";
    let refusing =
        lab.site(format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n{page}", page.len()));
    let ran = lab.run_p12("long.p12", &refusing, &[]);
    ran.ends(1, "most likely because 2 CA certificates stand between");
    assert!(!ran.stderr.contains(warning), "{}", ran.stderr);
}

#[test]
fn a_chain_whose_names_match_and_whose_signature_does_not_is_named() {
    let lab = Lab::new();
    let [one, other] = [(); 2].map(|()| Recipe::ca("Issuing").issued_by(Some(&lab.root)));
    let leaf = Recipe::client().issued_by(Some(&one));
    let chain = [vec![other.certificate], other.chain].concat();
    let case = case(
        Identity { chain, ..leaf },
        ("chain-broken", "warning"),
        Some(
            "the P12's certificate was not signed by the key of CN=Issuing that is in the P12, although the names match",
        ),
        "export the P12 with the CA certificate that did sign it",
    );
    check(&lab, &case);
}

/// TLS 1.3 knows no such keys, so they are not even sent.
#[test]
fn a_curve_that_tls_does_not_take_is_named_with_its_oid() {
    let lab = Lab::new();
    for (curve, name, oid) in [
        (Nid::BRAINPOOL_P256R1, "brainpoolP256r1", "1.3.36.3.3.2.8.1.1.7"),
        (Nid::SECP256K1, "secp256k1", "1.3.132.0.10"),
    ] {
        let identity = Recipe { key: Kind::Curve(curve), ..Recipe::client() }.issued_by(Some(&lab.root));
        lab.write("c.p12", &identity.p12(PASSWORD, "client").unwrap());
        let shown = document(&lab, &["c.p12"]);
        let found = finding(&shown, "unusual-key").unwrap();
        assert_eq!(found["severity"], "error");
        assert!(found["what"].as_str().unwrap().contains(&format!("EC {name}, OID {oid}")), "{found:#}");
        inspect(&lab, &["c.p12"]).exits(1);
    }
}

#[test]
fn trust_answers_offline_whether_a_server_would_accept_it() {
    let lab = Lab::new();
    let root = || Some(&lab.root);
    let (one, other) = (Recipe::ca("Issuing").issued_by(root()), Recipe::ca("Issuing").issued_by(root()));
    let client = Recipe::client();
    let leaf = client.issued_by(Some(&one));
    let bare = Identity { chain: Vec::new(), ..leaf.clone() };
    let alone = Recipe { extensions: &[], ..client }.issued_by(None);
    let expired = Recipe { days: (-9, -1), ..client }.issued_by(Some(&one));
    let weak = Recipe { sha1: true, ..client }.issued_by(Some(&one));
    let curve = Recipe { key: Kind::Curve(Nid::BRAINPOOL_P256R1), ..client }.issued_by(Some(&one));
    for (identity, trusted, because) in [
        (&leaf, root().unwrap(), None),
        (&leaf, &one, Some("the trusted CN=Issuing is not a root, and its issuer CN=Test CA")),
        (&bare, &other, Some("the trusted CN=Issuing has another key than the CA of that name")),
        (
            &bare,
            root().unwrap(),
            Some("its chain ends with CN=client, issued by CN=Issuing, which is not among"),
        ),
        (&alone, root().unwrap(), Some("its certificate is self-signed and is not itself among the trusted")),
        (&alone, &alone, None),
        (&expired, root().unwrap(), Some("its certificate expired on")),
        (&weak, root().unwrap(), Some("its certificate is signed with ecdsa-with-SHA1")),
        (
            &curve,
            root().unwrap(),
            Some("its certificate has a key that TLS servers do not accept (EC brainpoolP256r1"),
        ),
    ] {
        lab.write("c.p12", &identity.p12(PASSWORD, "client").unwrap());
        lab.write("trusted.pem", &trusted.certificate_pem().unwrap());
        let ran = inspect(&lab, &["--trust", "trusted.pem", "--json", "c.p12"]);
        let shown = serde_json::from_slice(&ran.stdout).unwrap();
        match because {
            None => {
                ran.exits(0);
                let found = finding(&shown, "trusted").unwrap();
                assert_eq!(found["what"], "would a server that trusts trusted.pem accept it? Yes");
            }
            Some(because) => {
                ran.exits(1);
                let what = finding(&shown, "not-trusted").unwrap()["what"].as_str().unwrap();
                assert!(what.contains(&format!("accept it? No, because {because}")), "{what}");
            }
        }
    }
    lab.write("trusted.pem", b"no certificate");
    inspect(&lab, &["--trust", "trusted.pem", "c.p12"]).ends(10, "there is no certificate in trusted.pem");
}

#[test]
fn of_two_certificates_on_one_key_the_valid_one_is_sent_and_a_number_chooses_the_other() {
    let lab = Lab::new();
    let expired = Recipe { days: (-9, -1), ..Recipe::client() }.issued_by(Some(&lab.root));
    let renewed = Recipe::client().on_key(Some(&lab.root), expired.key.clone());
    // The first in the file is the expired one, and it has the localKeyID.
    let both = Identity { chain: vec![renewed.certificate, lab.root.certificate.clone()], ..expired };
    lab.write("c.p12", &both.p12(PASSWORD, "client").unwrap());
    let site = lab.site(OK);
    let ran = lab.run_p12("c.p12", &site, &[]);
    ran.ends(0, "its key has 2 certificates, of which #1 is used: #1 \"client\" (CN=client, until 20");
    ran.ends(0, "issued by CN=Test CA, O=p12-test demo); --alias '#N' chooses another");
    lab.run_p12("c.p12", &site, &["--alias", "client"]).ends(0, "of which #1 is used");
    lab.run_p12("c.p12", &site, &["--alias", "#1"]).exits(0);
    lab.run_p12("c.p12", &site, &["--alias", "#2"]).ends(6, "the P12's certificate expired on");
    inspect(&lab, &["c.p12"]).exits(0);
    let shown = document(&lab, &["c.p12"]);
    let what = finding(&shown, "several-certificates").unwrap()["what"].as_str().unwrap();
    assert!(what.contains("its key has 2 certificates"), "{what}");
}

#[test]
fn certificates_out_of_order_and_a_local_key_id_of_another_are_found() {
    let lab = Lab::new();
    let issuing = Recipe::ca("Issuing").issued_by(Some(&lab.root));
    let leaf = Recipe::client().issued_by(Some(&issuing));
    let chain = vec![lab.root.certificate.clone(), issuing.certificate];
    let reversed = Identity { chain, ..leaf.clone() };
    lab.write("c.p12", &reversed.p12(PASSWORD, "client").unwrap());
    let shown = document(&lab, &["c.p12"]);
    let what = finding(&shown, "chain-unordered").unwrap()["what"].as_str().unwrap();
    assert!(what.ends_with("CN=client; CN=Test CA, O=p12-test demo; CN=Issuing"), "{what}");
    lab.write("c.p12", &leaf.p12(PASSWORD, "client").unwrap());
    let shown = document(&lab, &["c.p12"]);
    for name in ["chain-unordered", "key-id-elsewhere", "several-certificates"] {
        assert!(finding(&shown, name).is_none(), "{name}: {shown:#}");
    }
    lab.write("c.p12", &with_local_key_id_of_ca(&leaf));
    let shown = document(&lab, &["c.p12"]);
    let what = finding(&shown, "key-id-elsewhere").unwrap()["what"].as_str().unwrap();
    assert!(what.contains("is that of CN=Issuing, but the key belongs to CN=client"), "{what}");
}

#[test]
fn a_key_that_cannot_sign_in_tls_is_named_with_its_oid() {
    let lab = Lab::new();
    let identity = Recipe { key: Kind::Curve(Nid::SM2), ..Recipe::client() };
    let identity = identity.issued_by(Some(&lab.root));
    lab.write("c.p12", &identity.p12(PASSWORD, "client").unwrap());
    lab.run_p12("c.p12", &lab.site(OK), &[])
        .ends(3, "TLS cannot use the key of")
        .ends(3, "EC SM2, OID 1.2.156.10197.1.301");
}

/// A server that is built on OpenSSL wants the whole way to a root, and goes by names until it verifies.
#[test]
fn what_is_wrong_with_the_cas_of_the_endpoint_is_said_to_be_there() {
    let lab = Lab::new();
    let issuing = Recipe::ca("Issuing").issued_by(Some(&lab.root));
    let namesake = Recipe::ca("Issuing").issued_by(None);
    let leaf = Recipe::client().issued_by(Some(&issuing));
    lab.write("c.p12", &leaf.p12(PASSWORD, "client").unwrap());
    let trusting = |ca: &Identity| Manners { clients: ca.certificate.clone(), ..lab.manners() };
    let site = lab.site_with(&trusting(&issuing), OK);
    lab.run_p12("c.p12", &site, &[])
        .ends(6, "alert 48 unknown_ca; its chain leads to a CA that the endpoint accepts by name")
        .ends(6, "an intermediate that is trusted without its root");
    let bare = Identity { chain: Vec::new(), ..leaf };
    lab.write("c.p12", &bare.p12(PASSWORD, "client").unwrap());
    let site = lab.site_with(&trusting(&namesake), OK);
    lab.run_p12("c.p12", &site, &[])
        .ends(6, "alert 51 decrypt_error; a signature did not verify there")
        .ends(6, "a CA certificate named CN=Issuing with another key than the one that signed");
}

#[test]
fn what_the_endpoints_own_certificate_lacks_is_said() {
    let mut lab = Lab::new();
    let server = Recipe { name: "localhost", ..Recipe::client() };
    lab.server = server.issued_by(Some(&lab.root));
    lab.run(&lab.site(OK), &[]).ends(5, "is not for servers: CN=localhost lacks serverAuth");
    lab.server =
        Recipe { extensions: &[(Nid::EXT_KEY_USAGE, "serverAuth")], ..server }.issued_by(Some(&lab.root));
    let site = lab.site(OK);
    lab.run(&site, &[]).ends(0, "warning: the endpoint's certificate has no subject alternative name");
    assert!(!lab.run(&site, &["-k"]).exits(0).stderr.contains("-k went on"));
}
