//! Something that many want and one makes.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::error::{Error, Result};

/// A value that is made once. A failure is that of all who wait for it at that moment; whoever comes later tries anew.
#[derive(Debug)]
pub struct Once<T> {
    attempt: Mutex<Arc<OnceCell<Result<T>>>>,
    /// Failures that would come again, and so are kept.
    lasting: fn(&Error) -> bool,
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self::keeping(|_| false)
    }
}

impl<T> Once<T> {
    /// One that keeps these failures, too.
    pub fn keeping(lasting: fn(&Error) -> bool) -> Self {
        Self { attempt: Mutex::default(), lasting }
    }
}

impl<T: Clone> Once<T> {
    /// Makes it, or waits for whoever is making it, or takes it as it was made.
    pub async fn get(&self, make: impl Future<Output = Result<T>>) -> Result<T> {
        let attempt = Arc::clone(&self.attempt.lock().unwrap_or_else(PoisonError::into_inner));
        let outcome = attempt.get_or_init(|| make).await.clone();
        if outcome.as_ref().is_err_and(|error| !(self.lasting)(error)) {
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
    async fn a_failure_is_shared_by_those_who_wait_and_by_nobody_later() {
        let (once, tried) = (Once::<()>::default(), Cell::new(0));
        let fail = async || {
            tokio::task::yield_now().await;
            tried.set(tried.get() + 1);
            Err(Error::new(Kind::DnsFailure, tried.get().to_string()))
        };
        let (first, second) = join(once.get(fail()), once.get(fail())).await;
        assert_eq!([first, second].map(|failed| failed.unwrap_err().message), ["1", "1"]);
        assert_eq!(once.get(fail()).await.unwrap_err().message, "2");
        assert!(once.get(async { Ok(()) }).await.is_ok() && once.get(fail()).await.is_ok());
        let lasting = Once::<()>::keeping(|_| true);
        assert!(lasting.get(fail()).await.is_err() && lasting.get(async { Ok(()) }).await.is_err());
    }
}
