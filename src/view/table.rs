//! A table for people: one line per test.

use super::format::{Summary, Tested, View};
use crate::escape::escape;
use crate::words::milliseconds;

/// A table that grows as results come.
pub struct Table;

impl View for Table {
    fn begin(&self) -> String {
        row("exit", "kind", "time", "id", "what happened")
    }

    fn add(&mut self, tested: &Tested, _: u64) -> String {
        let Summary { exit, kind, what, total, .. } = Summary::of(&tested.outcome);
        row(&exit.to_string(), kind, &milliseconds(total), &escape(&tested.id), &escape(&what))
    }
}

fn row(exit: &str, kind: &str, time: &str, id: &str, what: &str) -> String {
    format!("{exit:>4}  {kind:<34}  {time:>10}  {id:<24}  {what}\n")
}
