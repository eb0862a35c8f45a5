//! Requests: what the endpoint receives.

use crate::harness::{Lab, OK, Ran, with};

#[test]
fn get_is_the_method_without_a_body_and_nothing_is_added() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.run(&site, &[]).exits(0);
    let port = site.address.port();
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "GET / HTTP/1.1\r\nuser-agent: p12-test/{version}\r\naccept: */*\r\nhost: localhost:{port}\r\n\r\n"
    );
    assert_eq!(site.request(), expected);
}

#[test]
fn a_body_is_posted_as_it_is() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.run(&site, &["-d", "{\"a\":\n1}"]).exits(0);
    let request = site.request();
    assert!(
        request.starts_with("POST / HTTP/1.1\r\n") && request.ends_with("\r\n\r\n{\"a\":\n1}"),
        "{request}"
    );
    assert!(
        request.contains("content-type: application/json\r\n") && request.contains("content-length: 8\r\n")
    );
}

#[test]
fn a_file_is_streamed_with_its_length() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let body: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
    lab.write("body", &body);
    lab.run(&site, &["-X", "PUT", "--content-type", "application/octet-stream", "-d", "@body"]).exits(0);
    let received = site.received.lock().unwrap();
    assert!(received.ends_with(&body));
    assert!(String::from_utf8_lossy(&received[..300]).contains("content-length: 3000000\r\n"));
}

#[test]
fn standard_input_is_sent_in_chunks() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let mut command = lab.command();
    command.args(["--cacert", "ca.pem", "--password-file", "password.txt", "-d", "@-", "client.p12"]);
    command.arg(site.url());
    Ran::of(command, b"from a pipe").exits(0);
    let request = site.request();
    assert!(
        request.contains("transfer-encoding: chunked\r\n") && request.contains("from a pipe"),
        "{request}"
    );
}

#[test]
fn headers_are_sent_and_replace_defaults() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.write("token", b"Bearer abc\n");
    let more = ["-H", "Accept: text/plain", "-H", "X-A: 1", "-H", "x-a: 2", "--authorization-file", "token"];
    lab.run(&site, &more).exits(0);
    let request = site.request();
    assert!(request.contains("accept: text/plain\r\n") && !request.contains("*/*"), "{request}");
    assert!(request.contains("x-a: 1\r\nx-a: 2\r\n") && request.contains("authorization: Bearer abc\r\n"));
}

#[test]
fn http2_is_spoken_when_both_sides_want_it() {
    let lab = Lab::new();
    let manners = p12_test::demo::endpoint::Manners { alpn: b"\x02h2\x08http/1.1", ..lab.manners() };
    let handler = std::sync::Arc::new(|stream| {
        Box::pin(async move {
            let answer =
                hyper::service::service_fn(|request: http::Request<hyper::body::Incoming>| async move {
                    let host = request.uri().authority().map_or("", |authority| authority.as_str());
                    Ok::<_, std::convert::Infallible>(http::Response::new(format!("{host} over two\n")))
                });
            let executor = hyper_util::rt::TokioExecutor::new();
            let io = hyper_util::rt::TokioIo::new(stream);
            let _ = hyper::server::conn::http2::Builder::new(executor).serve_connection(io, answer).await;
        }) as _
    });
    let site = lab.site_of(&manners, handler, std::sync::Arc::default());
    let ran = lab.run(&site, &["--http2", "-i"]);
    ran.ends(0, ", h2");
    let stdout = String::from_utf8(ran.stdout).unwrap();
    let port = site.address.port();
    assert!(stdout.starts_with("HTTP/2 200\r\n"), "{stdout}");
    assert!(stdout.ends_with(&format!("\r\n\r\nlocalhost:{port} over two\n")), "{stdout}");
    lab.run(&site, &["--http2", "-H", "Host: another"]).exits(0).printed("another over two\n");
}

#[test]
fn a_url_that_was_pasted_or_not_filled_in_is_told_as_that() {
    let lab = Lab::new();
    for (url, says) in [
        ("\u{200b}https://localhost/", "the URL has a zero-width space (U+200B) as its character 1 of 19"),
        ("\u{201c}https://localhost/\u{201d}", "the URL has a typographic quote (U+201C)"),
        ("https://https://localhost/", "the URL begins with two schemes"),
        ("https://{host}/", "the URL's host or port has the character '{'"),
        ("https://${HOST}/", "the URL's host or port has the character '$'"),
    ] {
        let ran = Ran::of(with(lab.command(), &["--password-file", "password.txt", "client.p12", url]), b"");
        ran.in_case(url).ends(2, says);
    }
}
