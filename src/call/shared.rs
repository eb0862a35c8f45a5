//! A value that the layers of one connection share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Written by one layer and read by another.
#[derive(Default)]
pub(super) struct Shared<T>(Arc<Mutex<T>>);

impl<T> Shared<T> {
    /// Access to the value; a layer that panicked leaves what it had written.
    pub(super) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
