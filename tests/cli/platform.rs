//! By way of the platform: what is submitted, who answered, what it comes to.

use crate::harness::{ACCOUNT, Lab, OK, PASSWORD, Ran, Site, TOKEN, with};

#[test]
fn the_answer_is_the_same_by_both_routes() {
    let lab = Lab::new();
    let platform = lab.serve(&[]);
    let gzip = [
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\n".as_slice(),
        &[0x1f, 0x8b, 0, 0xff, 10],
    ];
    let answers: [(&[u8], i32); 6] = [
        (OK, 0),
        (b"HTTP/1.1 404 Not Found\r\ncontent-length: 3\r\n\r\nno\n", 1),
        (b"HTTP/1.1 500 Oops\r\ncontent-length: 3\r\n\r\nno\n", 1),
        (b"HTTP/1.1 302 Found\r\nlocation: https://elsewhere.example/\r\ncontent-length: 3\r\n\r\ngo\n", 0),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n4\r\ntwo\0\r\n0\r\n\r\n", 0),
        (&gzip.concat(), 0),
    ];
    for (answer, exit) in answers {
        let site = lab.site(answer);
        let here = lab.run(&site, &[]);
        let there = lab.submit(&platform.url, &site, &[]);
        assert_eq!((here.exit, there.exit), (exit, exit), "{}\n{}", here.stderr, there.stderr);
        assert!(!here.stdout.is_empty());
        there.printed(&here.stdout);
    }
}

/// The tables of the platform's document, row by row, on the wire.
#[test]
fn every_row_of_the_document_is_submitted() {
    let lab = Lab::new();
    let platform = lab.http_site(OK);
    let site = Site::nowhere();
    lab.write("authorization", b"Basic abc\n");
    let more = [
        "-d",
        "{\"a\":1}",
        "--content-type",
        "text/x",
        "--authorization-file",
        "authorization",
        "-X",
        "PATCH",
    ];
    lab.submit(&platform.plain_url(), &site, &more).ends(0, "asked to call localhost:9").printed("hello\n");
    let request = platform.received.lock().unwrap().clone();
    let text = String::from_utf8_lossy(&request);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    for line in [
        &format!("POST /mtls/account/{ACCOUNT}/p12-test/multipart HTTP/1.1"),
        &format!("authorization: Bearer {TOKEN}"),
        "lp-forward-url: https://localhost:9/",
        "lp-method-override: PATCH",
        "lp-content-type-override: text/x",
        "lp-authorization-override: Basic abc",
    ] {
        assert!(head.lines().any(|known| known == line), "{line} is not in {head}");
    }
    assert!(
        head.contains("content-type: multipart/form-data; boundary=") && head.contains("content-length: ")
    );
    let at = |part: &str| body.find(part).unwrap_or_else(|| panic!("{part} is not in {body}"));
    let file = at(
        "Content-Disposition: form-data; name=\"file\"; filename=\"client.p12\"\r\nContent-Type: application/x-pkcs12\r\n\r\n",
    );
    let password = at(&format!("Content-Disposition: form-data; name=\"password\"\r\n\r\n{PASSWORD}\r\n"));
    let own = at("name=\"body\"\r\nContent-Type: text/x\r\n\r\n{\"a\":1}\r\n");
    assert!(file < password && password < own);
    let p12 = std::fs::read(lab.path("client.p12")).unwrap();
    assert!(request.windows(p12.len()).any(|window| window == p12));
}

#[test]
fn without_a_body_the_method_is_get_and_nothing_is_overridden() {
    let lab = Lab::new();
    let platform = lab.http_site(OK);
    lab.submit(&platform.plain_url(), &platform, &[]).exits(0);
    let request = platform.request();
    assert!(request.contains("lp-method-override: GET\r\n"), "{request}");
    assert!(
        !request.contains("lp-content-type")
            && !request.contains("lp-authorization")
            && !request.contains("\"body\"")
    );
}

#[test]
fn an_authorization_header_is_passed_on_and_any_other_is_a_usage_error() {
    let lab = Lab::new();
    let platform = lab.http_site(OK);
    lab.submit(&platform.plain_url(), &platform, &["-H", "authorization: Basic x"]).exits(0);
    assert!(platform.request().contains("lp-authorization-override: Basic x\r\n"));
    lab.submit(&platform.plain_url(), &platform, &["-H", "X-Other: 1"])
        .ends(2, "forwards no --header except Authorization");
    for local in ["--control", "--http2", "--allow-unrequested"] {
        lab.submit(&platform.plain_url(), &platform, &[local]).ends(2, "from this machine only");
    }
}

