//! What `inspect` found: one file in full, many in a table, or JSON.

use serde_json::json;

use crate::certificate::{Certificate, Usage};
use crate::error::Exit;
use crate::escape::{ascii, escape};
use crate::inspect::{Inspection, SCHEMA, Severity};
use crate::p12::anatomy::{Anatomy, Form, Key, Protection};
use crate::words::{counted, day};

/// The inspections as text or as one JSON document.
pub fn show(inspections: &[Inspection], json: bool, quiet: bool) -> String {
    match inspections {
        _ if json => ascii(&format!("{:#}\n", json!({ "schema": SCHEMA, "files": inspections }))),
        _ if quiet => inspections.iter().map(failing).collect(),
        [one] => full(one),
        many => table(many),
    }
}

fn line(label: &str, text: &str) -> String {
    format!("{}\n", format!("{label:<12} {}", escape(text)).trim_end())
}

/// Only the findings that make a test fail, one line each.
fn failing(inspection: &Inspection) -> String {
    let errors = inspection.findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors
        .map(|error| line("error", &format!("{}: {}: {}", inspection.file, error.name, error.what)))
        .collect()
}

fn full(inspection: &Inspection) -> String {
    let mut text = String::new();
    if let Some(anatomy) = &inspection.anatomy {
        let producer =
            inspection.producer.as_ref().map_or(String::new(), |who| format!("; looks like {who}"));
        let facts = format!("{}: {} bytes, {}{producer}", inspection.file, anatomy.size, anatomy.form);
        text += &line("file", &facts);
        text += &container(anatomy);
        for key in &anatomy.keys {
            text += &line("key", &described(key, anatomy.form));
        }
        for held in &anatomy.certificates {
            text += &certificate(held.alias.as_deref(), &held.certificate);
        }
        for key in &anatomy.keys {
            text += &tree(anatomy, key);
        }
    } else {
        text += &line("file", &inspection.file);
    }
    for finding in &inspection.findings {
        text += &line(
            &format!("{:?}", finding.severity).to_lowercase(),
            &format!("{}: {}", finding.name, finding.what),
        );
        text += &line("  fix", &finding.fix);
        if let Some(command) = &finding.command {
            text += &line("  command", command);
        }
    }
    text + &line("verdict", &verdict(inspection))
}

/// Whether the file can be used, and how many findings there are of each severity.
fn verdict(inspection: &Inspection) -> String {
    let fit = match inspection.exit {
        Exit::Success => "ok: it can be used as it is",
        Exit::Status if inspection.lacks_trust_only() => {
            "failed: it opens, and a server that trusts only the CAs of --trust can refuse it: see not-trusted"
        }
        Exit::Status => "failed: it opens, and servers in general refuse it",
        _ => "failed: it cannot be used",
    };
    let count = |severity| inspection.findings.iter().filter(|finding| finding.severity == severity).count();
    let counts = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")]
        .map(|(severity, name)| counted(count(severity), name));
    format!("{fit}; {}", counts.join(", "))
}

fn container(anatomy: &Anatomy) -> String {
    if anatomy.form == Form::Loose {
        return String::new();
    }
    let safe = |safe: &Option<Protection>| line("safe", &protection(safe.as_ref(), "not encrypted"));
    line("MAC", &protection(anatomy.mac.as_ref(), "none"))
        + &anatomy.safes.iter().map(safe).collect::<String>()
}

/// What protects something, or what is said where nothing does.
pub(super) fn protection(used: Option<&Protection>, without: &str) -> String {
    let Some(Protection { algorithm, kdf, prf, iterations, salt }) = used else { return without.to_owned() };
    let prf = prf.map_or(String::new(), |prf| format!(" with {}", prf.name()));
    format!("{algorithm}; {kdf}{prf}, {iterations} iterations, {salt} bytes of salt")
}

pub(super) fn described(key: &Key, form: Form) -> String {
    let alias = key.alias.as_ref().map_or(String::new(), |alias| format!("{alias:?}, "));
    let without = match (key.encrypted, form) {
        (false, _) => "not encrypted",
        (true, Form::Loose) => "encrypted in the old way of PEM (DEK-Info)",
        (true, _) => "encrypted by its safe alone",
    };
    format!("{alias}{}; {}", key.key, protection(key.protection.as_ref(), without))
}

