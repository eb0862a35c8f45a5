//! Every option of a test, wherever it must be dealt with: in a batch record, in `--curl`, by way of the platform, and
//! as a secret. A new option that is not in the table fails, and so does one that behaves in another way than its row says.

use std::collections::BTreeSet;

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use p12_test::cli::Args;
use serde_json::{Map, Value};

use crate::batch::results;
use crate::harness::{ACCOUNT, Lab, OK, PASSWORD, Ran, Site, with};

/// How `--curl` deals with an option.
enum Curl {
    /// These words are in the command.
    Words(&'static str),
    /// This variable is in the command, in place of a value.
    Variable(&'static str),
    /// curl cannot do it, and a note names the option.
    Note,
    /// It says nothing of the request.
    Nothing,
    /// Both together are a usage error.
    Conflict,
}

/// What an option means where the platform makes the call.
enum Platform {
    /// This is sent to the platform.
    Sent(&'static str),
    /// It is about what happens on this machine: what is sent stays the same.
    Here,
    /// It changes the way to the platform, so that nothing is sent here.
    Unsent,
    /// The platform is reached through it. No proxy sees what is sent to a platform on this machine.
    Proxied,
    /// It is about the call from this machine: a usage error.
    Refused,
}

use Curl::{Conflict, Note, Nothing, Variable, Words};
use Platform::{Here, Proxied, Refused, Sent, Unsent};

struct Row {
    option: &'static str,
    /// Two values that it takes; none for a switch.
    values: &'static [&'static str],
    /// Further options that it needs.
    with: &'static [&'static str],
    /// Whether it is a field of a batch record. What is about the whole run is not.
    field: bool,
    /// Whether the value itself may be a secret.
    secret: bool,
    curl: Curl,
    platform: Platform,
}

const fn row(option: &'static str, values: &'static [&'static str], curl: Curl, platform: Platform) -> Row {
    Row { option, values, with: &[], field: true, secret: false, curl, platform }
}

impl Row {
    const fn with(mut self, options: &'static [&'static str]) -> Self {
        self.with = options;
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    const fn no_field(mut self) -> Self {
        self.field = false;
        self
    }
}

const ROWS: &[Row] = &[
    row("alias", &["client", "CLIENT"], Note, Here),
    row("key", &["key.pem", "again.pem"], Words("--key key.pem"), Refused),
    row("key-password-file", &["value.txt", "again.txt"], Note, Refused),
    row("key-password-env", &["VALUE", "AGAIN"], Note, Refused),
    row("password-file", &["password.txt", "again.txt"], Variable("P12_PASSWORD"), Here),
    row("password-env", &["PASSWORD", "AGAIN"], Variable("P12_PASSWORD"), Here),
    row("password-stdin", &[], Variable("P12_PASSWORD"), Here).no_field(),
    row("no-password", &[], Words("--cert client.p12: "), Sent("name=\"password\"\r\n\r\n\r\n")),
    row("password", &["canary-1", "canary-2"], Variable("P12_PASSWORD"), Sent("canary-1")).secret(),
    row("method", &["PATCH", "PUT"], Words("-X PATCH"), Sent("method-override: PATCH")),
    row("content-type", &["text/odd", "text/other"], Words("text/odd"), Sent("type-override: text/odd"))
        .with(&["body"]),
    row("body", &["canary-1", "canary-2"], Variable("BODY"), Sent("canary-1")).secret(),
    row("header", &["x-odd: canary-1", "x-odd: canary-2"], Variable("HEADER_2"), Refused).secret(),
    row("authorization", &["canary-1", "canary-2"], Variable("AUTHORIZATION"), Sent("override: canary-1"))
        .secret(),
    row(
        "authorization-file",
        &["value.txt", "again.txt"],
        Variable("AUTHORIZATION"),
        Sent("override: value-1"),
    ),
    row("authorization-env", &["VALUE", "AGAIN"], Variable("AUTHORIZATION"), Sent("override: value-1")),
    row("cacert", &["ca.pem", "again.pem"], Words("--cacert ca.pem"), Here),
    row("insecure", &[], Words(" -k "), Here),
    row("resolve", &["a.example:1:127.0.0.1", "b.example:1:127.0.0.1"], Words("--resolve a.example"), Here),
    row(
        "proxy",
        &["http://u:canary-1@127.0.0.1:1", "http://u:canary-2@127.0.0.1:1"],
        Variable("PROXY_USER"),
        Proxied,
    )
    .secret(),
    row("proxy-user-file", &["user.txt", "again.txt"], Variable("PROXY_USER"), Proxied).with(&["proxy"]),
    row("proxy-user-env", &["USER_PASSWORD", "AGAIN"], Variable("PROXY_USER"), Proxied).with(&["proxy"]),
    row("connect-timeout", &["7", "8"], Words("--connect-timeout 7"), Here),
    row("max-time", &["7", "8"], Words("-m 7"), Here),
    row("tls-min", &["1.3", "1.2"], Words("--tlsv1.3"), Here),
    row("tls-max", &["1.1", "1.3"], Words("--tlsv1.1 --tls-max 1.1"), Here),
    row("http2", &[], Words("--http2"), Refused),
    row("ipv4", &[], Words(" -4 "), Here),
    row("ipv6", &[], Words(" -6 "), Unsent),
    row("account", &["87654321", "12345678"], Words("/account/87654321/"), Sent("/account/87654321/"))
        .with(PLATFORM),
    row("compare", &[], Note, Here).with(PLATFORM),
    row("domain", &["FAKE", "http://127.0.0.1:1"], Words("http://127.0.0.1:"), Here).with(PLATFORM),
    row("domain-api", &["FAKE", "http://127.0.0.1:1"], Variable("PLATFORM"), Sent("baseURI.json"))
        .with(&["account", "bearer-file"]),
    row("bearer", &["canary-1", "canary-2"], Variable("BEARER"), Sent("Bearer canary-1"))
        .with(PLATFORM)
        .secret(),
    row("bearer-file", &["value.txt", "again.txt"], Variable("BEARER"), Sent("Bearer value-1"))
        .with(PLATFORM),
    row("bearer-env", &["VALUE", "AGAIN"], Variable("BEARER"), Sent("Bearer value-1")).with(PLATFORM),
    row("oauth1", &[], Variable("OAUTH1"), Sent("\"key-1\"")).with(PLATFORM),
    row("oauth1-file", &["oauth1.txt", "again.txt"], Variable("OAUTH1"), Sent("\"key-2\"")).with(PLATFORM),
    row("oauth1-env", &["MINE", "AGAIN"], Variable("OAUTH1"), Sent("\"key-3\"")).with(PLATFORM),
    row("oauth1-method", &["hmac-sha256", "hmac-sha1"], Nothing, Sent("HMAC-SHA256"))
        .with(&["account", "domain", "oauth1"]),
    row("platform-cacert", &["ca.pem", "again.pem"], Words("--cacert ca.pem"), Here).with(PLATFORM),
    row("no-precheck", &[], Nothing, Here).with(PLATFORM),
    row("expect", &["200", "2xx"], Note, Here),
    row("control", &[], Note, Refused),
    row("allow-unrequested", &[], Note, Refused),
    row("leaf-only", &[], Note, Refused),
    row("each-address", &[], Note, Refused),
    row("repeat", &["2", "3"], Note, Here),
    row("include", &[], Words(" -i"), Here).no_field(),
    row("json", &[], Conflict, Here).no_field(),
    row("report", &["report.json", "again.json"], Conflict, Here).no_field(),
    row("report-format", &["json", "html"], Conflict, Here).with(&["report"]).no_field(),
    row("include-body", &[], Conflict, Here),
    row("output", &["answer", "again"], Words("-o answer"), Here),
    row("quiet", &[], Nothing, Here).no_field(),
    row("color", &["never", "auto"], Nothing, Here).no_field(),
    row("verbose", &[], Nothing, Here).no_field(),
    // It makes no call.
    row("curl", &[], Nothing, Unsent).no_field(),
];

const PLATFORM: &[&str] = &["account", "domain", "bearer-file"];

/// What an option has where it is there for another one.
const COMPANIONS: &[(&str, &str)] = &[
    ("password-file", "password.txt"),
    ("account", ACCOUNT),
    ("domain", "FAKE"),
    ("bearer-file", "token"),
    ("body", "a body"),
    ("proxy", "http://127.0.0.1:1"),
    ("oauth1", ""),
    ("no-precheck", ""),
    ("report", "report.json"),
];

/// Options of which a call takes one.
const ONE_OF: &[&[&str]] = &[
    &["password", "password-file", "password-env", "password-stdin", "no-password"],
    &["bearer", "bearer-file", "bearer-env", "oauth1", "oauth1-file", "oauth1-env"],
];

/// An endpoint that nobody has to reach, and a platform that takes everything.
struct Stage {
    lab: Lab,
    platform: Site,
}

impl Stage {
    fn new() -> Self {
        let lab = Lab::new();
        for (file, text) in [("value.txt", "value-1"), ("user.txt", "user:secret"), ("token", "a-token")] {
            lab.write(file, text);
        }
        lab.write("again.txt", PASSWORD);
        lab.write("key.pem", &lab.root.key_pem().unwrap());
        lab.write("again.pem", &lab.root.certificate_pem().unwrap());
        lab.write_private("oauth1.txt", "key-2\nsecret\ntoken\nsecret\n");
        let platform = lab.http_site(OK);
        Self { lab, platform }
    }

    /// The options of a row's call and their values, with this value of its own.
    fn options(&self, row: &Row, value: Option<&str>, by_platform: bool) -> Vec<(&'static str, String)> {
        let rivals = ONE_OF.iter().find(|rivals| rivals.contains(&row.option)).copied().unwrap_or_default();
        let precheck = ["password", "no-password"].contains(&row.option) && by_platform;
        let more = if by_platform { PLATFORM } else { &[] };
        let more = more.iter().chain(precheck.then_some(&"no-precheck"));
        let chosen: BTreeSet<_> = row.with.iter().chain(&["password-file"]).chain(more).copied().collect();
        let replaced = |name: &&str| value.is_some() && (*name == row.option || rivals.contains(name));
        let oauth1 = |name: &&str| *name == "bearer-file" && row.with.contains(&"oauth1");
        let looked_up = |name: &&str| *name == "domain" && row.option == "domain-api";
        let companion = |name: &str| COMPANIONS.iter().find(|(known, _)| *known == name).unwrap().1;
        let mut options: Vec<_> = chosen
            .into_iter()
            .filter(|name| !replaced(name) && !oauth1(name) && !looked_up(name))
            .map(|name| (name, companion(name)))
            .collect();
        options.extend(value.map(|value| (row.option, value)));
        let fake = self.platform.plain_url();
        options.into_iter().map(|(name, value)| (name, value.replace("FAKE", &fake))).collect()
    }

    fn run(&self, options: &[(&str, String)], more: &[&str]) -> Ran {
        self.platform.received.lock().unwrap().clear();
        let mut command = self.lab.command();
        for (name, value) in options {
            let switch = self.is_switch(name);
            command.arg(if switch { format!("--{name}") } else { format!("--{name}={value}") });
        }
        let keys = ["CONSUMER_KEY", "CONSUMER_SECRET", "TOKEN", "TOKEN_SECRET"];
        for (prefix, key) in [("P12_TEST_OAUTH1", "key-1"), ("MINE", "key-3")] {
            command.envs(keys.map(|name| (format!("{prefix}_{name}"), key)));
        }
        command.envs([("PASSWORD", PASSWORD), ("VALUE", "value-1"), ("USER_PASSWORD", "user:secret")]);
        let ran = with(with(command, more), &["client.p12", "https://localhost:9/"]);
        Ran::of(ran, format!("{PASSWORD}\n").as_bytes())
    }

    fn is_switch(&self, option: &str) -> bool {
        ROWS.iter().any(|row| row.option == option && row.values.is_empty())
    }

    /// What the platform was sent, without what differs from call to call.
    fn sent(&self) -> String {
        let sent = self.platform.request();
        let boundary = sent.split("boundary=").nth(1).and_then(|rest| rest.split("\r\n").next());
        match boundary {
            Some(boundary) => sent.replace(boundary, "BOUNDARY"),
            None => sent,
        }
    }

    /// A record with these options, and with an id if there is one.
    fn record(&self, options: &[(&str, String)], id: Option<&str>) -> String {
        let mut record = Map::new();
        for (name, value) in options {
            let value = if self.is_switch(name) { Value::Bool(true) } else { Value::from(value.as_str()) };
            record.insert(name.replace('-', "_"), value);
        }
        record.extend(id.map(|id| ("id".to_owned(), Value::from(id))));
        record.insert("p12".into(), "client.p12".into());
        record.insert("url".into(), "https://localhost:9/".into());
        format!("{}\n", Value::from(record))
    }

    fn batch(&self, manifest: &str) -> Vec<Value> {
        let mut command = self.lab.command();
        command.args(["batch", "--rate", "0"]).env("PASSWORD", PASSWORD).env("VALUE", "value-1");
        results(&Ran::of(command, manifest.as_bytes()).stdout)
    }
}

/// The value that a row is tried with; a switch has an empty one.
fn first(row: &Row) -> Option<&'static str> {
    Some(row.values.first().copied().unwrap_or_default())
}

#[test]
fn every_option_is_in_the_table_once() {
    let command = Args::command();
    let known: Vec<_> = command.get_arguments().filter_map(|argument| argument.get_long()).collect();
    let listed: Vec<_> = ROWS.iter().map(|row| row.option).collect();
    assert_eq!(known.iter().collect::<BTreeSet<_>>(), listed.iter().collect::<BTreeSet<_>>());
    assert_eq!(known.len(), listed.len());
    for row in ROWS {
        let argument = command.get_arguments().find(|argument| argument.get_long() == Some(row.option));
        let takes_value = argument.unwrap().get_action().takes_values();
        assert_eq!(takes_value, row.values.len() == 2, "{}", row.option);
    }
}

#[test]
fn every_option_is_a_field_of_records_or_is_refused_there() {
    let stage = Stage::new();
    let manifest: String = ROWS
        .iter()
        .map(|row| {
            let mut options = stage.options(row, first(row), false);
            // No field either; the record is to be refused for the option itself.
            options.retain(|(name, _)| *name == row.option || *name != "report");
            stage.record(&options, Some(row.option))
        })
        .collect();
    let results = stage.batch(&manifest);
    for row in ROWS {
        let result = results.iter().find(|result| result["id"] == row.option);
        let result = result.unwrap_or_else(|| panic!("no result of {}", row.option));
        let message = result["message"].as_str().unwrap_or_default();
        let refused = format!("a record has no field {:?}", row.option);
        assert_eq!(result["kind"] == "record-invalid", !row.field, "{}: {message}", row.option);
        assert_eq!(message.contains(&refused), !row.field, "{}: {message}", row.option);
    }
}

#[test]
fn every_other_name_of_an_option_is_a_field_too() {
    let stage = Stage::new();
    let command = Args::command();
    let mut names = 0;
    for argument in command.get_arguments() {
        let row = ROWS.iter().find(|row| Some(row.option) == argument.get_long());
        let Some(row) = row.filter(|row| row.field) else { continue };
        for alias in argument.get_all_aliases().unwrap_or_default() {
            let record = stage.record(&stage.options(row, first(row), false), Some("a"));
            let record = record.replace(&format!("\"{}\"", row.option), &format!("\"{alias}\""));
            let results = stage.batch(&record);
            assert!(record.contains(alias) && results[0]["kind"] != "record-invalid", "{alias}: {results:?}");
            names += 1;
        }
    }
    assert!(names > 1);
}

/// Two options that cannot be used together: that of a record takes the place of that of the defaults.
#[test]
fn every_option_of_a_record_replaces_its_rivals_in_the_defaults() {
    let stage = Stage::new();
    let fields = || ROWS.iter().filter(|row| row.field);
    let mut rivals = 0;
    for (one, other) in fields().flat_map(|one| fields().map(move |other| (one, other))) {
        let word = |row: &Row| match row.values.first() {
            None => format!("--{}", row.option),
            Some(value) => format!("--{}={}", row.option, value.replace("FAKE", "https://h.invalid")),
        };
        let line = ["p12-test", &word(one), &word(other), "client.p12", "https://localhost:9/"];
        let parsed = Args::command().try_get_matches_from(line);
        let conflict = parsed.is_err_and(|error| error.kind() == ErrorKind::ArgumentConflict);
        if !conflict || one.option == other.option {
            continue;
        }
        rivals += 1;
        let defaults = stage.record(&stage.options(one, first(one), false), None);
        let record = stage.record(&stage.options(other, first(other), false), Some("a"));
        let results = stage.batch(&format!("{{\"defaults\":{}}}\n{record}", defaults.trim_end()));
        let message = results[0]["message"].as_str().unwrap_or_default();
        assert!(!message.contains("cannot be used with"), "{} {}: {message}", one.option, other.option);
    }
    assert!(rivals > 20, "{rivals}");
}

/// A record without an id gets one that is made of its fields, but not of values that may be secrets.
#[test]
fn every_value_that_may_be_secret_stays_out_of_what_is_printed() {
    let stage = Stage::new();
    for row in ROWS.iter().filter(|row| row.values.len() == 2) {
        let records =
            row.values.iter().map(|value| stage.record(&stage.options(row, Some(value), false), None));
        let results = stage.batch(&records.collect::<String>());
        let ids: Vec<_> = results.iter().map(|result| result["id"].as_str().unwrap()).collect();
        let alike = ids.len() == 2 && ids[0].trim_end_matches("-2") == ids[1].trim_end_matches("-2");
        assert_eq!(alike, row.secret, "{}: {ids:?}", row.option);
        let options = stage.options(row, first(row), false);
        for more in [&["-v"][..], &["--json"], &["--curl"]] {
            // Some cannot be used with these.
            let ran = stage.run(&options, more);
            let shown = String::from_utf8_lossy(&ran.stdout).into_owned() + &ran.stderr;
            assert!(!shown.contains("canary"), "{}: {shown}", row.option);
        }
        assert_eq!(
            row.values[0].contains("canary"),
            row.secret,
            "{} is to be tried with a canary",
            row.option
        );
    }
}

#[test]
fn every_option_is_in_the_curl_command_or_in_its_notes() {
    let stage = Stage::new();
    for row in ROWS {
        let mut without = stage.options(row, None, false);
        without.retain(|(name, _)| *name != row.option);
        let without = stage.run(&without, &["--curl"]);
        let mut options = stage.options(row, first(row), false);
        options.retain(|(name, _)| *name != "curl");
        let with = stage.run(&options, &["--curl"]).in_case(row.option);
        let line = |ran: &Ran| String::from_utf8(ran.stdout.clone()).unwrap();
        let (old, new) = (line(&without), line(&with));
        match row.curl {
            Words(words) => assert!(new.contains(words), "{}: {new}", row.option),
            Variable(name) => {
                assert!(new.contains(&format!("\"${name}\"")), "{}: {new}", row.option);
                with.ends(0, &format!("${name} stands for "));
            }
            Note => drop(with.ends(0, &format!("not in curl: --{}", row.option))),
            Nothing => assert_eq!(new, old, "{}", row.option),
            Conflict => drop(with.ends(2, "cannot be used with '--curl'")),
        }
        assert!(!matches!(row.curl, Words(_)) || new != old, "{}: {new}", row.option);
    }
}

#[test]
fn every_option_goes_to_the_platform_or_stays_here_or_is_refused() {
    let stage = Stage::new();
    for row in ROWS {
        stage.run(&stage.options(row, None, true), &[]);
        let before = stage.sent();
        let mut options = stage.options(row, first(row), true);
        if matches!(row.platform, Proxied) {
            options
                .iter_mut()
                .filter(|(name, _)| *name == "domain")
                .for_each(|(_, host)| *host = "p.invalid".into());
        }
        let ran = stage.run(&options, &[]).in_case(row.option);
        let sent = stage.sent();
        match row.platform {
            Sent(text) => {
                assert!(sent.contains(text) && sent != before, "{}: {sent}\n{}", row.option, ran.stderr)
            }
            Here => assert!(
                !sent.is_empty() && sent == before,
                "{}: {sent}\n{before}\n{}",
                row.option,
                ran.stderr
            ),
            Unsent => {}
            Proxied => drop(ran.ends(4, "the platform (p.invalid) was not reached through the proxy")),
            Refused => {
                ran.exits(2);
                stage.run(&options, &["--curl"]).in_case(row.option).exits(2);
            }
        }
        assert_eq!(sent.is_empty(), matches!(row.platform, Unsent | Proxied | Refused), "{}", row.option);
    }
}
