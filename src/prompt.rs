//! Asks the user for a secret at the terminal, without echo.

use std::io::{self, IsTerminal as _};

use crate::diagnosis;
use crate::error::{Error, Kind, Result};
use crate::secret::Secret;

/// Whether the user may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// At the terminal, if standard error is one.
    Terminal,
    /// Never: with many tests at once, the user could not know which one asks.
    Never,
}

impl Prompt {
    /// Whether there is a user to ask.
    pub fn is_available(self) -> bool {
        self == Self::Terminal && io::stderr().is_terminal()
    }

    /// Asks. However it ends, Ctrl-C included, the terminal gets its settings back.
    ///
    /// # Errors
    /// When nothing can be read from the terminal, or the user interrupts.
    pub async fn ask(self, question: String) -> Result<Secret> {
        let terminal = SilentTerminal::new();
        let config = terminal.config();
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::Interrupted => Error::new(Kind::Interrupted, "interrupted at the password prompt"),
            _ => Error::new(
                Kind::PasswordNeeded,
                format!("cannot read the password from the terminal: {}", diagnosis::in_words(&error)),
            ),
        };
        let asking = move || rpassword::prompt_password_with_config(question, config()?);
        match tokio::task::spawn_blocking(asking).await {
            Ok(answer) => answer.map(|password| password.into_bytes().into()).map_err(unreadable),
            Err(_) => Err(Error::new(Kind::Internal, "the password prompt failed")),
        }
    }
}

/// A terminal whose echo is off until this is dropped. rpassword does it in its own thread: too late for what
/// is typed at once, and again after Ctrl-C, when it would not be undone.
#[cfg(unix)]
struct SilentTerminal(Option<(std::fs::File, rustix::termios::Termios)>);

#[cfg(unix)]
impl SilentTerminal {
    fn new() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let terminal = std::fs::File::options().read(true).write(true).open("/dev/tty").ok();
        let saved = terminal.and_then(|file| tcgetattr(&file).ok().map(|settings| (file, settings)));
        if let Some((file, settings)) = &saved {
            let mut silent = settings.clone();
            silent.local_modes.remove(LocalModes::ECHO);
            silent.local_modes.insert(LocalModes::ECHONL);
            // Nothing better can be done when this fails: the user still has to be asked.
            let _ = tcsetattr(file, OptionalActions::Now, &silent);
        }
        Self(saved)
    }

    /// Reads from and writes to this terminal, with the settings made here.
    fn config(&self) -> impl FnOnce() -> io::Result<rpassword::Config> + Send + 'static {
        let both = |(file, _): &(std::fs::File, _)| io::Result::Ok((file.try_clone()?, file.try_clone()?));
        let terminal = self.0.as_ref().map(both);
        move || match terminal {
            Some(terminal) => {
                let (input, output) = terminal?;
                Ok(rpassword::ConfigBuilder::new().input_reader(input).output_writer(output).build())
            }
            None => Ok(rpassword::ConfigBuilder::new().build()),
        }
    }
}

#[cfg(unix)]
impl Drop for SilentTerminal {
    fn drop(&mut self) {
        if let Some((file, settings)) = &self.0 {
            // Nothing better can be done when this fails: the program is about to end.
            let _ = rustix::termios::tcsetattr(file, rustix::termios::OptionalActions::Now, settings);
        }
    }
}

/// rpassword does all of it.
#[cfg(not(unix))]
struct SilentTerminal;

#[cfg(not(unix))]
impl SilentTerminal {
    fn new() -> Self {
        Self
    }

    fn config(&self) -> impl FnOnce() -> io::Result<rpassword::Config> + Send + 'static {
        || Ok(rpassword::ConfigBuilder::new().build())
    }
}