fn certificate(alias: Option<&str>, c: &Certificate) -> String {
    let alias = alias.map_or(String::new(), |alias| format!(" ({alias:?})"));
    let mut text = line("certificate", &format!("{}{alias}", c.title()));
    text += &line("  issuer", &c.issuer);
    text += &line("  valid", &format!("{} to {} UTC, {}", c.not_before, c.not_after, time_left(c)));
    text += &line("  key", &format!("{}; signed with {}", c.key, c.signature));
    let usages = c.usages.as_ref().map_or_else(|| "any".into(), |usages| Usage::list(usages));
    text += &line("  usage", &format!("{usages}{}", if c.authority { "; a CA" } else { "" }));
    if !c.names.is_empty() {
        text += &line("  names", &c.names.join(", "));
    }
    text += &line("  serial", &c.serial);
    text += &line("  SHA-256", &c.sha256);
    text + &line("  SHA-1", &c.sha1)
}

/// The certificates of a key, its own first.
pub(super) fn chain<'a>(anatomy: &'a Anatomy, key: &Key) -> Vec<&'a Certificate> {
    let held = key.chain.iter().filter_map(|at| anatomy.certificates.get(*at));
    held.map(|held| &held.certificate).collect()
}

/// The chain of a key as a tree, each certificate below its issuer, with how much of its lifetime has gone.
fn tree(anatomy: &Anatomy, key: &Key) -> String {
    let chain = chain(anatomy, key);
    let Some(last) = chain.last() else { return String::new() };
    let above =
        (!last.is_self_issued()).then(|| (format!("{} (not in the file)", last.issuer), String::new()));
    let within = chain.iter().rev().map(|link| (link.title().into_owned(), lifetime(link)));
    let branch = |(depth, (name, lifetime)): (usize, (String, String))| match depth {
        0 => (escape(&name), lifetime),
        depth => (format!("{}└ {}", "  ".repeat(depth - 1), escape(&name)), lifetime),
    };
    let rows: Vec<_> = above.into_iter().chain(within).enumerate().map(branch).collect();
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let labels = std::iter::once("chain").chain(std::iter::repeat(""));
    let row = |((name, lifetime), label): (&(String, String), &str)| {
        line(label, &format!("{name:<width$}  {lifetime}"))
    };
    rows.iter().zip(labels).map(row).collect()
}

/// A bar of the lifetime that has gone, and the days that are left.
fn lifetime(certificate: &Certificate) -> String {
    const CELLS: usize = 10;
    let Some(spent) = certificate.spent_lifetime() else { return time_left(certificate) };
    let full = (spent * CELLS as f64).round() as usize;
    format!("{}{} {}", "█".repeat(full), "░".repeat(CELLS - full), time_left(certificate))
}

/// How long a certificate is still valid.
pub(super) fn time_left(certificate: &Certificate) -> String {
    match certificate.days_left {
        _ if certificate.not_yet_valid => "not valid yet".into(),
        ..0 => format!("expired {} ago", certificate.distance()),
        _ => format!("{} left", certificate.distance()),
    }
}

fn table(inspections: &[Inspection]) -> String {
    let mut rows = vec![["exit", "file", "leaf", "expires", "days", "key", "findings"].map(str::to_owned)];
    rows.extend(inspections.iter().map(row));
    let widths: [usize; 7] =
        std::array::from_fn(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or_default());
    let padded = |row: &[String; 7]| {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(padded).collect()
}

fn row(inspection: &Inspection) -> [String; 7] {
    let anatomy = inspection.anatomy.as_ref();
    let leaf = anatomy.and_then(|held| held.keys.iter().find_map(|key| chain(held, key).first().copied()));
    let of_leaf = |fact: fn(&Certificate) -> String| leaf.map(fact).unwrap_or_default();
    let names: Vec<_> = inspection.findings.iter().map(|finding| finding.name.as_str()).collect();
    [
        (inspection.exit as u8).to_string(),
        escape(&inspection.file),
        escape(&of_leaf(|leaf| leaf.title().into_owned())),
        of_leaf(|leaf| day(&leaf.not_after).to_owned()),
        of_leaf(|leaf| leaf.days_left.to_string()),
        of_leaf(|leaf| leaf.key.to_string()),
        names.join(", "),
    ]
}
