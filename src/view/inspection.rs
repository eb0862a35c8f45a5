//! What `inspect` found: one file in full, many in a table, or JSON.

use serde_json::json;

use crate::certificate::{Certificate, Usage};
use crate::escape::{ascii, escape};
use crate::inspect::{Inspection, SCHEMA, Severity};
use crate::p12::anatomy::{Anatomy, Form, Key, Protection};

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
            text += &line("key", &described(key));
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
    if inspection.findings.is_empty() {
        text += &line("findings", "none");
    }
    text
}

fn container(anatomy: &Anatomy) -> String {
    if anatomy.form == Form::Loose {
        return String::new();
    }
    let mac = anatomy.mac.as_ref().map_or_else(|| "none".into(), protection);
    let mut text = line("MAC", &mac);
    for safe in &anatomy.safes {
        text += &line("safe", &safe.as_ref().map_or_else(|| "not encrypted".into(), protection));
    }
    text
}

pub(super) fn protection(protection: &Protection) -> String {
    let Protection { algorithm, kdf, prf, iterations, salt } = protection;
    let prf = prf.map_or(String::new(), |prf| format!(" with {prf}"));
    format!("{algorithm}; {kdf}{prf}, {iterations} iterations, {salt} bytes of salt")
}

pub(super) fn described(key: &Key) -> String {
    let alias = key.alias.as_ref().map_or(String::new(), |alias| format!("{alias:?}, "));
    let how = match &key.protection {
        Some(used) => protection(used),
        None if key.encrypted => "encrypted by its safe alone".into(),
        None => "not encrypted".into(),
    };
    format!("{alias}{}; {how}", key.key)
}

fn certificate(alias: Option<&str>, c: &Certificate) -> String {
    let alias = alias.map_or(String::new(), |alias| format!(" ({alias:?})"));
    let mut text = line("certificate", &format!("{}{alias}", c.subject));
    let left = if c.days_left < 0 { "expired".into() } else { format!("{} days left", c.days_left) };
    text += &line("  issuer", &c.issuer);
    text += &line("  valid", &format!("{} to {} UTC, {left}", c.not_before, c.not_after));
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

/// The chain of a key as a tree, each certificate below its issuer.
fn tree(anatomy: &Anatomy, key: &Key) -> String {
    let chain: Vec<_> = key
        .chain
        .iter()
        .filter_map(|at| anatomy.certificates.get(*at))
        .map(|held| &held.certificate)
        .collect();
    let Some(last) = chain.last() else { return String::new() };
    let mut names: Vec<_> = chain.iter().rev().map(|certificate| certificate.subject.clone()).collect();
    if last.subject != last.issuer {
        names.insert(0, format!("{} (not in the file)", last.issuer));
    }
    let branch = |(depth, name): (usize, &String)| match depth {
        0 => line("chain", name),
        depth => line("", &format!("{}└ {name}", "  ".repeat(depth - 1))),
    };
    names.iter().enumerate().map(branch).collect()
}

fn table(inspections: &[Inspection]) -> String {
    let mut rows = vec![["exit", "file", "leaf", "expires", "days", "key", "findings"].map(str::to_owned)];
    rows.extend(inspections.iter().map(row));
    let widths: [usize; 7] = std::array::from_fn(|at| {
        rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    });
    let padded = |row: &[String; 7]| {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(padded).collect()
}

fn row(inspection: &Inspection) -> [String; 7] {
    let anatomy = inspection.anatomy.as_ref();
    let leaf = anatomy.and_then(|anatomy| {
        let at = anatomy.keys.iter().find_map(|key| key.chain.first())?;
        anatomy.certificates.get(*at).map(|held| &held.certificate)
    });
    let of_leaf = |fact: fn(&Certificate) -> String| leaf.map(fact).unwrap_or_default();
    let names: Vec<_> = inspection.findings.iter().map(|finding| finding.name.as_str()).collect();
    [
        (inspection.exit as u8).to_string(),
        escape(&inspection.file),
        escape(&of_leaf(|leaf| leaf.subject.clone())),
        of_leaf(|leaf| leaf.not_after.split(' ').next().unwrap_or_default().to_owned()),
        of_leaf(|leaf| leaf.days_left.to_string()),
        of_leaf(|leaf| leaf.key.to_string()),
        names.join(", "),
    ]
}
