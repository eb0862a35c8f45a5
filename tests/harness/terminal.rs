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

/// What a terminal shows while these answers are typed, each after its question; and how the program ends.
pub(crate) fn typed(lab: &Lab, arguments: &[&str], answers: &[(&str, &str)]) -> (String, u32) {
    let pty = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut command = CommandBuilder::new(program());
    command.args(arguments);
    command.cwd(lab.folder.path());
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
    let (mut shown, mut piece, mut answers) = (String::new(), [0; 1024], answers.iter());
    let (mut next, mut answered) = (answers.next(), 0);
    while let Ok(read @ 1..) = reader.read(&mut piece) {
        shown.push_str(&String::from_utf8_lossy(&piece[..read]));
        if let Some((_, answer)) = next.filter(|(question, _)| shown[answered..].contains(question)) {
            writer.write_all(answer.as_bytes()).unwrap();
            (next, answered) = (answers.next(), shown.len());
        }
    }
    drop(over);
    assert!(next.is_none(), "{shown}");
    (shown, waiting.join().unwrap())
}
