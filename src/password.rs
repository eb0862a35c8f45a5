//! The password of a P12: from the source that the user named, or typed at the terminal.

use std::ffi::OsString;

use crate::error::{Error, Kind, Result};
use crate::files;
use crate::prompt::Prompt;
use crate::secret::Secret;
use crate::secret_source::SecretSource;

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
        let hint = format!("the file itself is intact; {}", advise(&source));
        // A thread of its own: Ctrl-C must not wait for the writer of a pipe.
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || sender.send(source.read()));
        match receiver.await {
            Ok(password) => Ok(Passwords::Fixed(password?, hint)),
            Err(_) => Err(Error::new(Kind::Internal, "the password could not be read")),
        }
    }
}

/// What to check when the password from this source is wrong.
fn advise(source: &SecretSource) -> String {
    match source {
        SecretSource::Value(_) => {
            "check the value of --password; a shell changes $, !, \\ and quotes unless quoted".into()
        }
        SecretSource::File(path) | SecretSource::PrivateFile(path) if files::has_byte_order_mark(path) => {
            format!(
                "{} begins with a byte order mark, which counts as part of the password: save it as UTF-8 without one",
                path.display()
            )
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
    Fixed(Secret, String),
    /// The empty one.
    Empty,
    /// None at all and the empty one, then the last that was typed and fitted, then what the user types.
    Typed(Prompt, Option<Secret>),
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
        open: impl Fn(Option<Secret>) -> F,
    ) -> Result<T> {
        match self {
            Self::Empty => open(Some(Secret::default())).await,
            Self::Typed(prompt, last) => ask_until_opened(*prompt, last, file, open).await,
            Self::Fixed(password, hint) => {
                open(Some(password.clone())).await.map_err(|error| match error.kind {
                    Kind::WrongPassword => error.with_hint(hint.clone()),
                    Kind::PasswordNeeded if password.expose().is_empty() => {
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
    last: &mut Option<Secret>,
    file: &str,
    open: impl Fn(Option<Secret>) -> F,
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
        let password = prompt.ask(format!("{again}Password of {}: ", file.escape_debug())).await?;
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
