//! The answer unchanged: heads, bodies, files.

use std::sync::Arc;

use p12_test::demo::pki::{Profile, Purpose};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::harness::{Lab, OK, PASSWORD};

#[test]
fn include_prints_the_heads_as_they_came() {
    let lab = Lab::new();
    let wire = "HTTP/1.1 103 Early Hints\r\nLink:  </a>\r\n\r\nHTTP/1.1 200  Fine \r\nX-CaSe:   odd  \r\nContent-Length: 2\r\n\r\nok";
    lab.run(&lab.site(wire), &["-i"]).ends(0, "200 \"Fine\"").printed(wire);
}

#[test]
fn answers_without_a_body_are_complete() {
    let lab = Lab::new();
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n";
    lab.run(&lab.site(head), &["-X", "HEAD", "-i"]).ends(0, "0 bytes").printed(head);
    lab.run(&lab.site("HTTP/1.1 204 No Content\r\n\r\n"), &[]).ends(0, "204").printed("");
    lab.run(&lab.site("HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n"), &[])
        .ends(0, "304")
        .printed("");
}

#[test]
fn bodies_come_chunked_with_trailers_and_to_the_close() {
    let lab = Lab::new();
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n3\r\nabc\r\n2;e=f\r\nde\r\n0\r\nx-sum: 5\r\n\r\n";
    lab.run(&lab.site(chunked), &["-v"]).ends(0, "x-sum: 5").printed("abcde");
    lab.run(&lab.site("HTTP/1.0 200 OK\r\n\r\nto the close"), &[]).ends(0, "200 OK").printed("to the close");
}

#[test]
fn compressed_bodies_and_redirects_are_left_alone() {
    let lab = Lab::new();
    let mut answer =
        b"HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n".to_vec();
    answer.extend([0x1f, 0x8b, 0xff, 0]);
    let site = lab.site(answer);
    lab.run(&site, &[]).ends(0, "302 Found").printed([0x1f, 0x8b, 0xff, 0]);
    assert!(!site.request().to_lowercase().contains("accept-encoding"));
}

#[test]
fn a_file_appears_only_when_it_is_complete() {
    let lab = Lab::new();
    lab.run(&lab.site(OK), &["-o", "answer"]).ends(0, "200 OK").printed("");
    assert_eq!(std::fs::read(lab.path("answer")).unwrap(), b"hello\n");
    let cut = lab.site("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this");
    lab.run(&cut, &["-o", "answer"]).ends(9, "answer.part");
    assert_eq!(std::fs::read(lab.path("answer")).unwrap(), b"hello\n");
    assert_eq!(std::fs::read(lab.path("answer.part")).unwrap(), b"only this");
    lab.run(&cut, &["-o", "/dev/null"]).ends(9, "after 9 bytes");
}

#[test]
fn quiet_says_nothing_but_faults() {
    let lab = Lab::new();
    let ran = lab.run(&lab.site(OK), &["-q"]);
    ran.exits(0).printed("hello\n");
    assert_eq!(ran.stderr, "");
    let ran = lab.run(&lab.site("HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n"), &["-q"]);
    assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
    ran.ends(1, "error: ");
}

#[test]
fn escapes_in_a_certificate_never_reach_the_terminal() {
    let lab = Lab::new();
    let client = lab.root.issue(&Profile::new("\u{1b}[31mred\u{7}", Purpose::Client)).unwrap();
    lab.write("client.p12", &client.p12(PASSWORD, "client").unwrap());
    let ran = lab.run(&lab.site(OK), &["-v"]);
    ran.ends(0, "\\u{1b}[31mred");
    assert!(!ran.stderr.contains('\u{1b}'));
}

#[test]
fn a_final_answer_that_comes_before_the_body_was_sent_is_shown() {
    let lab = Lab::new();
    let handler = Arc::new(|mut stream: tokio_openssl::SslStream<tokio::net::TcpStream>| {
        Box::pin(async move {
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 4\r\n\r\nbig\n").await;
            let _ = stream.flush().await;
            // Read the rest: the kernel would reset a connection with unread data, and the answer would be lost.
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        }) as _
    });
    lab.write("big", &vec![b'x'; 8 << 20]);
    let site = lab.site_of(&lab.manners(), handler, Arc::default());
    lab.run(&site, &["-d", "@big"]).ends(1, "413").printed("big\n");
}

