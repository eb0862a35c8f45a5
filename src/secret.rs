//! Secrets: they wipe themselves and never print. Where they come from is read here too.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use zeroize::Zeroizing;

use crate::diagnosis;
use crate::error::{Error, Kind, Result};

/// Bytes that are wiped when dropped and that no `Debug` shows. There is no `Display`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// The bytes, for the one place that needs them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// In bytes; longer secrets are a mistake, such as a wrong file.
    const MAX: usize = 1 << 16;

    /// Reads to the end, and drops one line ending; all other bytes stay as they are.
    fn read(mut from: impl Read, what: &str) -> Result<Self> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
        let unreadable = |error: io::Error| {
            Error::new(Kind::FileUnreadable, format!("cannot read {what}: {}", diagnosis::in_words(&error)))
        };
        let mut piece = Zeroizing::new([0; 4096]);
        loop {
            let read = match from.read(&mut *piece) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                outcome => outcome.map_err(unreadable)?,
            };
            append(&mut bytes, piece.get(..read).unwrap_or_default());
            if bytes.len() > Self::MAX {
                return Err(Error::new(Kind::FileUnreadable, format!("{what} is too long to be a secret")));
            }
            if read == 0 {
                let line = bytes.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line));
                let length = line.unwrap_or(&bytes).len();
                bytes.truncate(length);
                return Ok(Self(bytes));
            }
        }
    }
}

/// Grows without leaving a copy behind: the old allocation is wiped.
fn append(bytes: &mut Zeroizing<Vec<u8>>, piece: &[u8]) {
    if bytes.len() + piece.len() > bytes.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(2 * (bytes.len() + piece.len())));
        larger.extend_from_slice(bytes);
        *bytes = larger;
    }
    bytes.extend_from_slice(piece);
}

/// So that bytes on their way out can be shared without a copy, and be wiped by the last holder.
impl AsRef<[u8]> for Secret {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl From<OsString> for Secret {
    fn from(text: OsString) -> Self {
        text.into_encoded_bytes().into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Where one secret comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// From the command line itself.
    Value(Secret),
    /// From a file, one line ending at its end dropped.
    File(PathBuf),
    /// From a file that nobody but its owner may read.
    PrivateFile(PathBuf),
    /// From an environment variable of this name.
    Environment(OsString),
    /// From standard input, to its end.
    Stdin,
}

impl Source {
    /// Reads it. A variable that is not set is a usage error.
    pub fn read(&self) -> Result<Secret> {
        match self {
            Self::Value(secret) => Ok(secret.clone()),
            Self::File(path) => {
                let file = File::open(path).map_err(|error| diagnosis::unreadable(path, &error))?;
                Secret::read(file, &path.display().to_string())
            }
            Self::PrivateFile(path) => {
                let file = File::open(path).map_err(|error| diagnosis::unreadable(path, &error))?;
                private(&file, path)?;
                Secret::read(file, &path.display().to_string())
            }
            Self::Environment(name) => std::env::var_os(name).map(Secret::from).ok_or_else(|| {
                let name = name.display();
                Error::new(Kind::Usage, format!("the environment variable {name} is not set"))
            }),
            Self::Stdin => {
                let unreadable = |error| diagnosis::unreadable(Path::new("standard input"), &error);
                Secret::read(stdin_file().map_err(unreadable)?, "standard input")
            }
        }
    }

