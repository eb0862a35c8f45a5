//! The program at a terminal.

use std::io::{Read as _, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::{Lab, program, skip};

/// Whether the program gets a terminal here. Wine has no pseudo-terminals for Windows programs.
pub(crate) fn has_terminals() -> bool {
    !is_wine() || skip("Wine gives no terminals to tests; on Linux, P12_TEST_PROGRAM tests the same program")
}

/// Whether Windows is Wine's.
pub(crate) fn is_wine() -> bool {
    std::env::var_os("P12_TEST_WINE").is_some()
}

/// A run at a terminal.
pub(crate) struct Session {
    pub(crate) shown: String,
    pub(crate) status: u32,
    /// Whether the terminal echoes afterwards. True on Windows, where nothing tells.
    pub(crate) echoes: bool,
}

/// Runs in a terminal of 80 columns and types each of these answers after its question.
pub(crate) fn typed(lab: &Lab, arguments: &[&str], answers: &[(&str, &str)]) -> Session {
    typed_on(lab, "xterm", 80, arguments, answers)
}

/// Written once the program has ended, followed by whether the terminal echoes.
const END: char = '\u{1e}';

/// The same on a terminal of this kind, with so many columns.
pub(crate) fn typed_on(
    lab: &Lab,
    terminal: &str,
    cols: u16,
    arguments: &[&str],
    answers: &[(&str, &str)],
) -> Session {
    let pty = native_pty_system().openpty(PtySize { cols, ..PtySize::default() }).unwrap();
    let mut command = command();
    command.args(arguments);
    command.cwd(lab.folder.path());
    command.env("TERM", terminal);
    command.env_remove("P12_TEST_PASSWORD");
    command.env_remove("P12_TEST_KEY_PASSWORD");
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let (mut reader, mut writer) =
        (pty.master.try_clone_reader().unwrap(), pty.master.take_writer().unwrap());
    let (mut killer, master) = (child.clone_killer(), pty.master);
    let (over, end) = mpsc::channel::<()>();
    // A question that never comes.
    std::thread::spawn(move || {
        if end.recv_timeout(Duration::from_secs(60)) == Err(RecvTimeoutError::Timeout) {
            killer.kill().unwrap();
        }
    });
    let waiting = std::thread::spawn(move || {
        let exit = child.wait().unwrap().exit_code();
        // The end of what Windows shows.
        drop(master);
        exit
    });
    let (mut bytes, mut shown, mut piece) = (Vec::new(), String::new(), [0; 1024]);
    let mut answers = answers.iter().copied().chain(cfg!(unix).then_some(("echo\u{1e}", "\n")));
    let (mut next, mut answered) = (answers.next(), 0);
    while let Ok(read @ 1..) = reader.read(&mut piece) {
        bytes.extend_from_slice(&piece[..read]);
        shown = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((_, answer)) = next.filter(|(question, _)| shown[answered..].contains(question)) {
            writer.write_all(answer.as_bytes()).unwrap();
            (next, answered) = (answers.next(), shown.len());
        }
    }
    drop(over);
    assert!(next.is_none(), "{next:?} is left: {shown}");
    let (shown, echo) = shown.split_once(END).unwrap_or((&shown, ""));
    Session { shown: shown.to_owned(), status: waiting.join().unwrap(), echoes: !echo.starts_with('-') }
}

/// The program. On Unix the first process's end hangs the terminal up, and what was not read by then is lost:
/// so that is a shell, which waits for a line. Ctrl-C ends the program alone.
fn command() -> CommandBuilder {
    if cfg!(windows) {
        return CommandBuilder::new(program());
    }
    let echo = "$(stty -a | grep -ow -- '-*echo')";
    let mut shell = CommandBuilder::new("sh");
    let script = format!(
        "trap : INT; \"$0\" \"$@\"; status=$?; printf '\\036%s\\036' \"{echo}\"; read -r end; exit $status"
    );
    shell.args(["-c", &script, program()]);
    shell
}