#[test]
fn an_answer_that_comes_before_the_request_is_an_answer() {
    let lab = Lab::new();
    let handler = Arc::new(|mut stream: tokio_openssl::SslStream<tokio::net::TcpStream>| {
        Box::pin(async move {
            stream.write_all(OK).await.unwrap();
            while stream.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {}
        }) as _
    });
    let site = lab.site_of(&lab.manners(), handler, Arc::default());
    for _ in 0..50 {
        lab.run(&site, &[]).ends(0, "200 OK").printed("hello\n");
    }
}

/// The connection ends without TLS's close_notify: nothing proves that the body is complete.
#[test]
fn a_coding_that_is_not_chunked_says_nothing_of_the_end() {
    let lab = Lab::new();
    for coding in ["gzip", "identity", "chunked, gzip"] {
        let answer = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: {coding}\r\n\r\nhel");
        let site = lab.site_of(&lab.manners(), abrupt(answer), Arc::default());
        lab.run(&site, &[]).in_case(coding).exits(9).printed("hel");
    }
}

#[test]
fn an_answer_through_the_platform_that_only_the_connection_ended_is_unproven() {
    let lab = Lab::new();
    let platform = lab.http_site("HTTP/1.1 200 OK\r\n\r\nhel");
    let ran = lab.submit(&platform.plain_url(), &crate::harness::Site::nowhere(), &[]);
    ran.ends(9, "ended with the connection, after 3 bytes of a body whose length it had not stated")
        .printed("hel");
}

#[test]
fn another_protocol_that_was_not_asked_for_is_no_answer() {
    let lab = Lab::new();
    let site = lab.site("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n");
    lab.run(&site, &[]).ends(9, "switched to another protocol");
}

#[test]
fn empty_lines_before_a_head_are_no_reason_to_print_the_body_twice() {
    let lab = Lab::new();
    let head = "\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n";
    lab.run(&lab.site(format!("{head}hello")), &["-i"]).exits(0).printed(format!("{head}hello"));
}

/// Answers and closes the connection without close_notify.
fn abrupt(answer: String) -> p12_test::demo::endpoint::OnConnection {
    let answer = Arc::new(answer);
    Arc::new(move |mut stream| {
        let answer = Arc::clone(&answer);
        Box::pin(async move {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        })
    })
}

#[test]
fn what_is_written_never_takes_the_place_of_what_is_read() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.write("body.txt", b"body");
    let body = ["-o", "./body.txt", "-d", "@body.txt"];
    for more in [&["-o", "client.p12"][..], &["--report", "password.txt"], &body, &["-o", "ca.pem"]] {
        lab.run(&site, more).ends(2, "is an input and would be overwritten");
    }
    lab.run(&site, &["-o", "both", "--report", "./both"]).ends(2, "name the same file");
    lab.run(&site, &["-o", "/dev/null", "--report", "/dev/null"]).exits(0);
    assert_eq!(site.request().matches("GET").count(), 1);
}

#[cfg(unix)]
#[test]
fn a_file_that_is_written_anew_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt as _;
    let lab = Lab::new();
    lab.write_private("answer", "old");
    lab.run(&lab.site(OK), &["-o", "answer"]).exits(0);
    let mode = std::fs::metadata(lab.path("answer")).unwrap().permissions().mode();
    assert_eq!((std::fs::read(lab.path("answer")).unwrap(), mode & 0o777), (b"hello\n".to_vec(), 0o600));
}