    /// What to check when it turns out to be wrong.
    fn hint(&self) -> String {
        let check = match self {
            Self::Value(_) => {
                "check the value of --password; a shell changes $, !, \\ and quotes unless quoted".into()
            }
            Self::File(path) | Self::PrivateFile(path) => format!("check {}", path.display()),
            Self::Environment(name) => format!("check the environment variable {}", name.display()),
            Self::Stdin => {
                "check what is piped to standard input; echo and editors may add characters".into()
            }
        };
        format!("the file itself is intact; {check}")
    }
}

/// Standard input as a file of its own: it shows its length where it has one, and no buffer that is never wiped stands
/// before it, as one does before `io::Stdin`.
#[cfg(unix)]
pub fn stdin_file() -> io::Result<File> {
    use std::os::fd::AsFd as _;
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
pub fn stdin_file() -> io::Result<File> {
    use std::os::windows::io::AsHandle as _;
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

/// Refuses a file that others may read. A pipe, such as a shell's process substitution, is nobody else's.
#[cfg(unix)]
fn private(file: &File, path: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = file.metadata().map_err(|error| diagnosis::unreadable(path, &error))?;
    if metadata.is_file() && metadata.mode() & 0o077 != 0 {
        let mode = metadata.mode() & 0o777;
        let message = format!("{} holds credentials and others may read it (mode {mode:o})", path.display());
        return Err(Error::new(Kind::FileExposed, message));
    }
    Ok(())
}

#[cfg(not(unix))]
fn private(_: &File, _: &Path) -> Result<()> {
    Ok(())
}

/// Where the password of a P12 comes from.
#[derive(Debug, Clone)]
pub enum Password {
    /// From here.
    From(Source),
    /// There is none.
    None,
    /// Nobody said: `P12_TEST_PASSWORD`, else none at all and the empty one, else the terminal is asked.
    Unsaid,
}

impl Password {
    const VARIABLE: &str = "P12_TEST_PASSWORD";

    /// Reads it, where it has a source: once for however many files, as a pipe gives nothing twice.
    pub async fn read(&self) -> Result<Passwords> {
        let source = match self {
            Self::From(source) => source.clone(),
            Self::None => return Ok(Passwords::Absent),
            Self::Unsaid if std::env::var_os(Self::VARIABLE).is_some() => {
                Source::Environment(Self::VARIABLE.into())
            }
            Self::Unsaid => return Ok(Passwords::Asked(None)),
        };
        let hint = source.hint();
        // In a thread of its own, as an interruption must not wait for whoever writes into a pipe.
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || sender.send(source.read()));
        match receiver.await {
            Ok(password) => Ok(Passwords::Read(password?, hint)),
            Err(_) => Err(Error::new(Kind::Internal, "the password could not be read")),
        }
    }

    /// Calls `open` with the password; at a terminal until it opens, three times at most.
    pub async fn unlock<T, F: Future<Output = Result<T>>>(
        &self,
        what: &str,
        open: impl Fn(Option<Secret>) -> F,
    ) -> Result<T> {
        self.read().await?.unlock(what, open).await
    }
}

/// The password of one file after another.
#[derive(Debug)]
pub enum Passwords {
    /// The same for all, and what to check when it is wrong.
    Read(Secret, String),
    /// There is none.
    Absent,
    /// None at all and the empty one; then, at a terminal, the last that was typed and fitted; then what is asked for.
    Asked(Option<Secret>),
}

impl Passwords {
    const TRIES: usize = 3;

    /// Calls `open` with the password; at a terminal until it opens, three times at most.
    pub async fn unlock<T, F: Future<Output = Result<T>>>(
        &mut self,
        what: &str,
        open: impl Fn(Option<Secret>) -> F,
    ) -> Result<T> {
        match self {
            Self::Absent => open(Some(Secret::default())).await,
            Self::Asked(typed) => Self::ask(typed, what, open).await,
            Self::Read(password, hint) => {
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

    async fn ask<T, F: Future<Output = Result<T>>>(
        typed: &mut Option<Secret>,
        what: &str,
        open: impl Fn(Option<Secret>) -> F,
    ) -> Result<T> {
        let mut outcome = open(None).await;
        if !can_ask() || fits(&outcome) {
            return outcome;
        }
        if let Some(password) = typed {
            outcome = open(Some(password.clone())).await;
        }
        for attempt in 0..Self::TRIES {
            if fits(&outcome) {
                break;
            }
            let again = if attempt == 0 { "" } else { "It does not match. " };
            let password = prompt(format!("{again}Password of {}: ", what.escape_debug())).await?;
            outcome = open(Some(password.clone())).await;
            if fits(&outcome) {
                *typed = Some(password);
            }
        }
        outcome
    }
}

/// Whether another password would change nothing.
fn fits<T>(outcome: &Result<T>) -> bool {
    !matches!(outcome, Err(error) if matches!(error.kind, Kind::PasswordNeeded | Kind::WrongPassword))
}

static NOBODY_TO_ASK: AtomicBool = AtomicBool::new(false);

/// From now on nothing is asked at the terminal: where many tests run, nobody could tell which one asks.
pub fn never_ask() {
    NOBODY_TO_ASK.store(true, Ordering::Relaxed);
}

/// Whether somebody sits at a terminal.
pub fn can_ask() -> bool {
    !NOBODY_TO_ASK.load(Ordering::Relaxed) && io::stderr().is_terminal()
}

/// Asks at the terminal without echo. However it ends, Ctrl-C included, the terminal is left as it was.
pub async fn prompt(question: String) -> Result<Secret> {
    let _terminal = Terminal::silence();
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::Interrupted => Error::new(Kind::Interrupted, "interrupted at the password prompt"),
        _ => Error::new(
            Kind::PasswordNeeded,
            format!("no password could be read from the terminal: {}", diagnosis::in_words(&error)),
        ),
    };
    match tokio::task::spawn_blocking(|| rpassword::prompt_password(question)).await {
        Ok(answer) => answer.map(|password| password.into_bytes().into()).map_err(unreadable),
        Err(_) => Err(Error::new(Kind::Internal, "the password prompt failed")),
    }
}

/// The terminal's settings, put back when this goes. Until then nothing is echoed: rpassword shows the question
/// before it switches the echo off, and what is typed in between would be seen.
#[cfg(unix)]
struct Terminal(Option<(File, rustix::termios::Termios)>);

#[cfg(unix)]
impl Terminal {
    fn silence() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let terminal = File::options().read(true).write(true).open("/dev/tty").ok();
        let saved = terminal.and_then(|file| tcgetattr(&file).ok().map(|settings| (file, settings)));
        if let Some((file, settings)) = &saved {
            let mut silent = settings.clone();
            silent.local_modes.remove(LocalModes::ECHO);
            // Where that fails, rpassword fails too and says so.
            let _ = tcsetattr(file, OptionalActions::Now, &silent);
        }
        Self(saved)
    }
}

#[cfg(unix)]
impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some((file, settings)) = &self.0 {
            // Nothing better can be done when this fails: the program is about to end.
            let _ = rustix::termios::tcsetattr(file, rustix::termios::OptionalActions::Now, settings);
        }
    }
}

#[cfg(not(unix))]
struct Terminal;

#[cfg(not(unix))]
impl Terminal {
    fn silence() -> Self {
        Self
    }
}

/// Keeps what is in memory out of core files and away from debuggers of the same user.
pub fn forbid_core_dumps() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // A kernel that refuses leaves things as they were; that is no reason not to run.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<u8> {
        Secret::read(bytes, "a test").unwrap().expose().to_vec()
    }

    #[test]
    fn one_line_ending_is_dropped_and_no_more() {
        assert_eq!(read(b"secret\n"), b"secret");
        assert_eq!(read(b"secret\r\n"), b"secret");
        assert_eq!(read(b"secret\n\n"), b"secret\n");
        assert_eq!(read(b" \xff\0secret \r"), b" \xff\0secret \r");
        assert_eq!(read(b""), b"");
    }

    #[test]
    fn debug_shows_no_secret() {
        let source = Source::Value(Secret::from(b"canary".to_vec()));
        assert!(!format!("{source:?}").contains("canary"));
    }

    #[test]
    fn an_endless_secret_ends() {
        assert_eq!(Secret::read(io::repeat(b'x'), "a test").unwrap_err().kind, Kind::FileUnreadable);
    }
}
