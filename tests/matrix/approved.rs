//! The approved texts: a file for people, with one block for each row.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::Result;
use crate::call::Told;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/matrix/approved.txt")
}

fn block(told: &Told) -> String {
    let Told { kind, exit, retry, message, hint } = told;
    match kind.as_str() {
        "passed" => format!("    {kind}, exit {exit}\n"),
        _ => format!("    {kind}, exit {exit}, retry {retry}\n    error: {message}\n    hint:  {hint}\n"),
    }
}

/// In the order of the file.
fn read() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(path()).unwrap_or_default();
    let blocks = text.split("\n\n").filter_map(|block| block.trim_start_matches('\n').split_once('\n'));
    blocks.map(|(name, body)| (name.to_owned(), format!("{}\n", body.trim_end()))).collect()
}

/// The differences from the approved texts. With `UPDATE=1` the file is rewritten instead.
pub(crate) fn differences(results: &[Result], all: bool) -> Vec<String> {
    let mut approved = read();
    let told = results.iter().filter_map(|result| Some((result.name(), block(result.told.as_ref()?))));
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        let order = |name: &String| results.iter().position(|result| result.name() == *name);
        for (name, block) in told {
            match approved.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = block,
                None => approved.push((name, block)),
            }
        }
        // Where not all rows ran, the file keeps its order, and new rows are at its end.
        if all {
            approved.retain(|(name, _)| order(name).is_some());
            approved.sort_by_key(|(name, _)| order(name));
        }
        let text: Vec<_> = approved.iter().map(|(name, block)| format!("{name}\n{block}")).collect();
        std::fs::write(path(), text.join("\n")).unwrap();
        return Vec::new();
    }
    let approved: BTreeMap<_, _> = approved.into_iter().collect();
    let mut faults: Vec<_> = told
        .filter_map(|(name, block)| match approved.get(&name) {
            Some(known) if *known == block => None,
            Some(known) => Some(format!("{name} differs from what was approved:\n{known}  now:\n{block}")),
            None => Some(format!("{name} was never approved:\n{block}")),
        })
        .collect();
    if all {
        let gone = |name: &&String| !results.iter().any(|result| result.name() == **name);
        faults.extend(approved.keys().filter(gone).map(|name| format!("{name} is approved and not run")));
    }
    faults
}