#[test]
fn a_redirect_is_an_answer_and_no_credential_follows_it() {
    let lab = Lab::new();
    let other = lab.http_site(OK);
    let location =
        format!("HTTP/1.1 307 Go\r\nlocation: {}/\r\ncontent-length: 0\r\n\r\n", other.plain_url());
    let platform = lab.http_site(location);
    lab.submit(&platform.plain_url(), &platform, &[]).ends(0, "307 \"Go\"");
    assert_eq!(other.request(), "");
}

#[test]
fn who_answered_is_told_by_its_signal_and_7_is_for_the_platform_alone() {
    let lab = Lab::new();
    let own = r#"{"error":{"message":"why","internalCode":1}}"#;
    let other = r#"{"time":1,"message":"why","internalCode":10}"#;
    let forbidden = r#"{"error":{"message":"the forward URL may not be called: its host is unknown, or its address or port is not allowed; the operator of serve finds the reason in the log","internalCode":403}}"#;
    let problem = "oauth_problem=signature_invalid&oauth_problem_advice=x";
    let (early, late) = ("date: Tue, 01 Jan 2019 00:00:00 GMT\r\n", "oauth_problem=timestamp_refused");
    let rows = [
        ("200 OK", "", "x", 0, "author    localhost:9 or the platform: "),
        ("200 OK", "", "", 0, "an empty 200 is also what the platform answers"),
        ("201 Created", "", "x", 0, "author    localhost:9 or the platform: "),
        ("302 Found", "", "", 0, "passed on by the platform: 302"),
        ("418 Teapot", "", "", 1, "passed on by the platform: 418"),
        (
            "302 Found",
            "",
            "",
            0,
            "not proved: that the endpoint asked for the certificate (--compare shows it)",
        ),
        ("401 No", "", own, 7, "the platform itself answered 401"),
        ("401 No", "", problem, 7, "the platform itself answered 401"),
        ("401 No", "", problem, 7, "hint:  check the consumer secret and the token secret"),
        ("401 No", "", late, 7, "with oauth_problem=timestamp_refused"),
        ("401 No", "", late, 7, "hint:  check this machine's clock, as OAuth1 signs the time"),
        ("401 No", early, late, 7, "days ahead of the Date of the answer, and OAuth1 signs the time"),
        (
            "401 No",
            "www-authenticate: OAuth oauth_problem=\"token_expired\"\r\n",
            "",
            7,
            "check the access token",
        ),
        ("401 No", "www-authenticate: Basic\r\n", "x", 1, "author    localhost:9 or the platform: "),
        ("403 No", "", own, 7, "MTLS_READ_INTERNAL"),
        ("403 No", "", forbidden, 7, "hint:  check the forward URL's host and port"),
        ("403 No", "", "x", 1, "author    localhost:9 or the platform: "),
        (
            "424 No",
            "lp-message-from-transport: refused\r\nlp-error-from-transport: E1\r\n",
            "",
            7,
            "got no answer from localhost:9: \"refused\" (\"E1\")",
        ),
        ("424 No", "", "", 1, "author    localhost:9 or the platform: "),
        ("429 No", "", own, 7, "10 requests a second"),
        ("429 No", "", "", 1, "author    localhost:9 or the platform: "),
        ("500 No", "", other, 7, "the platform itself answered 500"),
        ("500 No", "", "x", 1, "either the platform cannot use this P12 or password, or the endpoint failed"),
    ];
    let site = Site::nowhere();
    for (status, header, body, exit, says) in rows {
        let length = body.len();
        let platform =
            lab.http_site(format!("HTTP/1.1 {status}\r\n{header}content-length: {length}\r\n\r\n{body}"));
        lab.submit(&platform.plain_url(), &site, &[])
            .in_case((status, header, body))
            .ends(exit, says)
            .printed(body);
    }
}

