//! What holds on every system: Linux with glibc and musl, Windows, macOS. The other tests of the command line need Unix
//! (signals, terminals, /proc); these run where the program does.
#![allow(clippy::unwrap_used, reason = "a test may")]

mod harness;

use std::path::Path;
use std::process::Command;

use p12_test::demo::pki::{Identity, Profile, Purpose};
use serde_json::{Value, json};

use harness::{Lab, OK, PASSWORD, Ran, Session, Site, has_terminals, is_wine, program, skip, typed, with};

#[test]
fn a_good_call_exits_0_and_prints_the_answer() {
    let lab = Lab::new();
    lab.run(&lab.site(OK), &[]).ends(0, "certificate asked for (handshake) and sent").printed("hello\n");
}

#[test]
fn bytes_of_the_answer_stay_as_they_are() {
    let lab = Lab::new();
    let body = "a\nb\r\nc\u{1a}\0\n";
    let site = lab.site(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()));
    lab.run(&site, &[]).exits(0).printed(body);
    lab.run(&site, &["-o", "answer"]).exits(0);
    assert_eq!(std::fs::read(lab.path("answer")).unwrap(), body.as_bytes());
}

#[test]
fn a_refused_certificate_exits_6() {
    let lab = Lab::new();
    let other = Identity::root("Another CA").unwrap();
    let stranger = other.issue(&Profile::new("stranger", Purpose::Client)).unwrap();
    lab.write("stranger.p12", &stranger.p12(PASSWORD, "stranger").unwrap());
    lab.run_p12("stranger.p12", &lab.site(OK), &[]).exits(6);
}

#[test]
fn faults_of_the_way_there_have_their_exit_statuses() {
    let lab = Lab::new();
    lab.run_at("https://no-such-host.invalid/", &[]).ends(4, "is unknown to DNS on this machine");
    lab.run(&Site::nowhere(), &["-4"]).exits(4);
    let site = lab.site(OK);
    let arguments = ["--password-file", "password.txt", "client.p12", &site.url()];
    Ran::of(with(lab.command(), &arguments), b"").exits(5);
}

#[test]
fn an_untrusted_platform_exits_5() {
    if is_wine() {
        skip("Wine's own TLS, which is used for the platform, trusts every chain");
        return;
    }
    let lab = Lab::new();
    let platform = lab.site(OK);
    lab.submit(&platform.url(), &Site::nowhere(), &[])
        .ends(5, "shows a certificate that is not trusted here");
}

#[test]
fn passwords_come_from_files_of_every_system_and_wrong_ones_exit_3() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.write("password.txt", &format!("{PASSWORD}\r\n"));
    lab.run(&site, &[]).exits(0);
    lab.write("password.txt", "wrong\r\n");
    lab.run(&site, &[]).ends(3, "the password does not match");
}

#[test]
fn names_with_blanks_and_letters_of_any_language_are_found() {
    let lab = Lab::new();
    let folder = lab.path("Zoës Ordner 例");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(lab.path("client.p12"), folder.join("mein Schlüssel.p12")).unwrap();
    let mut command = lab.command();
    command.args(["inspect", "--password-file", "password.txt"]).arg(folder.join("mein Schlüssel.p12"));
    let ran = Ran::of(command, b"");
    assert!(String::from_utf8_lossy(&ran.exits(0).stdout).contains("mein Schlüssel.p12"));
}

#[test]
fn a_folder_is_no_p12() {
    let lab = Lab::new();
    lab.run_p12(".", &lab.site(OK), &[]).ends(3, "it is a directory");
}

#[test]
fn the_null_device_takes_the_answer_and_the_report() {
    let lab = Lab::new();
    let null = if cfg!(windows) { "NUL" } else { "/dev/null" };
    lab.run(&lab.site(OK), &["-o", null, "--report", null]).exits(0).printed("");
}

#[test]
fn each_record_of_a_batch_has_its_result() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let record = |id: &str, output: &str| json!({ "id": id, "p12": "client.p12", "url": site.url(), "cacert": "ca.pem", "password_file": "password.txt", "output": output });
    let manifest =
        format!("{}\n{}\n{}\n", record("a", "one.out"), record("b", "two.out"), record("c", "ONE.OUT"));
    let ran = Ran::of(with(lab.command(), &["batch"]), manifest.as_bytes());
    let results: Vec<Value> = ran
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    let kind = |id: &str| results.iter().find(|result| result["id"] == id).unwrap()["kind"].clone();
    assert_eq!((kind("a"), kind("b")), (json!("passed"), json!("passed")));
    // Names that differ in case only are one file there.
    let one_file = cfg!(any(windows, target_os = "macos"));
    assert_eq!(kind("c"), if one_file { "record-invalid" } else { "passed" });
}

#[test]
fn a_submission_reaches_the_endpoint() {
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    lab.submit(&served.url, &lab.site(OK), &[]).ends(0, "the platform").printed("hello\n");
}

/// At a terminal.
mod terminal {
    use super::*;

