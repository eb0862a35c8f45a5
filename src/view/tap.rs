//! The Test Anything Protocol, version 13.

use std::time::Duration;

use serde_json::Value;

use super::format::{Summary, Tested, View};
use crate::error::Result;
use crate::escape::{ascii, escape};

/// A test point per result, with the error as YAML.
pub struct Tap;

impl View for Tap {
    fn begin(&self) -> String {
        "TAP version 13\n".into()
    }

    fn add(&mut self, tested: &Tested, number: u64) -> String {
        let Summary { passed, exit, kind, what, hint, .. } = Summary::of(&tested.outcome);
        let id = escape(&tested.id).replace('\\', "\\\\").replace('#', "\\#");
        if passed {
            return format!("ok {number} - {id}\n");
        }
        // Every JSON string is a YAML string.
        let quoted = |text: &str| ascii(&Value::from(text).to_string());
        format!(
            "not ok {number} - {id}\n  ---\n  kind: {kind}\n  exit: {exit}\n  message: {}\n  hint: {}\n  ...\n",
            quoted(&what),
            quoted(hint)
        )
    }

    fn end(&mut self, count: u64, _: Duration) -> Result<String> {
        Ok(format!("1..{count}\n"))
    }
}
