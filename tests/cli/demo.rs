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
    Ran::of(command, b"").ends(0, "--proxy '' /").ends(0, "The files are removed now");
    let ran = Ran::of(with(lab.command(), &["demo"]), b"");
    ran.ends(0, "The files are removed now");
    assert!(!ran.stderr.contains("--proxy"), "{}", ran.stderr);
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
