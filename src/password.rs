//! The password of a P12: from the source that the user named, or typed at the terminal.

use std::ffi::OsString;

use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::prompt::Prompt;
use crate::secret::Secret;
use crate::secret_source::SecretSource;

/// A password: exactly so, or what its source holds, in which the password is.
#[derive(Debug, Clone)]
pub struct Password {
    content: Secret,
    source: Option<String>,
}

/// One way to take a password out of what its source holds.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The password.
    pub secret: Secret,
    /// What is unusual about this way, in a sentence; `None` for the usual one.
    pub unusual: Option<String>,
    /// Whether it has something that its source does not hold.
    pub is_guess: bool,
}

impl Password {
    /// These bytes and no others.
    pub fn exact(content: Secret) -> Self {
        Self { content, source: None }
    }

    /// What a source holds, by the name of the source.
    pub fn found(content: Secret, source: impl Into<String>) -> Self {
        Self { content, source: Some(source.into()) }
    }

    /// The usual way to read it: a trailing newline is ignored.
    pub fn usual(&self) -> Secret {
        match self.source {
            Some(_) => Zeroizing::new(without_newline(self.content.expose()).to_vec()).into(),
            None => self.content.clone(),
        }
    }

    /// All ways to read it, the usual one first. Editors, shells and consoles add line ends, blanks, quotes and byte order
    /// marks. Only a line end is tried that is not there: scripts make P12 files with one in the password.
    pub fn readings(&self) -> Vec<Reading> {
        let mut readings = self.written();
        let usual = self.usual();
        for end in [&b"\n"[..], b"\r\n"].into_iter().filter(|_| !usual.expose().is_empty()) {
            let secret = Secret::from(Zeroizing::new([usual.expose(), end].concat()));
            if !readings.iter().any(|known| known.secret.expose() == secret.expose()) {
                let unusual = Some(MADE_WITH_NEWLINE.to_owned());
                readings.push(Reading { secret, unusual, is_guess: true });
            }
        }
        readings
    }

    /// Without what is not there.
    fn written(&self) -> Vec<Reading> {
        let mut readings = vec![Reading { secret: self.usual(), unusual: None, is_guess: false }];
        let Some(source) = &self.source else { return readings };
        let mut add = |bytes: &[u8], how: &str| {
            if !bytes.is_empty() && !readings.iter().any(|known| known.secret.expose() == bytes) {
                let secret = Zeroizing::new(bytes.to_vec()).into();
                let unusual = Some(format!("the password in {source} fitted {how}"));
                readings.push(Reading { secret, unusual, is_guess: false });
            }
        };
        let whole = self.content.expose();
        add(whole, "with the newline at its end");
        let (text, mark) = match whole {
            [0xff, 0xfe, rest @ ..] => (decode(rest, u16::from_le_bytes), Some("read as UTF-16")),
            [0xfe, 0xff, rest @ ..] => (decode(rest, u16::from_be_bytes), Some("read as UTF-16")),
            [0xef, 0xbb, 0xbf, rest @ ..] => {
                (Zeroizing::new(rest.to_vec()), Some("without its byte order mark"))
            }
            _ => (Zeroizing::new(whole.to_vec()), None),
        };
        let text = without_newline(&text);
        let mut how: Vec<_> = mark.into_iter().collect();
        add(text, &how.join(" and "));
        let trimmed = trim(text);
        if trimmed.len() < text.len() {
            how.push("without the blanks around it");
            add(trimmed, &how.join(" and "));
        }
        if let [open @ (b'"' | b'\'' | b'`'), inner @ .., close] = trimmed
            && open == close
        {
            how.push("without its quotes");
            add(inner, &how.join(" and "));
        }
        readings
    }
}

/// What is unusual about a password that fits with a newline that its source does not hold.
pub const MADE_WITH_NEWLINE: &str = "the password fits with a newline added at its end: the P12 was made with that in its \
    password, most often by a script; other programs refuse the password without it";

fn without_newline(bytes: &[u8]) -> &[u8] {
    let line = bytes.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    line.unwrap_or(bytes)
}

fn trim(bytes: &[u8]) -> &[u8] {
    std::str::from_utf8(bytes).map_or_else(|_| bytes.trim_ascii(), |text| text.trim().as_bytes())
}

fn decode(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Zeroizing<Vec<u8>> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    text.extend(char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')));
    Zeroizing::new(std::mem::take(&mut *text).into_bytes())
}

/// Where the password of a P12 comes from.
#[derive(Debug, Clone)]
pub enum PasswordSource {
    /// The user named a source.
    Named(SecretSource),
    /// The P12 has no password.
    None,
    /// The user named none: `P12_TEST_PASSWORD`, else no password or the empty one, else the user is asked.
    Unspecified,
}

impl PasswordSource {
    const VARIABLE: &str = "P12_TEST_PASSWORD";

    /// Reads the source, if there is one: once for all files, as a pipe cannot be read twice.
    ///
    /// # Errors
    /// When the source cannot be read.
    pub async fn read(&self, prompt: Prompt) -> Result<Passwords> {
        let source = match self {
            Self::Named(source) => source.clone(),
            Self::None => return Ok(Passwords::Empty),
            Self::Unspecified if std::env::var_os(Self::VARIABLE).is_some() => {
                SecretSource::Environment(OsString::from(Self::VARIABLE))
            }
            Self::Unspecified => return Ok(Passwords::Typed(prompt, None)),
        };
        let (name, hint) = (name(&source), advise(&source));
        // A thread of its own: Ctrl-C must not wait for the writer of a pipe.
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || sender.send(source.read_whole()));
        match receiver.await {
            Ok(content) => Ok(Passwords::Fixed(Password::found(content?, name), hint)),
            Err(_) => Err(Error::new(Kind::Internal, "the password could not be read")),
        }
    }
}

