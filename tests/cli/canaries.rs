//! Secrets that are easy to find again: given through every input and searched for in every output, with
//! endpoints and platforms that send them back.

use openssl::base64::encode_block;
use serde_json::Value;

use crate::harness::{Lab, Ran, Site, with};

mod commands;
mod platform;

/// With a `/`, a `+`, a quote or a blank where allowed.
const CANARIES: &[&str] = &[
    "canary-p12-\"pass/word+1",
    "canary-bearer/token+2",
    "canary-authorization/3+",
    "canary-header/value+4",
    "canary body/value+\"é\"5",
    "canary-proxy~password-6",
    "canary-query/value~7",
    "canary-consumer-key-8",
    "canary-consumer-secret-9",
    "canary-oauth-token-10",
    "canary-oauth-secret-11",
    "canary-file-body/12+",
    "canary-cookie/one+13",
    "canary-cookie/two+14",
    "canary-basic/pass word+15",
    "canary-url-password-16",
];

/// The canary as it is, in hex, URL encoding, JSON, and in Base64 at each of the three offsets.
fn forms(canary: &str) -> Vec<String> {
    let hex: String = canary.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = url::form_urlencoded::byte_serialize(canary.as_bytes()).collect();
    let json = Value::from(canary).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let mut forms = vec![canary.into(), hex.to_uppercase(), hex, percent, json.replace('/', "\\/"), json];
    for shift in 0..3 {
        let whole = encode_block(format!("{}{canary}", "x".repeat(shift)).as_bytes());
        let sure = whole[(shift * 8).div_ceil(6)..(shift + canary.len()) * 8 / 6].to_owned();
        forms.extend([sure.replace('+', "-").replace('/', "_"), sure]);
    }
    forms
}

/// Asserts that no form of a canary is there, plain or escaped in quotes.
#[track_caller]
fn is_free_of_canaries(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for canary in CANARIES {
        for form in forms(canary) {
            let quoted = format!("{form:?}");
            let quoted = &quoted[1..quoted.len() - 1];
            assert!(
                !text.contains(&form) && !text.contains(quoted),
                "{what} holds {canary} as {form:?}:\n{text}"
            );
        }
    }
}

/// An answer that sends canaries back: in fields that are shown, in fields that are not, in Retry-After, Location and
/// a trailer.
fn echo(canaries: &[&str], status: &str) -> String {
    let mut head = format!("HTTP/1.1 {status}\r\ntransfer-encoding: chunked\r\n");
    let all: Vec<String> = canaries.iter().flat_map(|canary| forms(canary)).collect();
    for form in &all {
        head += &format!("via: before {form} after\r\nx-echo: {form}\r\n");
    }
    let first = canaries.first().copied().unwrap_or_default();
    head += &format!("location: /login\"/{first}\"?a={first}#b={first}\r\nretry-after: {first}\r\n\r\n0\r\n");
    for form in all {
        head += &format!("x-trailer: {form}\r\n");
    }
    head + "\r\n"
}

/// A lab whose secrets are canaries.
fn seeded() -> Lab {
    let lab = Lab::new();
    let client = p12_test::demo::pki::Profile::new("client", p12_test::demo::pki::Purpose::Client);
    let client = lab.root.issue(&client).unwrap();
    lab.write("client.p12", &client.p12(CANARIES[0], "client").unwrap());
    lab.write("password.txt", CANARIES[0].as_bytes());
    lab.write("bearer.txt", CANARIES[1].as_bytes());
    lab.write("token", CANARIES[1].as_bytes());
    lab.write("authorization.txt", format!("Bearer {}", CANARIES[2]).as_bytes());
    lab.write("basic.txt", basic().as_bytes());
    lab.write("proxy.txt", format!("user:{}", CANARIES[5]).as_bytes());
    lab.write_private("oauth1.txt", &CANARIES[7..11].join("\n"));
    lab.write("body.txt", CANARIES[11].as_bytes());
    lab
}

fn basic() -> String {
    format!("Basic {}", encode_block(format!("user:{}", CANARIES[14]).as_bytes()))
}

/// The options of a run, and the canaries in them: an endpoint can send back no others.
#[derive(Clone)]
struct Case<'a> {
    what: &'a str,
    arguments: Vec<&'a str>,
    held: &'a [usize],
}

fn case<'a>(what: &'a str, arguments: &[&'a str], held: &'a [usize]) -> Case<'a> {
    Case { what, arguments: arguments.to_vec(), held }
}

