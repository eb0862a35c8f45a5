//! Annotations for GitHub Actions: a failed test is an error at its line of the manifest, as soon as it has ended.

use std::path::PathBuf;

use super::format::{Summary, Tested, View};
use crate::escape::escape;

/// Writes workflow commands. What passed without a warning is a plain line in the log.
pub struct Github {
    /// The manifest, where it is a file.
    pub manifest: Option<PathBuf>,
}

impl View for Github {
    fn add(&mut self, tested: &Tested, _: u64) -> String {
        let Summary { passed, kind, what, hint, .. } = Summary::of(&tested.outcome);
        if !passed {
            return self.annotation("error", tested, &format!("{kind}: {what}\n{hint}"));
        }
        let warnings = [tested.outcome.warnings.clone(), tested.outcome.observations()].concat();
        match warnings.is_empty() {
            true => format!("passed {}: {}\n", escape(&tested.id), escape(&what)),
            false => self.annotation("warning", tested, &warnings.join("\n")),
        }
    }
}

impl Github {
    fn annotation(&self, level: &str, tested: &Tested, text: &str) -> String {
        let place = self.manifest.as_ref().map_or_else(String::new, |manifest| {
            format!("file={},line={},", property(&manifest.display().to_string()), tested.line)
        });
        let lines: Vec<_> = text.lines().map(|line| data(&escape(line))).collect();
        format!("::{level} {place}title={}::{}\n", property(&escape(&tested.id)), lines.join("%0A"))
    }
}

/// As the runner decodes it; a raw end of line would end the command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
