//! What shows in a source whose password does not fit.

/// What its bytes are, and what to do, in words that follow the advice to check it.
pub(super) fn on(content: &[u8]) -> Option<String> {
    let text = content.trim_ascii();
    if let Some((_, what, how)) = ENCRYPTED.iter().find(|(start, ..)| text.starts_with(start)) {
        return Some(format!("it is encrypted ({what}): give what {how} prints"));
    }
    (!content.is_ascii()).then(|| {
        "it has letters beyond ASCII, and may be in another encoding than the P12's password; save it in UTF-8"
            .to_owned()
    })
}

/// How files begin that are encrypted themselves, what wrote them, and what decrypts them.
const ENCRYPTED: &[(&[u8], &str, &str)] = &[
    (b"$ANSIBLE_VAULT;", "Ansible Vault", "ansible-vault view"),
    (b"-----BEGIN PGP MESSAGE-----", "a PGP message", "gpg --decrypt"),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", "age", "age --decrypt"),
    (b"age-encryption.org/", "age", "age --decrypt"),
    (b"ENC[AES256_GCM,", "SOPS", "sops --decrypt"),
    (b"Salted__", "openssl enc", "openssl enc -d"),
    (b"U2FsdGVkX1", "openssl enc, in base64", "openssl enc -d -a"),
    (b"vault:v1:", "the transit engine of HashiCorp Vault", "vault write transit/decrypt/KEY"),
];