#[test]
fn the_host_is_looked_up_in_both_forms() {
    let lab = Lab::new();
    let platform = lab.http_site(OK);
    let entry =
        format!(r#"{{"service":"mtlsGateway","account":"{ACCOUNT}","baseURI":"{}"}}"#, platform.address);
    for json in [entry.clone(), format!(r#"{{"baseURIs":[{{"service":"other","baseURI":"x"}},{entry}]}}"#)] {
        let api = lab.http_site(answer("200 OK", &json));
        let ran = lookup(&lab, &api.plain_url());
        ran.ends(0, &format!("found by {}", api.address)).printed("hello\n");
        let path =
            format!("GET /api/account/{ACCOUNT}/service/mtlsGateway/baseURI.json?version=1.0 HTTP/1.1");
        assert!(
            api.request().starts_with(&path) && !api.request().contains("uthorization"),
            "{}",
            api.request()
        );
    }
    let served = lab.serve(&[]);
    let site = lab.site(OK);
    let more = ["--account", ACCOUNT, "--domain-api", &served.url, "--bearer-file", "token"];
    let mut command = lab.command();
    command.args(more).args(["--password-file", "password.txt", "client.p12"]).arg(site.url());
    Ran::of(command, b"").ends(0, "found by ").printed("hello\n");
}

#[test]
fn a_lookup_that_fails_says_at_which_step() {
    let lab = Lab::new();
    let entry = |host: &str| format!(r#"{{"service":"mtlsGateway","baseURI":"{host}"}}"#);
    let rows = [
        (answer("404 Not Found", ""), "knows no mtlsGateway for account"),
        (answer("503 Busy", ""), "answered 503"),
        (answer("200 OK", "<html>"), "did not answer with JSON"),
        (answer("200 OK", r#"{"baseURIs":[]}"#), "holds no mtlsGateway"),
        (answer("200 OK", &entry("https://x/y")), "is no bare host"),
        (answer("200 OK", &entry("user@x")), "is no bare host"),
        ("nonsense".into(), "the Domain API"),
    ];
    for (answer, says) in rows {
        let api = lab.http_site(answer);
        lookup(&lab, &api.plain_url())
            .in_case(says)
            .ends(7, "the Domain API did not name the platform's host")
            .ends(7, says);
    }
    lookup(&lab, "http://127.0.0.1:1").ends(7, "connection refused");
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn lookup(lab: &Lab, api: &str) -> Ran {
    lab.write("token", TOKEN.as_bytes());
    let arguments = [
        "--account",
        ACCOUNT,
        "--domain-api",
        api,
        "--bearer-file",
        "token",
        "--password-file",
        "password.txt",
        "client.p12",
        "https://localhost:9/",
    ];
    Ran::of(with(lab.command(), &arguments), b"")
}

#[test]
fn a_wrong_password_is_told_before_anything_is_sent_unless_it_shall_be_sent() {
    let lab = Lab::new();
    let platform = lab.http_site(OK);
    lab.write("password.txt", b"wrong\n");
    lab.submit(&platform.plain_url(), &platform, &[]).ends(3, "the password does not match");
    assert_eq!(platform.request(), "");
    lab.submit(&platform.plain_url(), &platform, &["--no-precheck"]).exits(0);
    assert!(platform.request().contains("name=\"password\"\r\n\r\nwrong\r\n"));
    let served = lab.serve(&[]);
    let site = lab.site(OK);
    lab.submit(&served.url, &site, &["--no-precheck"])
        .ends(7, "cannot open the P12: the password does not match");
    assert_eq!(site.request(), "");
}

#[test]
fn a_file_that_is_no_p12_can_be_submitted_as_it_is() {
    let lab = Lab::new();
    let platform = lab.http_site(OK);
    let every_byte: Vec<u8> = (0..=255).collect();
    lab.write("client.p12", &every_byte);
    lab.submit(&platform.plain_url(), &platform, &["--no-precheck"]).exits(0);
    assert!(platform.received.lock().unwrap().windows(256).any(|window| window == every_byte));
}

#[test]
fn the_platform_is_told_apart_from_the_endpoint_when_it_is_not_reached() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.submit("http://127.0.0.1:1", &site, &[])
        .ends(4, "the platform (127.0.0.1:1) cannot be reached: connection refused");
    lab.submit("https://no-such-host.invalid", &site, &[])
        .ends(4, "the platform was not reached: the name no-such-host.invalid");
    let tls = lab.site(OK);
    lab.submit(&format!("localhost:{}", tls.address.port()), &site, &[]).ends(5, "the platform (localhost:");
    let silent = lab.plain(None);
    lab.submit(&silent.plain_url(), &site, &["-m", "0.5"]).ends(4, "did not answer within 0.5 s");
    let closing = lab.plain(Some(b""));
    lab.submit(&closing.plain_url(), &site, &[]).ends(9, "without an answer");
    assert_eq!(site.request(), "");
}

#[test]
fn an_answer_that_breaks_off_is_told_and_printed_as_far_as_it_came() {
    let lab = Lab::new();
    let platform = lab.http_site("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhal");
    lab.submit(&platform.plain_url(), &platform, &[]).ends(9, "broke off after 3 bytes").printed("hal");
}

#[test]
fn plain_http_goes_to_loopback_only() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.submit("http://192.0.2.1", &site, &[]).ends(2, "plain http is allowed for loopback addresses only");
    lab.submit("https://host/path", &site, &[]).ends(2, "only a host and a port");
}

#[test]
fn oauth1_takes_each_value_from_a_file_or_a_variable_and_says_that_it_ends() {
    let lab = Lab::new();
    let platform = lab.serve_oauth1(&[]);
    let site = lab.site(OK);
    lab.write_private("lines", "ck\nc&s\nt\nt s\n");
    lab.write_private("pairs", "# from the console\nconsumer_secret = c&s\naccess_token=t\napp-key=ck\n");
    let run = |more: &[&str], variables: &[(&str, &str)]| {
        let mut command = lab.command();
        command.args(["--account", ACCOUNT, "--domain", &platform.url, "--password-file", "password.txt"]);
        command.args(more).envs(variables.iter().copied()).arg("client.p12").arg(site.url());
        Ran::of(command, b"")
    };
    let ended = "announced the end of OAuth1";
    run(&["--oauth1-file", "lines"], &[]).ends(0, ended).printed("hello\n");
    run(&["--oauth1-file", "lines", "--oauth1-method", "hmac-sha256"], &[]).ends(0, ended);
    run(&["--oauth1-file", "pairs"], &[("P12_TEST_OAUTH1_TOKEN_SECRET", "t s")]).ends(0, ended);
    let own =
        [("A_CONSUMER_KEY", "ck"), ("A_CONSUMER_SECRET", "c&s"), ("A_TOKEN", "t"), ("A_TOKEN_SECRET", "t s")];
    run(&["--oauth1-env", "A"], &own).ends(0, ended);
    run(&["--oauth1"], &[("P12_TEST_OAUTH1_TOKEN", "t")]).ends(2, "OAuth1 consumer key");
    lab.write_private("wrong", "ck\nwrong\nt\nt s\n");
    let ran = run(&["--oauth1-file", "wrong"], &[]);
    ran.ends(7, "oauth_problem").ends(7, "the platform itself answered 401");
    assert!(ran.stdout.starts_with(b"oauth_problem=signature_invalid&"));
    lab.write("exposed", b"ck\nc&s\nt\nt s\n");
    run(&["--oauth1-file", "exposed"], &[]).ends(10, "other users can read it").ends(10, "chmod 600");
}

#[test]
fn a_bearer_token_comes_from_a_file_or_a_variable() {
    let lab = Lab::new();
    let platform = lab.http_site(OK);
    let run = |more: &[&str], variables: &[(&str, &str)]| {
        let mut command = lab.command();
        command.args([
            "--account",
            ACCOUNT,
            "--domain",
            &platform.plain_url(),
            "--password-file",
            "password.txt",
        ]);
        command.args(more).envs(variables.iter().copied()).arg("client.p12").arg("https://localhost:9/");
        Ran::of(command, b"")
    };
    for (more, variables) in [
        (["--bearer-env", "MINE"], [("MINE", "the-token")]),
        (["--connect-timeout", "5"], [("P12_TEST_BEARER", "the-token")]),
        (["--bearer", "the-token"], [("X", "")]),
    ] {
        run(&more, &variables).exits(0);
        assert!(platform.request().contains("authorization: Bearer the-token\r\n"));
    }
    run(&[], &[]).ends(2, "the platform needs a credential");
    run(&["--bearer", "two\nlines"], &[]).ends(2, "the Bearer token is empty, or holds a space");
}

#[test]
fn no_message_of_this_route_holds_a_secret() {
    let lab = Lab::new();
    lab.write("token.txt", b"canary-bearer");
    lab.write("password.txt", b"canary-password");
    let client = p12_test::demo::pki::Profile::new("client", p12_test::demo::pki::Purpose::Client);
    lab.write("client.p12", &lab.root.issue(&client).unwrap().p12("canary-password", "x").unwrap());
    for body in
        ["", "HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"]
    {
        let platform = lab.http_site(body);
        let mut command = lab.command();
        command.args([
            "-v",
            "--account",
            ACCOUNT,
            "--domain",
            &platform.plain_url(),
            "--bearer-file",
            "token.txt",
        ]);
        command.args([
            "--password-file",
            "password.txt",
            "-d",
            "canary-body",
            "--authorization",
            "canary-auth",
        ]);
        let ran = Ran::of(with(command, &["client.p12", "https://localhost:9/"]), b"");
        assert!(platform.request().contains("canary-bearer") && platform.request().contains("canary-auth"));
        assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    }
}

#[test]
fn two_routes_that_agree_are_alike_and_end_as_the_local_one() {
    let lab = Lab::new();
    let platform = lab.serve(&[]);
    let compare = |site: &Site, more: &[&str]| {
        let more = [&["--compare", "--cacert", "ca.pem"], more].concat();
        lab.submit(&platform.url, site, &more)
    };
    compare(&lab.site(OK), &[])
        .ends(0, "alike: both answers have the same status and the same body")
        .printed("hello\n");
    let missing = lab.site("HTTP/1.1 404 No\r\ncontent-length: 3\r\n\r\nno\n");
    compare(&missing, &[]).ends(1, "alike").printed("no\n");
    let refusing = lab.plain(Some(b""));
    compare(&refusing, &[]).ends(4, "neither from here nor by the platform").printed("");
    let posted = lab.site(OK);
    compare(&posted, &["-d", "body"]).ends(0, "alike");
    let teapot = lab.site("HTTP/1.1 418 Teapot\r\ncontent-length: 3\r\n\r\nno\n");
    compare(&teapot, &[]).ends(1, "alike: the endpoint gives both the same status and the same body");
}

#[test]
fn an_answer_that_broke_off_is_compared_with_nothing() {
    let lab = Lab::new();
    let cut = lab.site("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello");
    let whole = lab.http_site("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    let more = ["--compare", "--cacert", "ca.pem"];
    lab.submit(&whole.plain_url(), &cut, &more).ends(9, "after 5 bytes of the body, before its end");
    let site = lab.site("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    let broken = lab.http_site("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello");
    lab.submit(&broken.plain_url(), &site, &more).ends(1, "a whole answer from here, and the answer through");
}

#[test]
fn two_routes_that_differ_exit_1_and_say_what_it_points_to() {
    let lab = Lab::new();
    let compare = |platform: &str, site: &Site, more: &[&str]| {
        lab.submit(platform, site, &[&["--compare"], more].concat())
    };
    let ca = ["--cacert", "ca.pem"];
    let site = lab.site(OK);
    let forbidden = lab.http_site("HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n");
    compare(&forbidden.plain_url(), &site, &ca)
        .ends(1, "200 OK from here, 403 Forbidden by the platform")
        .ends(1, "allow-list of addresses");
    let other = lab.http_site("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi");
    compare(&other.plain_url(), &site, &ca)
        .ends(1, "the same status 200 OK, and another body")
        .printed("hello\n");
    let method = lab.http_site("HTTP/1.1 405 No\r\ncontent-length: 0\r\n\r\n");
    compare(&method.plain_url(), &site, &ca).ends(1, "so that no default decides");
    let unreached =
        lab.http_site("HTTP/1.1 424 X\r\nlp-message-from-transport: timed out\r\ncontent-length: 0\r\n\r\n");
    compare(&unreached.plain_url(), &site, &ca).ends(1, "intermediate certificate");
    let platform = lab.serve(&[]);
    compare(&platform.url, &site, &[]).ends(1, "give it by --cacert");
    let closed = lab.serve(&["--closed"]);
    compare(&closed.url, &site, &ca)
        .ends(1, "the platform did not call the endpoint, so nothing is compared");
}
