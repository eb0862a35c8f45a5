//! Each exit status, over real TLS.

use std::sync::Arc;

use openssl::ssl::SslVersion;
use p12_test::demo::endpoint::{ClientAuth, Manners, OnConnection};
use p12_test::demo::pki::{Identity, Profile, Purpose};

use crate::harness::{Lab, OK, PASSWORD, Ran, Signal, send, with};

#[test]
fn a_certificate_that_was_asked_for_and_sent_exits_0() {
    let lab = Lab::new();
    lab.run(&lab.site(OK), &[]).ends(0, "certificate asked for (handshake) and sent").printed("hello\n");
}

#[test]
fn both_tls_versions_tell_the_same() {
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let lab = Lab::new();
        let site = lab.site_with(&Manners { version: Some(version), ..lab.manners() }, OK);
        lab.run(&site, &[]).ends(0, "its issuer is among the 1 accepted").printed("hello\n");
    }
}

#[test]
fn another_status_exits_1_with_its_body() {
    let lab = Lab::new();
    let site = lab.site("HTTP/1.1 404 Not Found\r\ncontent-length: 3\r\n\r\nno\n");
    lab.run(&site, &[]).ends(1, "answered 404 Not Found").printed("no\n");
    lab.run(&site, &["--expect", "404"]).ends(0, "404 Not Found");
    lab.run(&site, &["--expect", "200,4xx"]).ends(0, "404 Not Found");
    lab.run(&lab.site(OK), &["--expect", "404"]).ends(1, "not among the expected");
}

#[test]
fn a_wrong_command_line_exits_2_and_shows_no_header_value() {
    let lab = Lab::new();
    for arguments in [
        ["client.p12", "http://localhost/", "--no-password"],
        ["client.p12", "https://user:canary@localhost/", "--no-password"],
        ["client.p12", "https://localhost/", "--header=canary"],
        ["client.p12", "https://localhost/", "--header=a: canary\r\nb: c"],
        ["client.p12", "https://localhost/", "--proxy=ftp://canary@localhost"],
        ["client.p12", "https://localhost/", "--password-env=NOT_SET"],
    ] {
        let ran = Ran::of(with(lab.command(), &arguments), b"");
        ran.ends(2, "error: ");
        assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    }
    Ran::of(with(lab.command(), &["--no-such-flag"]), b"").ends(2, "--help");
}

#[test]
fn wrong_password_exits_3_before_connecting() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.write("password.txt", b"wrong\n");
    let ran = lab.run(&site, &[]);
    ran.ends(3, "the password does not match").ends(3, "hint:  check ").printed("");
    assert_eq!(site.request(), "");
}

#[test]
fn what_is_no_p12_exits_3_and_is_named() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.write("text.p12", b"this is not it");
    lab.run_p12("text.p12", &site, &[]).ends(3, "it is a text");
    lab.run_p12("ca.pem", &site, &[]).ends(3, "it is PEM with CERTIFICATE, not a P12");
    lab.run_p12(".", &site, &[]).ends(3, "it is a directory");
    let whole = std::fs::read(lab.path("client.p12")).unwrap();
    lab.write("cut.p12", &whole[..whole.len() - 7]);
    lab.run_p12("cut.p12", &site, &[]).ends(3, "cut short: 7 bytes are missing");
}

#[test]
fn a_key_that_tls_cannot_use_exits_3_and_is_named() {
    let lab = Lab::new();
    let key = openssl::pkey::PKey::generate_x25519().unwrap();
    let client = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    let mut builder = openssl::x509::X509::builder().unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_subject_name(client.certificate.subject_name()).unwrap();
    builder.set_issuer_name(lab.root.certificate.subject_name()).unwrap();
    builder.set_not_before(client.certificate.not_before()).unwrap();
    builder.set_not_after(client.certificate.not_after()).unwrap();
    builder.sign(&lab.root.key, openssl::hash::MessageDigest::sha256()).unwrap();
    let client = Identity { certificate: builder.build(), key, chain: Vec::new() };
    lab.write("client.p12", &client.p12(PASSWORD, "client").unwrap());
    let ran = lab.run(&lab.site(OK), &[]);
    ran.ends(3, "TLS cannot use the key of").ends(3, "it is of type X25519, OID 1.3.101.110");
}

