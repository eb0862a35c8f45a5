//! Files with flawed certificates: `inspect` finds each flaw before any call, and where a server refuses the certificate
//! for it, the test names the flaw and how to fix it.

use openssl::nid::Nid;
use p12_test::demo::pki::Identity;

use super::servers::At::Inspect;
use super::table::STRICT;
use super::{Case, case};
use crate::flawed::{CA, CLIENT, Kind, Recipe};
use crate::harness::{Lab, PASSWORD};

const UNSUPPORTED: &str = "client-certificate-unsupported";
const REFUSED: &str = "client-certificate-refused";
const UNKNOWN_CA: &str = "client-certificate-unknown-ca";

/// Writes the files, and says what is expected of them.
pub(super) fn cases(lab: &Lab) -> Vec<Case> {
    [usages(lab), keys_and_dates(lab), authorities(lab), several(lab)].into_iter().flatten().collect()
}

/// A file, the finding and the exit status of `inspect`, and the kind of a test. Both say the cause and the fix.
fn flawed(
    lab: &Lab,
    file: &'static str,
    identity: &Identity,
    (finding, exit): (&'static str, i32),
    kind: &'static str,
    says: &'static [&'static str],
) -> [Case; 2] {
    lab.write(file, &identity.p12(PASSWORD, "client").unwrap());
    [
        case(file, file, Inspect, exit, finding).says(says),
        case(file, file, STRICT, 6, kind).says(says).never(&["no reason is given", "nothing was found"]),
    ]
}

/// What the certificate is for.
fn usages(lab: &Lab) -> Vec<Case> {
    let with = |extensions| Recipe { extensions, ..Recipe::client() }.issued_by(Some(&lab.root));
    let unknown = Recipe { unknown: true, ..Recipe::client() }.issued_by(Some(&lab.root));
    let all = [
        flawed(
            lab,
            "public-server.p12",
            &with(&[(Nid::EXT_KEY_USAGE, "serverAuth")]),
            ("server-auth-only", 1),
            UNSUPPORTED,
            &["is for serverAuth and not for client authentication", FOR_CLIENTS],
        ),
        flawed(
            lab,
            "any-usage.p12",
            &with(&[(Nid::EXT_KEY_USAGE, "anyExtendedKeyUsage")]),
            ("any-usage-only", 0),
            UNSUPPORTED,
            &["anyExtendedKeyUsage without clientAuth", FOR_CLIENTS],
        ),
        flawed(
            lab,
            "no-signature-usage.p12",
            &with(&[CLIENT[0], (Nid::KEY_USAGE, "keyEncipherment")]),
            ("no-digital-signature", 1),
            UNSUPPORTED,
            &["without digitalSignature (it allows keyEncipherment)", "with the key usage digitalSignature"],
        ),
        flawed(
            lab,
            "netscape.p12",
            &with(&[(Nid::NETSCAPE_CERT_TYPE, "server")]),
            ("netscape-type", 1),
            UNSUPPORTED,
            &["Netscape certificate type (nsCertType)", "without the extension nsCertType"],
        ),
        flawed(
            lab,
            "unknown.p12",
            &unknown,
            ("unknown-critical-extension", 1),
            REFUSED,
            &["a critical extension that TLS servers do not know (1.2.3.4.5)", "without that extension"],
        ),
    ];
    all.into_iter().flatten().collect()
}

const FOR_CLIENTS: &str = "ask its CA for a certificate with the extended key usage clientAuth";

fn keys_and_dates(lab: &Lab) -> Vec<Case> {
    let client = Recipe::client();
    let made = |recipe: Recipe<'_>| recipe.issued_by(Some(&lab.root));
    let all = [
        flawed(
            lab,
            "expired.p12",
            &made(Recipe { days: (-9, -1), ..client }),
            ("expired", 1),
            "client-certificate-expired",
            &[" expired on 20", "renew the certificate"],
        ),
        flawed(
            lab,
            "early.p12",
            &made(Recipe { days: (2, 9), ..client }),
            ("not-yet-valid", 1),
            REFUSED,
            &[" is not valid before 20", "wait until"],
        ),
        flawed(
            lab,
            "explicit.p12",
            &made(Recipe { key: Kind::Explicit, ..client }),
            ("explicit-curve", 1),
            REFUSED,
            &["spells out the parameters of its curve", "make a new key on a named curve"],
        ),
        // What an endpoint takes in TLS 1.2 only does not count in TLS 1.3.
        flawed(
            lab,
            "secp256k1.p12",
            &made(Recipe { key: Kind::Curve(Nid::SECP256K1), ..client }),
            ("unusual-key", 1),
            "client-key-unfit",
            &["(EC secp256k1", "on an RSA key of 2048 bits or more, or on an EC key on P-256"],
        ),
        flawed(
            lab,
            "sha1.p12",
            &made(Recipe { sha1: true, ..client }),
            ("weak-signature", 0),
            REFUSED,
            &["is signed with ecdsa-with-SHA1", "signed with SHA-256"],
        ),
        flawed(
            lab,
            "small.p12",
            &made(Recipe { key: Kind::Rsa(1024), ..client }),
            ("weak-key", 0),
            REFUSED,
            &["has a key of only 1024 bits, which current TLS libraries refuse", "on a larger key"],
        ),
        flawed(
            lab,
            "alone.p12",
            &Recipe { extensions: &[], ..client }.issued_by(None),
            ("self-signed", 0),
            UNKNOWN_CA,
            &[
                "is self-signed: no CA vouches for it",
                "ask the endpoint's owner to trust this certificate (SHA-256 ",
            ],
        ),
    ];
    all.into_iter().flatten().collect()
}

