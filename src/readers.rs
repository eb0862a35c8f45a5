//! Which programs read which P12: one table. The findings of `inspect`, `repack --for` and docs/readers.md come from it.

use crate::p12::anatomy::{Algorithm, Anatomy, Cipher, Digest, Form, KdfName, Protection};
use crate::secret::Secret;

/// What a P12 can be like, that some readers refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trait {
    OldCipher,
    TripleDes,
    /// AES by PBES2.
    Aes,
    /// A MAC over SHA-256 or another digest of SHA-2.
    Sha2Mac,
    Pbmac1,
    NoMac,
    Ber,
    /// No password, or the empty one.
    NoPassword,
    NotAscii,
    OpenKey,
    SeveralKeys,
    NoName,
    Chain,
    ManyIterations,
}

impl Trait {
    /// All of them, and what the page calls them.
    pub const ALL: &[(Self, &str)] = &[
        (Self::OldCipher, "RC2, RC4 or DES"),
        (Self::TripleDes, "3DES and SHA-1"),
        (Self::Aes, "AES"),
        (Self::Sha2Mac, "MAC over SHA-256"),
        (Self::Pbmac1, "PBMAC1"),
        (Self::NoMac, "no MAC"),
        (Self::Ber, "BER"),
        (Self::NoPassword, "empty password"),
        (Self::NotAscii, "password beyond ASCII"),
        (Self::OpenKey, "key not encrypted"),
        (Self::SeveralKeys, "several keys"),
        (Self::NoName, "no friendlyName"),
        (Self::Chain, "a chain"),
        (Self::ManyIterations, "more than 600000 iterations"),
    ];

    /// Whether a file is like that.
    pub fn is_of(self, anatomy: &Anatomy) -> bool {
        let Anatomy { mac, keys, certificates, opened, form, password, .. } = anatomy;
        let any = |test: fn(&Protection) -> bool| anatomy.protections().any(test);
        let mac_is = |test: fn(&Protection) -> bool| mac.as_ref().is_some_and(test);
        let given = password.as_ref().map(Secret::expose).unwrap_or_default();
        match self {
            Self::OldCipher => anatomy.is_legacy(),
            Self::TripleDes => any(|used| used.cipher().is_some_and(Cipher::is_triple_des)),
            Self::Aes => any(|used| used.kdf == KdfName::Pbkdf2 && used.cipher().is_some()),
            Self::Sha2Mac => mac_is(|mac| match mac.algorithm {
                Algorithm::Hmac(digest) => digest != Digest::Sha1 && mac.legacy().is_none(),
                Algorithm::Cipher(_) | Algorithm::Pbmac1(_) => false,
            }),
            Self::Pbmac1 => mac_is(Protection::is_pbmac1),
            Self::NoMac => mac.is_none(),
            Self::Ber => *form == Form::Ber,
            Self::NoPassword => *opened && given.is_empty(),
            Self::NotAscii => *opened && !given.is_ascii(),
            Self::OpenKey => keys.iter().any(|key| !key.encrypted),
            Self::SeveralKeys => keys.len() > 1,
            Self::Chain => certificates.len() > 1,
            Self::ManyIterations => any(|used| used.iterations > 600_000),
            Self::NoName => *opened && keys.iter().any(|key| key.alias.as_deref().is_none_or(str::is_empty)),
        }
    }
}

/// The readers that refuse a file with one of these traits, in words; `None` when none is known to.
pub fn refused_by(traits: &[Trait]) -> Option<String> {
    let who = |reader: &Reader| traits.iter().find_map(|one| reader.refusal(*one));
    let names: Vec<_> = READERS.iter().filter_map(who).collect();
    match names.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        [most @ .., last] => Some(format!("{} and {last}", most.join(", "))),
    }
}

/// How a P12 for a reader is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// AES-256 keyed by PBKDF2 with SHA-256, and a MAC over SHA-256.
    Aes256,
    /// The same with a MAC by PBMAC1.
    Pbmac1,
    /// 3DES and a MAC, both with SHA-1.
    TripleDes,
}

/// The iterations of every key derivation. Well below what Windows and .NET allow for one file (600000 in all).
pub const ITERATIONS: u32 = 100_000;

impl Packing {
    pub fn weakness(self) -> Option<&'static str> {
        match self {
            Self::Aes256 => None,
            Self::Pbmac1 => {
                Some("OpenSSL reads a MAC by PBMAC1 from 3.4 on, and most other programs refuse it")
            }
            Self::TripleDes => Some(
                "3DES and SHA-1 protect the key less well than AES and SHA-256, and strict policies (FIPS) refuse them",
            ),
        }
    }

    pub fn in_words(self) -> &'static str {
        match self {
            Self::Aes256 => "AES-256 and SHA-256",
            Self::Pbmac1 => "AES-256 and PBMAC1 with SHA-256",
            Self::TripleDes => "3DES and SHA-1",
        }
    }
}

macro_rules! readers {
    ($($name:ident $title:literal $packing:ident,
        $(measured $by:literal refuses { $($refused:ident $versions:literal),* })?
        $(documented { $($about:ident $reads:literal $who:literal),* })?
        $(note $note:literal)?;)*) => {
        pub const READERS: &[Reader] = &[$(Reader {
            name: stringify!($name),
            title: $title,
            packing: Packing::$packing,
            knowledge: $(Knowledge::Measured($by, &[$((Trait::$refused, $versions)),*]))?
                $(Knowledge::Documented(&[$((Trait::$about, $reads, $who)),*]))?,
            note: concat!($($note)?),
        }),*];
    };
}

