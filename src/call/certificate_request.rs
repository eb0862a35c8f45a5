//! Which signature algorithms a CertificateRequest names.

/// The signature algorithms that a CertificateRequest names, the endpoint's first choice first: RFC 8446 sections 4.3.2
/// and 4.2.3, RFC 5246 section 7.4.4. `message` is the handshake message with its header.
pub(super) fn read_algorithms(message: &[u8], tls13: bool) -> Vec<String> {
    let body = message.get(4..).unwrap_or_default();
    let codes = if tls13 { read_tls13(body) } else { read_tls12(body) };
    codes.unwrap_or_default().chunks_exact(2).map(|code| name_scheme(code[0], code[1])).collect()
}

fn read_tls12(body: &[u8]) -> Option<&[u8]> {
    let (_, rest) = split_vector(body, 1)?;
    Some(split_vector(rest, 2)?.0)
}

fn read_tls13(body: &[u8]) -> Option<&[u8]> {
    let (_, rest) = split_vector(body, 1)?;
    let (mut extensions, _) = split_vector(rest, 2)?;
    while let [high, low, rest @ ..] = extensions {
        let (content, next) = split_vector(rest, 2)?;
        if [*high, *low] == SIGNATURE_ALGORITHMS {
            return Some(split_vector(content, 2)?.0);
        }
        extensions = next;
    }
    None
}

const SIGNATURE_ALGORITHMS: [u8; 2] = [0, 13];

/// A vector with its length in front, and what follows it (RFC 8446 section 3.4).
fn split_vector(bytes: &[u8], width: usize) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(width)?;
    let length = length.iter().fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
    rest.split_at_checked(length)
}

/// The name in IANA's registry of TLS SignatureSchemes. Pairs of TLS 1.2 that are not there are named by hash and
/// signature, or by number.
fn name_scheme(first: u8, second: u8) -> String {
    let code = u16::from_be_bytes([first, second]);
    let known = SCHEMES.iter().find(|(known, _)| *known == code).map(|(_, name)| (*name).to_owned());
    known.unwrap_or_else(|| {
        let hash = ["none", "md5", "sha1", "sha224", "sha256", "sha384", "sha512"].get(usize::from(first));
        let signature = ["anonymous", "rsa", "dsa", "ecdsa"].get(usize::from(second));
        match (hash, signature) {
            (Some(hash), Some(signature)) => format!("{signature}_{hash}"),
            _ => format!("{code:#06x}"),
        }
    })
}

const SCHEMES: &[(u16, &str)] = &[
    (0x0201, "rsa_pkcs1_sha1"),
    (0x0203, "ecdsa_sha1"),
    (0x0401, "rsa_pkcs1_sha256"),
    (0x0403, "ecdsa_secp256r1_sha256"),
    (0x0501, "rsa_pkcs1_sha384"),
    (0x0503, "ecdsa_secp384r1_sha384"),
    (0x0601, "rsa_pkcs1_sha512"),
    (0x0603, "ecdsa_secp521r1_sha512"),
    (0x0804, "rsa_pss_rsae_sha256"),
    (0x0805, "rsa_pss_rsae_sha384"),
    (0x0806, "rsa_pss_rsae_sha512"),
    (0x0807, "ed25519"),
    (0x0808, "ed448"),
    (0x0809, "rsa_pss_pss_sha256"),
    (0x080a, "rsa_pss_pss_sha384"),
    (0x080b, "rsa_pss_pss_sha512"),
    (0x081a, "ecdsa_brainpoolP256r1tls13_sha256"),
    (0x081b, "ecdsa_brainpoolP384r1tls13_sha384"),
    (0x081c, "ecdsa_brainpoolP512r1tls13_sha512"),
    (0x0904, "mldsa44"),
    (0x0905, "mldsa65"),
    (0x0906, "mldsa87"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_name_their_algorithms() {
        let tls12 = [13, 0, 0, 12, 2, 1, 64, 0, 6, 4, 3, 8, 4, 2, 2, 0, 0];
        let wanted = ["ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256", "dsa_sha1"];
        assert_eq!(read_algorithms(&tls12, false), wanted);
        let tls13 = [13, 0, 0, 17, 0, 0, 14, 0, 47, 0, 2, 0, 0, 0, 13, 0, 4, 0, 2, 8, 7];
        assert_eq!(read_algorithms(&tls13, true), ["ed25519"]);
    }

    #[test]
    fn a_message_cut_short_names_none() {
        assert!(read_algorithms(&[13, 0, 0, 12, 2, 1], false).is_empty());
        assert!(read_algorithms(&[], true).is_empty());
    }
}
