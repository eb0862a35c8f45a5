//! `--curl`: the command that is printed makes the same request and gets the same bytes.

use std::collections::BTreeSet;
use std::process::Command;

use crate::harness::{ACCOUNT, Lab, Ran, Site, TOKEN, is_installed, on_path};

const ANSWER: &str = "HTTP/1.1 404 Not Found\r\nx-odd: \u{e9}\r\ncontent-length: 4\r\n\r\n\u{1}no\n";

const BODY: &str = "b\u{f6}dy 'with' \"$quotes\"; and\n lines";

/// As it is sent: characters that are not allowed in a query are percent-encoded.
const QUERY: &str = "x=1&token=%27$(z)%27[1]{2}";

/// Runs the printed command in this shell, with its variables set.
fn by_shell(lab: &Lab, shell: &str, line: &[u8], body: &str, stdin: &[u8]) -> Ran {
    lab.write("command.sh", line);
    let mut command = Command::new(shell);
    command.arg("command.sh").current_dir(lab.folder.path()).env_remove("SSL_CERT_FILE");
    command.env("P12_PASSWORD", crate::harness::PASSWORD).env("AUTHORIZATION", "Basic a\"b $c");
    command.env("BODY", body).env("BEARER", TOKEN).env("QUERY", QUERY);
    command.env("HEADER_2", "odd `value` $HOME").env("HEADER_3", "odd `value` $HOME");
    Ran::of(command, stdin)
}

/// A request's first line, its headers (unordered) and its body.
fn parts(site: &Site) -> (String, BTreeSet<String>, String) {
    let request = site.request();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n").map(str::to_owned);
    let first = lines.next().unwrap();
    // Header names are case-insensitive (RFC 9110 section 5.1).
    let lower = |line: String| match line.split_once(':') {
        Some((name, value)) => format!("{}:{value}", name.to_lowercase()),
        None => line,
    };
    (first, lines.map(lower).collect(), body.to_owned())
}

#[test]
fn the_same_request_gets_the_same_answer() {
    if !is_installed("curl") {
        return;
    }
    let lab = Lab::new();
    let site = lab.site(ANSWER);
    let (odd, control) =
        ("it's \"$(odd)\": 100% \\.p12", "it's \u{1b}]0;\"$(odd)\": 100% \\ and\n1\u{202e}new.p12");
    let p12 = std::fs::read(lab.path("client.p12")).unwrap();
    lab.write(odd, &p12);
    lab.write(control, &p12);
    // POSIX has known $'…' since 2024, and dash does not know it yet.
    let mut shells = vec![("sh", odd), ("bash", control)];
    shells.extend(on_path("zsh").then_some(("zsh", control)));
    lab.write("body file", b"from\0a file\r\n");
    lab.write("authorization", b"Basic a\"b $c");
    let url = format!("{}a%20b/../c?x=1&token='$(z)'[1]{{2}}", site.url());
    let cases: [(&[&str], &[u8]); 8] = [
        (&[], b""),
        (&["-i"], b""),
        (&["-X", "DELETE", "--content-type", "text/odd"], b""),
        (&["-d", BODY], b""),
        (&["-d", "@body file", "--authorization-file", "authorization"], b""),
        (&["-X", "PUT", "-H", "X-Odd: odd `value` $HOME", "-d", ""], b""),
        (&["--tls-max", "1.2", "-4", "--http2"], b""),
        (&["--resolve", "other.example:1:127.0.0.1", "-m", "20"], b""),
    ];
    for (more, stdin) in cases {
        for (shell, odd) in shells.iter().copied() {
            let run = |curl: &[&str]| {
                let mut command = lab.command();
                command.args(["--cacert", "ca.pem", "--password-file", "password.txt"]).args(more).args(curl);
                Ran::of(
                    {
                        command.arg(odd).arg(&url);
                        command
                    },
                    stdin,
                )
            };
            let ours = run(&[]);
            ours.ends(1, "404");
            let wanted = parts(&site);
            site.received.lock().unwrap().clear();
            let printed = run(&["--curl"]);
            printed.exits(0);
            assert!(site.received.lock().unwrap().is_empty(), "it made the call");
            let body = if more.contains(&"") { "" } else { BODY };
            let theirs = by_shell(&lab, shell, &printed.stdout, body, stdin);
            assert_eq!(theirs.exit, 0, "{}\n{}", String::from_utf8_lossy(&printed.stdout), theirs.stderr);
            assert!(theirs.stdout == ours.stdout, "{more:?}: {:?}", String::from_utf8_lossy(&theirs.stdout));
            assert_eq!(parts(&site), wanted, "{more:?}");
        }
    }
}

