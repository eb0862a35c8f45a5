//! One connection of a client: TLS if there is any, then HTTP.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;

use super::connections::Admission;
use super::presence::Watched;
use super::resource::Resource;
use crate::acceptor;

/// What all connections have in common.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) resource: Arc<Resource>,
    pub(super) header_time: Duration,
    pub(super) write_time: Duration,
}

/// Bytes for one head, or for a piece of a body.
const MAX_BUFFER: usize = 64 * 1024;

impl Settings {
    /// Answers the requests of a connection until it ends, or its place is needed.
    pub(super) async fn serve(
        self,
        stream: TcpStream,
        peer: SocketAddr,
        admission: Admission,
        watcher: Watcher,
    ) {
        // Without this, an answer in two writes waits for the client's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.write_time));
        let stream = Box::pin(stream);
        let served = async {
            match self.resource.files.current().certificate {
                None => self.answer(stream, peer, &admission, watcher).await,
                Some(certificate) => {
                    let accepted = acceptor::accept(&certificate.context, stream, self.header_time).await;
                    if let Some(stream) = accepted {
                        self.answer(Box::pin(stream), peer, &admission, watcher).await;
                    }
                }
            }
        };
        admission.end.run_until_cancelled(served).await;
    }

    async fn answer<S>(
        &self,
        stream: Pin<Box<S>>,
        address: SocketAddr,
        admission: &Admission,
        watcher: Watcher,
    ) where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (resource, presence) = (Arc::clone(&self.resource), Arc::clone(&admission.presence));
        let stream = Watched::new(stream, Arc::clone(&presence));
        let answer = service_fn(move |request: http::Request<_>| {
            let origin = resource.proxies.find(address, request.headers());
            let entry = resource.journal.begin(origin, Arc::clone(&presence));
            Arc::clone(&resource).answer(request, entry)
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_time)
            .max_buf_size(MAX_BUFFER)
            .serve_connection(TokioIo::new(stream), answer);
        // A client that closes early needs no message.
        let _ = watcher.watch(connection).await;
    }
}
