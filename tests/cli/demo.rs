//! The demo: whatever the environment, each step ends as it should.

use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use crate::harness::{Lab, Ran, Signal, send, wait_for_signal_handler, with};

#[test]
fn no_proxy_of_the_environment_leads_the_demo_astray() {
    let lab = Lab::new();
    let mut command = with(lab.command(), &["demo"]);
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "all_proxy"] {
        command.env(name, "http://127.0.0.1:9");
    }
    command.arg("-v");
    Ran::of(command, b"").ends(0, "--proxy '' /").ends(0, "The files are removed now");
    let ran = Ran::of(with(lab.command(), &["demo", "-v"]), b"");
    ran.ends(0, "The files are removed now");
    assert!(!ran.stderr.contains("--proxy"), "{}", ran.stderr);
}

#[test]
fn the_demo_is_verdicts_and_with_v_whole_reports() {
    let lab = Lab::new();
    let brief = Ran::of(with(lab.command(), &["demo"]), b"");
    brief
        .ends(0, "ok: good.p12 gets through to localhost:")
        .ends(0, "failed: stranger.p12 does not get through");
    assert!(brief.stdout.is_empty() && !brief.stderr.contains("hint:"), "{}", brief.stderr);
    let whole = Ran::of(with(lab.command(), &["demo", "-v"]), b"");
    whole.ends(0, "$ p12-test --cacert").ends(0, "answer    200 OK").ends(0, "hint:");
    assert!(String::from_utf8_lossy(&whole.stdout).contains("good client"));
}

/// Its first line waits for a reader until it has been told to end.
#[test]
fn ctrl_c_ends_the_demo_and_not_only_a_step() {
    let lab = Lab::new();
    let (mut reader, mut full) = UnixStream::pair().unwrap();
    full.set_nonblocking(true).unwrap();
    while full.write(&[b'\n'; 4096]).is_ok() {}
    full.set_nonblocking(false).unwrap();
    let mut command = with(lab.command(), &["demo"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(OwnedFd::from(full));
    let mut child = command.spawn().unwrap();
    drop(command);
    wait_for_signal_handler(&mut child);
    send(Signal::INT, &child);
    let mut said = String::new();
    reader.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("error: interrupted") && !said.contains("Both routes"), "{said}");
}
