//! What one call takes: a request, a route, a P12.

use std::sync::Arc;

use crate::cli::TestArgs;
use crate::error::Result;
use crate::p12::{P12, P12File};
use crate::request::Request;
use crate::route::Route;
use crate::secret::Secret;

/// Where a call gets what it takes. Each is asked for once, in this order, so that a wrong command line is told
/// before any password is asked for.
pub trait Inputs {
    /// What is asked of the endpoint.
    fn request(&self) -> Result<Request>;

    /// The way there.
    fn route(&self) -> impl Future<Output = Result<Arc<Route>>> + Send;

    /// With which certificate.
    fn p12(&self) -> impl Future<Output = Result<Arc<P12>>> + Send;
}

/// A test from the command line: everything is made for it alone.
impl Inputs for TestArgs {
    fn request(&self) -> Result<Request> {
        Self::request(self)
    }

    async fn route(&self) -> Result<Arc<Route>> {
        Self::route(self).await.map(Arc::new)
    }

    async fn p12(&self) -> Result<Arc<P12>> {
        let file = P12File::read(self.p12_path()?).await?;
        let open = async |password: Option<Secret>| match self.platform.no_precheck {
            true => P12::unread(&file, password.as_ref()),
            false => P12::open(&file, password.as_ref(), self.alias.as_deref()).await,
        };
        self.password.source().unlock(file.name(), open).await.map(Arc::new)
    }
}
