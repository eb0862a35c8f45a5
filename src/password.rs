//! The password of a P12: from the source that the user named, or typed at the terminal.

use std::ffi::OsString;

use crate::error::{Error, Kind, Result};
use crate::prompt::Prompt;
use crate::secret::Secret;
use crate::secret_source::{SecretSource, without_newline};

pub use readings::{MADE_WITH_IT, Reading};

mod escapes;
mod letters;
mod readings;
mod remark;
mod steps;

/// A password: exactly so, or what its source holds, in which the password is. By default the empty one.
#[derive(Debug, Clone, Default)]
pub struct Password {
    content: Secret,
    source: Option<String>,
}

impl Password {
    /// These bytes and nothing less, in the encoding that fits.
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
            Some(_) => without_newline(self.content.expose()).to_vec().into(),
            None => self.content.clone(),
        }
    }

    /// All ways to read it, the usual one first.
    pub fn readings(&self) -> Vec<Reading> {
        let usual = Reading { secret: self.usual(), unusual: None, is_guess: false };
        let mut all = readings::of(usual, self.content.expose(), self.source.as_deref());
        all.extend(readings::guesses(&all));
        all
    }
}

/// Where the password of a P12 comes from.
#[derive(Debug, Clone)]
pub enum PasswordSource {
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
            Self::None => return Ok(Passwords::new(OfFile::Empty, prompt)),
            Self::Unspecified => match of_environment(Self::VARIABLE) {
                Some(source) => source,
                None => return Ok(Passwords::new(OfFile::Typed(None), prompt)),
            },
        };
        let hint = advise(&source);
        let password = find(source).await?;
        let hint = match remark::on(password.content.expose()) {
            Some(remark) => format!("{hint}: {remark}"),
            None => hint,
        };
        Ok(Passwords::new(OfFile::Fixed(password, hint), prompt))
    }
}

/// The password of a key that has one of its own: from this source, else from `P12_TEST_KEY_PASSWORD`.
///
/// # Errors
/// When it cannot be read.
pub async fn of_key(source: Option<SecretSource>) -> Result<Option<Password>> {
    match source.or_else(|| of_environment("P12_TEST_KEY_PASSWORD")) {
        Some(source) => find(source).await.map(Some),
        None => Ok(None),
    }
}

/// A new password: from this source, else from `P12_TEST_NEW_PASSWORD`, else typed twice if the user is to be asked.
///
/// # Errors
/// When it cannot be read, or is not the same twice.
pub async fn new(source: Option<SecretSource>, ask: bool, prompt: Prompt) -> Result<Option<Secret>> {
    match source.or_else(|| of_environment("P12_TEST_NEW_PASSWORD")) {
        Some(source) => Ok(Some(find(source).await?.usual())),
        None if ask => ask_twice(prompt).await.map(Some),
        None => Ok(None),
    }
}

async fn ask_twice(prompt: Prompt) -> Result<Secret> {
    if !prompt.is_available() {
        let hint = "give one: --new-password-file, --new-password-env or P12_TEST_NEW_PASSWORD";
        let what = "a new password is needed, and there is no terminal to ask at";
        return Err(Error::new(Kind::PasswordNeeded, what).with_hint(hint));
    }
    let password = prompt.ask("New password: ".to_owned()).await?;
    match prompt.ask("The same again: ".to_owned()).await? == password {
        true => Ok(password),
        false => Err(Error::new(Kind::Usage, "the two new passwords differ").with_hint("run it again")),
    }
}

fn of_environment(variable: &str) -> Option<SecretSource> {
    std::env::var_os(variable).map(|_| SecretSource::Environment(OsString::from(variable)))
}

async fn find(source: SecretSource) -> Result<Password> {
    let name = name(&source);
    // A thread of its own: Ctrl-C must not wait for the writer of a pipe.
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || sender.send(source.read_whole()));
    match receiver.await {
        Ok(content) => Ok(Password::found(content?, name)),
        Err(_) => Err(Error::new(Kind::Internal, "the password could not be read")),
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
        SecretSource::Stdin => {
            "check what is piped to standard input; echo and editors may add characters".into()
        }
        source => format!("check {}", name(source)),
    }
}