fn authorities(lab: &Lab) -> Vec<Case> {
    let under = |ca: &Identity| Recipe::client().issued_by(Some(ca));
    let issued = |recipe: Recipe<'_>| recipe.issued_by(Some(&lab.root));
    let ca = Recipe::ca("Issuing");
    let with = |extensions: &[_]| under(&issued(Recipe { extensions, ..ca }));
    let short =
        issued(Recipe { extensions: &[(Nid::BASIC_CONSTRAINTS, "critical,CA:TRUE,pathlen:0"), CA[1]], ..ca });
    let names = [CA, &[(Nid::NAME_CONSTRAINTS, "critical,permitted;DNS:allowed.example")]].concat();
    let named = Recipe { extensions: &[(Nid::SUBJECT_ALT_NAME, "DNS:other.example")], ..Recipe::client() };
    let [one, other] = [(); 2].map(|()| issued(ca));
    let leaf = under(&one);
    let broken = Identity { chain: [vec![other.certificate], other.chain].concat(), ..leaf };
    let all = [
        flawed(
            lab,
            "under-not-a-ca.p12",
            &with(&[(Nid::BASIC_CONSTRAINTS, "CA:FALSE")]),
            ("not-a-ca", 1),
            UNKNOWN_CA,
            &["CN=Issuing has issued a certificate, but it is not marked as a CA", "ask a real CA"],
        ),
        flawed(
            lab,
            "under-no-signer.p12",
            &with(&[CA[0], (Nid::KEY_USAGE, "cRLSign")]),
            ("not-a-ca", 1),
            UNKNOWN_CA,
            &["its key usage does not allow that (keyCertSign is missing)", "ask a real CA"],
        ),
        flawed(
            lab,
            "under-server-ca.p12",
            &with(&[CA, &[(Nid::EXT_KEY_USAGE, "serverAuth")]].concat()),
            ("ca-not-for-clients", 1),
            UNSUPPORTED,
            &["CN=Issuing is for serverAuth and not for", "from a CA that may issue client certificates"],
        ),
        flawed(
            lab,
            "under-short.p12",
            &under(&Recipe::ca("Below").issued_by(Some(&short))),
            ("path-length", 1),
            UNKNOWN_CA,
            &["CN=Issuing allows 0 CA certificates below it (pathlen), and the chain has 1", "fewer CAs"],
        ),
        flawed(
            lab,
            "named.p12",
            &named.issued_by(Some(&issued(Recipe { extensions: &names, ..ca }))),
            ("name-constraints", 1),
            REFUSED,
            &["a name that the name constraints of a CA above it do not allow", "names that it may certify"],
        ),
        flawed(
            lab,
            "under-expired-ca.p12",
            &under(&issued(Recipe { days: (-9, -1), ..ca })),
            ("expired", 0),
            "client-certificate-expired",
            &["the CA certificate CN=Issuing expired on", "ask the CA for its current certificate"],
        ),
        flawed(
            lab,
            "under-sha1-ca.p12",
            &under(&issued(Recipe { sha1: true, ..ca })),
            ("weak-signature", 0),
            REFUSED,
            &["CN=Issuing is signed with ecdsa-with-SHA1", "ask the CA for a current certificate of its own"],
        ),
        flawed(
            lab,
            "broken.p12",
            &broken,
            ("chain-broken", 0),
            REFUSED,
            &[
                "was not signed by the key of CN=Issuing that is in the P12",
                "the CA certificate that did sign it",
            ],
        ),
    ];
    all.into_iter().flatten().collect()
}

/// An expired certificate and its successor on the same key; and more CAs than nginx takes.
fn several(lab: &Lab) -> Vec<Case> {
    let expired = Recipe { days: (-9, -1), ..Recipe::client() }.issued_by(Some(&lab.root));
    let renewed = Recipe::client().on_key(Some(&lab.root), expired.key.clone());
    let both = Identity { chain: [vec![renewed.certificate], expired.chain.clone()].concat(), ..expired };
    lab.write("renewed-on-same-key.p12", &both.p12(PASSWORD, "client").unwrap());
    let file = "renewed-on-same-key.p12";
    vec![
        case(file, file, Inspect, 0, "several-certificates")
            .says(&["its key has 2 certificates", "not sent: CN=client until 20"]),
        case(file, file, STRICT, 0, "passed")
            .says(&["its key has 2 certificates, of which #1 is used", "--alias '#N' chooses another"]),
        case("deep.p12", "deep.p12", Inspect, 0, "chain-long")
            .says(&["nginx accepts only 1 unless its ssl_verify_depth"]),
        case("deep.p12", "deep.p12", STRICT, 0, "passed")
            .says(&["nginx accepts only 1 unless its ssl_verify_depth"]),
    ]
}
