//! How to fix what was found: by `repack` where it can, else in words.

use super::criteria::Criteria;
use crate::error::Kind;
use crate::p12::anatomy::{Anatomy, Key};
use crate::shell;

pub(super) struct Inspected<'a> {
    pub(super) file: &'a str,
    pub(super) anatomy: &'a Anatomy,
    /// Why a test would refuse it.
    pub(super) refused: Option<Kind>,
    pub(super) criteria: &'a Criteria,
}

/// What to do about a finding.
pub(super) struct Fix {
    pub(super) words: String,
    /// A command for the shell of this system that does it.
    pub(super) command: Option<(Remedy, String)>,
}

/// What `repack` is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    Again,
    ForOldReaders,
    NewPassword,
    Rename,
    /// Ask for a new certificate on the key.
    Request,
    /// Take the key's certificate from a file.
    Certificate,
    /// Add certificates that are missing.
    Intermediate,
    /// Add the new certificates of a CA.
    NewChain,
    /// Get from the CA what is missing.
    FetchChain,
}

impl Remedy {
    /// The options of `repack`.
    pub fn options(self) -> &'static [&'static str] {
        match self {
            Self::Again => &[],
            Self::ForOldReaders => &["--for", "java8"],
            Self::NewPassword => &["--new-password"],
            Self::Rename => &["--name", "client"],
            Self::Request => &["--request"],
            Self::Certificate => &["--certificate", "client.pem"],
            Self::Intermediate => &["--add", "intermediate.pem"],
            Self::NewChain => &["--add", "new-chain.pem"],
            Self::FetchChain => &["--fetch-chain"],
        }
    }
}

impl Fix {
    pub(super) fn words(words: impl Into<String>) -> Self {
        Self { words: words.into(), command: None }
    }
}

impl Inspected<'_> {
    /// A new file of the only key.
    pub(super) fn repacked(&self, words: &str, remedy: Remedy) -> Fix {
        match self.refused {
            Some(Kind::SeveralKeys) => Fix::words(format!("{words}; repack --alias takes one of the keys")),
            _ => self.command(words, remedy, None),
        }
    }

    /// A new file of this key.
    pub(super) fn repacked_key(&self, key: &Key, words: &str, remedy: Remedy) -> Fix {
        self.command(words, remedy, self.alias(key).as_deref())
    }

    /// A request for a new certificate on this key.
    pub(super) fn requested(&self, key: &Key, words: &str) -> Fix {
        let words = format!(
            "{words}; request.csr asks a CA for one on the same key, and repack --certificate puts what comes back into a new file"
        );
        self.repacked_key(key, &words, Remedy::Request)
    }

    fn command(&self, words: &str, remedy: Remedy, alias: Option<&str>) -> Fix {
        let new = if self.file == NEW { "newer.p12" } else { NEW };
        let (words, output, end) = match remedy {
            Remedy::Request => (words.to_owned(), None, " > request.csr"),
            _ => (format!("{words}; the new file is {new}"), Some(new), ""),
        };
        match self.refused {
            None | Some(Kind::SeveralKeys) if self.anatomy.opened => {}
            Some(Kind::KeyMismatch | Kind::NoCertificate) if remedy == Remedy::Certificate => {}
            Some(Kind::KeyMismatch | Kind::NoCertificate) => {
                return Fix::words(format!("{words}; but first its key needs its certificate"));
            }
            _ if !self.anatomy.opened => {
                return Fix::words(format!("{words}; with its password, inspect prints the command"));
            }
            _ => return Fix::words(words),
        }
        // A name must not be taken for an option.
        let file = if self.file.starts_with('-') && self.file != "-" {
            format!("./{}", self.file)
        } else {
            self.file.to_owned()
        };
        let named =
            |option, value| [Some(option), value].into_iter().filter(move |_| value.is_some()).flatten();
        let all = ["p12-test", "repack"].into_iter().chain(remedy.options().iter().copied());
        let all = all.chain(named("--alias", alias)).chain(named("--key", self.anatomy.key_file.as_deref()));
        let quoted = all.chain([file.as_str()]).chain(output).map(shell::quote_text);
        let command = quoted.collect::<Vec<_>>().join(" ") + end;
        Fix { words, command: Some((remedy, command)) }
    }

    /// How to choose this key of several; `None` for the only one.
    fn alias(&self, key: &Key) -> Option<String> {
        let number = key.number?;
        let numbered = self.anatomy.keys.iter().filter(|key| key.number.is_some());
        (numbered.count() > 1).then(|| format!("#{number}"))
    }
}

const NEW: &str = "new.p12";
