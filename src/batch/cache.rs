//! Makes once what many tests share: routes with their CAs, opened P12 files.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;

use super::fields::Hash;
use super::record::Test;
use crate::error::{Exit, Result};
use crate::inputs::{Inputs, TestInputs};
use crate::once::SharedOnce;
use crate::p12::P12;
use crate::prompt::Prompt;
use crate::request::Request;
use crate::route::Route;

/// The values used last, by the hash of the options that they depend on.
struct Recent<T>(Mutex<LruCache<Hash, Arc<SharedOnce<Arc<T>>>>>);

/// How many values of each kind are kept.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(256).expect("is not zero");

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(CAPACITY)))
    }
}

impl<T> Recent<T> {
    /// Takes the value, or makes it. An error of a P12 is kept; other errors may not happen again.
    async fn get(&self, key: Hash, make: impl Future<Output = Result<Arc<T>>>) -> Result<Arc<T>> {
        let once = {
            let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let new = || Arc::new(SharedOnce::keep_errors(|error| error.kind.exit() == Exit::P12));
            Arc::clone(values.get_or_insert(key, new))
        };
        once.get(make).await
    }
}

/// What the tests of a batch share.
#[derive(Default)]
pub struct BatchCache {
    routes: Recent<Route>,
    p12s: Recent<P12>,
}

/// The inputs of one test; its route and its P12 come from the cache.
pub struct CachedInputs {
    pub cache: Arc<BatchCache>,
    pub test: Arc<Test>,
}

/// In a batch, nothing is asked at the terminal.
fn uncached(test: &Test) -> TestInputs<'_> {
    TestInputs { args: &test.args, prompt: Prompt::Never }
}

impl Inputs for CachedInputs {
    fn request(&self) -> Result<Request> {
        uncached(&self.test).request()
    }

    async fn route(&self) -> Result<Arc<Route>> {
        self.cache.routes.get(self.test.route_key, uncached(&self.test).route()).await
    }

    async fn p12(&self) -> Result<Arc<P12>> {
        self.cache.p12s.get(self.test.p12_key, uncached(&self.test).p12()).await
    }
}
