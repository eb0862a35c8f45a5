//! How to fix what was found: by `repack` where it can, else in words.

use super::criteria::Criteria;
use crate::error::Kind;
use crate::p12::anatomy::{Anatomy, Key};
use crate::shell;

/// The inspected file.
pub(super) struct Inspected<'a> {
    pub(super) file: &'a str,
    pub(super) anatomy: &'a Anatomy,
    /// Why a test would refuse it.
    pub(super) refused: Option<Kind>,
    pub(super) criteria: &'a Criteria,
}

/// What to do about a finding.
pub(super) struct Fix {
    /// In words.
    pub(super) words: String,
    /// A command for the shell of this system that does it.
    pub(super) command: Option<String>,
}

impl Fix {
    pub(super) fn words(words: impl Into<String>) -> Self {
        Self { words: words.into(), command: None }
    }
}

impl<'a> Inspected<'a> {
    pub(super) fn new(
        file: &'a str,
        anatomy: &'a Anatomy,
        refused: Option<Kind>,
        criteria: &'a Criteria,
    ) -> Self {
        Self { file, anatomy, refused, criteria }
    }
}

impl Inspected<'_> {
    /// A new file of the only key, with these options.
    pub(super) fn repacked(&self, words: &str, options: &[&str]) -> Fix {
        match self.refused {
            Some(Kind::SeveralKeys) => Fix::words(format!("{words}; repack --alias takes one of the keys")),
            _ => self.packed(words, options),
        }
    }

    /// A new file of this key.
    pub(super) fn repacked_key(&self, key: &Key, words: &str, options: &[&str]) -> Fix {
        let alias = self.alias(key);
        self.packed(words, &[&self.choice(alias.as_deref()), options].concat())
    }

    /// A request for a new certificate on this key.
    pub(super) fn requested(&self, key: &Key, words: &str) -> Fix {
        let words = format!(
            "{words}; request.csr asks a CA for one on the same key, and repack --certificate puts what comes back into a new file"
        );
        let alias = self.alias(key);
        let options = [&["--request"], self.choice(alias.as_deref()).as_slice()].concat();
        self.command(&words, &options, &[]).map_command(|command| format!("{command} > request.csr"))
    }

    fn packed(&self, words: &str, options: &[&str]) -> Fix {
        let new = if self.file == NEW { "newer.p12" } else { NEW };
        self.command(&format!("{words}; the new file is {new}"), options, &[new])
    }

    fn command(&self, words: &str, options: &[&str], after: &[&str]) -> Fix {
        let renewed = options.contains(&"--certificate");
        match self.refused {
            None | Some(Kind::SeveralKeys) if self.anatomy.opened => {}
            Some(Kind::KeyMismatch | Kind::NoCertificate) if renewed => {}
            Some(Kind::KeyMismatch | Kind::NoCertificate) => {
                return Fix::words(format!("{words}; but first its key needs its certificate"));
            }
            _ if !self.anatomy.opened => {
                return Fix::words(format!("{words}; with its password, inspect prints the command"));
            }
            _ => return Fix::words(words),
        }
        // A name must not be taken for an option.
        let file = if self.file.starts_with('-') { format!("./{}", self.file) } else { self.file.to_owned() };
        let key = self.anatomy.key_file.as_deref().map_or_else(Vec::new, |key| vec!["--key", key]);
        let all = [&["p12-test", "repack"], options, &key, &[&file], after].concat();
        let quoted: Vec<_> = all.iter().map(|word| shell::quote_text(word)).collect();
        Fix { words: words.to_owned(), command: Some(quoted.join(" ")) }
    }

    fn choice<'a>(&self, alias: Option<&'a str>) -> Vec<&'a str> {
        alias.map_or_else(Vec::new, |alias| vec!["--alias", alias])
    }

    /// How to choose this key of several; `None` for the only one.
    fn alias(&self, key: &Key) -> Option<String> {
        let number = key.number?;
        let numbered = self.anatomy.keys.iter().filter(|key| key.number.is_some());
        (numbered.count() > 1).then(|| format!("#{number}"))
    }
}

impl Fix {
    fn map_command(self, change: impl FnOnce(String) -> String) -> Self {
        Self { command: self.command.map(change), ..self }
    }
}

const NEW: &str = "new.p12";