fn name(source: &SecretSource) -> String {
    match source {
        SecretSource::Value(_) => "--password".into(),
        SecretSource::File(path) | SecretSource::PrivateFile(path) => path.display().to_string(),
        SecretSource::Environment(name) => format!("the environment variable {}", name.display()),
        SecretSource::Stdin => "standard input".into(),
    }
}

/// What to check when the password from this source is wrong.
fn advise(source: &SecretSource) -> String {
    match source {
        SecretSource::Value(_) => {
            "check the value of --password; a shell changes $, !, \\ and quotes unless quoted".into()
        }
        SecretSource::File(path) | SecretSource::PrivateFile(path) => format!("check {}", path.display()),
        SecretSource::Environment(name) => format!("check the environment variable {}", name.display()),
        SecretSource::Stdin => {
            "check what is piped to standard input; echo and editors may add characters".into()
        }
    }
}

/// The passwords to try, on one file after another.
#[derive(Debug)]
pub enum Passwords {
    /// The same one for every file, and what to check when it is wrong.
    Fixed(Password, String),
    /// The empty one.
    Empty,
    /// None at all and the empty one, then the last that was typed and fitted, then what the user types.
    Typed(Prompt, Option<Password>),
}

impl Passwords {
    const TRIES: usize = 3;

    /// Calls `open` with the password; at a terminal until it opens, three times at most.
    ///
    /// # Errors
    /// As `open` fails, or when nothing can be read from the terminal.
    pub async fn unlock<T, F: Future<Output = Result<T>>>(
        &mut self,
        file: &str,
        open: impl Fn(Option<Password>) -> F,
    ) -> Result<T> {
        match self {
            Self::Empty => open(Some(Password::exact(Secret::default()))).await,
            Self::Typed(prompt, last) => ask_until_opened(*prompt, last, file, open).await,
            Self::Fixed(password, hint) => {
                open(Some(password.clone())).await.map_err(|error| match error.kind {
                    Kind::WrongPassword => error.with_hint(hint.clone()),
                    Kind::PasswordNeeded if password.usual().expose().is_empty() => {
                        error.with_hint(format!("the password that was given is empty; {hint}"))
                    }
                    _ => error,
                })
            }
        }
    }
}

async fn ask_until_opened<T, F: Future<Output = Result<T>>>(
    prompt: Prompt,
    last: &mut Option<Password>,
    file: &str,
    open: impl Fn(Option<Password>) -> F,
) -> Result<T> {
    let mut outcome = open(None).await;
    if !prompt.is_available() || !wants_password(&outcome) {
        return outcome;
    }
    if let Some(password) = last {
        outcome = open(Some(password.clone())).await;
    }
    for attempt in 0..Passwords::TRIES {
        if !wants_password(&outcome) {
            break;
        }
        let again = if attempt == 0 { "" } else { "That password does not match. " };
        let question = format!("{again}Password of {}: ", file.escape_debug());
        let password = Password::exact(prompt.ask(question).await?);
        outcome = open(Some(password.clone())).await;
        if !wants_password(&outcome) {
            *last = Some(password);
        }
    }
    outcome
}

/// Whether another password could change the outcome.
fn wants_password<T>(outcome: &Result<T>) -> bool {
    matches!(outcome, Err(error) if matches!(error.kind, Kind::PasswordNeeded | Kind::WrongPassword))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(content: &[u8]) -> Vec<(Vec<u8>, String)> {
        let readings = Password::found(content.to_vec().into(), "x").written();
        readings
            .into_iter()
            .map(|one| (one.secret.expose().to_vec(), one.unusual.unwrap_or_default()))
            .collect()
    }

    #[test]
    fn a_newline_at_the_end_is_ignored_first_and_then_believed() {
        let found = readings(b"secret\r\n");
        assert_eq!(found[0], (b"secret".to_vec(), String::new()));
        let whole = "the password in x fitted with the newline at its end".to_owned();
        assert_eq!(found[1], (b"secret\r\n".to_vec(), whole));
        assert_eq!((found.len(), readings(b"secret").len()), (2, 1));
    }

    #[test]
    fn what_stands_around_it_is_taken_off_step_by_step() {
        let found = readings(b"\xef\xbb\xbf \"secret\"\n");
        let last = "the password in x fitted without its byte order mark and without the blanks around it and without its quotes";
        assert_eq!(found.last(), Some(&(b"secret".to_vec(), last.to_owned())));
        assert_eq!(found.len(), 5);
        let powershell = readings(b"\xff\xfes\0\xe4\0\r\0\n\0");
        let last = ("s\u{e4}".as_bytes().to_vec(), "the password in x fitted read as UTF-16".to_owned());
        assert_eq!(powershell.last(), Some(&last));
    }

    #[test]
    fn only_a_newline_is_tried_that_is_not_there() {
        assert_eq!(readings(b"\"half").len(), 1);
        assert_eq!(readings(b"").len(), 1);
        let all = |password: &[u8]| {
            let readings = Password::exact(password.to_vec().into()).readings();
            readings.iter().map(|one| one.secret.expose().to_vec()).collect::<Vec<_>>()
        };
        assert_eq!(all(b" a"), [&b" a"[..], b" a\n", b" a\r\n"]);
        assert_eq!(all(b""), [b""]);
    }
}