    #[test]
    fn the_prompt_does_not_echo_and_a_wrong_password_exits_3() {
        if !has_terminals() {
            return;
        }
        let lab = Lab::new();
        let question = "Password of client.p12:";
        // Wine's terminal is Linux's until the first answer is read.
        let answers = [(question, "x\r"), (question, "wr0ng\r"), (question, "wr0ng\r")];
        let url = lab.site(OK).url();
        let Session { shown, status, .. } =
            typed(&lab, &["--cacert", "ca.pem", "client.p12", &url], &answers);
        assert_eq!(status, 3, "{shown}");
        assert!(!shown.contains("wr0ng") && shown.contains("the password does not match"), "{shown}");
    }

    #[test]
    fn ctrl_c_at_the_prompt_exits_130() {
        if !has_terminals() {
            return;
        }
        let lab = Lab::new();
        let Session { shown, status, .. } =
            typed(&lab, &["inspect", "client.p12"], &[("Password of client.p12:", "\u{3}")]);
        assert_eq!(status, 130, "{shown}");
    }

    #[test]
    fn ctrl_c_during_a_call_exits_130() {
        if !has_terminals() {
            return;
        }
        let lab = Lab::new();
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://127.0.0.1:{}/", silent.local_addr().unwrap().port());
        let arguments = ["--password-file", "password.txt", "client.p12", &url];
        let Session { shown, status, .. } = typed(&lab, &arguments, &[("waiting for", "\u{3}")]);
        assert_eq!(status, 130, "{shown}");
    }
}

#[test]
fn the_printed_command_is_one_of_this_systems_shell() {
    let lab = Lab::new();
    let name = "Zoës 100% (neue) Datei.p12";
    let weak = lab.root.issue(&Profile::new("client", Purpose::Client)).unwrap();
    lab.write(name, &weak.p12(PASSWORD, "client").unwrap());
    let inspect = ["inspect", "--json", "--within", "4000d", "--password-file", "password.txt", name];
    let ran = Ran::of(with(lab.command(), &inspect), b"");
    let document: Value = serde_json::from_slice(&ran.exits(0).stdout).unwrap();
    let findings = document["files"][0]["findings"].as_array().unwrap();
    let command = findings.iter().find_map(|finding| finding["command"].as_str()).expect("one has a command");
    assert!(command.contains("Zoës"), "{command}");
    let ran = shell(&lab, command);
    assert!(ran.status.success(), "{command}\n{ran:?}");
    let request = std::fs::read_to_string(lab.path("request.csr")).unwrap();
    assert!(request.starts_with("-----BEGIN CERTIFICATE REQUEST-----"), "{request}");
}

/// A command line as typed into the shell of this system.
fn shell(lab: &Lab, line: &str) -> std::process::Output {
    let mut command = Command::new(if cfg!(windows) { "cmd" } else { "sh" });
    #[cfg(windows)]
    std::os::windows::process::CommandExt::raw_arg(&mut command, format!("/s /c \"{line}\""));
    #[cfg(not(windows))]
    command.args(["-c", line]);
    let ours = Path::new(program()).parent().unwrap().to_owned();
    let others = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(ours).chain(std::env::split_paths(&others))).unwrap();
    command.current_dir(lab.folder.path()).env("PATH", path).env("P12_TEST_PASSWORD", PASSWORD);
    command.output().unwrap()
}

/// This adds a root to those of the machine for a moment, so it runs only where it may.
#[cfg(windows)]
#[test]
fn roots_of_the_system_are_trusted() {
    if std::env::var_os("P12_TEST_ROOTS").is_none() {
        skip("P12_TEST_ROOTS allows it to change the machine's roots");
        return;
    }
    let lab = Lab::new();
    let site = lab.site(OK);
    let arguments = ["--password-file", "password.txt", "client.p12", &site.url()];
    Ran::of(with(lab.command(), &arguments), b"").exits(5);
    let der = lab.root.certificate.to_der().unwrap();
    let sha1 = openssl::hash::hash(openssl::hash::MessageDigest::sha1(), &der).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    // Each property is its number, 1, its length and its value (wincrypt.h: CERT_SHA1_HASH_PROP_ID, and the certificate).
    let property = |number: u32, value: &[u8]| {
        let length = u32::try_from(value.len()).unwrap();
        [&number.to_le_bytes()[..], &1_u32.to_le_bytes(), &length.to_le_bytes(), value].concat()
    };
    let blob = hex(&[property(3, &sha1), property(32, &der)].concat());
    let key = format!(r"HKLM\Software\Microsoft\SystemCertificates\ROOT\Certificates\{}", hex(&sha1));
    let reg = |arguments: &[&str]| assert!(Command::new("reg").args(arguments).status().unwrap().success());
    reg(&["add", &key, "/f", "/v", "Blob", "/t", "REG_BINARY", "/d", &blob]);
    let ran = Ran::of(with(lab.command(), &arguments), b"");
    reg(&["delete", &key, "/f"]);
    ran.exits(0).printed("hello\n");
}

#[cfg(windows)]
#[test]
fn a_star_stands_for_files_where_the_shell_leaves_it() {
    let lab = Lab::new();
    std::fs::copy(lab.path("client.p12"), lab.path("other.p12")).unwrap();
    let arguments = ["inspect", "--password-file", "password.txt", "*.p12"];
    let ran = Ran::of(with(lab.command(), &arguments), b"");
    let text = String::from_utf8_lossy(&ran.exits(0).stdout).into_owned();
    assert!(text.contains("client.p12") && text.contains("other.p12"), "{text}");
}
