//! Files of other kinds, by name, with how to come from them to a P12. In a hint, FILE stands for the file's name.

use openssl::pkey::PKey;
use openssl::x509::{X509Crl, X509Req};

use super::fault::Fault;
use super::message;
use crate::envelope;

/// How a file of another kind begins, what it is, and what to do.
type OtherFile = (&'static [u8], &'static str, &'static str);

const UNPACK: &str = "unpack it, and give the P12 that is inside";

const BINARY: &[OtherFile] = &[
    (
        b"\xfe\xed\xfe\xed",
        "a Java keystore (JKS)",
        "make a P12 of it: keytool -importkeystore -srckeystore FILE -destkeystore client.p12 -deststoretype PKCS12",
    ),
    (
        b"\xce\xce\xce\xce",
        "a Java keystore (JCEKS)",
        "make a P12 of it: keytool -importkeystore -srckeystore FILE -srcstoretype JCEKS -destkeystore client.p12 -deststoretype PKCS12",
    ),
    (b"\0\0\0\x01\0\0\0\x14", BKS, BKS_HINT),
    (b"\0\0\0\x02\0\0\0\x14", BKS, BKS_HINT),
    (
        b"\x1e\xf1\xb5\xb0",
        "a private key in Microsoft's PVK",
        "make a P12 of it and its certificate: openssl rsa -inform PVK -in FILE -out key.pem, then p12-test repack --key key.pem certificate.cer client.p12",
    ),
    (b"PK\x03\x04", "a ZIP archive", UNPACK),
    (b"\x1f\x8b", "a gzip file", "unpack it: gunzip -c < FILE > client.p12"),
    (b"BZh", "a bzip2 file", UNPACK),
    (b"\xfd7zXZ\0", "an xz file", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (b"Rar!", "a RAR archive", UNPACK),
    (b"\x28\xb5\x2f\xfd", "a file that zstd has compressed", "unpack it: zstd -d FILE -o client.p12"),
    (
        b"SQLite format 3\0",
        "an SQLite database, as NSS and Firefox have for keys (key4.db, cert9.db)",
        "if it is one of these, export the P12 from its folder: pk12util -o client.p12 -d . -n NAME",
    ),
    (
        b"kych",
        "a keychain of macOS",
        "export the identity from it: security export -k FILE -t identities -f pkcs12 -o client.p12",
    ),
    (b"\0GITCRYPT", "a file that git-crypt has encrypted", "unlock the repository first: git-crypt unlock"),
    (
        b"Salted__",
        "a file that openssl enc has encrypted",
        "decrypt it first, as it was encrypted: openssl enc -d",
    ),
    // To keys of 2048, 3072 and 4096 bits, to curve 25519, and by a passphrase (RFC 9580 sections 4.2, 5.1 and 5.3).
    (b"\x85\x01\x0c\x03", ENCRYPTED_PGP, DECRYPT_PGP),
    (b"\x85\x01\x8c\x03", ENCRYPTED_PGP, DECRYPT_PGP),
    (b"\x85\x02\x0c\x03", ENCRYPTED_PGP, DECRYPT_PGP),
    (b"\x84\x5e\x03", ENCRYPTED_PGP, DECRYPT_PGP),
    (b"\x8c\x0d\x04", ENCRYPTED_PGP, DECRYPT_PGP),
    (
        b"\xa1\xf8\x4e",
        "a wallet of Oracle that opens by itself (cwallet.sso)",
        "give ewallet.p12, which is beside it, with the wallet's password",
    ),
    (b"\xd0\xcf\x11\xe0", "an old document of Microsoft Office", "ask for the P12 itself"),
    (b"age-encryption.org/", "encrypted by age", SCRAMBLED),
    (b"%PDF", "a PDF document", "ask for the P12 itself"),
];

const BKS: &str = "a keystore of Bouncy Castle (BKS or UBER)";
const BKS_HINT: &str = "make a P12 of it: keytool -importkeystore -srckeystore FILE -srcstoretype BKS -destkeystore client.p12 -deststoretype PKCS12 -providerclass org.bouncycastle.jce.provider.BouncyCastleProvider -providerpath bcprov.jar (or -srcstoretype UBER)";

const SSH: &str = "make PEM of a copy of it: ssh-keygen -p -m PKCS8 -f COPY; that is only of use with a certificate of a CA (X.509) on this key: p12-test repack --key COPY certificate.pem client.p12";
const PUBLIC: &str = "ask for the private key and its certificate; nobody can log in with a public key";
const ENCRYPTED_PGP: &str = "encrypted by GnuPG (OpenPGP)";
const DECRYPT_PGP: &str = "decrypt it first: gpg --output client.p12 --decrypt FILE";
const SCRAMBLED: &str = "decrypt it first, with what encrypted it";

const TEXT: &[OtherFile] = &[
    (
        b"version https://git-lfs",
        "a pointer of Git LFS, not the file itself",
        "get the file that it stands for: git lfs pull",
    ),
    (
        b"$ANSIBLE_VAULT",
        "encrypted by Ansible Vault",
        "decrypt a copy of it first: ansible-vault decrypt --output client.p12 FILE",
    ),
    (b"begin 644 ", "encoded by uuencode", "decode it first: uudecode -o client.p12 FILE"),
    (b"ssh-", "a public key for SSH", PUBLIC),
    (b"ecdsa-sha2-", "a public key for SSH", PUBLIC),
    (b"---- BEGIN SSH2 PUBLIC", "a public key for SSH", PUBLIC),
    (
        b"PuTTY-User-Key-File",
        "a private key of PuTTY",
        "make PEM of it: puttygen FILE -O private-openssh -o key; that is only of use with a certificate of a CA (X.509) on this key",
    ),
];

/// What is somewhere in a text.
const HELD: &[(&str, &str, &str)] = &[
    (
        "<sensitive>",
        "an output of Terraform, which hides its values",
        "print the value itself: terraform output -raw NAME",
    ),
    (
        "DATA+OMITTED",
        "a view of a kubeconfig, which leaves its keys out",
        "print it with its keys: kubectl config view --raw",
    ),
    (
        "/annex/objects/",
        "a pointer of git-annex, not the file itself",
        "get the file that it stands for: git annex get",
    ),
    ("ENC[PKCS7,", "encrypted by hiera-eyaml", "decrypt it first: eyaml decrypt -e FILE"),
    ("ENC[AES256_GCM", "encrypted by SOPS", "decrypt it first: sops decrypt FILE"),
    ("$ANSIBLE_VAULT;", "encrypted by Ansible Vault", "decrypt what is in it first: ansible-vault decrypt"),
    (
        "kind: SealedSecret",
        "a SealedSecret, which only its cluster can decrypt",
        "give the Secret that the cluster makes of it: kubectl get secret NAME -o yaml",
    ),
    (
        "\nData\n====\n",
        "a description, which has the sizes of values and not the values",
        "give the Secret itself: kubectl get secret NAME -o yaml",
    ),
];

const PEM: &[OtherFile] = &[
    (b"OPENSSH PRIVATE KEY", "a private key of OpenSSH", SSH),
    (b"CERTIFICATE REQUEST", REQUEST, REQUEST_HINT),
    (b"NEW CERTIFICATE REQUEST", REQUEST, REQUEST_HINT),
    (b"X509 CRL", REVOKED, REVOKED_HINT),
    (b"CRL", REVOKED, REVOKED_HINT),
    (b"PUBLIC KEY", "a public key", PUBLIC),
    (b"RSA PUBLIC KEY", "a public key", PUBLIC),
    (b"SSH2 PUBLIC KEY", "a public key for SSH", PUBLIC),
    (b"PGP MESSAGE", ENCRYPTED_PGP, DECRYPT_PGP),
    (
        b"PGP PRIVATE KEY",
        "a private key of OpenPGP",
        "ask for the P12: TLS needs a certificate of a CA (X.509), which GnuPG keeps apart from such keys: gpgsm --export-secret-key-p12 -o client.p12 NAME",
    ),
    (b"PGP PUBLIC KEY", "a public key of OpenPGP", PUBLIC),
    (b"PGP SIGN", "a signature of OpenPGP", "ask for the file itself, which it signs"),
    (b"PGP ", "a file of OpenPGP", "ask for the P12 itself"),
    (b"AGE ENCRYPTED FILE", "encrypted by age", SCRAMBLED),
];

const REQUEST: &str = "a certificate request, and no certificate";
const REQUEST_HINT: &str = "send it to the CA; what comes back goes into a P12 with the key: p12-test repack --key key.pem certificate.pem client.p12";

const REVOKED: &str = "a list of revoked certificates (CRL)";
const REVOKED_HINT: &str = "ask for the P12 itself; a CRL is for those who check certificates";

fn find(kinds: &[OtherFile], bytes: &[u8]) -> Option<Fault> {
    let (_, what, hint) = kinds.iter().find(|(start, ..)| bytes.starts_with(start))?;
    Some(Fault::not_a_p12(format!("it is {what}")).with_hint(*hint))
}

/// A binary file by how it begins.
pub(super) fn binary(bytes: &[u8]) -> Option<Fault> {
    find(BINARY, bytes)
}

/// DER that PEM has a label for.
pub(super) fn der(bytes: &[u8]) -> Option<Fault> {
    let label = match bytes {
        _ if X509Req::from_der(bytes).is_ok() => "CERTIFICATE REQUEST",
        _ if X509Crl::from_der(bytes).is_ok() => "X509 CRL",
        _ if PKey::public_key_from_der(bytes).is_ok() => "PUBLIC KEY",
        _ => return message::encrypted(bytes),
    };
    find(PEM, label.as_bytes())
}

/// A block of PEM by its label.
pub(super) fn pem(label: &str) -> Option<Fault> {
    (label != "DER").then(|| {
        find(PEM, label.as_bytes())
            .unwrap_or_else(|| Fault::not_a_p12(format!("it is PEM with {label}, not a P12")))
    })
}

/// A text in which nothing was found.
pub(super) fn text(text: &str) -> Fault {
    let text = text.trim();
    let named = find(TEXT, text.as_bytes()).or_else(|| find(BINARY, text.as_bytes()));
    let held = || HELD.iter().find(|(part, ..)| text.contains(part));
    let held = || held().map(|(_, what, hint)| Fault::not_a_p12(format!("it is {what}")).with_hint(*hint));
    named.or_else(held).unwrap_or_else(|| match text.chars().next() {
        Some('<') => markup(text),
        Some('{' | '[') if envelope::is_json(text) => Fault::not_a_p12("it is JSON").with_hint(
            "no P12 is in it, and no certificate with its key, as base64 or PEM; save what holds the secret itself",
        ),
        _ => Fault::not_a_p12("it is a text"),
    })
}

/// A page that came in place of a download.
fn markup(text: &str) -> Fault {
    let lower = text.to_ascii_lowercase();
    let at = |tag: &str| lower.find(tag).map(|at| at + tag.len());
    let title = at("<title>").and_then(|start| text.get(start..)?.split('<').next());
    let title = title
        .map(|title| title.trim().chars().take(80).collect::<String>())
        .filter(|title| !title.is_empty());
    let is_page = lower.contains("<html") || lower.starts_with("<!doctype html");
    let what = match title {
        Some(title) if is_page => format!("it is a page in HTML with the title {title:?}, not the file"),
        None if is_page => "it is a page in HTML, not the file".to_owned(),
        _ => "it is XML, not the file".to_owned(),
    };
    Fault::not_a_p12(what).with_hint(
        "a server sent it in place of the download, as it does to those who are not logged in: log in, and download the file again",
    )
}
