//! What is said of the certificates in a P12 beside the cases of `cases/`: which one is sent, who would accept it, and
//! what is not said.

use openssl::nid::Nid;
use p12_test::demo::pki::Identity;

use crate::flawed::{Kind, Recipe};
use crate::harness::{Lab, OK, PASSWORD};
use crate::inspect::{document, finding, inspect};
use crate::odd_files::with_local_key_id_of_ca;

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
    let direct = Recipe::client().issued_by(root());
    let alone = Recipe { extensions: &[], ..client }.issued_by(None);
    let expired = Recipe { days: (-9, -1), ..client }.issued_by(Some(&one));
    let weak = Recipe { sha1: true, ..client }.issued_by(Some(&one));
    let curve = Recipe { key: Kind::Curve(Nid::BRAINPOOL_P256R1), ..client }.issued_by(Some(&one));
    for (identity, trusted, because) in [
        (&leaf, root().unwrap(), None),
        (&bare, &one, Some("the trusted CN=Issuing is not a root")),
        (&direct, root().unwrap(), None),
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
                assert!(finding(&shown, "chain-open").is_none(), "{shown:#}");
            }
            Some(because) => {
                ran.exits(1);
                let what = finding(&shown, "not-trusted").unwrap()["what"].as_str().unwrap();
                assert!(what.contains(&format!("accept it? No, because {because}")), "{what}");
            }
        }
    }
    for (identity, verdict) in [
        (&leaf, "failed: it opens, and a server that trusts only the CAs of --trust can refuse it"),
        (&expired, "failed: it opens, and servers in general refuse it"),
    ] {
        lab.write("c.p12", &identity.p12(PASSWORD, "client").unwrap());
        lab.write("trusted.pem", &one.certificate_pem().unwrap());
        let ran = inspect(&lab, &["--trust", "trusted.pem", "c.p12"]);
        assert!(String::from_utf8_lossy(&ran.stdout).contains(verdict), "{verdict}");
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

#[test]
fn the_last_day_of_a_certificate_is_told_in_hours_and_an_empty_subject_by_its_other_name() {
    let lab = Lab::new();
    // Certificates know no part of a second.
    let next_second = || {
        let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let start = now();
        while now() == start {
            std::thread::yield_now();
        }
    };
    let names = &[(Nid::EXT_KEY_USAGE, "clientAuth"), (Nid::SUBJECT_ALT_NAME, "DNS:client.example")];
    let nameless = Recipe { name: "", extensions: names, days: (-1, 1), ..Recipe::client() };
    lab.write("client.p12", &nameless.issued_by(Some(&lab.root)).p12(PASSWORD, "client").unwrap());
    next_second();
    let ran = lab.run(&lab.site(OK), &[]);
    ran.ends(0, "the P12's certificate expires in 23 hours, on 2");
    ran.ends(0, "(no subject) DNS:client.example; issued by CN=Test CA").ends(0, " UTC (23 hours)");
    let shown = String::from_utf8_lossy(&inspect(&lab, &["client.p12"]).stdout).into_owned();
    for says in
        ["its certificate (no subject) DNS:client.example expires in 23 hours, on 2", "UTC, 23 hours left"]
    {
        assert!(shown.contains(says), "{shown}");
    }
    let past = Recipe { days: (-1, 0), ..Recipe::client() };
    lab.write("client.p12", &past.issued_by(Some(&lab.root)).p12(PASSWORD, "client").unwrap());
    next_second();
    let shown = String::from_utf8_lossy(&inspect(&lab, &["client.p12"]).stdout).into_owned();
    assert!(shown.contains("expired 0 minutes ago"), "{shown}");
}
