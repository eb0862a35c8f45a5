//! What an operator sees and does.

use std::io::{BufRead as _, BufReader, PipeReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Child;

use super::get;
use crate::harness::{Lab, Signal, send, with};

/// Sends so many requests on one connection and reads their answers.
fn knock(address: &str, times: usize) {
    let mut stream = TcpStream::connect(address).unwrap();
    let requests = "GET / HTTP/1.1\r\nhost: h\r\n\r\n".repeat(times - 1);
    let last = "GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
    let mut sending = stream.try_clone().unwrap();
    let sender = std::thread::spawn(move || sending.write_all((requests + last).as_bytes()).unwrap());
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 404").count(), times);
    sender.join().unwrap();
}

/// A server whose log goes into a pipe, and its address.
fn serve_into_a_pipe(lab: &Lab) -> (Child, BufReader<PipeReader>, String) {
    lab.serve(&[]).end();
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command = with(lab.command(), &["serve", "--listen", "127.0.0.1:0"]);
    let child = command.args(["--credentials", "credentials.toml"]).stderr(writer).spawn().unwrap();
    let mut log = BufReader::with_capacity(64, reader);
    let mut first = String::new();
    log.read_line(&mut first).unwrap();
    let address = first.trim().strip_prefix("listening on http://").unwrap().to_owned();
    (child, log, address)
}

#[test]
fn a_log_that_nobody_reads_stops_nothing_and_says_what_is_missing() {
    const REQUESTS: usize = 8_000;
    let lab = Lab::new();
    let (mut child, log, address) = serve_into_a_pipe(&lab);
    knock(&address, REQUESTS);
    // Now somebody reads, and hears what is missing.
    let dropped = log.lines().find_map(|line| {
        let line: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        line["dropped"].as_u64()
    });
    assert!((1..REQUESTS as u64).contains(&dropped.unwrap()));
    let (_, metrics) = get(&address, "/metrics");
    assert!(
        metrics.contains(&format!("p12_test_log_lines_dropped_total {}\n", dropped.unwrap())),
        "{metrics}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_end_does_not_wait_for_a_reader_that_never_comes() {
    let lab = Lab::new();
    let (mut child, _log, address) = serve_into_a_pipe(&lab);
    knock(&address, 1_000);
    send(Signal::TERM, &child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
