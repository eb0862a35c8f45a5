//! What many tests have in common is made once: routes with their roots, opened P12 files.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;

use super::manifest::Digest;
use super::record::Test;
use crate::error::{Exit, Result};
use crate::inputs::Inputs;
use crate::once::Once;
use crate::p12::P12;
use crate::request::Request;
use crate::route::Route;

/// Things by digest, the ones used last.
struct Cache<T>(Mutex<LruCache<Digest, Arc<Once<Arc<T>>>>>);

/// Of each kind so many are kept.
const KEPT: NonZeroUsize = NonZeroUsize::new(256).expect("is not zero");

impl<T> Cache<T> {
    fn new() -> Self {
        Self(Mutex::new(LruCache::new(KEPT)))
    }

    /// Makes it, or takes it as another made it. A P12 that is bad stays bad; what else failed may be there the next
    /// time.
    async fn get(&self, digest: Digest, make: impl Future<Output = Result<Arc<T>>>) -> Result<Arc<T>> {
        let once = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let empty = || Arc::new(Once::keeping(|error| error.kind.exit() == Exit::P12));
            Arc::clone(known.get_or_insert(digest, empty))
        };
        once.get(make).await
    }
}

/// What the tests of a batch have in common.
pub struct Common {
    routes: Cache<Route>,
    p12s: Cache<P12>,
}

impl Default for Common {
    fn default() -> Self {
        Self { routes: Cache::new(), p12s: Cache::new() }
    }
}

/// A test that takes its route and its P12 from what is common.
pub struct Cached {
    /// What is common.
    pub common: Arc<Common>,
    /// The test.
    pub test: Arc<Test>,
}

impl Inputs for Cached {
    fn request(&self) -> Result<Request> {
        self.test.args.request()
    }

    async fn route(&self) -> Result<Arc<Route>> {
        self.common.routes.get(self.test.route, Inputs::route(&self.test.args)).await
    }

    async fn p12(&self) -> Result<Arc<P12>> {
        self.common.p12s.get(self.test.p12, Inputs::p12(&self.test.args)).await
    }
}
