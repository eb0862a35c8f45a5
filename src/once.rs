//! A value that many tasks need and one of them makes.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::error::{Error, Result};

/// A value that is made once. An error goes to all tasks that wait at that moment; a later one tries again.
#[derive(Debug)]
pub struct SharedOnce<T> {
    attempt: Mutex<Arc<OnceCell<Result<T>>>>,
    /// Errors that would come again, and so are kept.
    is_permanent: fn(&Error) -> bool,
}

impl<T> Default for SharedOnce<T> {
    fn default() -> Self {
        Self::keep_errors(|_| false)
    }
}

impl<T> SharedOnce<T> {
    /// One that keeps such errors as well.
    pub fn keep_errors(is_permanent: fn(&Error) -> bool) -> Self {
        Self { attempt: Mutex::default(), is_permanent }
    }
}

impl<T: Clone> SharedOnce<T> {
    /// The value: made already, being made by another task, or made now.
    ///
    /// # Errors
    /// As `make` fails.
    pub async fn get(&self, make: impl Future<Output = Result<T>>) -> Result<T> {
        let attempt = Arc::clone(&self.attempt.lock().unwrap_or_else(PoisonError::into_inner));
        let outcome = attempt.get_or_init(|| make).await.clone();
        if outcome.as_ref().is_err_and(|error| !(self.is_permanent)(error)) {
            let mut current = self.attempt.lock().unwrap_or_else(PoisonError::into_inner);
            if Arc::ptr_eq(&current, &attempt) {
                *current = Arc::default();
            }
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures_util::future::join;

    use super::*;
    use crate::error::Kind;

    #[tokio::test]
    async fn an_error_is_shared_by_those_who_wait_and_by_nobody_later() {
        let (once, tried) = (SharedOnce::<()>::default(), Cell::new(0));
        let fail = async || {
            tokio::task::yield_now().await;
            tried.set(tried.get() + 1);
            Err(Error::new(Kind::DnsFailure, tried.get().to_string()))
        };
        let (first, second) = join(once.get(fail()), once.get(fail())).await;
        assert_eq!([first, second].map(|failed| failed.unwrap_err().message), ["1", "1"]);
        assert_eq!(once.get(fail()).await.unwrap_err().message, "2");
        assert!(once.get(async { Ok(()) }).await.is_ok() && once.get(fail()).await.is_ok());
        let permanent = SharedOnce::<()>::keep_errors(|_| true);
        assert!(permanent.get(fail()).await.is_err() && permanent.get(async { Ok(()) }).await.is_err());
    }
}
