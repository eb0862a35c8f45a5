//! `batch`: many tests at once.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use p12_test::demo::endpoint::OnConnection;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::harness::{ACCOUNT, Gate, Lab, OK, Ran, Signal, Site, TOKEN, send, with};

pub(crate) fn batch(lab: &Lab, manifest: &str, more: &[&str]) -> Ran {
    let mut arguments = vec!["batch"];
    arguments.extend(more);
    Ran::of(with(lab.command(), &arguments), manifest.as_bytes())
}

pub(crate) fn results(stdout: &[u8]) -> Vec<Value> {
    let lines = stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

pub(crate) fn result<'a>(results: &'a [Value], id: &str) -> &'a Value {
    let mut found = results.iter().filter(|result| result["id"] == id);
    let result = found.next().unwrap_or_else(|| panic!("no result for {id}"));
    assert!(found.next().is_none(), "two results for {id}");
    result
}

pub(crate) fn defaults(site: &Site) -> String {
    let defaults = json!({ "defaults": {
        "cacert": "ca.pem", "password_file": "password.txt", "p12": "client.p12", "url": site.url(),
    }});
    format!("{defaults}\n")
}

pub(crate) fn numbered(site: &Site, count: usize) -> String {
    let records = (0..count).map(|number| format!("{{\"id\":\"r{number}\"}}\n"));
    defaults(site) + &records.collect::<String>()
}

pub(crate) fn ids(results: &[Value]) -> Vec<String> {
    results.iter().map(|result| result["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_record_has_one_result_with_its_id_and_line() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let missing = lab.site("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    let manifest = defaults(&site)
        + &format!(
            "{{\"id\":\"good\"}}\n\n{{\"id\":7,\"url\":\"{}\",\"expect\":[\"200\"]}}\n",
            missing.url()
        );
    let ran = batch(&lab, &manifest, &[]);
    ran.ends(1, "1 of 2 tests did not pass").ends(1, "2 tests in ");
    let results = results(&ran.stdout);
    assert_eq!(results.len(), 2);
    let (good, other) = (result(&results, "good"), result(&results, "7"));
    assert_eq!((&good["kind"], &good["exit"], &good["line"]), (&json!("passed"), &json!(0), &json!(2)));
    assert_eq!(good["answer"]["size"], 6);
    assert_eq!((&other["kind"], &other["exit"], &other["line"]), (&json!("status"), &json!(1), &json!(4)));
    batch(&lab, &numbered(&site, 3), &["-q"]).exits(0);
}

#[test]
fn shares_hold_each_record_once() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let manifest = numbered(&site, 30);
    let mut all = Vec::new();
    for shard in ["0/3", "1/3", "2/3"] {
        let ran = batch(&lab, &manifest, &["--shard", shard]);
        ran.ends(0, "left to other shards");
        all.extend(ids(&results(&ran.stdout)));
    }
    assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (30, 30));
}

/// Starts a batch whose results go to a file.
fn start(lab: &Lab, results: &str, arguments: &[&str]) -> Child {
    let mut command = with(lab.command(), &["batch", "manifest", "-j", "2"]);
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::piped());
    command.stdout(File::create(lab.path(results)).unwrap()).spawn().unwrap()
}

fn wait_for_results(lab: &Lab, child: &mut Child, file: &str, number: usize) {
    while std::fs::read_to_string(lab.path(file)).unwrap().lines().count() < number {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it had {number} results");
        std::thread::yield_now();
    }
}

fn wait_for_requests(gate: &Gate, child: &mut Child, number: usize) {
    while gate.requests() < number {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it had made {number} requests");
        std::thread::yield_now();
    }
}

/// Waits until the child has done what a signal makes it do: then all its threads sleep.
fn settle(child: &mut Child) {
    let sleeps = |task: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S'))
    };
    let tasks = format!("/proc/{}/task", child.id());
    let mut settled = 0;
    while settled < 3 && child.try_wait().unwrap().is_none() {
        let all = std::fs::read_dir(&tasks).is_ok_and(|mut tasks| tasks.all(|task| task.is_ok_and(sleeps)));
        settled = if all { settled + 1 } else { 0 };
        std::thread::yield_now();
    }
}