#[test]
fn several_keys_are_listed_and_chosen_by_alias() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.run(&site, &["--alias", "nobody"])
        .ends(3, "no key in it is called \"nobody\"; there are #1 \"client\"");
    lab.run(&site, &["--alias", "CLIENT"]).ends(0, "CN=client");
    lab.run(&site, &["--alias", "#1"]).ends(0, "CN=client");
}

#[test]
fn what_cannot_be_reached_exits_4_and_says_why() {
    let lab = Lab::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut site = lab.plain(None);
    lab.run(&site, &["--connect-timeout", "0.5"]).ends(4, "took the connection and said nothing in TLS");
    site.address = closed;
    lab.run(&site, &["-4"]).ends(4, "connection refused");
    let ran = lab.run(&site, &["-6", "--resolve", &format!("localhost:{}:127.0.0.1", closed.port())]);
    ran.ends(4, "it has no address of the wanted family");
    lab.run(&lab.plain(Some(b"HTTP/1.1 400 Bad Request\r\n\r\n")), &[])
        .ends(4, "speaks HTTP without TLS: it said \"HTTP/1.1 400 Bad Request\"");
    lab.run(&lab.plain(Some(b"SSH-2.0-OpenSSH_9.2\r\n")), &[])
        .ends(4, "does not speak TLS there: it said \"SSH-2.0-OpenSSH_9.2\"");
}

#[test]
fn an_unknown_name_exits_4() {
    let lab = Lab::new();
    let arguments = ["-p", PASSWORD, "client.p12", "https://no-such-host.invalid/"];
    Ran::of(with(lab.command(), &arguments), b"").ends(4, "no-such-host.invalid");
}

#[test]
fn an_answer_that_does_not_come_in_time_exits_4() {
    let lab = Lab::new();
    let handler = Arc::new(|stream| {
        Box::pin(async move {
            std::future::pending::<()>().await;
            drop(stream);
        }) as _
    });
    let site = lab.site_of(&lab.manners(), handler, Arc::default());
    lab.run(&site, &["-m", "0.7"]).ends(4, "did not answer within 0.7 s");
}

#[test]
fn an_untrusted_endpoint_exits_5_and_says_in_what_way() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let stranger = Identity::root("Another CA").unwrap();
    lab.write("other.pem", &stranger.certificate_pem().unwrap());
    let path = lab.path("other.pem");
    let client = |more: &[&str]| {
        let mut command = lab.command();
        command.args(["-p", PASSWORD, "--cacert"]).arg(&path).args(more).arg("client.p12").arg(site.url());
        Ran::of(command, b"")
    };
    client(&[])
        .ends(5, "either the endpoint does not send its intermediate certificate, or that CA is not trusted");
    client(&["-k"]).ends(0, "NOT trusted").printed("hello\n");
    let port = site.address.port();
    let resolve = format!("other.example:{port}:127.0.0.1");
    let mut command = lab.command();
    command.args(["-p", PASSWORD, "--cacert", "ca.pem", "--resolve", &resolve, "client.p12"]);
    Ran::of(with(command, &[format!("https://other.example:{port}/")]), b"").ends(5, "is for another host");
    for (days, says) in [((-9, -1), "expired"), ((1, 9), "not yet valid")] {
        let profile = Profile { days, ..Profile::new("localhost", Purpose::Server) };
        let server = lab.root.issue(&profile).unwrap();
        lab.run(&lab.site_with(&Manners { server, ..lab.manners() }, OK), &[]).in_case(days).ends(5, says);
    }
}

#[test]
fn a_refused_certificate_exits_6_in_both_versions_every_time() {
    let lab = Lab::new();
    let stranger = Identity::root("Another CA").unwrap();
    let stranger = stranger.issue(&Profile::new("stranger", Purpose::Client)).unwrap();
    lab.write("stranger.p12", &stranger.p12(PASSWORD, "stranger").unwrap());
    let profile = Profile { days: (-9, -1), ..Profile::new("expired", Purpose::Client) };
    lab.write("expired.p12", &lab.root.issue(&profile).unwrap().p12(PASSWORD, "expired").unwrap());
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let site = lab.site_with(&Manners { version: Some(version), ..lab.manners() }, OK);
        for _ in 0..6 {
            lab.run_p12("stranger.p12", &site, &[])
                .ends(6, "refused the client certificate: alert 48 unknown_ca");
            lab.run_p12("expired.p12", &site, &[]).ends(6, "alert 45 certificate_expired");
        }
        lab.run_p12("stranger.p12", &site, &[]).ends(6, "its issuer is NOT among the 1 accepted");
    }
}

