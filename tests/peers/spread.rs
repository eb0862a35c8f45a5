//! Batches on several machines: GNU parallel over ssh, and a Kubernetes Indexed Job. A worker is killed in the middle.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::harness::{Gate, Lab, Signal, send};

const RECORDS: usize = 200;

/// How many answers come before [`Gate::open`]: fewer than each worker has records, so that all are in the middle.
const AT_FIRST: usize = 30;

fn wait_until_closed(gate: &Gate) {
    until(|| gate.requests() > AT_FIRST);
}

fn until(mut reached: impl FnMut() -> bool) {
    while !reached() {
        std::thread::yield_now();
    }
}

/// Puts the files that a worker needs into its own folder.
fn furnish(lab: &Lab, folder: &Path) {
    std::fs::create_dir(folder).unwrap();
    for file in ["client.p12", "ca.pem", "password.txt"] {
        std::fs::copy(lab.path(file), folder.join(file)).unwrap();
    }
}

fn defaults(gate: &Gate) -> Value {
    json!({ "p12": "client.p12", "url": gate.site.url(), "cacert": "ca.pem", "password_file": "password.txt" })
}

fn records(number: usize) -> String {
    (0..number).map(|number| format!("{{\"id\":\"r{number}\"}}\n")).collect()
}

/// How many results each id has.
fn counted<'a>(files: impl IntoIterator<Item = &'a PathBuf>) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for file in files {
        for line in std::fs::read_to_string(file).unwrap().lines() {
            let result: Value = serde_json::from_str(line).unwrap();
            assert_eq!(result["kind"], "passed", "{line}");
            *counted.entry(result["id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    counted
}

#[track_caller]
fn each_once(counted: &BTreeMap<String, usize>) {
    assert!(counted.values().all(|times| *times == 1), "{counted:?}");
}

fn done(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn kill(pid: &str) {
    let pid = rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, Signal::KILL).unwrap();
}

fn script(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A machine as ssh sees it: a server on its own port, with its own folder as `work`.
struct Host(Child);

impl Host {
    fn start(lab: &Lab, name: &str, port: u16) -> Self {
        let folder = lab.folder.path().display();
        furnish(lab, &lab.path(name));
        done(
            Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(lab.path(&format!("{name}.key"))),
        );
        let config = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {folder}/{name}.key\nAuthorizedKeysFile {folder}/user.key.pub\n\
             StrictModes no\nPermitRootLogin yes\nPidFile none\nSetEnv PATH={folder}/bin:/usr/bin:/bin WORKER={name}\n"
        );
        lab.write(&format!("{name}.conf"), config.as_bytes());
        let mut sshd = Command::new("unshare");
        sshd.args([
            "--mount",
            "sh",
            "-c",
            "mkdir -p /run/sshd; mount --bind \"$1\" work && exec /usr/sbin/sshd -D -f \"$1.conf\"",
            "sh",
        ]);
        sshd.arg(name).current_dir(lab.folder.path()).stderr(Stdio::null());
        let host = Self(sshd.spawn().unwrap());
        until(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        host
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The commands of `docs/many.md`, with the hosts of the test and smaller parts.
fn parallel(lab: &Lab) -> [Command; 2] {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/many.md")).unwrap();
    let mut commands = page
        .split("```")
        .filter_map(|block| block.strip_prefix("sh\n"))
        .filter(|block| block.starts_with("parallel "));
    let login = |name: &str| format!("'ssh -F {} {name}'", lab.path("ssh.conf").display());
    [(); 2].map(|()| {
        let mut command = commands.next().unwrap().to_owned();
        for (on_the_page, here) in [
            ("parallel --pipe -N 500", "parallel --will-cite -j 1 --pipe -N 50".to_owned()),
            ("-S host1,host2", format!("-S {} -S {}", login("one"), login("two"))),
            ("/srv/p12-test", lab.path("work").display().to_string()),
        ] {
            assert_eq!(command.matches(on_the_page).count(), 1, "{on_the_page} is not in {command}");
            command = command.replace(on_the_page, &here);
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", &command]).current_dir(lab.folder.path()).env("HOME", lab.folder.path());
        shell
    })
}

#[test]
#[ignore = "needs GNU parallel, rsync and OpenSSH, as root"]
fn a_share_whose_worker_was_killed_is_done_by_the_next_pass_of_parallel() {
    let lab = Lab::new();
    let gate = Gate::new(&lab, AT_FIRST);
    for folder in ["bin", "work"] {
        std::fs::create_dir(lab.path(folder)).unwrap();
    }
    let folder = lab.folder.path().display();
    script(
        &lab.path("bin/p12-test"),
        &format!(
            "#!/bin/sh\necho $$ > '{folder}/pid-'$WORKER\nexec '{}' \"$@\"\n",
            env!("CARGO_BIN_EXE_p12-test")
        ),
    );
    done(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(lab.path("user.key")));
    let mut config = format!(
        "Host *\n HostName 127.0.0.1\n User root\n IdentityFile {folder}/user.key\n StrictHostKeyChecking no\n\
         \x20UserKnownHostsFile {folder}/known\n LogLevel ERROR\n"
    );
    let mut hosts = Vec::new();
    for name in ["one", "two"] {
        let port = crate::harness::free_port();
        config += &format!("Host {name}\n Port {port}\n");
        hosts.push(Host::start(&lab, name, port));
        lab.write(&format!("{name}/defaults.json"), defaults(&gate).to_string().as_bytes());
    }
    lab.write("ssh.conf", config.as_bytes());
    lab.write("records.ndjson", records(RECORDS).as_bytes());

    let [mut first, mut second] = parallel(&lab);
    let mut first = first.spawn().unwrap();
    wait_until_closed(&gate);
    let pid = lab.path("pid-two");
    until(|| std::fs::read_to_string(&pid).is_ok_and(|pid| pid.ends_with('\n')));
    kill(std::fs::read_to_string(&pid).unwrap().trim());
    gate.open();
    // parallel's status is the number of failed jobs.
    assert_eq!(first.wait().unwrap().code(), Some(1));
    let [results, more] = ["results.ndjson", "more.ndjson"].map(|file| lab.path(file));
    let part = counted([&results]);
    each_once(&part);
    assert!((RECORDS - 50..RECORDS).contains(&part.len()), "{} results", part.len());

    assert!(second.status().unwrap().success());
    let whole = counted([&results, &more]);
    each_once(&whole);
    assert_eq!(whole.len(), RECORDS);
}

/// What `docs/kubernetes/job.yaml` runs.
struct Job {
    lab: Lab,
    said: Value,
}

impl Job {
    /// Read by Python, which judges it by Kubernetes' schemas too.
    fn read(lab: Lab) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut python = Command::new("python3");
        python.env("PYTHONPATH", root.join("target/python"));
        python.arg(root.join("tests/peers/scripts/job.py")).arg(root.join("docs/kubernetes/job.yaml"));
        let output = python.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self { lab, said: serde_json::from_slice(&output.stdout).unwrap() }
    }

    fn text(&self, at: &str) -> String {
        self.said.pointer(at).unwrap().as_str().unwrap().to_owned()
    }

    /// Runs it as a node would: with its user, its folders and its variables only.
    fn pod(&self, index: u64, name: &str) -> Command {
        let user = self.said["user"].to_string();
        let mut pod = Command::new("unshare");
        pod.args([
            "--mount",
            "sh",
            "-euc",
            POD,
            "sh",
            &self.text("/mounts/tests"),
            &self.text("/mounts/results"),
        ]);
        pod.args([&self.text("/folder"), &user]);
        pod.args(self.said["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()));
        pod.current_dir(self.lab.folder.path())
            .env_clear()
            .env("PATH", "/srv/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        pod.env("BINARY", env!("CARGO_BIN_EXE_p12-test")).env("JOB_COMPLETION_INDEX", index.to_string());
        for (variable, value) in self.said["env"].as_object().unwrap() {
            // A variable without a value gets the pod's name.
            pod.env(variable, value.as_str().unwrap_or(name));
        }
        // The host name is made from the index, so it is the same for each try.
        pod.env("HOSTNAME", format!("p12-test-{index}")).stdin(Stdio::null()).stderr(Stdio::null());
        pod
    }
}

/// Arguments: TESTS RESULTS FOLDER USER COMMAND…; it has its own mounts.
const POD: &str = r#"
lab=$PWD tests=$1 results=$2 folder=$3 user=$4
shift 4
mount -t tmpfs -o mode=755 tmpfs /srv
mkdir -p /srv/bin "$tests" "$results"
touch /srv/bin/p12-test
mount --bind "$BINARY" /srv/bin/p12-test
mount --bind "$lab/tests" "$tests"
mount --bind "$lab/results" "$results"
cd "$folder"
exec setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs "$@"
"#;

impl Job {
    /// With these records in the pods' folder, and a folder for their results.
    fn furnished(lab: Lab, records: &str) -> Self {
        furnish(&lab, &lab.path("tests"));
        lab.write("tests/records.ndjson", records.as_bytes());
        std::fs::create_dir(lab.path("results")).unwrap();
        std::fs::set_permissions(lab.path("results"), std::fs::Permissions::from_mode(0o777)).unwrap();
        Self::read(lab)
    }

    fn results(&self) -> Vec<PathBuf> {
        let folder = std::fs::read_dir(self.lab.path("results")).unwrap();
        folder.map(|entry| entry.unwrap().path()).collect()
    }
}

/// The pod's first process is a shell; p12-test is its child.
fn child_of(pod: &Child) -> String {
    let shell = pod.id().to_string();
    let mut child = String::new();
    until(|| {
        child = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
        let name = |pid: &str| std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        child.split(' ').next().is_some_and(|pid| name(pid) == "p12-test\n")
    });
    child.trim().to_owned()
}

#[test]
#[ignore = "needs kubernetes-validate, as root"]
fn a_pod_whose_manifest_is_unusable_ends_with_3() {
    let job = Job::furnished(Lab::new(), "no\nmanifest\n");
    let ends = (0..4).map(|index| job.pod(index, "first").status().unwrap().code());
    assert_eq!(ends.collect::<Vec<_>>(), [Some(3); 4]);
}

#[test]
#[ignore = "needs kubernetes-validate, as root"]
fn a_pod_that_fails_some_tests_is_done() {
    let job = Job::furnished(Lab::new(), "{\"id\":\"a\"}\n");
    let ends = (0..4).map(|index| job.pod(index, "first").status().unwrap().code());
    assert_eq!(ends.collect::<Vec<_>>(), [Some(0); 4]);
}

#[test]
#[ignore = "needs kubernetes-validate, as root"]
fn a_pod_that_is_told_to_end_finishes_what_is_in_flight() {
    let lab = Lab::new();
    let gate = Gate::new(&lab, AT_FIRST);
    let job =
        Job::furnished(lab, &format!("{}\n{}", json!({ "defaults": defaults(&gate) }), records(RECORDS * 6)));
    let mut pod = job.pod(1, "first").spawn().unwrap();
    child_of(&pod);
    wait_until_closed(&gate);
    send(Signal::TERM, &pod);
    gate.open();
    assert_eq!(pod.wait().unwrap().code(), Some(130));
    let first = counted(&job.results());
    each_once(&first);
    assert!(!first.is_empty());
    assert_eq!(gate.requests(), first.len());
    assert!(job.pod(1, "second").status().unwrap().success());
    each_once(&counted(&job.results()));
}

#[test]
#[ignore = "needs kubernetes-validate, as root"]
fn an_indexed_job_whose_pod_was_killed_has_each_result_once() {
    let lab = Lab::new();
    let gate = Gate::new(&lab, AT_FIRST);
    let job =
        Job::furnished(lab, &format!("{}\n{}", json!({ "defaults": defaults(&gate) }), records(RECORDS)));
    let completions = job.said["completions"].as_u64().unwrap();
    assert_eq!(job.text("/env/SHARES"), completions.to_string());

    let mut pods: Vec<_> =
        (0..completions).map(|index| job.pod(index, &format!("first-{index}")).spawn().unwrap()).collect();
    wait_until_closed(&gate);
    // Both are killed, as when a node is lost.
    let child = child_of(&pods[1]);
    kill(&pods[1].id().to_string());
    kill(&child);
    gate.open();
    let ended: Vec<_> = pods.iter_mut().map(|pod| pod.wait().unwrap().success()).collect();
    assert_eq!(ended, [true, false, true, true]);
    assert!(job.pod(1, "second-1").status().unwrap().success());

    let files = job.results();
    assert_eq!(files.len() as u64, completions + 1);
    let whole = counted(&files);
    each_once(&whole);
    assert_eq!(whole.len(), RECORDS);
}