#[test]
fn what_was_killed_and_resumed_holds_each_id_once() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.write("manifest", numbered(&site, 300).as_bytes());
    let mut child = start(&lab, "first", &[]);
    wait_for_results(&lab, &mut child, "first", 20);
    child.kill().unwrap();
    child.wait().unwrap();
    let first = results(&std::fs::read(lab.path("first")).unwrap());
    assert!(first.len() < 300, "it was through before it could be killed");
    let second = batch(&lab, "", &["manifest", "--resume", "first"]);
    second.ends(0, &format!("{} had a result", first.len()));
    let all = [first, results(&second.stdout)].concat();
    assert_eq!((all.len(), ids(&all).iter().collect::<BTreeSet<_>>().len()), (300, 300));
}

#[test]
fn ctrl_c_finishes_what_is_in_flight_and_tells_how_to_go_on() {
    finishes_at(Signal::INT);
}

#[test]
fn sigterm_does_the_same() {
    finishes_at(Signal::TERM);
}

/// Requests that are in flight must be finished: otherwise a resumed batch would send them twice.
fn finishes_at(signal: Signal) {
    let lab = Lab::new();
    let gate = Gate::new(&lab, 20);
    lab.write("manifest", numbered(&gate.site, 300).as_bytes());
    let mut child = start(&lab, "first", &[]);
    wait_for_requests(&gate, &mut child, 22);
    send(signal, &child);
    settle(&mut child);
    gate.open();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains(" passed\n") && said.contains("--resume"), "{said}");
    let first = std::fs::read(lab.path("first")).unwrap();
    assert!(first.ends_with(b"\n"));
    let first = results(&first);
    assert_eq!(first.len(), 22);
    let second = batch(&lab, "", &["manifest", "--resume", "first"]);
    let all = [first, results(&second.stdout)].concat();
    assert_eq!((all.len(), ids(&all).iter().collect::<BTreeSet<_>>().len()), (300, 300));
    assert!(all.iter().all(|result| result["kind"] == "passed"));
    assert_eq!(gate.requests(), 300);
}

#[test]
fn the_second_signal_ends_it_though_nobody_reads_the_results() {
    let lab = Lab::new();
    let gate = Gate::new(&lab, 300);
    lab.write("manifest", numbered(&gate.site, 300).as_bytes());
    let (unread, mut full) = UnixStream::pair().unwrap();
    full.set_nonblocking(true).unwrap();
    while full.write(&[b'\n'; 4096]).is_ok() {}
    full.set_nonblocking(false).unwrap();
    let mut command = with(lab.command(), &["batch", "manifest"]);
    command.stdin(Stdio::null()).stdout(Stdio::from(OwnedFd::from(full))).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    wait_for_requests(&gate, &mut child, 2);
    while child.try_wait().unwrap().is_none() {
        send(Signal::TERM, &child);
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    drop(unread);
}

#[test]
fn results_that_cannot_be_written_exit_10() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.write("manifest", numbered(&site, 3).as_bytes());
    let mut command = with(lab.command(), &["batch", "manifest"]);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = command.stdin(Stdio::null()).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(10));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write to standard output"));
}

#[test]
fn half_a_line_at_the_end_of_results_is_no_result() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.write("results", b"{\"id\":\"r0\"}\n{\"id\":\"r1\",\"ki");
    let ran = batch(&lab, &numbered(&site, 2), &["--resume", "results"]);
    ran.ends(0, "1 passed, 1 had a result, 1 line of results could not be read");
    assert_eq!(ids(&results(&ran.stdout)), ["r1"]);
}

#[test]
fn what_is_appended_to_half_a_line_begins_a_new_one() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.write("results", b"{\"id\":\"r0\"}\n{\"id\":\"r1\",\"ki");
    lab.write("manifest", numbered(&site, 3).as_bytes());
    let mut command = with(lab.command(), &["batch", "manifest", "--resume", "results"]);
    let appended = File::options().append(true).open(lab.path("results")).unwrap();
    assert!(command.stdin(Stdio::null()).stdout(appended).status().unwrap().success());
    let ran = batch(&lab, "", &["manifest", "--resume", "results"]);
    ran.ends(0, "3 had a result, 1 line of results could not be read").printed("");
}

