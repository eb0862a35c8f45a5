//! What comes from outside never reaches a terminal raw.

use p12_test::demo::pki::{Identity, Profile, Purpose};

use crate::harness::{ACCOUNT, Lab, OK, PASSWORD, TOKEN, formats, typed, typed_on};

/// Sets the title, rings, goes back, turns the line around: ESC, BEL, CR, C1's CSI, U+202E.
const EVIL: &str = "evil\u{1b}]0;title\u{7}\r\u{9b}31m\u{202e}";

/// Everything that a run sends to its terminal.
fn shown(lab: &Lab, arguments: &[&str]) -> String {
    typed(lab, arguments, &[]).shown
}

#[track_caller]
fn is_harmless(what: &str, shown: &str) {
    assert!(shown.contains("evil"), "{what} does not show what it should:\n{shown:?}");
    for raw in ["\u{1b}]0;", "\u{7}", "evil\r", "\u{9b}", "\u{202e}"] {
        assert!(!shown.contains(raw), "{what}: {raw:?} is in {shown:?}");
    }
}

#[test]
fn the_report_begins_on_a_line_of_its_own() {
    let lab = Lab::new();
    let site = lab.site("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nend");
    for more in [&[][..], &["-o", "-"], &["--repeat", "2"], &["--each-address"]] {
        let call = ["--cacert", "ca.pem", "--password-file", "password.txt", "client.p12", &site.url()];
        let shown = shown(&lab, &[more, &call].concat());
        let after = shown.split_once("end").unwrap().1;
        assert!(after.starts_with("\r\n"), "{more:?}: {shown:?}");
    }
}

#[test]
fn nothing_from_outside_reaches_a_terminal_raw() {
    let lab = Lab::new();
    let root = Identity::root(&format!("CA {EVIL}")).unwrap();
    let client = root.issue(&Profile::new(&format!("client {EVIL}"), Purpose::Client)).unwrap();
    let file = format!("{EVIL}.p12");
    lab.write(&file, &client.p12(PASSWORD, EVIL).unwrap());
    lab.write("ca.pem", &[lab.root.certificate_pem().unwrap(), root.certificate_pem().unwrap()].concat());
    let login =
        lab.site("HTTP/1.1 302 Found\r\nlocation: /login/evil\u{9b}\u{202e}\r\ncontent-length: 0\r\n\r\n");
    let trusted = ["-v", "--cacert", "ca.pem", "--password-file", "password.txt"];
    is_harmless("an alert", &shown(&lab, &[&trusted[..], &[&file, &login.url()]].concat()));
    is_harmless("a login page", &shown(&lab, &[&trusted[..], &["client.p12", &login.url()]].concat()));
    let banner = lab.plain(Some(b"220 evil\x1b]0;x\x07\r\x9b\xe2\x80\xae\r\n"));
    is_harmless("a banner", &shown(&lab, &[&trusted[..], &[&file, &banner.url()]].concat()));
    is_harmless(
        "a missing file",
        &shown(&lab, &[&trusted[..], &[&format!("no {file}"), &login.url()]].concat()),
    );
    is_harmless("a curl command", &shown(&lab, &[&trusted[..], &["--curl", &file, &login.url()]].concat()));
    // When a glob matches a file whose name begins with `--`, the name is taken as an option.
    is_harmless("an option", &shown(&lab, &["inspect", &format!("--{EVIL}")]));
    is_harmless("a value", &shown(&lab, &["--color", EVIL, &file, "https://localhost/"]));
    is_harmless(
        "probe",
        &shown(
            &lab,
            &[
                "probe",
                &login.url(),
                "--cacert",
                "ca.pem",
                "--password-file",
                "password.txt",
                "--among",
                &file,
            ],
        ),
    );
    is_harmless("inspect", &shown(&lab, &["inspect", "--password-file", "password.txt", &file]));
    is_harmless(
        "a table",
        &shown(&lab, &["inspect", "--password-file", "password.txt", &file, "client.p12"]),
    );
    is_harmless("JSON", &shown(&lab, &["inspect", "--json", "--password-file", "password.txt", &file]));
    is_harmless("a report", &shown(&lab, &[&trusted[..], &["--json", &file, &login.url()]].concat()));
    lab.write("token", TOKEN.as_bytes());
    let message = serde_json::json!({ "time": 1, "message": EVIL, "internalCode": 1 }).to_string();
    let platform = lab.http_site(format!(
        "HTTP/1.1 500 No\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{message}",
        message.len()
    ));
    let (host, target) = (platform.plain_url(), login.url());
    let account = ["--account", ACCOUNT, "--domain", &host, "--bearer-file", "token", "-o", "answer"];
    let arguments = [&account[..], &trusted[..], &["client.p12", &target]].concat();
    is_harmless("a platform's message", &shown(&lab, &arguments));
    lab.write(
        "records.ndjson",
        format!("{}\n", serde_json::json!({ "id": EVIL.replace('\r', ""), "p12": format!("no {file}"), "url": login.url() }))
            .as_bytes(),
    );
    for format in formats() {
        is_harmless(&format, &shown(&lab, &["batch", "--format", &format, "records.ndjson"]));
    }
}

