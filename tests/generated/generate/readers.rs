//! Makes `docs/readers.md` from the table of readers.

use std::fmt::Write as _;

use p12_test::readers::{Knowledge, READERS, Reader, Trait};

const START: &str = "# Which programs read which P12

`yes` and `no` were measured by `tests/cli/readers.rs`, which gives the program a file of each kind. `(yes)` and `(no)` are
documented: below the table is by whom. An empty cell is not known. `no` can depend on the version: see below.

`p12-test inspect` names the readers that refuse a file. `p12-test repack --for READER IN OUT` writes what a reader takes:
key and certificates encrypted with the algorithms below, and 100000 iterations for each.

";

pub(super) fn page() -> Vec<u8> {
    let mut page = START.to_owned();
    let readers: Vec<_> = READERS.iter().filter(|reader| reader.name != "current").collect();
    let heads: String = readers.iter().map(|reader| format!(" {} |", reader.name)).collect();
    let _ = writeln!(page, "| |{heads}\n|---|{}", "---|".repeat(readers.len()));
    for (one, title) in Trait::ALL {
        let cells: String = readers.iter().map(|reader| format!(" {} |", cell(reader, *one))).collect();
        let _ = writeln!(page, "| {title} |{cells}");
    }
    page += "\n| `--for` | reader | written with | known by |\n|---|---|---|---|\n";
    for reader in READERS {
        let Reader { name, title, packing, note, .. } = reader;
        let note = if note.is_empty() { String::new() } else { format!(". Note: {note}") };
        let _ =
            writeln!(page, "| `{name}` | {title} | {} | {}{note} |", packing.in_words(), known_by(reader));
    }
    page.into_bytes()
}

fn cell(reader: &Reader, one: Trait) -> &'static str {
    match (&reader.knowledge, reader.reads(one)) {
        (_, None) => "",
        (Knowledge::Measured(..), Some(true)) => "yes",
        (Knowledge::Measured(..), Some(false)) => "no",
        (Knowledge::Documented(_), Some(true)) => "(yes)",
        (Knowledge::Documented(_), Some(false)) => "(no)",
    }
}

fn known_by(reader: &Reader) -> String {
    let title =
        |one: Trait| Trait::ALL.iter().find(|(known, _)| *known == one).map_or("", |(_, title)| title);
    let parts: Vec<_> = match reader.knowledge {
        Knowledge::Measured(program, refused) => {
            let versions = refused.iter().filter(|(_, versions)| !versions.is_empty());
            let versions = versions.map(|(one, versions)| format!("{}: refused {versions}", title(*one)));
            std::iter::once(program.to_owned()).chain(versions).collect()
        }
        Knowledge::Documented(known) => {
            known.iter().map(|(one, _, who)| format!("{}: {who}", title(*one))).collect()
        }
    };
    parts.join("; ")
}