#[test]
fn failures_that_are_resumed_from_count() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.write(
        "results",
        b"{\"id\":\"r0\",\"exit\":6}\n{\"id\":\"r1\",\"exit\":4}\n{\"id\":\"r2\",\"exit\":0}\n",
    );
    lab.write("again", b"{\"id\":\"r1\",\"exit\":0}\n{\"id\":\"unknown\",\"exit\":1}\n");
    let ran = batch(&lab, &numbered(&site, 4), &["--resume", "results", "--resume", "again"]);
    ran.ends(1, "1 passed, 3 had a result, 1 of those did not pass").ends(1, "1 of 4 tests did not pass");
}

/// Two workers write to one file, and the first is killed within a line.
#[test]
fn a_line_that_two_have_written_is_no_result_and_not_the_end() {
    let lab = Lab::new();
    let site = lab.site(OK);
    lab.write("results", b"{\"id\":\"r0\"}\n{\"id\":\"r1\",\"ki{\"id\":\"r2\"}\n{\"id\":\"r3\"}\n");
    let ran = batch(&lab, &numbered(&site, 4), &["--resume", "results"]);
    ran.ends(0, "1 line of results could not be read");
    assert_eq!(
        ids(&results(&ran.stdout)).into_iter().collect::<BTreeSet<_>>(),
        ["r1", "r2"].map(String::from).into()
    );
}

#[test]
fn a_p12_and_the_roots_are_read_once_for_many_records() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let mut open = Open::start(&lab);
    open.give(&numbered(&site, 1));
    assert_eq!(open.result()["kind"], "passed");
    for file in ["client.p12", "ca.pem"] {
        std::fs::remove_file(lab.path(file)).unwrap();
    }
    open.give("{\"id\":\"again\"}\n{\"id\":\"other\",\"alias\":\"client\"}\n");
    let rest = [open.result(), open.result()];
    assert_eq!(result(&rest, "again")["kind"], "passed");
    assert_eq!(result(&rest, "other")["kind"], "file-unreadable");
    assert_eq!(open.end(), 1);
}

#[test]
fn a_file_that_was_not_there_may_be_there_for_the_next_record() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let client = std::fs::read(lab.path("client.p12")).unwrap();
    std::fs::remove_file(lab.path("client.p12")).unwrap();
    let mut open = Open::start(&lab);
    open.give(&numbered(&site, 1));
    assert_eq!(open.result()["kind"], "file-unreadable");
    lab.write("client.p12", &client);
    open.give("{\"id\":\"again\"}\n");
    assert_eq!(open.result()["kind"], "passed");
    assert_eq!(open.end(), 1);
}

#[test]
fn no_host_gets_more_at_once_than_is_allowed() {
    let lab = Lab::new();
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (current, peak) = (Arc::clone(&now), Arc::clone(&most));
    let handler: OnConnection = Arc::new(move |mut stream| {
        let (current, peak) = (Arc::clone(&current), Arc::clone(&peak));
        Box::pin(async move {
            peak.fetch_max(current.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4096]).await;
            tokio::task::yield_now().await;
            current.fetch_sub(1, Ordering::SeqCst);
            let _ = stream.write_all(OK).await;
            let _ = stream.shutdown().await;
        })
    });
    let site = lab.site_of(&lab.manners(), handler, Arc::default());
    batch(&lab, &numbered(&site, 60), &["--per-host", "3"]).ends(0, "60 passed");
    assert!((1..=3).contains(&most.load(Ordering::SeqCst)), "{most:?}");
}

/// With a low limit of open files, fewer connections are possible. That is not the endpoint's fault.
#[test]
fn a_lack_of_open_files_is_told_as_this_machines_fault() {
    let lab = Lab::new();
    let silent = lab.plain(None);
    let by_address = json!({ "id": "address", "url": format!("https://{}/", silent.address), "proxy": "" });
    let by_proxy = json!({ "id": "proxy", "proxy": format!("http://{}", silent.address) });
    let manifest = numbered(&silent, 40).replace("\"url\"", "\"max_time\":\"2\",\"url\"")
        + &format!("{by_address}\n{by_proxy}\n");
    lab.write("manifest", manifest.as_bytes());
    let mut command = Command::new("sh");
    let limited = "ulimit -n 24; exec \"$0\" batch -j 64 --per-host 64 manifest";
    command.args(["-c", limited, crate::harness::program()]).current_dir(lab.folder.path()).env_clear();
    let ran = Ran::of(command, b"");
    assert_eq!(ran.exit, 1, "{}", ran.stderr);
    let results = results(&ran.stdout);
    let lacking = results.iter().filter(|result| result["kind"] == "out-of-files");
    assert!(lacking.clone().all(|result| result["exit"] == 10) && lacking.count() > 10, "{results:#?}");
    assert!(
        results.iter().all(|result| ["out-of-files", "tls-timeout", "proxy-failed"]
            .iter()
            .any(|kind| result["kind"] == *kind)),
        "{results:#?}"
    );
    assert!(!String::from_utf8_lossy(&ran.stdout).contains("os error"));
}