#[test]
fn a_bare_close_after_the_certificate_exits_6_and_names_both_causes() {
    let lab = Lab::new();
    let handler: OnConnection = Arc::new(|stream| Box::pin(async move { drop(stream) }));
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let manners = Manners { version: Some(version), ..lab.manners() };
        let site = lab.site_of(&manners, Arc::clone(&handler), Arc::default());
        for _ in 0..6 {
            lab.run(&site, &[]).ends(6, "it refused the certificate, it broke, or it speaks no HTTP");
        }
    }
}

#[test]
fn an_endpoint_that_never_asks_exits_8_with_its_body() {
    let lab = Lab::new();
    let site = lab.site_with(&Manners { client_auth: ClientAuth::Off, ..lab.manners() }, OK);
    lab.run(&site, &[]).ends(8, "the P12 was not tested").printed("hello\n");
    lab.run(&site, &["--allow-unrequested"]).ends(0, "no certificate was asked for").printed("hello\n");
}

#[test]
fn control_tells_whether_the_endpoint_insists() {
    let lab = Lab::new();
    lab.run(&lab.site(OK), &["--control"]).ends(0, "insists on a client certificate").printed("hello\n");
    let site = lab.site_with(&Manners { client_auth: ClientAuth::Optional, ..lab.manners() }, OK);
    lab.run(&site, &[]).ends(0, "and sent");
    lab.run(&site, &["--control"]).ends(8, "it does not insist on it").printed("hello\n");
}

#[test]
fn a_broken_answer_exits_9_and_what_came_is_printed() {
    let lab = Lab::new();
    let site = lab.site("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this");
    lab.run(&site, &[]).ends(9, "after 9 bytes of the body, before its end").printed("only this");
    let site = lab.site("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n");
    lab.run(&site, &[]).ends(9, "after 5 bytes").printed("hello");
    let site = lab.site("220 mail.example ESMTP\r\n");
    lab.run(&site, &[]).ends(9, "did not answer with HTTP").printed("220 mail.example ESMTP\r\n");
}

#[test]
fn this_machines_faults_exit_10() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.run(&site, &["-o", "/nonexistent/answer"]).ends(10, "cannot write to /nonexistent/answer");
    lab.run_p12("missing.p12", &site, &[]).ends(10, "no such file");
    lab.run(&site, &["-d", "@missing"]).ends(10, "cannot read missing");
    let mut command = lab.command();
    command.args(["--password-file", "missing", "client.p12"]).arg(site.url());
    Ran::of(command, b"").ends(10, "cannot read missing");
}

#[test]
fn what_the_certificate_did_is_said_only_where_it_was_sent() {
    let lab = Lab::new();
    let manners = Manners { client_auth: ClientAuth::Off, ..lab.manners() };
    let missing = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
    let ran = lab.run(&lab.site_with(&manners, missing), &["--allow-unrequested"]);
    ran.ends(1, "hint:  the server does not know this path: check the URL");
    let page = "No required SSL certificate was sent";
    let page = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n{page}", page.len());
    let ran = lab.run(&lab.site_with(&manners, page), &["--allow-unrequested"]);
    ran.ends(1, "never asked for a certificate in TLS, and answered 400 Bad Request");
}

#[test]
fn a_number_in_an_answer_is_no_page_of_a_server() {
    let lab = Lab::new();
    let answer = "HTTP/1.1 400 Bad Request\r\ncontent-length: 18\r\n\r\n{\"amount\":1403.13}";
    lab.run(&lab.site(answer), &[]).ends(1, "answered 400 Bad Request\n");
}

#[test]
fn an_answer_that_is_not_http_is_told_as_that_however_it_ends() {
    let lab = Lab::new();
    let handler: OnConnection = Arc::new(|mut stream| {
        Box::pin(async move {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"220 hello\r\n").await;
        })
    });
    let site = lab.site_of(&lab.manners(), handler, Arc::default());
    lab.run(&site, &[]).ends(9, "did not answer with HTTP; it began with \"220 hello\"");
}

