//! Guesses which program made a file, by its algorithms and counts. This is never certain, as most programs
//! have options for them. The defaults here were seen in files of these programs.

use crate::p12::anatomy::{Anatomy, Cipher, Form, Protection};

/// The program, and the reason for the guess.
pub(super) fn guess(anatomy: &Anatomy) -> Option<String> {
    let mac = anatomy.mac.as_ref().map_or(0, |mac| mac.iterations);
    let protections =
        || anatomy.safes.iter().flatten().chain(anatomy.keys.iter().flat_map(|key| &key.protection));
    let contents = protections().map(|protection| protection.iterations).max().unwrap_or_default();
    let ciphers = || protections().filter_map(Protection::cipher);
    let modern = ciphers().all(Cipher::is_aes);
    let timed = anatomy.keys.iter().any(|key| {
        // keytool's localKeyID reads "Time 1700000000000".
        key.key_id.as_ref().is_some_and(|id| id.starts_with("54696d6520"))
    });
    let counts = format!("{mac} iterations for the MAC, {contents} for the contents");
    let says = |who: &str, why: &str| Some(format!("{who} ({why})"));
    match (anatomy.form, mac, contents) {
        _ if timed => says("Java's keytool", "its localKeyID is a time, as keytool writes it"),
        (_, 10_000, 10_000) => says("Java's keytool of JDK 17 or later", &counts),
        (_, 100_000, 50_000) => says("Java's keytool before JDK 17, or with keystore.pkcs12.legacy", &counts),
        (_, 102_400, 51_200) => says("Bouncy Castle", &counts),
        (Form::Loose, _, _) => None,
        (Form::Ber, _, _) => says("NSS (Firefox, certutil) or macOS", "indefinite lengths"),
        (_, 600_000, 600_000) => says("GnuTLS", &counts),
        (_, 2_000, 2_000) => says("Windows, or an old NSS", &counts),
        (_, 2_048, 20_000) => says("Python's cryptography", &counts),
        (_, 2_048, 2_048) if modern => says("OpenSSL 3", &counts),
        (_, 2_048, 2_048) if ciphers().any(Cipher::is_rc2) => {
            says("OpenSSL before 3, or with -legacy", &counts)
        }
        _ => None,
    }
}
