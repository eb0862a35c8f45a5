//! Foreign programs that some tests need. A test whose program is missing is skipped and says so.

use std::io::Write as _;

/// Whether a missing program is a failure: the gate installs all of them and sets `P12_TEST_PEERS=all`.
pub(crate) fn all_tools() -> bool {
    std::env::var_os("P12_TEST_PEERS").is_some_and(|peers| peers == "all")
}

/// Whether a test can run that needs this program. If not, says so, or fails where [`all_tools`] are required.
#[track_caller]
pub(crate) fn is_installed(program: &str) -> bool {
    on_path(program) || skip(&format!("{program} is not installed"))
}

/// Says why a test is skipped. Always false.
#[track_caller]
pub(crate) fn skip(reason: &str) -> bool {
    assert!(!all_tools(), "{reason}");
    let thread = std::thread::current();
    // Past libtest, which shows the output of failed tests only.
    let _ = writeln!(std::io::stderr(), "skipped {}: {reason}", thread.name().unwrap_or_default());
    false
}

/// Whether there is such a program; no name is always there.
pub(crate) fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    program.is_empty() || std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
