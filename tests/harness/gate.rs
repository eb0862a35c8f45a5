//! An endpoint that stops answering until it is told to go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use p12_test::demo::endpoint::OnConnection;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::watch;

use super::{Lab, OK, Site};

/// Answers the first requests at once, and the others when it is opened.
pub(crate) struct Gate {
    pub(crate) site: Site,
    requests: Arc<AtomicUsize>,
    open: watch::Sender<bool>,
}

impl Gate {
    pub(crate) fn new(lab: &Lab, at_first: usize) -> Self {
        let (requests, (open, opened)) = (Arc::new(AtomicUsize::new(0)), watch::channel(false));
        let count = Arc::clone(&requests);
        let handler: OnConnection = Arc::new(move |mut stream| {
            let (count, mut opened) = (Arc::clone(&count), opened.clone());
            Box::pin(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                if count.fetch_add(1, Ordering::SeqCst) >= at_first {
                    let _ = opened.wait_for(|open| *open).await;
                }
                let _ = stream.write_all(OK).await;
                let _ = stream.shutdown().await;
            })
        });
        Self { site: lab.site_of(&lab.manners(), handler, Arc::default()), requests, open }
    }

    /// How many requests have come.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn open(&self) {
        self.open.send(true).unwrap();
    }
}