#[test]
fn what_breaks_the_rules_of_http_and_is_let_pass_is_a_warning() {
    let lab = Lab::new();
    let chunked = "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    for (rest, warning) in [
        (format!("content-length: 9\r\n{chunked}"), "a Content-Length as well as a Transfer-Encoding"),
        ("x-a: one\r\n two\r\ncontent-length: 5\r\n\r\nhello".into(), "goes on in the next line"),
        ("content-length: 5\r\n\r\nhello again".into(), "more bytes came after the end of the answer"),
        (format!("{chunked}HTTP/1.1"), "more bytes came after the end of the answer"),
    ] {
        let ran = lab.run(&lab.site(format!("HTTP/1.1 200 OK\r\n{rest}")), &[]).in_case(&rest);
        ran.ends(0, warning).printed("hello");
        assert_eq!(ran.stderr.matches("warning: ").count(), 1, "{}", ran.stderr);
    }
    lab.run(&lab.site("HTTP/1.1 204 No Content\r\n\r\nhello"), &[])
        .ends(0, "more bytes came after")
        .printed("");
    let trailers = format!("HTTP/1.1 200 OK\r\n{}", chunked.replace("\r\n0\r\n", "\r\n0\r\nx: y\r\n"));
    for fine in [trailers.as_bytes(), OK, b"HTTP/1.0 200 OK\r\n\r\nto the close"] {
        assert!(!lab.run(&lab.site(fine), &[]).exits(0).stderr.contains("warning"));
    }
}

#[test]
fn what_is_malformed_is_said_in_plain_words() {
    let lab = Lab::new();
    for (answer, says) in [
        ("HTTP/1.1 2000 OK\r\n\r\n", "its first line holds no status of three digits"),
        ("HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", "its Content-Length is not one number"),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            "one of its chunks is malformed (RFC 9112 section 7.1)",
        ),
    ] {
        let ran = lab.run(&lab.site(answer), &[]).in_case(answer);
        ran.ends(9, says);
        assert!(!ran.stderr.contains("parsed") && !ran.stderr.contains("missing size"), "{}", ran.stderr);
    }
}

#[test]
fn a_redirect_says_where_to() {
    let lab = Lab::new();
    let site = lab.site(
        "HTTP/1.1 302 Found\r\nlocation: https://other.example/x?token=canary\r\ncontent-length: 0\r\n\r\n",
    );
    let place = "https://other.example/x?token=***";
    lab.run(&site, &[]).ends(0, &format!("302 Found to {place}"));
    let ran = lab.run(&site, &["--expect", "200", "--json"]);
    ran.ends(1, &format!("redirects are not followed: call {place} itself"));
    let document: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(document["answer"]["redirect"], place);
    assert!(!ran.stderr.contains("canary") && !document.to_string().contains("canary"));
}

#[test]
fn a_redirect_to_a_login_page_or_an_error_page_is_no_success() {
    let lab = Lab::new();
    for (place, says) in [
        ("https://x.example/my.policy", "looks like a login page"),
        ("https://accounts.google.com/v3/ServiceLogin", "looks like a login page"),
        ("https://id.example/realms/x/protocol/openid-connect/registrations", "looks like a login page"),
        ("/j_security_check", "looks like a login page"),
        ("/error?code=certificate_required", "looks like an error page"),
        ("/errors/403.html", "looks like an error page"),
        ("https://captive.portal.example/hotspot", "looks like the login of a network"),
    ] {
        let site = lab.site(format!("HTTP/1.1 302 Found\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n"));
        lab.run(&site, &[]).in_case(place).ends(1, says);
        lab.run(&site, &["--expect", "3xx"]).in_case(place).ends(0, "302 Found");
    }
}

#[test]
fn a_success_that_looks_like_a_login_page_is_a_warning() {
    let lab = Lab::new();
    let page = |kind: &str, body: &str| {
        format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    };
    let password = "<html><form><input name=p TYPE = 'password'></form></html>";
    for (answer, says) in [
        (page("text/html", password), "a field for a password"),
        (
            page(
                "text/html",
                "<form method=post><input type=\"hidden\" name=\"SAMLRequest\" value=x></form>",
            ),
            "sends a SAMLRequest",
        ),
        (
            page("text/html", "<meta http-equiv=\"refresh\" content=\"0; url=https://login.example.com/\">"),
            "meta refresh",
        ),
        ("HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n".into(), "302 Found came without a Location"),
    ] {
        let ran = lab.run(&lab.site(&*answer), &[]).in_case(&answer);
        ran.ends(0, says);
        assert_eq!(ran.stderr.matches("warning: ").count(), 1, "{}", ran.stderr);
    }
    let meta = "<meta http-equiv=refresh content='0; url=/home?next=/login'>";
    for fine in
        [page("application/json", password), page("text/html", meta), page("text/html", "type=password")]
    {
        assert!(!lab.run(&lab.site(&*fine), &[]).exits(0).stderr.contains("warning"), "{fine}");
    }
}
