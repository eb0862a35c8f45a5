//! The password of a new P12: from the source that the user named, typed twice, or the old one.

use crate::error::{Error, Kind, Result};
use crate::prompt::Prompt;
use crate::secret::Secret;
use crate::secret_source::SecretSource;

/// Where the password of a new P12 comes from.
#[derive(Debug)]
pub struct NewPassword {
    /// The user named a source.
    pub source: Option<SecretSource>,
    /// The user wants to be asked, unless `P12_TEST_NEW_PASSWORD` has it.
    pub ask: bool,
    /// The user wants the old one.
    pub same: bool,
}

impl NewPassword {
    const VARIABLE: &str = "P12_TEST_NEW_PASSWORD";

    /// Reads it, or asks for it twice; `None` where it is the old one.
    ///
    /// # Errors
    /// When it cannot be read, or is not the same twice.
    pub async fn read(self, prompt: Prompt) -> Result<Option<Secret>> {
        if self.same {
            return Ok(None);
        }
        let source = self.source.or_else(|| {
            let variable = Self::VARIABLE;
            std::env::var_os(variable).map(|_| SecretSource::Environment(variable.into()))
        });
        match source {
            Some(source) => match tokio::task::spawn_blocking(move || source.read()).await {
                Ok(password) => password.map(Some),
                Err(_) => Err(Error::new(Kind::Internal, "the new password could not be read")),
            },
            None if self.ask => ask_twice(prompt).await.map(Some),
            None => Ok(None),
        }
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