#[test]
fn a_body_from_standard_input_is_the_same() {
    if !is_installed("curl") {
        return;
    }
    let lab = Lab::new();
    let site = lab.site(ANSWER);
    let printed = lab.run(&site, &["-d", "@-", "--curl"]);
    by_shell(&lab, "sh", &printed.stdout, BODY, b"from stdin\n").exits(0);
    assert!(site.request().ends_with("\r\n\r\nfrom stdin\n"), "{}", site.request());
}

#[test]
fn the_same_submission_gets_the_same_answer() {
    if !is_installed("curl") {
        return;
    }
    let lab = Lab::new();
    let (site, serve) = (lab.site(ANSWER), lab.serve(&["--rate", "0"]));
    lab.write("token", TOKEN.as_bytes());
    lab.write("odd \"name\";a,b.txt", b"from a file\n");
    for more in [
        &[][..],
        &["-d", BODY, "--content-type", "text/odd"],
        &["-X", "PUT", "-d", "@odd \"name\";a,b.txt", "--authorization", "Basic a\"b $c"],
    ] {
        let run = |curl: &[&str]| {
            let mut command = lab.command();
            command.args(["--account", ACCOUNT, "--domain", &serve.url, "--bearer-file", "token"]);
            command.args(["--password-file", "password.txt"]).args(more).args(curl);
            Ran::of(
                {
                    command.arg("client.p12").arg(format!("{}?x=1&token='$(z)'[1]{{2}}", site.url()));
                    command
                },
                b"",
            )
        };
        let ours = run(&[]);
        let wanted = parts(&site);
        let printed = run(&["--curl"]);
        printed.ends(0, "$BEARER stands for the Bearer token");
        let theirs = by_shell(&lab, "sh", &printed.stdout, BODY, b"");
        assert!(theirs.exit == 0 && theirs.stdout == ours.stdout, "{}", theirs.stderr);
        assert_eq!(parts(&site), wanted, "{more:?}");
    }
}

/// curl takes --head and a body for two methods, and says so.
#[test]
fn head_with_a_body_is_sent_and_what_curl_does_then_is_told() {
    if !is_installed("curl") {
        return;
    }
    let lab = Lab::new();
    let site = lab.site(ANSWER);
    let printed = lab.run(&site, &["-X", "HEAD", "-d", BODY, "--curl"]);
    printed.ends(0, "not in curl: HEAD with a body");
    by_shell(&lab, "sh", &printed.stdout, BODY, b"");
    let (first, _, body) = parts(&site);
    assert_eq!((first.as_str(), body.as_str()), ("HEAD / HTTP/1.1", BODY));
}

#[test]
fn nothing_is_asked_for_and_no_secret_is_printed() {
    let lab = Lab::new();
    let site = Site::nowhere();
    let mut command = lab.command();
    command.args([
        "--account",
        ACCOUNT,
        "--oauth1",
        "--curl",
        "-d",
        "canary-body",
        "--authorization",
        "canary-auth",
    ]);
    command.args([
        "-p",
        "canary-pass",
        "--compare",
        "--alias",
        "x",
        "-x",
        "http://u:canary-proxy@h:1",
        "client.p12",
    ]);
    let ran = Ran::of(
        {
            command.arg(format!("{}?canary-flag&key=canary-key#canary", site.url()));
            command
        },
        b"",
    );
    ran.ends(0, "$QUERY stands for the query of the URL");
    ran.ends(0, "$OAUTH1 stands for OAuth and its signature, which curl cannot make");
    ran.ends(0, "$PLATFORM stands for the baseURI that https://api.liveperson.net/api/account/12345678/");
    ran.ends(0, "not in curl: --alias").ends(0, "$PROXY_USER stands for");
    let all = String::from_utf8_lossy(&ran.stdout).into_owned() + &ran.stderr;
    assert!(!all.contains("canary"), "{all}");
}
