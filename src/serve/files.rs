//! What is read from files, at the start and again on request: the credentials, and the certificate.

use std::sync::{Arc, PoisonError, RwLock};

use super::access::Access;
use super::nonces::Nonces;
use super::tls::{self, ServerIdentity};
use crate::cli::ServeArgs;
use crate::error::Result;
use crate::prompt::Prompt;

/// The files of a server, and what was read last.
pub(super) struct Files {
    nonces: Arc<Nonces>,
    current: RwLock<Current>,
}

/// What was read at one time. A request keeps what it began with.
#[derive(Clone)]
pub(super) struct Current {
    pub(super) access: Arc<Access>,
    pub(super) certificate: Option<Arc<ServerIdentity>>,
}

impl Files {
    /// Reads all of them; the password may be asked for. If any client signs its requests, waits until that can be
    /// checked.
    pub(super) async fn read(args: &ServeArgs) -> Result<Self> {
        let nonces = Arc::new(Nonces::new());
        let current = Current::read(args, &nonces, Prompt::Terminal).await?;
        if current.access.uses_oauth1() {
            nonces.wait_for_start().await;
        }
        Ok(Self { nonces, current: RwLock::new(current) })
    }

    /// What was read last.
    pub(super) fn current(&self) -> Current {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads them again. If one of them cannot be used, all stays as it was.
    pub(super) async fn reload(&self, args: &ServeArgs) -> Result<Current> {
        let read = Current::read(args, &self.nonces, Prompt::Never).await?;
        self.current.write().unwrap_or_else(PoisonError::into_inner).clone_from(&read);
        Ok(read)
    }
}

impl Current {
    async fn read(args: &ServeArgs, nonces: &Arc<Nonces>, prompt: Prompt) -> Result<Self> {
        let certificate = tls::read(args, prompt).await?.map(Arc::new);
        Ok(Self { access: Arc::new(Access::read(&args.credentials, nonces)?), certificate })
    }
}