#[test]
fn a_host_that_does_not_answer_keeps_no_other_from_its_turn() {
    let lab = Lab::new();
    let (silent, site) = (lab.plain(None), lab.site(OK));
    let mut open = Open::start(&lab);
    open.give(&numbered(&silent, 1_000));
    open.give(&format!("{}\n", json!({ "id": "other", "url": site.url() })));
    assert_eq!(open.result()["id"], "other");
    open.child.kill().unwrap();
    open.child.wait().unwrap();
}

#[test]
fn records_go_by_way_of_the_platform_too() {
    let lab = Lab::new();
    let (site, serve) = (lab.site(OK), lab.serve(&["--rate", "0"]));
    let records = (0..12).map(|number| format!("{{\"id\":\"r{number}\"}}\n")).collect::<String>();
    let defaults = json!({ "defaults": {
        "password_file": "password.txt", "p12": "client.p12", "url": site.url(), "account": ACCOUNT,
        "bearer_file": "token", "domain_api": serve.url,
    }});
    let ran = batch(&lab, &format!("{defaults}\n{records}"), &["--rate", "0"]);
    ran.ends(0, "12 passed");
    assert!(results(&ran.stdout).iter().all(|result| result["route"] == "platform"));
    let (_, log) = serve.end();
    let lookups = log.lines().filter(|line| line.contains("\"route\":\"domain\"")).count();
    assert_eq!((lookups, log.contains(TOKEN)), (1, false), "{log}");
}

#[test]
fn the_other_formats_tell_the_same() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let manifest = defaults(&site) + "{\"id\":\"good\"}\n{\"id\":\"bad # \\u001b[31m\",\"password\":\"x\"}\n";
    let table = batch(&lab, &manifest, &["--format", "table"]);
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(
        table.starts_with("exit  kind") && table.contains("wrong-password") && table.lines().count() == 3
    );
    let tap = String::from_utf8(batch(&lab, &manifest, &["--format", "tap"]).stdout).unwrap();
    assert!(tap.starts_with("TAP version 13\n") && tap.ends_with("1..2\n"), "{tap}");
    assert!(tap.contains(" - good\n") && tap.contains(" - bad \\# \\\\u{1b}[31m\n"), "{tap}");
    let junit = String::from_utf8(batch(&lab, &manifest, &["--format", "junit"]).stdout).unwrap();
    assert!(junit.contains("tests=\"2\" skipped=\"0\" errors=\"1\" failures=\"0\""), "{junit}");
    assert!(![&table, &tap, &junit].iter().any(|text| text.contains('\x1b')));
}

/// The program once crashed when threads still ran while it ended.
#[test]
fn many_short_runs_end_in_order() {
    let lab = Lab::new();
    let manifest = numbered(&Site::nowhere(), 40);
    for _ in 0..25 {
        batch(&lab, &manifest, &["-q"]).ends(1, "40 of 40 tests did not pass");
    }
}

#[test]
fn results_come_while_the_manifest_is_still_open() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let mut open = Open::start(&lab);
    open.give(&numbered(&site, 1));
    assert_eq!(open.result()["id"], "r0");
    assert_eq!(open.end(), 0);
}

/// A batch whose manifest is still open.
struct Open {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Open {
    fn start(lab: &Lab) -> Self {
        let mut command = with(lab.command(), &["batch"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    fn give(&mut self, records: &str) {
        self.input.write_all(records.as_bytes()).unwrap();
    }

    fn result(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn end(self) -> i32 {
        let Self { mut child, input, .. } = self;
        drop(input);
        child.wait().unwrap().code().unwrap()
    }
}