/// The passwords to try, on one file after another.
#[derive(Debug)]
pub struct Passwords {
    of_file: OfFile,
    /// The last that was typed for a key and fitted.
    of_key: Option<Password>,
    prompt: Prompt,
}

#[derive(Debug)]
enum OfFile {
    /// The same one for every file, and what to check when it is wrong.
    Fixed(Password, String),
    Empty,
    /// None at all and the empty one, then the last that was typed and fitted, then what the user types.
    Typed(Option<Password>),
}

impl Passwords {
    const TRIES: usize = 3;

    fn new(of_file: OfFile, prompt: Prompt) -> Self {
        Self { of_file, of_key: None, prompt }
    }

    /// Calls `open` with the password; at a terminal until it opens, three times at most.
    ///
    /// # Errors
    /// As `open` fails, or when nothing can be read from the terminal.
    pub async fn unlock<T, F: Future<Output = Result<T>>>(
        &mut self,
        file: &str,
        open: impl Fn(Option<Password>) -> F,
    ) -> Result<T> {
        self.find(file, open).await.1
    }

    /// The same with the password of the key, which is asked for where it is another one.
    ///
    /// # Errors
    /// As [`Self::unlock`].
    pub async fn unlock_with_key<T, F: Future<Output = Result<T>>>(
        &mut self,
        file: &str,
        open: impl Fn(Option<Password>, Option<Password>) -> F,
    ) -> Result<T> {
        let (password, outcome) = self.find(file, |password| open(password, None)).await;
        let differs = |kind| kind == Kind::KeyPasswordDiffers;
        let open = |key| open(password.clone(), Some(key));
        ask_until_opened(self.prompt, "the key", &mut self.of_key, outcome, differs, open).await.1
    }

    /// The outcome, and the last password that was tried.
    async fn find<T, F: Future<Output = Result<T>>>(
        &mut self,
        file: &str,
        open: impl Fn(Option<Password>) -> F,
    ) -> (Option<Password>, Result<T>) {
        match &mut self.of_file {
            OfFile::Empty => {
                let empty = Some(Password::default());
                (empty.clone(), open(empty).await)
            }
            OfFile::Typed(last) => {
                let (outcome, wanted) =
                    (open(None).await, |kind| matches!(kind, Kind::PasswordNeeded | Kind::WrongPassword));
                let open = |password| open(Some(password));
                ask_until_opened(self.prompt, &file.escape_debug().to_string(), last, outcome, wanted, open)
                    .await
            }
            OfFile::Fixed(password, hint) => {
                let outcome = open(Some(password.clone())).await.map_err(|error| match error.kind {
                    Kind::WrongPassword => error.or_hint(hint.as_str()),
                    Kind::PasswordNeeded if password.usual().expose().is_empty() => {
                        error.with_hint(format!("the password that was given is empty; {hint}"))
                    }
                    _ => error,
                });
                (Some(password.clone()), outcome)
            }
        }
    }
}

/// Where the outcome wants another password: the last one that was typed, then what is typed now. Gives the last that was
/// tried.
async fn ask_until_opened<T, F: Future<Output = Result<T>>>(
    prompt: Prompt,
    what: &str,
    last: &mut Option<Password>,
    mut outcome: Result<T>,
    wanted: fn(Kind) -> bool,
    open: impl Fn(Password) -> F,
) -> (Option<Password>, Result<T>) {
    let wants = |outcome: &Result<T>| outcome.as_ref().is_err_and(|error| wanted(error.kind));
    let mut tried = None;
    if !prompt.is_available() || !wants(&outcome) {
        return (tried, outcome);
    }
    if let Some(password) = last {
        tried = Some(password.clone());
        outcome = open(password.clone()).await;
    }
    for attempt in 0..Passwords::TRIES {
        if !wants(&outcome) {
            break;
        }
        let again = if attempt == 0 { "" } else { "That password does not match. " };
        let password = match prompt.ask(format!("{again}Password of {what}: ")).await {
            Ok(typed) => Password::exact(typed),
            Err(error) => return (tried, Err(error)),
        };
        tried = Some(password.clone());
        outcome = open(password).await;
        if !wants(&outcome) {
            last.clone_from(&tried);
        }
    }
    (tried, outcome)
}
