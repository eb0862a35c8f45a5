//! Child processes: signals, memory, and servers that are not ours.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

#[cfg(unix)]
pub(crate) use rustix::process::Signal;

#[cfg(unix)]
pub(crate) fn send(signal: Signal, child: &Child) {
    rustix::process::kill_process(rustix::process::Pid::from_child(child), signal).unwrap();
}

/// Waits until the child handles Ctrl-C itself.
#[cfg(unix)]
pub(crate) fn wait_for_signal_handler(child: &mut Child) {
    let status = format!("/proc/{}/status", child.id());
    loop {
        let status = std::fs::read_to_string(&status).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap().trim();
        if u64::from_str_radix(caught, 16).unwrap() & 1 << (Signal::INT.as_raw() - 1) != 0 {
            return;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be interrupted");
        std::thread::yield_now();
    }
}

/// The most memory that a process has had, in MiB; `None` when it has ended.
pub(crate) fn peak_memory(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024)
}

/// A server that is not ours. It is ended, by its own pid, when it is dropped.
pub(crate) struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Its stderr goes to the log.
    pub(crate) fn start(mut command: Command, log: &Path) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(std::fs::File::create(log).unwrap());
        Self { child: command.spawn().unwrap(), log: log.to_owned() }
    }

    /// Waits until it takes connections at this port. The error is its log.
    pub(crate) fn wait_for_port(&mut self, port: u16) -> Result<(), String> {
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if self.child.try_wait().unwrap().is_some() || Instant::now() > until {
                return Err(std::fs::read_to_string(&self.log).unwrap_or_default());
            }
            std::thread::yield_now();
        }
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return;
        }
        // Servers with workers end them at SIGTERM. SIGKILL would leave the workers behind.
        #[cfg(unix)]
        send(Signal::TERM, &self.child);
        #[cfg(not(unix))]
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Below the ports that the system gives to outgoing connections, so that none of those takes it meanwhile.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 20_000 + (std::process::id() % 100) as u16 * 100;
    loop {
        let port = start + NEXT.fetch_add(1, Ordering::Relaxed);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
