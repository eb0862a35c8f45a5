//! What is left in memory of a password and of a key when a call is over.

use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::process::Command;

use clap::Parser as _;
use openssl::pkey::PKey;
use p12_test::cli::Args;
use p12_test::inputs::{Inputs as _, TestInputs};
use p12_test::outcome::Outcome;
use p12_test::prompt::Prompt;
use p12_test::sink::Sink;
use p12_test::view::json;

use crate::harness::{Lab, OK, Ran};

const PASSWORD: &str = "canary-of-the-memory";

/// The call runs in another process, which searches its own memory: this one made the P12, so it holds the secrets.
#[test]
fn neither_password_nor_key_is_left_when_a_call_is_over() {
    let lab = Lab::new();
    let client = p12_test::demo::pki::Profile::new("client", p12_test::demo::pki::Purpose::Client);
    let client = lab.root.issue(&client).unwrap();
    lab.write("client.p12", &client.p12(PASSWORD, "client").unwrap());
    lab.write("password.txt", format!("{PASSWORD}\n").as_bytes());
    let key = PKey::private_key_from_pem(&client.key_pem().unwrap()).unwrap();
    let scalar = key.ec_key().unwrap().private_key().to_vec();
    let limbs: Vec<u8> = scalar.iter().rev().copied().collect();
    let wide: Vec<u8> = PASSWORD.bytes().flat_map(|byte| [0, byte]).collect();
    let wanted = [PASSWORD.as_bytes(), &wide, &scalar, &limbs].map(masked).join(",");
    let site = lab.site(OK);
    for (source, stdin) in [("--password-file=password.txt", ""), ("--password-stdin", PASSWORD)] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "memory::in_a_process_of_its_own", "--ignored", "--nocapture"]);
        command.current_dir(lab.folder.path()).env("WANTED", &wanted).env("SOURCE", source);
        command.env("URL", site.url());
        let ran = Ran::of(command, stdin.as_bytes());
        assert!(ran.stderr.contains("before: 0 3, after:\n"), "{source}: {}", ran.stderr);
    }
}

const MASK: u8 = 0x5a;

/// In hex and masked, so that the process that searches for it does not itself hold it.
fn masked(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{:02x}", byte ^ MASK)).collect()
}

#[test]
#[ignore = "a part of the test above"]
fn in_a_process_of_its_own() {
    let Ok(wanted) = std::env::var("WANTED") else { return };
    let (source, url) = (std::env::var("SOURCE").unwrap(), std::env::var("URL").unwrap());
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let wanted: Vec<Vec<u8>> =
        wanted.split(',').map(|hex| hex.as_bytes().chunks(2).map(byte).collect()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let before = runtime.block_on(async {
        let args = ["p12-test", "--cacert", "ca.pem", &source, "client.p12", &url];
        let test = Args::try_parse_from(args).unwrap().test;
        let inputs = TestInputs { args: &test, prompt: Prompt::Never };
        let mut outcome = Outcome::default();
        let (request, route) = (inputs.request().unwrap(), inputs.route().await.unwrap());
        outcome.add_request(&request, &route);
        let p12 = inputs.p12().await.unwrap();
        outcome.add_p12(&p12);
        let started = route.start(&request, &p12, &outcome.known).await;
        outcome.receive(started, &test.terms(), &mut Sink::default()).await.unwrap();
        json::pretty(&outcome);
        held(&wanted)
    });
    drop(runtime);
    let shown = |held: Vec<usize>| held.iter().map(|at| format!(" {at}")).collect::<String>();
    eprintln!("before:{}, after:{}", shown(before), shown(held(&wanted)));
}

/// The positions of those that are in writable memory.
fn held(wanted: &[Vec<u8>]) -> Vec<usize> {
    let mut memory = std::fs::File::open("/proc/self/mem").unwrap();
    let mut found = vec![false; wanted.len()];
    let maps = BufReader::new(std::fs::File::open("/proc/self/maps").unwrap());
    for line in maps.lines().map(Result::unwrap).filter(|line| line.contains(" rw")) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        memory.seek(SeekFrom::Start(from)).unwrap();
        // Room for everything: a buffer that grows would leave copies behind.
        let mut bytes = Vec::with_capacity(usize::try_from(to - from).unwrap() + 1);
        // Some mapped pages cannot be read, such as guard pages.
        let _ = memory.by_ref().take(to - from).read_to_end(&mut bytes);
        for (masked, found) in wanted.iter().zip(&mut found) {
            *found |= contains(&bytes, masked);
        }
        bytes.fill(0);
    }
    found.iter().enumerate().filter(|(_, found)| **found).map(|(at, _)| at).collect()
}

fn contains(bytes: &[u8], masked: &[u8]) -> bool {
    let first = masked[0] ^ MASK;
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == first) {
        rest = &rest[at..];
        if rest.len() >= masked.len() && rest.iter().zip(masked).all(|(byte, masked)| *byte == masked ^ MASK)
        {
            return true;
        }
        rest = &rest[1..];
    }
    false
}
