//! The program as a child: one run and what it printed, or a server that runs on.

use std::ffi::OsStr;
use std::fmt::Debug;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

/// What a run of the program came to.
pub(crate) struct Ran {
    pub(crate) exit: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    /// The command line, and the case that it belongs to: what a failed assertion begins with.
    case: String,
}

impl Ran {
    pub(crate) fn of(mut command: Command, stdin: &[u8]) -> Self {
        let case = command.get_args().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let bytes = stdin.to_vec();
        let feeding = std::thread::spawn(move || drop(input.write_all(&bytes)));
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        feeding.join().unwrap();
        let exit = status.code().expect("ended by itself");
        Self { exit, stdout, stderr: String::from_utf8(stderr).unwrap(), case }
    }

    /// Names the case, where a test has several and the command line is the same.
    pub(crate) fn in_case(mut self, case: impl Debug) -> Self {
        self.case = format!("{case:?}: {}", self.case);
        self
    }

    /// Asserts the exit status.
    #[track_caller]
    pub(crate) fn exits(&self, exit: i32) -> &Self {
        assert_eq!(self.exit, exit, "{}\n{}", self.case, self.stderr);
        self
    }

    /// Asserts the exit status and that stderr says this.
    #[track_caller]
    pub(crate) fn ends(&self, exit: i32, says: &str) -> &Self {
        assert!(!says.is_empty(), "an empty text is in every output: use exits()");
        self.exits(exit);
        assert!(self.stderr.contains(says), "{}\n{says:?} is not in:\n{}", self.case, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn printed(&self, stdout: impl AsRef<[u8]>) -> &Self {
        let (got, wanted) = (String::from_utf8_lossy(&self.stdout), String::from_utf8_lossy(stdout.as_ref()));
        let same = self.stdout == stdout.as_ref();
        assert!(same, "{}\nstdout is {got:?}, not {wanted:?}\n{}", self.case, self.stderr);
        self
    }
}

/// The `error:` line.
pub(crate) fn error_line(stderr: &str) -> &str {
    stderr.lines().find(|line| line.starts_with("error: ")).unwrap_or_default()
}

/// A command with these arguments.
pub(crate) fn with(mut command: Command, arguments: &[impl AsRef<OsStr>]) -> Command {
    command.args(arguments);
    command
}

/// A server that runs until it is dropped, and its log.
pub(crate) struct Served {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    log: Arc<Mutex<String>>,
    reading: Option<std::thread::JoinHandle<()>>,
}

impl Served {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut first = String::new();
        lines.read_line(&mut first).unwrap();
        let url = first.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{first}")).to_owned();
        let log = Arc::<Mutex<String>>::default();
        let kept = Arc::clone(&log);
        let reading = std::thread::spawn(move || {
            for line in lines.lines() {
                let mut log = kept.lock().unwrap();
                log.push_str(&line.unwrap());
                log.push('\n');
            }
        });
        Self { child, url, log, reading: Some(reading) }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> &str {
        self.url.split("//").nth(1).unwrap()
    }

    /// Asks for an end, and waits for it: the exit status and the whole log.
    #[cfg(unix)]
    pub(crate) fn end(mut self) -> (i32, String) {
        self.terminate();
        let exit = self.child.wait().unwrap().code().expect("ended by itself");
        self.reading.take().unwrap().join().unwrap();
        let log = self.log.lock().unwrap().clone();
        (exit, log)
    }

    #[cfg(unix)]
    pub(crate) fn terminate(&self) {
        self.signal(super::Signal::TERM);
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: super::Signal) {
        super::send(signal, &self.child);
    }

    /// What it has said so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