/// What a terminal shows, without colours, control sequences, and what a spinner wrote and removed again.
fn lines(shown: &str) -> Vec<String> {
    let mut text = String::new();
    let mut rest = shown;
    while let Some(at) = rest.find('\u{1b}') {
        text += &rest[..at];
        let code = &rest[at + 1..];
        let end = code.find(|c: char| c.is_ascii_alphabetic()).unwrap();
        // Removes the line that is being written.
        if code[..=end].ends_with("2K") {
            text.truncate(text.rfind('\n').map_or(0, |newline| newline + 1));
        }
        rest = &code[end + 1..];
    }
    text += rest;
    text.split('\n').map(|line| line.trim_matches('\r').to_owned()).collect()
}

#[test]
fn a_terminal_shows_each_stage_and_then_the_verdict() {
    let lab = Lab::new();
    let stranger = Identity::root("Another CA").unwrap().issue(&Profile::new("x", Purpose::Client)).unwrap();
    lab.write("stranger.p12", &stranger.p12(PASSWORD, "x").unwrap());
    let site = lab.site(OK);
    let url = site.url();
    let trusted = ["--cacert", "ca.pem", "--password-file", "password.txt"];
    let passed =
        lines(&typed_on(&lab, "xterm", 100, &[&trusted[..], &["client.p12", &url]].concat(), &[]).shown);
    let stages =
        ["name lookup", "connection", "certificate request", "certificate sent", "TLS handshake", "answer"];
    for stage in stages {
        assert!(passed.iter().any(|line| line.starts_with(&format!("✓ {stage} "))), "{stage}: {passed:#?}");
    }
    let verdict = passed.iter().position(|line| line.starts_with("ok: client.p12 gets through to")).unwrap();
    let [more, end] = &passed[verdict + 1..] else { panic!("{passed:#?}") };
    assert!(more.starts_with("    ") && more.ends_with("a certificate (--control shows it)"), "{passed:#?}");
    assert_eq!(end, "");
    let failed = lines(&shown(&lab, &[&trusted[..], &["stranger.p12", &url]].concat()));
    assert!(failed.contains(&"✗ answer".to_owned()), "{failed:#?}");
    assert!(
        failed.iter().any(|line| line.starts_with("failed: stranger.p12 does not get through")),
        "{failed:#?}"
    );
    let dumb = typed_on(&lab, "dumb", 80, &[&trusted[..], &["client.p12", &url]].concat(), &[]).shown;
    assert!(!dumb.contains('✓') && !dumb.contains('\u{1b}') && dumb.contains("ok: client.p12"), "{dumb}");
}

#[test]
fn long_lines_break_at_words_and_never_within_a_path() {
    let lab = Lab::new();
    let folder = "a-folder-with-a-long-name/and-another-one-below-it";
    std::fs::create_dir_all(lab.path(folder)).unwrap();
    let path = lab.path(&format!("{folder}/missing-file.p12")).display().to_string();
    let call = ["--password-file", "password.txt", &path, "https://localhost:9/"];
    for cols in [40, 60, 100] {
        let shown = lines(&typed_on(&lab, "xterm", cols, &call, &[]).shown);
        let at = shown.iter().position(|line| line.starts_with("error: ")).unwrap();
        let whole: Vec<_> = shown.iter().filter(|line| line.contains("missing-file.p12")).collect();
        assert!(whole.iter().any(|line| line.contains(&path)), "{cols}: {shown:#?}");
        for line in &shown[at..] {
            let fits = line.chars().count() <= usize::from(cols);
            assert!(fits || line.contains(&path), "{cols}: {line:?}");
        }
        assert!(
            shown[at + 1].starts_with("       ") || shown[at + 1].starts_with("hint: "),
            "{cols}: {shown:#?}"
        );
    }
}
