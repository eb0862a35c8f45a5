//! The fault matrix: each fault met at a real peer, and what the program says of it. `UPDATE=1` approves the texts.
//!
//! A peer that is not installed is left out, unless `P12_TEST_PEERS` is `all`. Words on the command line choose rows.
#![allow(clippy::unwrap_used, reason = "a test may")]

#[path = "../harness/mod.rs"]
mod harness;

mod row;
mod pki;
mod peer;
mod call;
mod approved;
mod judge;
mod rows;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use call::Told;
use harness::Lab;
use peer::Peer;
use row::Row;

/// More than cores: rows mostly wait for their peers.
const THREADS: usize = 6;

/// The result of a row at a peer; none if the peer is not installed.
pub(crate) struct Result {
    pub(crate) row: Row,
    pub(crate) peer: &'static str,
    pub(crate) told: Option<Told>,
    /// Results that differ from that of the first call.
    pub(crate) others: Vec<Told>,
}

impl Result {
    /// Its name in the approved texts.
    pub(crate) fn name(&self) -> String {
        format!("{} [{}]", self.row.name(), self.peer)
    }
}

fn main() -> ExitCode {
    let Some(wanted) = wanted() else { return ExitCode::SUCCESS };
    let peers = chosen(rows::all(), &wanted);
    if peers.is_empty() {
        return ExitCode::SUCCESS;
    }
    if cfg!(not(unix)) || !harness::on_path("openssl") {
        say("the matrix needs Unix and the openssl command\n");
        return if harness::all_tools() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    let lab = pki::lab();
    let results = run(&lab, &peers);
    let faults = judge::faults(&results, wanted.is_empty());
    print(&results, &faults);
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The words that choose rows; `None` if no row is to be run. Accepts the options of libtest.
fn wanted() -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--ignored" => return None,
            "--list" => {
                let names = chosen(rows::all(), &words).into_iter().flat_map(|peer| {
                    peer.rows.into_iter().map(move |row| format!("{} [{}]: test\n", row.name(), peer.name))
                });
                say(&names.collect::<String>());
                return None;
            }
            "--test-threads" | "--skip" | "--color" | "--format" | "--logfile" | "-Z" => {
                arguments.next();
            }
            flag if flag.starts_with('-') => {}
            word => words.push(word.to_owned()),
        }
    }
    Some(words)
}

fn chosen(peers: Vec<Peer>, words: &[String]) -> Vec<Peer> {
    let fits = |peer: &str, row: &Row| {
        let name = format!("{} [{peer}]", row.name());
        words.is_empty() || words.iter().any(|word| name.contains(word.as_str()))
    };
    let narrowed = peers.into_iter().map(|mut peer| {
        peer.rows.retain(|row| fits(peer.name, row));
        peer
    });
    narrowed.filter(|peer| !peer.rows.is_empty()).collect()
}

/// All rows, in the order of the table; peers side by side, the rows of one peer in turn.
fn run(lab: &Lab, peers: &[Peer]) -> Vec<Result> {
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(peer) = peers.get(at) else { break };
                    let ran = meet(lab, peer);
                    results.lock().unwrap().push((at, ran));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap();
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().flat_map(|(_, results)| results).collect()
}

fn meet(lab: &Lab, peer: &Peer) -> Vec<Result> {
    let mut server = peer.installed().then(|| peer.start(lab));
    let results = peer.rows.iter().map(|row| {
        let mut calls: Vec<_> = match &mut server {
            None => Vec::new(),
            Some(Err(why)) => vec![Told::nothing(why)],
            Some(Ok(server)) => (0..row.times).map(|_| row.call(lab, &mut server.ports)).collect(),
        };
        let again = calls.split_off(calls.len().min(1));
        let told = calls.pop();
        let others = again.into_iter().filter(|other| Some(other) != told.as_ref()).collect();
        Result { row: row.clone(), peer: peer.name, told, others }
    });
    results.collect()
}

fn print(results: &[Result], faults: &[String]) {
    let mut text = format!("\n{:<62} {:<18} {:<36} {:<4} text\n", "row", "peer", "kind", "exit");
    for Result { row, peer, told, .. } in results {
        let (kind, exit, says) = told.as_ref().map_or_else(
            || ("-", "-".into(), "peer not installed".into()),
            |told| (told.kind.as_str(), told.exit.to_string(), told.text()),
        );
        text.push_str(&format!("{:<62} {peer:<18} {kind:<36} {exit:<4} {says}\n", row.name()));
    }
    text.push_str(&format!("\n{} rows, {} faults\n", results.len(), faults.len()));
    for fault in faults {
        text.push_str(&format!("\n{fault}\n"));
    }
    say(&text);
}

fn say(text: &str) {
    std::io::stdout().write_all(text.as_bytes()).unwrap();
}
