//! The two routes behind one function: from this machine, or through the platform.

use std::sync::Arc;

use crate::call::Local;
use crate::error::Result;
use crate::exchange::Started;
use crate::foreign::KnownSecrets;
use crate::p12::P12;
use crate::platform::Platform;
use crate::platform::credential::Credential;
use crate::request::Request;
use crate::secret::Secret;

/// The route of a request to its endpoint.
#[derive(Debug)]
pub enum Route {
    /// A mutual-TLS call from this machine.
    Local(Box<Local>),
    /// The platform's tester makes the call.
    Platform(Box<Platform>),
}

impl Route {
    /// Sends the request. Returns when the head of the answer has come, or the call has failed. Secrets in
    /// `known` are hidden in everything that comes back.
    ///
    /// # Errors
    /// The call could not begin.
    pub async fn start(&self, request: &Request, p12: &P12, known: &Arc<KnownSecrets>) -> Result<Started> {
        match self {
            Self::Local(local) => local.start(request, p12.identity()?, known).await,
            Self::Platform(platform) => Ok(platform.start(request, p12, known).await),
        }
    }

    /// `local` or `platform`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Local(_) => "local",
            Self::Platform(_) => "platform",
        }
    }

    /// The secrets of this route: of the proxy and of the platform's credential.
    pub fn secrets(&self) -> Vec<Secret> {
        match self {
            Self::Local(local) => local.connect.proxies.secrets(),
            Self::Platform(platform) => {
                let mut secrets = platform.connect.proxies.secrets();
                secrets.extend(platform.credential.secrets());
                secrets
            }
        }
    }

    /// Warnings about this route.
    pub fn warnings(&self) -> Vec<String> {
        let Self::Platform(platform) = self else { return Vec::new() };
        let mut warnings = Vec::new();
        if matches!(platform.credential, Credential::OAuth1(..)) {
            warnings.push("the platform announced the end of OAuth1 for 2026-05-31; a Bearer token is what it takes from now on".into());
        }
        if platform.tls.insecure {
            warnings.push("the platform's certificate is not checked (-k): any server that answers gets the credential, the P12 and its password".into());
        }
        warnings
    }
}