/// A program that reads P12 files.
#[derive(Debug)]
pub struct Reader {
    /// What `--for` calls it.
    pub name: &'static str,
    pub title: &'static str,
    /// What it takes of what we write.
    pub packing: Packing,
    pub knowledge: Knowledge,
    /// What else to know of it; may be empty.
    pub note: &'static str,
}

#[derive(Debug)]
pub enum Knowledge {
    /// A test gives this program a file of every trait. It refuses these, and reads all others. The words say which versions
    /// refuse, where not all do.
    Measured(&'static str, &'static [(Trait, &'static str)]),
    /// Whether it reads such a file, and who says so.
    Documented(&'static [(Trait, bool, &'static str)]),
}

impl Reader {
    /// The one that `--for` calls so.
    pub fn find(name: &str) -> Option<&'static Self> {
        READERS.iter().find(|reader| reader.name == name)
    }

    /// Whether it reads such a file; `None` where that is not known.
    pub fn reads(&self, wanted: Trait) -> Option<bool> {
        match self.knowledge {
            Knowledge::Measured(_, refused) => Some(!refused.iter().any(|(refused, _)| *refused == wanted)),
            Knowledge::Documented(known) => {
                known.iter().find(|(about, ..)| *about == wanted).map(|(_, reads, _)| *reads)
            }
        }
    }

    /// It and its versions, where they refuse such a file.
    fn refusal(&self, wanted: Trait) -> Option<String> {
        let versions = match self.knowledge {
            Knowledge::Measured(_, refused) => refused.iter().find(|(refused, _)| *refused == wanted)?.1,
            Knowledge::Documented(_) if self.reads(wanted) == Some(false) => "",
            Knowledge::Documented(_) => return None,
        };
        Some(format!("{} {versions}", self.title).trim_end().to_owned())
    }
}

// Each reader: its name and title, what it is given, what is known of it and by whom, and at times a note.
readers! {
    current "programs of today (the default)" Aes256, documented {};
    openssl "OpenSSL 3" Aes256, measured "openssl 3.0" refuses {
        OldCipher "without its legacy provider (curl, Node, Python and others are built on it)",
        Pbmac1 "before 3.4" };
    fips "OpenSSL with the FIPS provider alone" Pbmac1, documented {
        OldCipher false "OpenSSL, OSSL_PROVIDER-FIPS(7)", TripleDes false "OpenSSL, issue 19997",
        Pbmac1 true "OpenSSL, issue 24546", NoMac true "OpenSSL, PKCS12_create(3)" };
    node "Node" Aes256, measured "node 20, and so any program that calls OpenSSL's PKCS12_parse" refuses {
        OldCipher "", Pbmac1 "on OpenSSL before 3.4", NoMac "" };
    java "Java" Aes256, measured "keytool of JDK 17" refuses { Pbmac1 "", NotAscii "", OpenKey "" };
    java8 "Java before 8u301 and 11.0.12" TripleDes, documented {
        Sha2Mac false "OpenJDK, JDK-8267701", TripleDes true "OpenJDK, JDK-8267701" };
    windows "Windows 10 1709 and Server 2019" Aes256, documented {
        Aes true "Microsoft, PKCS12_PBES2_EXPORT_PARAMS", Sha2Mac true "Microsoft, PKCS12_PBES2_EXPORT_PARAMS" };
    windows2016 "Windows before 10 1709 and Server 2019" TripleDes, documented {
        Aes false "Microsoft, PKCS12_PBES2_EXPORT_PARAMS", Sha2Mac false "Microsoft, PKCS12_PBES2_EXPORT_PARAMS" };
    macos "the Keychain of macOS and iOS" TripleDes, documented {
        Sha2Mac false "rust-security-framework, issue 216; xca, issue 474", OldCipher true "OpenSSL, issue 19495" }
        note "on macOS 26, `security import -f pkcs12` takes AES and SHA-256 too (tauri, pull request 15844)";
    android "Android before 14" TripleDes, documented {
        Aes false "strongswan-docs, issue 5 (Android 12); clip_share_server, pull request 48 (13)",
        TripleDes true "xca, pull request 389" };
    dotnet ".NET on Linux" Aes256, documented {
        NoMac false "dotnet/corefx, issue 11046", ManyIterations false "dotnet/runtime, issue 35428" };
    nss "NSS (Firefox, Thunderbird)" Aes256, measured "pk12util 3.87" refuses { Pbmac1 "", NoMac "" };
    gnutls "GnuTLS" Aes256, measured "certtool 3.7" refuses { Pbmac1 "in 3.7", NoMac "" };
    go "Go's x/crypto/pkcs12" TripleDes, measured "golang.org/x/crypto 0.4" refuses {
        Aes "", Sha2Mac "", Pbmac1 "", NoMac "", Ber "", OpenKey "", SeveralKeys "", Chain "" }
        note "it takes one certificate and no chain: --leaf-only";
    python "Python's cryptography" Aes256, measured "cryptography 38" refuses {
        Pbmac1 "on OpenSSL before 3.4", NoMac "" };
    forge "node-forge" Aes256, measured "node-forge 1.4" refuses { Pbmac1 "" };
}
