//! What comes from outside never reaches a terminal raw.

use std::io::Read as _;

use p12_test::demo::pki::{Identity, Profile, Purpose};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::harness::{ACCOUNT, Lab, PASSWORD, TOKEN};

/// Sets the title, rings, goes back, turns the line around: ESC, BEL, CR, C1's CSI, U+202E.
const EVIL: &str = "evil\u{1b}]0;title\u{7}\r\u{9b}31m\u{202e}";

/// Everything that a run sends to its terminal.
fn shown(lab: &Lab, arguments: &[&str]) -> String {
    let pty = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_p12-test"));
    command.args(arguments);
    command.cwd(lab.folder.path());
    command.env("TERM", "xterm");
    command.env_remove("P12_TEST_PASSWORD");
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let mut reader = pty.master.try_clone_reader().unwrap();
    let mut bytes = Vec::new();
    // On Linux, reading ends with an error when the terminal is closed.
    let _ = reader.read_to_end(&mut bytes);
    child.wait().unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[track_caller]
fn is_harmless(what: &str, shown: &str) {
    assert!(shown.contains("evil"), "{what} does not show what it should:\n{shown:?}");
    for raw in ["\u{1b}]0;", "\u{7}", "evil\r", "\u{9b}", "\u{202e}"] {
        assert!(!shown.contains(raw), "{what}: {raw:?} is in {shown:?}");
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
        format!("{}\n", serde_json::json!({ "id": "a", "p12": format!("no {file}"), "url": login.url() }))
            .as_bytes(),
    );
    for format in ["ndjson", "table", "tap", "junit"] {
        is_harmless(format, &shown(&lab, &["batch", "--format", format, "records.ndjson"]));
    }
}
