//! Cases as people report them: the command, its exit status, the kind, and what has to be said of cause and fix, and
//! what must not.

use serde_json::Value;

use crate::harness::{Lab, Ran, is_installed, with};

mod files;
mod flaws;
mod servers;
mod table;

use servers::At;

/// A command and its expected result.
#[derive(Clone)]
struct Case {
    name: &'static str,
    /// The P12, and options.
    command: &'static str,
    at: At,
    /// The host of the URL, unless it is `localhost`, and its path.
    host: &'static str,
    path: &'static str,
    exit: i32,
    /// The kind of the report, or a finding of `inspect`.
    kind: &'static str,
    /// In what happened and what to do.
    says: Vec<&'static str>,
    never: Vec<&'static str>,
}

fn case(name: &'static str, command: &'static str, at: At, exit: i32, kind: &'static str) -> Case {
    Case { name, command, at, host: "localhost", path: "", exit, kind, says: Vec::new(), never: Vec::new() }
}

impl Case {
    fn says(mut self, says: &[&'static str]) -> Self {
        self.says.extend(says);
        self
    }

    fn never(mut self, never: &[&'static str]) -> Self {
        self.never.extend(never);
        self
    }

    /// The URL is of this host and path.
    fn url(self, host: &'static str, path: &'static str) -> Self {
        Self { host, path, ..self }
    }

    /// What is otherwise than expected; nothing where its server is not installed.
    fn faults(&self, lab: &Lab) -> Vec<String> {
        let Some(server) = self.at.start(lab) else { return Vec::new() };
        let url = format!("https://{}:{}/{}", self.host, server.port, self.path);
        let (ran, document) = self.run(lab, &url);
        let said = match self.at {
            At::Inspect => found(&document, self.kind),
            _ => (document["kind"] == self.kind).then(|| ran.stderr.clone()),
        };
        let Some(said) = said else { return vec![format!("is not {}: {document:#}", self.kind)] };
        let said = said.replace(&server.port.to_string(), "PORT");
        let says = |words: &&&'static str| said.contains(**words);
        let exit = (ran.exit != self.exit).then(|| format!("exit {} instead of {}", ran.exit, self.exit));
        let lacks =
            self.says.iter().filter(|words| !says(words)).map(|words| format!("{words:?} is not said"));
        let forbidden = self.never.iter().filter(says).map(|words| format!("{words:?} is said"));
        let faults: Vec<_> = exit.into_iter().chain(lacks).chain(forbidden).collect();
        if faults.is_empty() { faults } else { [faults, vec![said]].concat() }
    }

    /// The result for people, and the same as a document.
    fn run(&self, lab: &Lab, url: &str) -> (Ran, Value) {
        let inspects = matches!(self.at, At::Inspect);
        let mut arguments = if inspects { vec!["inspect", "--json"] } else { Vec::new() };
        arguments.extend(self.command.split(' '));
        if !self.command.contains("--password") {
            arguments.extend(["--password-file", "password.txt"]);
        }
        if inspects {
            let ran = Ran::of(with(lab.command(), &arguments), b"").in_case(self.name);
            let document = serde_json::from_slice(&ran.stdout).unwrap();
            return (ran, document);
        }
        if !self.command.contains("--cacert") {
            arguments.extend(["--cacert", "ca.pem"]);
        }
        arguments.extend(["--report", "report.json", url]);
        let ran = Ran::of(with(lab.command(), &arguments), b"").in_case(self.name);
        let document = std::fs::read(lab.path("report.json")).unwrap();
        (ran, serde_json::from_slice(&document).unwrap())
    }
}

/// What the finding says, and its fix.
fn found(document: &Value, name: &str) -> Option<String> {
    let findings = document["files"][0]["findings"].as_array()?;
    let finding = findings.iter().find(|finding| finding["name"] == name)?;
    let text = |field: &str| finding[field].as_str().unwrap_or_default().to_owned();
    Some([text("what"), text("fix"), text("command")].join("\n"))
}

#[test]
fn each_case_gets_its_cause_and_a_fix() {
    if !is_installed("openssl") {
        return;
    }
    let lab = files::lab();
    let of = |case: &Case| {
        let faults = case.faults(&lab);
        (!faults.is_empty()).then(|| format!("{}:\n{}", case.name, faults.join("\n")))
    };
    let cases = [table::cases(), flaws::cases(&lab)].concat();
    let faults: Vec<_> = cases.iter().filter_map(of).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}