impl<'a> Case<'a> {
    fn held(&self) -> Vec<&'a str> {
        self.held.iter().map(|at| CANARIES[*at]).collect()
    }

    /// Runs it with these flags, and searches everything that the program itself writes.
    fn run(&self, lab: &Lab, flags: &[&str], url: &str) {
        let environment = [
            ("P12_TEST_PASSWORD", 0),
            ("SECRET_AUTHORIZATION", 2),
            ("P12_TEST_BEARER", 1),
            ("P12_TEST_OAUTH1_CONSUMER_KEY", 7),
            ("P12_TEST_OAUTH1_CONSUMER_SECRET", 8),
            ("P12_TEST_OAUTH1_TOKEN", 9),
            ("P12_TEST_OAUTH1_TOKEN_SECRET", 10),
        ];
        let mut command = lab.command();
        command.envs(environment.map(|(name, canary)| (name, CANARIES[canary])));
        command.args(["--cacert", "ca.pem", "--report", "report.json"]).args(flags);
        command.args(&self.arguments).args(["client.p12", url]);
        let ran = Ran::of(command, b"");
        is_free_of_canaries(&format!("{}: stderr", self.what), ran.stderr.as_bytes());
        if flags.contains(&"--json") || flags.contains(&"--curl") {
            is_free_of_canaries(&format!("{}: stdout", self.what), &ran.stdout);
        }
        if let Ok(report) = std::fs::read(lab.path("report.json")) {
            is_free_of_canaries(&format!("{}: report", self.what), &report);
            std::fs::remove_file(lab.path("report.json")).unwrap();
        }
    }

    fn run_in_every_form(&self, lab: &Lab, url: &str) {
        let page = ["--report-format", "html"];
        for flags in [&["-v"][..], &["--json"], &["-q", "-o", "answer"], &["--curl"], &page] {
            self.run(lab, flags, url);
        }
    }
}

fn with_query(url: &str) -> String {
    let percent: String = url::form_urlencoded::byte_serialize(CANARIES[6].as_bytes()).collect();
    format!("{url}?token={}&again={percent}&{}", CANARIES[6], CANARIES[6])
}

const HEADER: &str = "X-Secret: canary-header/value+4";
const COOKIES: &str = "Cookie: a=canary-cookie/one+13; b=canary-cookie/two+14";
const ALL: &[&str] =
    &["--authorization-file", "authorization.txt", "-H", HEADER, "-H", COOKIES, "-d", CANARIES[4]];
const OF_ALL: &[usize] = &[0, 2, 3, 4, 6, 12, 13];

#[test]
fn no_secret_of_a_local_call_comes_out() {
    let lab = seeded();
    let closed = Site::nowhere();
    let wants = lab.http_site("HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n");
    let wants = format!("http://user:{}@{}", CANARIES[5], wants.address);
    let port = closed.address.port();
    let (proxy, bare) =
        (format!("http://user:{}@127.0.0.1:{port}", CANARIES[5]), format!("http://127.0.0.1:{port}"));
    for case in [
        case("all", ALL, OF_ALL),
        case("Basic", &["--authorization-file", "basic.txt"], &[0, 6, 14]),
        case("a body from a file", &["-d", "@body.txt"], &[0, 6]),
        case("from variables", &["--authorization-env", "SECRET_AUTHORIZATION"], &[0, 2, 6]),
        case("from the command line", &["-p", CANARIES[0], "--authorization", CANARIES[2]], &[0, 2, 6]),
        case("wrong password", &["-p", CANARIES[10]], &[10, 6]),
        case("two passwords", &["-p", CANARIES[0], "--no-password"], &[]),
        case("a switch with a value", &[&format!("--no-password={}", CANARIES[0])], &[]),
        case("half a password", &["-p", "x", CANARIES[0]], &[]),
        case("a header without a colon", &["-H", CANARIES[3]], &[]),
        case("proxy closed", &["-x", &proxy], &[]),
        case("proxy refuses", &["-x", &wants], &[]),
        case("proxy and user", &["-x", &bare, "--proxy-user-file", "proxy.txt"], &[]),
        case("file missing", &["--authorization-file", "nowhere.txt"], &[]),
    ] {
        let site = lab.site(echo(&case.held(), "503 No"));
        for site in [&site, &closed] {
            case.run_in_every_form(&lab, &with_query(&site.url()));
        }
        case.run(&lab, &["-v"], &with_query(&lab.site(echo(&case.held(), "302 Found")).url()));
    }
}

/// A line that is not HTTP is quoted in the message, shortened.
#[test]
fn no_secret_comes_out_of_what_is_no_http() {
    let lab = seeded();
    let case = case("no HTTP", ALL, OF_ALL);
    for canary in case.held() {
        for form in forms(canary) {
            let site = lab.site(format!("{{\"echo\":\"Bearer {form}\"}}\n"));
            case.run(&lab, &["-v"], &with_query(&site.url()));
        }
    }
    for before in 0..50 {
        let site = lab.site(format!("{}{}", "x".repeat(before), CANARIES[3]));
        let mut command = with(lab.command(), ALL);
        command.args(["--cacert", "ca.pem", "--password-file", "password.txt", "client.p12", &site.url()]);
        let ran = Ran::of(command, b"");
        ran.ends(9, "did not answer with HTTP");
        assert!(!ran.stderr.contains(&CANARIES[3][..6]), "{before}: {}", ran.stderr);
    }
}
