//! One call of the program, and the result in its document.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::Lab;
use crate::peer::Ports;
use crate::row::Row;

/// The result of a call, without what differs from run to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) kind: String,
    pub(crate) exit: i32,
    pub(crate) retry: String,
    pub(crate) message: String,
    pub(crate) hint: String,
}

impl Told {
    /// The peer did not start, for this reason.
    pub(crate) fn nothing(why: &str) -> Self {
        let (kind, message) = ("no peer".into(), why.to_owned());
        Self { kind, exit: -1, retry: "-".into(), message, hint: String::new() }
    }

    pub(crate) fn text(&self) -> String {
        format!("{} | {}", self.message, self.hint)
    }
}

impl Row {
    pub(crate) fn call(&self, lab: &Lab, ports: &mut Ports) -> Told {
        let output = self.command(lab, ports).stdin(Stdio::null()).output().unwrap();
        let exit = output.status.code().unwrap_or(-1);
        let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            let stderr = String::from_utf8_lossy(&output.stderr);
            serde_json::json!({ "kind": "no document", "message": format!("{error}: {stderr}") })
        });
        let text = |value: &Value| constant(&ports.hide(value.as_str().unwrap_or_default()), lab);
        let retry = &document["retry"];
        let after = retry["after"].as_str().map(|after| format!(" after {after}")).unwrap_or_default();
        let kind = document["kind"].as_str().unwrap_or_default();
        let reached = exit == 3 && !document["evidence"].is_null();
        Told {
            kind: if reached { "sent in spite of the P12".into() } else { kind.to_owned() },
            exit,
            retry: format!("{}{after}", retry["advice"].as_str().unwrap_or("-")),
            message: text(&document["message"]),
            hint: text(&document["hint"]),
        }
    }

    fn command(&self, lab: &Lab, ports: &mut Ports) -> Command {
        let binary = env!("CARGO_BIN_EXE_p12-test");
        let mut command = match self.namespace {
            None => Command::new(binary),
            Some(case) => {
                let script = ports.fill("SCRIPTS/namespace.sh", lab);
                let mut command = Command::new("unshare");
                command.args(["--net", "--mount", "bash", &script, case, binary]);
                command
            }
        };
        command
            .current_dir(lab.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.arg("--json");
        if !self.version.is_empty() {
            command.args(["--tls-min", self.version, "--tls-max", self.version]);
        }
        for words in [self.base, self.more] {
            command.args(ports.fill(words, lab).split_whitespace());
        }
        command.arg(format!("{}.p12", self.p12)).arg(ports.fill(self.url, lab));
        command
    }
}

fn constant(text: &str, lab: &Lab) -> String {
    let text = text.replace(&lab.folder.path().display().to_string(), "DIR");
    let text = masked(&text, "####-##-## ##:##:##", "DATE");
    let text = masked(&text, "####-##-##T##:##:##Z", "DATE");
    let text = masked(&text, "### bytes are missing", "N bytes are missing");
    let text = match text.split_once("SSH-2.0-") {
        Some((before, after)) => format!("{before}SSH-2.0-VERSION{}", after.trim_start_matches(|c| c != '"')),
        None => text,
    };
    // A serial number or a fingerprint.
    let words = text.split(' ').map(|word| match word.len() >= 32 && word.chars().all(is_hex) {
        true => "HEX",
        false => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

fn is_hex(c: char) -> bool {
    c.is_ascii_hexdigit() || c == ':'
}

/// Replaces each match of the pattern by `name`; `#` matches any digit.
fn masked(text: &str, pattern: &str, name: &str) -> String {
    let fits = |at: &str| {
        at.len() >= pattern.len()
            && at
                .bytes()
                .zip(pattern.bytes())
                .all(|(byte, wanted)| if wanted == b'#' { byte.is_ascii_digit() } else { byte == wanted })
    };
    let mut rest = text;
    let mut all = String::new();
    while let Some(next) = rest.chars().next() {
        if fits(rest) {
            all.push_str(name);
            rest = &rest[pattern.len()..];
        } else {
            all.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    all
}
