//! One connection of a client: TLS if there is any, then HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;

use super::connections::Admission;
use super::presence::{self, Presence};
use super::resource::Resource;
use crate::acceptor;

/// Bytes for one head, or for a piece of a body.
const MAX_BUFFER: usize = 64 * 1024;

/// Answers the requests of a connection until it ends, or its place is needed.
pub(super) async fn serve(
    resource: Arc<Resource>,
    stream: TcpStream,
    peer: SocketAddr,
    admission: Admission,
    watcher: Watcher,
) {
    // Without this, an answer in two writes waits for the client's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(resource.args.limits.body_time));
    let stream = Box::pin(stream);
    let presence = Arc::clone(&admission.presence);
    let served = async {
        match resource.files.current().certificate {
            None => answer(resource, stream, peer, presence, watcher).await,
            Some(certificate) => {
                let within = resource.args.limits.header_time;
                let accepted = acceptor::accept(&certificate.context, stream, within).await;
                if let Some(stream) = accepted {
                    answer(resource, stream, peer, presence, watcher).await;
                }
            }
        }
    };
    admission.end.run_until_cancelled(served).await;
}

async fn answer(
    resource: Arc<Resource>,
    stream: impl AsyncRead + AsyncWrite + Send + 'static,
    peer: SocketAddr,
    presence: Arc<Presence>,
    watcher: Watcher,
) {
    let header_time = resource.args.limits.header_time;
    let stream = presence::watch(stream, Arc::clone(&presence));
    let answer = service_fn(move |request: http::Request<_>| {
        let origin = resource.proxies.find(peer, request.headers());
        let entry = resource.journal.begin(origin, Arc::clone(&presence));
        Arc::clone(&resource).answer(request, entry)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_time)
        .max_buf_size(MAX_BUFFER)
        .serve_connection(TokioIo::new(stream), answer);
    // A client that closes early needs no message.
    let _ = watcher.watch(connection).await;
}