#[test]
fn roots_and_names_that_cannot_be_used_are_told_as_that() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let run = |url: &str| {
        let mut command = lab.command();
        command.env("SSL_CERT_FILE", lab.path("password.txt")).args(["--password-file", "password.txt"]);
        command.args(["client.p12", url]);
        Ran::of(command, b"")
    };
    run(&site.url()).ends(10, "password.txt holds no CA certificate in PEM form");
    let long = ["a".repeat(60).as_str(); 5].join(".");
    lab.run_at(&format!("https://{long}/"), &["--resolve", &format!("{long}:443:127.0.0.1")])
        .ends(2, "253 letters");
}

#[test]
fn what_did_not_stop_the_call_stands_in_the_document_too() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let arguments = ["-k", "--json", "--password-file", "password.txt", "client.p12", &site.url()];
    let ran = Ran::of(with(lab.command(), &arguments), b"");
    ran.ends(0, "warning: the endpoint's certificate is not trusted");
    let document: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    let warning = document["warnings"][0].as_str().unwrap();
    assert!(warning.starts_with("the endpoint's certificate is not trusted"), "{document:#}");
}

#[cfg(unix)]
#[test]
fn a_machine_that_lets_nothing_begin_is_told() {
    let lab = Lab::new();
    let mut shell = std::process::Command::new("sh");
    shell.args([
        "-c",
        "ulimit -n 4; exec \"$0\" --no-password a.p12 https://localhost/",
        crate::harness::program(),
    ]);
    shell.current_dir(lab.folder.path());
    Ran::of(shell, b"").ends(10, "error: this machine does not let the program begin: too many open files");
}

#[test]
fn words_in_the_wrong_place_exit_2_and_are_not_repeated() {
    let lab = Lab::new();
    let swapped = ["--no-password", "https://u:canary@localhost/?canary", "client.p12"];
    for (arguments, says) in [
        (&swapped[..], "the P12 comes first, then the URL"),
        (&["-p", "correct", "canary", "client.p12", "https://localhost/"][..], "there is one word too many"),
        (&["--curl", "--include-body", "client.p12", "https://localhost/"][..], "cannot be used with"),
        (&["--report", "-", "client.p12", "https://localhost/"][..], "--report takes a file"),
    ] {
        let ran = Ran::of(with(lab.command(), arguments), b"");
        ran.ends(2, says).printed("");
        assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    }
}

#[test]
fn nothing_is_sent_where_the_report_cannot_be_written() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.run(&site, &["--report", "no/such/folder/r.json"])
        .ends(10, "cannot write to no/such/folder")
        .printed("");
    assert_eq!(site.request(), "");
}

#[test]
fn a_family_that_the_name_has_not_is_told_as_that() {
    let lab = Lab::new();
    let ran = lab.run_at("https://only.example/", &["-6", "--resolve", "only.example:443:127.0.0.1"]);
    ran.ends(4, "has no address of the wanted family").ends(4, "leave them out");
}

