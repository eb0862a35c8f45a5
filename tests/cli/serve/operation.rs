//! What an operator sees and does.

use std::io::{BufRead as _, BufReader, PipeReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::time::Duration;

use super::{Post, get, good};
use crate::harness::{Lab, OK, Ran, Served, Signal, send, with};

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

/// `serve` where so many files may be open, after `options`.
fn with_files(lab: &Lab, files: u32, options: &[&str]) -> Command {
    lab.serve(&[]).end();
    let mut command = Command::new("sh");
    command.current_dir(lab.path("")).args(["-c", &format!("ulimit -n {files} && exec \"$0\" \"$@\"")]);
    command.args([crate::harness::program(), "serve", "--listen", "127.0.0.1:0", "--cacert", "ca.pem"]);
    command
        .args(["--credentials", "credentials.toml", "--allow-net", "127.0.0.0/8", "--allow-net", "::1/128"])
        .args(options);
    command
}

#[test]
fn limits_that_the_system_does_not_grant_are_refused_at_the_start() {
    let lab = Lab::new();
    for options in [["--max-connections", "900"], ["--max-calls", "300"]] {
        let ran = Ran::of(with_files(&lab, 200, &options), b"");
        ran.ends(2, "the system allows 200 open files, and the limits need").ends(2, "LimitNOFILE");
    }
    let served = Served::start(with_files(&lab, 200, &[]));
    assert_eq!(get(served.address(), "/healthz").0, 200);
    assert!(served.end().1.contains("\"warning\":\"the system allows 200 open files"));
}

#[test]
fn out_of_files_is_503_and_no_fault_of_the_p12() {
    let lab = Lab::new();
    let served = Served::start(with_files(&lab, 20, &[]));
    let site = lab.site(OK);
    let url = site.url();
    assert_eq!(Post::new(good(&lab)).forward(&url).send(&served).0, 200);
    let mut held: Vec<_> = (0..30).map(|_| TcpStream::connect(served.address()).unwrap()).collect();
    // Answered in turn until no file is left for a connection.
    for stream in &mut held {
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: h\r\n\r\n").unwrap();
        if stream.read_exact(&mut [0; 12]).is_err() {
            break;
        }
    }
    held[0].set_read_timeout(None).unwrap();
    held[0].write_all(&Post::new(good(&lab)).forward(&url).bytes()).unwrap();
    let mut answer = String::new();
    held[0].read_to_string(&mut answer).unwrap();
    assert!(answer.contains("HTTP/1.1 503") && answer.contains("retry-after: 1"), "{answer}");
    drop(held);
    let (_, log) = served.end();
    assert!(log.contains("\"kind\":\"out-of-files\""), "{log}");
}

#[test]
fn what_calls_need_is_read_before_it_listens() {
    let lab = Lab::new();
    lab.serve(&[]).end();
    lab.write("empty.pem", b"");
    for (cacert, says) in
        [("missing.pem", "cannot read missing.pem"), ("empty.pem", "holds no CA certificate")]
    {
        let arguments =
            ["serve", "--listen", "127.0.0.1:0", "--credentials", "credentials.toml", "--cacert", cacert];
        Ran::of(with(lab.command(), &arguments), b"").ends(10, says);
    }
}
