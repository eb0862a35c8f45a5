//! Secrets stay secret: not in messages, not in what the program writes, not in a child's arguments.

use std::process::Command;

use crate::harness::{Lab, Ran, is_installed};

const CANARIES: [&str; 4] = ["canary-password", "canary-token", "canary-body", "canary-proxy"];

fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("password.txt", b"canary-password\n");
    lab.write("token.txt", b"Bearer canary-token\n");
    lab.write("proxy.txt", b"user:canary-proxy\n");
    lab.write("body.txt", b"canary-body");
    let client = p12_test::demo::pki::Profile::new("client", p12_test::demo::pki::Purpose::Client);
    let client = lab.root.issue(&client).unwrap();
    lab.write("client.p12", &client.p12("canary-password", "client").unwrap());
    lab
}

const ARGUMENTS: &[&str] = &[
    "-v",
    "--cacert",
    "ca.pem",
    "--password-file",
    "password.txt",
    "--authorization-file",
    "token.txt",
    "-d",
    "@body.txt",
    "client.p12",
];

#[test]
fn no_message_holds_a_secret_whether_it_works_or_not() {
    let lab = lab();
    let answers = [
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n",
        "no",
    ];
    for answer in answers {
        let site = lab.site(answer);
        let mut command = lab.command();
        command.args(ARGUMENTS).arg(site.url());
        let ran = Ran::of(command, b"");
        assert!(site.request().contains("canary-token") && site.request().contains("canary-body"));
        for canary in CANARIES {
            assert!(!ran.stderr.contains(canary), "{}", ran.stderr);
        }
    }
    let site = lab.plain(None);
    let mut command = lab.command();
    command
        .args(["--proxy", "http://127.0.0.1:1", "--proxy-user-file", "proxy.txt"])
        .args(ARGUMENTS)
        .arg(site.url());
    let ran = Ran::of(command, b"");
    ran.ends(4, "the proxy could not be reached");
    assert!(CANARIES.iter().all(|canary| !ran.stderr.contains(canary)), "{}", ran.stderr);
}

#[test]
fn no_system_call_but_the_reads_shows_a_secret() {
    let lab = lab();
    if !is_installed("strace") {
        return;
    }
    let site = lab.site("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let mut command = Command::new("strace");
    command.current_dir(lab.folder.path()).env_clear();
    command.args(["-f", "-s", "65536", "-o", "trace.txt", "-e", "trace=!read,pread64,readv,recvfrom"]);
    command.arg(crate::harness::program()).args(ARGUMENTS).arg(site.url());
    Ran::of(command, b"").ends(0, "200 OK");
    let trace = std::fs::read_to_string(lab.path("trace.txt")).unwrap();
    assert!(trace.contains("execve"), "nothing was traced");
    for canary in CANARIES {
        assert!(!trace.contains(canary), "{canary} is in the trace");
    }
    assert_eq!(trace.matches("execve(").count(), 1, "a child was started");
}

#[cfg(target_os = "linux")]
#[test]
fn a_crash_leaves_no_core() {
    let lab = lab();
    let site = lab.plain(None);
    let mut command = lab.command();
    command.args(ARGUMENTS).arg(site.url());
    let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    // The limit falls to zero at once; the call itself waits for the endpoint, which says nothing.
    let limits = format!("/proc/{}/limits", child.id());
    let lowered = || {
        let limits = std::fs::read_to_string(&limits).unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        core.split_whitespace().nth(4) == Some("0")
    };
    let fell = (0..100_000).any(|_| lowered());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(fell);
}
