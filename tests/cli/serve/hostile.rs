//! A well-behaved client among hostile ones, and what a server holds after a long day.

use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::fairness::{Silent, TENANTS, connect_from, costly, post};
#[cfg(target_os = "linux")]
use super::read;
use super::{Post, form, part};
use crate::harness::{Lab, OK, PASSWORD, Served, peak_memory};

/// How long they are at work. `P12_TEST_SECONDS=60` is what a release is tried with.
fn seconds() -> u64 {
    std::env::var("P12_TEST_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

/// One request from this address; the status, or 0 if nothing came.
fn call(lab: &Lab, served: &Served, last: u8, request: &[u8]) -> u16 {
    let mut stream = connect_from(lab, served, last);
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(answer.get(9..12).unwrap_or_default()).parse().unwrap_or_default()
}

/// Connects, sends this, and says no more for a while.
fn dawdle(lab: &Lab, served: &Served, last: u8, start: &[u8]) {
    let mut held: Vec<_> = (0..64).map(|_| connect_from(lab, served, last)).collect();
    for stream in &mut held {
        let _ = stream.write_all(start);
    }
    held[0].set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let _ = held[0].read(&mut [0; 64]);
}

#[test]
fn a_good_client_is_served_while_each_sort_of_hostile_client_is_at_work() {
    let lab = Lab::new();
    let served = lab.serve_for(TENANTS, &["--header-time", "5", "--body-time", "10"]);
    let (site, silent) = (lab.site(OK), Silent::new());
    let good = post(&lab, "Bearer modest").forward(&site.url()).bytes();
    let usual = Instant::now();
    assert_eq!(call(&lab, &served, 2, &good), 200);
    let usual = usual.elapsed();
    let form_of = |p12: &[u8]| form(&[part("file", p12), part("password", PASSWORD.as_bytes())]);
    let greedy = |body| Post { authorization: "Bearer greedy", ..Post::new(body) };
    let (expensive, large) =
        (greedy(form_of(&costly(&lab))).bytes(), greedy(form_of(&vec![0; 8 << 20])).bytes());
    let hanging = post(&lab, "Bearer greedy").forward(&silent.url()).bytes();
    let unknown = greedy(Vec::new()).forward("https://unknown.invalid/").bytes();
    let stranger = Post { authorization: "Bearer unknown", ..Post::new(Vec::new()) }.bytes();
    let stop = AtomicBool::new(false);
    let again = |work: &(dyn Fn() + Sync)| {
        while !stop.load(Ordering::Relaxed) {
            work()
        }
    };
    let statuses = std::thread::scope(|scope| {
        let sorts: [(u8, &[u8]); 5] = [
            (3, &stranger),
            (4, &expensive),
            (5, &large),
            (6, &unknown),
            (7, b"GET /nothing HTTP/1.1\r\nhost: h\r\n\r\n\0"),
        ];
        for (last, request) in sorts {
            let (lab, served, again) = (&lab, &served, &again);
            scope.spawn(move || {
                again(&|| {
                    call(lab, served, last, request);
                })
            });
        }
        for (last, start) in
            [(8, &b""[..]), (9, &b"POST / HTTP/1.1\r\nhost:"[..]), (10, &large[..10_000]), (11, &hanging)]
        {
            let (lab, served, again) = (&lab, &served, &again);
            scope.spawn(move || again(&|| dawdle(lab, served, last, start)));
        }
        let began = Instant::now();
        let mut calls = Vec::new();
        while began.elapsed() < Duration::from_secs(seconds()) || calls.len() < 20 {
            let at = Instant::now();
            calls.push((call(&lab, &served, 2, &good), at.elapsed()));
            // Within its rate.
            std::thread::park_timeout(Duration::from_millis(150));
        }
        stop.store(true, Ordering::Relaxed);
        calls
    });
    let answered = statuses.iter().filter(|(status, _)| *status == 200).count();
    let mut times: Vec<_> = statuses.iter().map(|(_, time)| *time).collect();
    times.sort();
    let (median, peak) = (times[times.len() / 2], peak_memory(served.pid()).unwrap());
    let all = statuses.len();
    let figures = format!("{answered} of {all} answered, median {median:?} (alone {usual:?}), {peak} MiB");
    assert!(answered * 100 >= all * 99, "{figures}: {statuses:?}");
    assert!(peak < 300, "{figures}");
}

/// Threads, open files, and resident memory in MiB.
#[cfg(target_os = "linux")]
fn holdings(served: &Served) -> (usize, usize, u64) {
    let count = |what: &str| std::fs::read_dir(format!("/proc/{}/{what}", served.pid())).unwrap().count();
    let status = std::fs::read_to_string(format!("/proc/{}/status", served.pid())).unwrap();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    (count("task"), count("fd"), memory.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024)
}

/// `P12_TEST_REQUESTS=20000` is what a release is tried with. One in ten is hostile.
#[test]
#[cfg(target_os = "linux")]
fn after_many_requests_it_holds_what_it_held_before() {
    let requests = std::env::var("P12_TEST_REQUESTS").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let lab = Lab::new();
    let served = lab.serve(&["--rate", "0"]);
    let site = lab.site(OK);
    let good = Post::new(super::good(&lab)).forward(&site.url()).bytes();
    let hostile: [&[u8]; 5] = [
        b"\x16\x03\x01\x02\x00\x01\xff",
        b"GET /../../etc/passwd HTTP/1.1\r\nhost: h\r\nhost: h\r\nconnection: close\r\n\r\n",
        &good[..good.len() / 2],
        &Post::new(form(&[part("file", &[0x30; 5_000]), part("password", b"x")])).bytes(),
        &Post::new(super::good(&lab)).forward("https://127.0.0.1:1/").bytes(),
    ];
    let round = |numbers: std::ops::Range<usize>| {
        for number in numbers {
            let request = if number % 10 == 9 { hostile[number / 10 % hostile.len()] } else { &good[..] };
            let mut stream = connect_from(&lab, &served, 1);
            stream.write_all(request).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            match number % 10 {
                9 => drop(stream.read_to_end(&mut Vec::new())),
                _ => assert_eq!(read(&mut stream).0, 200),
            }
        }
    };
    round(0..100);
    let before = holdings(&served);
    round(0..requests);
    let mut after = holdings(&served);
    // Connections end a moment after their last answer.
    let patience = Instant::now();
    while after.1 > before.1 && patience.elapsed() < Duration::from_secs(10) {
        std::thread::yield_now();
        after = holdings(&served);
    }
    let figures = format!("threads, files, MiB: {before:?}, and after {requests} requests {after:?}");
    assert!(after.0 <= before.0 + 8 && after.1 <= before.1 && after.2 <= before.2 + 16, "{figures}");
}
