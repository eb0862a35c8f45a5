//! Large request bodies to an endpoint that reads slowly, through a small TCP window: each write of ours has to wait
//! and is taken up again, and none of it is the endpoint's fault.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use p12_test::demo::endpoint::{ClientAuth, Endpoint, Manners, OnConnection};
use serde_json::{Value, json};
use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::batch::{batch, results};
use crate::harness::{ACCOUNT, Lab, OK, Ran, Site, error_line, with};

const CALLS: usize = 100;

/// The size of each body, in bytes.
const BODY: usize = 2 << 20;

/// The receive buffer of the endpoint's sockets, in bytes.
const WINDOW: usize = 32 * 1024;

/// Small segments make a sender's system keep little for it (Linux's `tcp_sndbuf_expand`), so that its writes wait.
const SEGMENT: u32 = 1448;

/// Answers each request with the number of bytes in its body.
async fn count(request: Request<Incoming>) -> hyper::Result<Response<String>> {
    let mut body = request.into_body();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        length += frame?.data_ref().map_or(0, bytes::Bytes::len);
        tokio::task::yield_now().await;
    }
    Ok(Response::new(length.to_string()))
}

/// An endpoint with a small window, for HTTP/1.1 or HTTP/2.
fn slow_reader(lab: &Lab, http2: bool) -> Endpoint {
    let handler: OnConnection = Arc::new(move |stream| {
        Box::pin(async move {
            let (io, service) = (TokioIo::new(stream), service_fn(count));
            if http2 {
                // Its PINGs make the client answer between two pieces of its body.
                let mut server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                let _ = server.adaptive_window(true).serve_connection(io, service).await;
            } else {
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
            }
        })
    });
    let manners = Manners { alpn: if http2 { b"\x02h2" } else { b"\x08http/1.1" }, ..lab.manners() };
    let listen = async {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        SockRef::from(&listener).set_recv_buffer_size(WINDOW).unwrap();
        SockRef::from(&listener).set_tcp_mss(SEGMENT).unwrap();
        listener.set_nonblocking(true).unwrap();
        Endpoint::listen(TcpListener::from_std(listener).unwrap(), &manners, handler).unwrap()
    };
    lab.runtime.block_on(listen)
}

fn url(endpoint: &Endpoint) -> String {
    format!("https://localhost:{}/", endpoint.address().port())
}

/// The calls of one batch whose answer is not the whole length, each with what was said of it.
fn failures(ran: &Ran) -> Vec<Value> {
    let results = results(&ran.stdout);
    assert_eq!(results.len(), CALLS, "{}", ran.stderr);
    let whole = json!(BODY.to_string());
    results.into_iter().filter(|result| result["answer"]["body"]["text"] != whole).collect()
}

/// A batch of the same upload, with these fields besides.
fn uploads(lab: &Lab, endpoint: &Endpoint, more: Value) -> Ran {
    lab.write("body", &vec![b'x'; BODY]);
    let mut defaults = json!({
        "cacert": "ca.pem", "password_file": "password.txt", "p12": "client.p12", "url": url(endpoint),
        "body": "@body", "include_body": true,
    });
    defaults.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let records = (0..CALLS).map(|number| json!({ "id": number }).to_string() + "\n");
    let manifest = format!("{}\n{}", json!({ "defaults": defaults }), records.collect::<String>());
    batch(lab, &manifest, &["-q", "--rate", "0"])
}

