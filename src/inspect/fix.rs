//! How to fix what was found: with OpenSSL's commands if possible, else in words.

use super::criteria::Criteria;
use crate::escape;
use crate::p12::anatomy::{Anatomy, Protection, StoredCertificate, Wrapping};
use crate::shell;

/// The inspected file.
pub(super) struct Inspected<'a> {
    /// Its name, quoted for a shell.
    pub(super) file: String,
    pub(super) anatomy: &'a Anatomy,
    pub(super) criteria: &'a Criteria,
}

/// What to do about a finding.
pub(super) struct Fix {
    /// In words.
    pub(super) words: String,
    /// A command for a POSIX shell that does it.
    pub(super) command: Option<String>,
}

impl Fix {
    pub(super) fn words(words: impl Into<String>) -> Self {
        Self { words: words.into(), command: None }
    }

    fn command(words: &str, command: String) -> Self {
        Self { words: words.to_owned(), command: Some(command) }
    }
}

/// What changes when the contents go into a new file.
#[derive(Default)]
pub(super) struct Changes<'a> {
    /// The certificates that stay, by index; all of them unless given.
    pub(super) only: Option<&'a [usize]>,
    /// A file of the user with certificates to add.
    pub(super) add: &'static str,
    /// Another friendlyName.
    pub(super) name: Option<&'static str>,
    /// Options of `openssl pkcs12 -export`.
    pub(super) options: &'static str,
}

impl Inspected<'_> {
    /// The same contents as `new.p12`.
    pub(super) fn packed(&self, words: &str) -> Fix {
        self.changed(words, &Changes::default())
    }

    /// The contents with some changes as `new.p12`. The extracted contents are in a private folder, which is
    /// removed at the end, even after Ctrl-C. A pipe is not possible, as OpenSSL reads its input twice.
    pub(super) fn changed(&self, words: &str, changes: &Changes<'_>) -> Fix {
        if let Some(obstacle) = self.obstacle() {
            return Fix::words(format!("{words}; {obstacle}"));
        }
        let Changes { only, add, name, options } = changes;
        let alone = self.anatomy.keys.iter().any(|key| key.chain.is_empty());
        if alone && *only != Some(&[]) {
            return Fix::words(format!("{words}; but first its key needs its certificate"));
        }
        let chosen = only.map_or(String::new(), |only| format!(" | {}", choosing(only)));
        let add = if add.is_empty() { String::new() } else { format!(r#"cat {add} >> "$d/all.pem" && "#) };
        let name = name.map(str::to_owned).or_else(|| self.name());
        let name = name.map_or(String::new(), |name| format!("-name {} ", quoted(&name)));
        let unpacked = self.unpacked("");
        Fix::command(
            &format!("{words}; the new file is new.p12"),
            format!(
                r#"(umask 077; d=$(mktemp -d) && trap 'rm -rf "$d"' EXIT && trap 'exit 1' HUP INT TERM && {unpacked}{chosen} > "$d/all.pem" && {add}openssl pkcs12 -export {name}{options}-in "$d/all.pem" -out "$d/new.p12" && mv -i "$d/new.p12" new.p12)"#
            ),
        )
    }

    /// A command for a certificate request with the same key.
    pub(super) fn requested(&self, leaf: &StoredCertificate) -> Fix {
        let words =
            "request.csr, made on the same key, goes to a CA; what comes back is packed with that key";
        let Some(subject) = self.subject(leaf) else {
            return Fix::words("ask a CA for a new certificate on the same key, and pack both");
        };
        if let Some(obstacle) = self.obstacle() {
            return Fix::words(format!("ask a CA for a new certificate on this key; {obstacle}"));
        }
        let key = self.unpacked(" -nocerts");
        Fix::command(words, format!("{key} | {}", request("-key /dev/stdin", &subject)))
    }

    /// A command for a certificate request with a new key.
    pub(super) fn renewed(&self, leaf: &StoredCertificate) -> Fix {
        let words =
            "request.csr, made on a new key (new.key), goes to a CA; what comes back is packed with that key";
        let Some(subject) = self.subject(leaf) else {
            return Fix::words("make a key of today's size, and ask a CA for a certificate on it");
        };
        let made = request("-newkey rsa:3072 -keyout new.key", &subject);
        Fix::command(words, format!("test ! -e new.key && {made}"))
    }

    /// The subject for a request; `None` for a CA's certificate, which a client cannot request.
    fn subject(&self, leaf: &StoredCertificate) -> Option<String> {
        leaf.subject_option.as_deref().filter(|_| !leaf.certificate.authority).map(quoted)
    }

    /// A command that extracts the contents with OpenSSL, to its standard output.
    fn unpacked(&self, options: &str) -> String {
        let Anatomy { wrapping, mac, .. } = self.anatomy;
        let legacy = if self.anatomy.is_legacy() { " -legacy" } else { "" };
        // OpenSSL before 3.4 does not support PBMAC1. The MAC was checked here.
        let unproved = if mac.as_ref().is_some_and(Protection::is_pbmac1) { " -nomacver" } else { "" };
        let openssl = format!("openssl pkcs12{legacy}{unproved} -noenc{options}");
        match wrapping {
            Wrapping::Base64 => {
                format!(
                    "grep -v -e ----- < {} | tr -d '[:space:]' | openssl base64 -d -A | {openssl}",
                    self.file
                )
            }
            _ => format!("{openssl} -in {}", self.file),
        }
    }

    /// Why OpenSSL's commands cannot extract and repack the contents.
    fn obstacle(&self) -> Option<&'static str> {
        let Anatomy { opened, keys, unreadable, wrapping, closed, unusual, .. } = self.anatomy;
        Some(match keys.as_slice() {
            _ if !opened => "with its password, inspect prints the command",
            [] => "export it so from where it was made",
            [_, _, ..] => {
                "openssl pkcs12 packs one key only: export each key by itself from where it was made"
            }
            _ if *closed > 0 => {
                "export it again from where it was made: some of its keys have another password"
            }
            [key] if key.bits == 0 || *unreadable > 0 => {
                "export it again from where it was made: openssl cannot read all that is in it"
            }
            _ if unusual.is_some() => {
                "export it again from where it was made: openssl may not take its password"
            }
            _ if *wrapping == Wrapping::Other => {
                "openssl cannot read this form: save it in binary (DER) first"
            }
            _ => return None,
        })
    }

    /// The friendly name of the only key or its certificate, if it can be typed.
    fn name(&self) -> Option<String> {
        let key = self.anatomy.keys.first()?;
        let of_leaf = || self.held(*key.chain.first()?)?.alias.as_ref();
        let name = key.alias.as_ref().or_else(of_leaf)?;
        Some(name.clone()).filter(|name| !name.is_empty() && escape::is_plain(name))
    }
}

/// A filter that keeps the key and these certificates, which are in the order of the file.
fn choosing(only: &[usize]) -> String {
    let which: String = only.iter().map(|at| format!(" || n == {}", at + 1)).collect();
    format!("awk '/^-----BEGIN /{{c = /CERT/; n += c}} !c{which}'")
}

fn request(key: &str, subject: &str) -> String {
    format!(
        "openssl req -new -utf8 {key} -subj {subject} -addext extendedKeyUsage=clientAuth -out request.csr"
    )
}

pub(super) fn quoted(text: &str) -> String {
    String::from_utf8_lossy(&shell::quote(text.as_bytes())).into_owned()
}
