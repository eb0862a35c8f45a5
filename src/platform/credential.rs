//! The credential for the platform: a Bearer token, or the four values of OAuth 1.0a.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use url::Url;

use super::oauth1::{Keys, Method};
use crate::error::{Error, Kind, Result};
use crate::prompt::Prompt;
use crate::secret::Secret;
use crate::secret_source::SecretSource;

/// A credential that was read.
#[derive(Debug, Clone)]
pub enum Credential {
    /// RFC 6750.
    Bearer(Secret),
    /// RFC 5849.
    OAuth1(Keys, Method),
}

/// The source of a credential.
#[derive(Debug, Clone)]
pub enum CredentialSource {
    /// A Bearer token from this source.
    Bearer(SecretSource),
    /// OAuth 1.0a: each value from the file, else from a variable, else from the terminal.
    OAuth1 {
        /// A file of four lines or of `key=value` that only its owner may read.
        file: Option<PathBuf>,
        /// The prefix of the variables' names.
        prefix: OsString,
        /// How to sign.
        method: Method,
    },
    /// No option was given: a Bearer token from `P12_TEST_BEARER`, else from the terminal.
    Unsaid,
}

impl CredentialSource {
    const BEARER: &str = "P12_TEST_BEARER";

    /// Reads it. At a terminal, asks for what is missing.
    ///
    /// # Errors
    /// A source that cannot be read, or that holds no credential.
    pub async fn read(&self, prompt: Prompt) -> Result<Credential> {
        match self {
            Self::Bearer(source) => check_bearer(source.read()?),
            Self::OAuth1 { file, prefix, method } => {
                let known = file.as_deref().map(PartialKeys::read).transpose()?.unwrap_or_default();
                Ok(Credential::OAuth1(known.complete(prefix, prompt).await?, *method))
            }
            Self::Unsaid => {
                let elsewhere = "--bearer-file, --bearer-env, P12_TEST_BEARER or --oauth1-file";
                let what = "Bearer token for the platform";
                check_bearer(read_or_ask(Self::BEARER, prompt, what, elsewhere).await?)
            }
        }
    }
}

/// Whether a Bearer token can be sent: any bytes that a header can hold, without a space.
pub fn is_token(bytes: &[u8]) -> bool {
    let fine = |byte: &u8| (0x21..=0x7e).contains(byte) || *byte >= 0x80;
    !bytes.is_empty() && bytes.iter().all(fine)
}

fn check_bearer(token: Secret) -> Result<Credential> {
    if !is_token(token.expose()) {
        let message = "the Bearer token is empty, or holds a space or a control character";
        return Err(
            Error::new(Kind::Usage, message).with_hint("check its source: does it hold more than the token?")
        );
    }
    Ok(Credential::Bearer(token))
}

/// The value of the variable, or what the user answers if it is not set.
async fn read_or_ask(
    variable: impl Into<OsString>,
    prompt: Prompt,
    what: &str,
    elsewhere: &str,
) -> Result<Secret> {
    let variable = variable.into();
    if std::env::var_os(&variable).is_some() {
        return SecretSource::Environment(variable).read();
    }
    if !prompt.is_available() {
        let message = format!("the platform needs a credential: no {what} was given");
        return Err(Error::new(Kind::Usage, message).with_hint(format!("give a source: {elsewhere}")));
    }
    prompt.ask(format!("{what}: ")).await
}

/// The four values that a file holds; some may be missing.
#[derive(Default)]
struct PartialKeys([Option<Secret>; 4]);

/// Their names: in the file, at the end of a variable, and at the terminal.
const NAMES: [(&str, &str, &str); 4] = [
    ("consumer_key", "CONSUMER_KEY", "OAuth1 consumer key (app key)"),
    ("consumer_secret", "CONSUMER_SECRET", "OAuth1 consumer secret"),
    ("token", "TOKEN", "OAuth1 access token"),
    ("token_secret", "TOKEN_SECRET", "OAuth1 access token secret"),
];

impl PartialKeys {
    fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let text = SecretSource::PrivateFile(path.to_owned()).read()?;
        let wrong = |what: &str| {
            let hint =
                "the form is four lines, or consumer_key=…, consumer_secret=…, token=…, token_secret=…";
            Error::new(Kind::Usage, format!("{name} holds no OAuth1 credential: {what}")).with_hint(hint)
        };
        let lines = text.expose().split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let lines: Vec<_> = lines.filter(|line| !line.is_empty() && !line.starts_with(b"#")).collect();
        let mut found = Self::default();
        if lines.first().is_some_and(|line| parse_pair(line).is_some()) {
            for line in lines {
                let (at, value) = parse_pair(line).ok_or_else(|| wrong("a line has no known name"))?;
                if let Some(slot) = found.0.get_mut(at).filter(|slot| slot.is_none()) {
                    *slot = Some(value.to_vec().into());
                } else {
                    return Err(wrong("a name comes twice"));
                }
            }
        } else if let [key, secret, token, token_secret] = lines.as_slice() {
            found.0 = [key, secret, token, token_secret].map(|value| Some(value.to_vec().into()));
        } else {
            return Err(wrong(&format!("it has {} lines", lines.len())));
        }
        Ok(found)
    }

    async fn complete(self, prefix: &OsStr, prompt: Prompt) -> Result<Keys> {
        let mut values = self.0;
        for (value, (_, suffix, question)) in
            values.iter_mut().zip(NAMES).filter(|(value, _)| value.is_none())
        {
            let variable = OsString::from_iter([prefix, OsStr::new("_"), OsStr::new(suffix)]);
            let elsewhere = format!("--oauth1-file, or the variable {}", variable.display());
            *value = Some(read_or_ask(variable, prompt, question, &elsewhere).await?);
        }
        let [Some(consumer_key), Some(consumer_secret), Some(token), Some(token_secret)] = values else {
            return Err(Error::new(Kind::Internal, "an OAuth1 value is missing"));
        };
        Ok(Keys { consumer_key, consumer_secret, token, token_secret })
    }
}

/// `consumer_key = value`. The names of the platform's console are understood as well.
fn parse_pair(line: &[u8]) -> Option<(usize, &[u8])> {
    let equals = line.iter().position(|byte| *byte == b'=')?;
    let (name, value) = line.split_at_checked(equals)?;
    let name = std::str::from_utf8(name).ok()?.trim().to_lowercase().replace(['-', ' '], "_");
    let name = name.trim_start_matches("oauth_");
    let name = match name {
        "app_key" => "consumer_key",
        "secret" | "app_secret" => "consumer_secret",
        "access_token" => "token",
        "access_token_secret" => "token_secret",
        other => other,
    };
    let at = NAMES.iter().position(|(known, ..)| *known == name)?;
    Some((at, value.get(1..)?.trim_ascii()))
}

impl Credential {
    /// What only the platform may see.
    pub fn secrets(&self) -> Vec<Secret> {
        match self {
            Self::Bearer(token) => vec![token.clone()],
            Self::OAuth1(keys, _) => keys.values().map(Clone::clone).to_vec(),
        }
    }

    /// The value of `Authorization` for a request that is made now.
    pub(super) fn authorization(&self, verb: &str, url: &Url) -> Result<Secret> {
        match self {
            Self::Bearer(token) => Ok([b"Bearer ", token.expose()].concat().into()),
            Self::OAuth1(keys, method) => keys.authorization(*method, verb, url),
        }
    }
}