/// So many calls of the binary, several at once; what each printed and said.
fn calls(lab: &Lab, endpoint: &Endpoint, more: &[&str]) -> Vec<Ran> {
    lab.write("body", &vec![b'x'; BODY]);
    let (url, next) = (url(endpoint), AtomicUsize::new(0));
    let command = || -> Command {
        let options = ["--cacert", "ca.pem", "--password-file", "password.txt", "-d", "@body"];
        with(with(with(lab.command(), &options), more), &["client.p12", &url])
    };
    std::thread::scope(|scope| {
        let work = || {
            let mut ran = Vec::new();
            while next.fetch_add(1, Ordering::Relaxed) < CALLS {
                ran.push(Ran::of(command(), b""));
            }
            ran
        };
        let workers: Vec<_> = (0..16).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

#[test]
fn a_slow_reader_gets_the_whole_body_from_each_call() {
    let lab = Lab::new();
    for (http2, more) in [(false, &[][..]), (true, &["--http2"][..])] {
        let endpoint = slow_reader(&lab, http2);
        let ran = calls(&lab, &endpoint, more);
        assert_eq!(ran.len(), CALLS);
        let failed: Vec<_> = ran.iter().filter(|ran| ran.exit != 0).map(|ran| &ran.stderr).collect();
        assert!(failed.is_empty(), "{} of {CALLS}, HTTP/2: {http2}; the first: {}", failed.len(), failed[0]);
        for ran in &ran {
            ran.printed(BODY.to_string());
        }
    }
}

#[test]
fn a_slow_reader_gets_the_whole_body_from_each_record_of_a_batch() {
    let lab = Lab::new();
    for http2 in [false, true] {
        let endpoint = slow_reader(&lab, http2);
        let failed = failures(&uploads(&lab, &endpoint, json!({ "http2": http2 })));
        assert!(failed.is_empty(), "{} of {CALLS}, HTTP/2: {http2}; the first: {}", failed.len(), failed[0]);
    }
}

#[test]
fn a_slow_reader_gets_the_whole_body_by_way_of_serve() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    let endpoint = slow_reader(&lab, false);
    let platform =
        json!({ "account": ACCOUNT, "domain": served.url, "bearer_file": "token", "cacert": null });
    let failed = failures(&uploads(&lab, &endpoint, platform));
    assert!(failed.is_empty(), "{} of {CALLS}; the first: {}", failed.len(), failed[0]);
}

/// Reads the head of a request, says this, and goes on reading until the client has gone; or goes at once, with the rest
/// unread, so that the system resets the connection and what was said is lost.
fn early(lab: &Lab, client_auth: ClientAuth, said: &'static [u8], goes: bool) -> Site {
    let received = Arc::<Mutex<Vec<u8>>>::default();
    let seen = Arc::clone(&received);
    let handler: OnConnection = Arc::new(move |mut stream| {
        let seen = Arc::clone(&seen);
        Box::pin(async move {
            let mut head = [0; 256];
            let read = stream.read(&mut head).await.unwrap_or_default();
            seen.lock().unwrap().extend_from_slice(&head[..read]);
            let _ = stream.write_all(said).await;
            let mut piece = vec![0; 65536];
            while !goes && let Ok(read @ 1..) = stream.read(&mut piece).await {
                seen.lock().unwrap().extend_from_slice(&piece[..read]);
                if seen.lock().unwrap().ends_with(b"\nend") {
                    let _ = stream.write_all(OK).await;
                }
            }
        })
    });
    lab.site_of(&Manners { client_auth, ..lab.manners() }, handler, received)
}

#[test]
fn an_answer_that_is_lost_behind_the_body_is_named_and_how_to_get_it() {
    let lab = Lab::new();
    lab.write("big", &vec![b'x'; 4 << 20]);
    let why = "while the request's body was being sent";
    for (client_auth, exit, may) in [
        (ClientAuth::Required, 6, "it refused the body, and its answer was lost"),
        (ClientAuth::Off, 9, "it may have refused the body, and its answer was lost"),
    ] {
        let site = early(&lab, client_auth, b"", true);
        let mut said = Vec::new();
        for _ in 0..20 {
            let ran = lab.run(&site, &["-d", "@big"]);
            ran.ends(exit, why).ends(exit, may).ends(exit, "-H 'Expect: 100-continue'");
            said.push(error_line(&ran.stderr).to_owned());
        }
        said.dedup();
        assert_eq!(said.len(), 1, "{said:#?}");
        let given = lab.run(&site, &["-d", "@big", "-H", "Expect: 100-continue"]);
        given.ends(exit, "leave -d out");
        assert!(!given.stderr.contains("-H 'Expect"), "{}", given.stderr);
        assert!(!lab.run(&site, &[]).exits(exit).stderr.contains("body"));
    }
}

#[test]
fn expect_holds_the_body_back_until_the_endpoint_wants_it() {
    let lab = Lab::new();
    lab.write("body", &format!("{}\nend", "x".repeat(100_000)));
    let expect = ["-d", "@body", "-H", "Expect: 100-continue"];
    let refusal = b"HTTP/1.1 413 Payload Too Large\r\ncontent-length: 3\r\nconnection: close\r\n\r\nno\n";
    let site = early(&lab, ClientAuth::Required, refusal, false);
    lab.run(&site, &expect).ends(1, "413 Payload Too Large").printed("no\n");
    assert!(site.request().ends_with("\r\n\r\n"), "the body was sent");
    let wanted = early(&lab, ClientAuth::Required, b"HTTP/1.1 100 Continue\r\n\r\n", false);
    lab.run(&wanted, &expect).ends(0, "200 OK").printed("hello\n");
    // Without a word, for a second, as curl waits.
    let silent = early(&lab, ClientAuth::Required, b"", false);
    let began = Instant::now();
    lab.run(&silent, &expect).ends(0, "200 OK").printed("hello\n");
    assert!(began.elapsed() > Duration::from_secs(1));
    assert!(silent.request().ends_with("\nend"));
}