/// PEM in UTF-16, as some editors save it, with a letter that is not in Base64.
#[test]
fn a_letter_of_several_bytes_in_base64_is_no_p12_and_no_panic() {
    let lab = Lab::new();
    let pem = "\u{feff}-----BEGIN PKCS12-----\naaa\u{e9}\n-----END PKCS12-----\n";
    lab.write("odd.p12", &pem.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
    let mut command = lab.command();
    command.args(["inspect", "--no-password", "odd.p12"]);
    assert_eq!(Ran::of(command, b"").exit, 3);
}

/// What the endpoint answers without the certificate, and what that proves.
#[test]
fn a_control_call_proves_only_what_it_shows() {
    let lab = Lab::new();
    let manners = Manners { client_auth: ClientAuth::Optional, ..lab.manners() };
    for (without, exit, says) in [
        ("HTTP/1.1 204 No Content\r\n\r\n", 8, "answers 204 No Content without the certificate"),
        (
            "HTTP/1.1 302 Found\r\nlocation: /home\r\ncontent-length: 0\r\n\r\n",
            8,
            "answers 302 Found without",
        ),
        ("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n", 8, "was not found out: it answered 503"),
        ("HTTP/1.1 429 Slow\r\ncontent-length: 0\r\n\r\n", 8, "was not found out: it answered 429"),
        ("no HTTP at all\r\n", 8, "was not found out: what came without it was not HTTP"),
        ("HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 0\r\n\r\n", 0, "200 OK"),
        ("HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n", 0, "200 OK"),
    ] {
        let handler: OnConnection = Arc::new(move |mut stream| {
            Box::pin(async move {
                use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
                let _ = stream.read(&mut [0; 4096]).await;
                let known = stream.ssl().peer_certificate().is_some();
                let _ = stream.write_all(if known { OK } else { without.as_bytes() }).await;
                let _ = stream.shutdown().await;
            })
        });
        let site = lab.site_of(&manners, handler, Arc::default());
        lab.run(&site, &["--control"]).in_case(without).ends(exit, says);
    }
}

/// nginx has one status for a certificate that it refuses, for none, and for other bad requests.
#[test]
fn what_refuses_a_call_without_a_certificate_is_no_answer_to_it() {
    let lab = Lab::new();
    let manners = Manners { client_auth: ClientAuth::Optional, ..lab.manners() };
    let handler: OnConnection = Arc::new(|mut stream| {
        Box::pin(async move {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            let _ = stream.read(&mut [0; 4096]).await;
            let body = match stream.ssl().peer_certificate() {
                Some(_) => "no SOAP envelope",
                None => "<title>400 No required SSL certificate was sent</title>",
            };
            let _ = stream.write_all(format!("HTTP/1.1 400 Bad Request\r\n\r\n{body}").as_bytes()).await;
            let _ = stream.shutdown().await;
        })
    });
    let site = lab.site_of(&manners, handler, Arc::default());
    lab.run(&site, &["--control", "--expect", "400"])
        .ends(0, "without the certificate: it answered 400 Bad Request, and the answer says")
        .ends(0, "asked for and insisted on, sent, answered 400");
}

/// A pager, for example, reads only the first page.
#[cfg(unix)]
#[test]
fn a_reader_who_stops_or_a_file_that_does_not_come_keeps_nobody_from_ending_it() {
    use std::process::{Command, Stdio};
    let lab = Lab::new();
    let body = "x".repeat(4 << 20);
    let site = lab.site(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()));
    assert!(Command::new("mkfifo").arg(lab.path("fifo.p12")).status().unwrap().success());
    for p12 in ["client.p12", "fifo.p12"] {
        let mut command = lab.command();
        command.args(["--cacert", "ca.pem", "--password-file", "password.txt", p12]).arg(site.url());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // Wait until it blocks on the reader or on the file.
        let tasks = format!("/proc/{}/task", child.id());
        let waits = || {
            let threads = std::fs::read_dir(&tasks).unwrap();
            threads.flatten().any(|thread| {
                let channel = std::fs::read_to_string(thread.path().join("wchan")).unwrap_or_default();
                ["pipe_write", "wait_for_partner", "fifo_open", "anon_pipe_write"].contains(&channel.as_str())
            })
        };
        while !waits() {
            assert!(child.try_wait().unwrap().is_none(), "{p12}: it is not there any more");
            std::thread::yield_now();
        }
        send(Signal::TERM, &child);
        assert_eq!(child.wait().unwrap().code(), Some(130), "{p12}");
    }
}

#[test]
fn a_clock_that_is_days_off_is_warned_of() {
    let lab = Lab::new();
    let dated = |field: &str| format!("HTTP/1.1 200 OK\r\n{field}\r\ncontent-length: 6\r\n\r\nhello\n");
    let old = "date: Tue, 01 Jan 2019 00:00:00 GMT";
    let ran = lab.run(&lab.site(dated(old)), &["--json"]);
    let document: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    let warning = document["warnings"][0].as_str().unwrap();
    assert!(warning.contains("days ahead of the Date of the answer; one of the two is wrong"), "{warning}");
    lab.run(&lab.site(dated(old)), &[]).ends(0, "warning: this machine's clock is");
    let cached = dated(&format!("{old}\r\nage: 60"));
    let ran = lab.run(&lab.site(cached), &[]);
    assert!(!ran.stderr.contains("clock"), "{}", ran.stderr);
}
