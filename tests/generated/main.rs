//! `completions/` and `man/`: the committed files are what `generate.rs` makes, and real shells and manual readers accept them.
//! `UPDATE=1` rewrites them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may")]

mod generate;
#[path = "../harness/mod.rs"]
mod harness;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use harness::{formats, is_installed};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn what_is_committed_is_what_is_made() {
    let made = generate::all();
    let known: BTreeSet<_> = made.iter().map(|(path, _)| path.clone()).collect();
    if std::env::var_os("UPDATE").is_some() {
        for folder in ["completions", "man"] {
            let _ = std::fs::remove_dir_all(root().join(folder));
            std::fs::create_dir(root().join(folder)).unwrap();
        }
        for (path, content) in &made {
            std::fs::write(root().join(path), content).unwrap();
        }
    }
    for (path, content) in made {
        let committed = std::fs::read(root().join(&path)).unwrap_or_default();
        assert!(committed == content, "{} is not what is made; UPDATE=1 rewrites it", path.display());
    }
    for folder in ["completions", "man"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let path = PathBuf::from(folder).join(entry.unwrap().file_name());
            assert!(known.contains(&path), "{} is not made any more", path.display());
        }
    }
}

/// Every `.rs` file below a folder.
fn sources(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let text = |path: PathBuf| match path.is_dir() {
        true => sources(&path),
        false => vec![std::fs::read_to_string(path).unwrap()],
    };
    entries.flat_map(text).collect()
}

#[test]
fn every_variable_that_is_read_is_in_the_manual() {
    let manual: String = generate::ENVIRONMENT.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" ");
    let mut read = BTreeSet::new();
    for source in sources(&root().join("src")) {
        for part in source.split("var_os(\"").skip(1).chain(source.split("VARIABLE: &str = \"").skip(1)) {
            read.insert(part.split('"').next().unwrap().to_owned());
        }
        for part in source.split("variable(\"").skip(1).chain(source.split("BEARER: &str = \"").skip(1)) {
            read.insert(part.split('"').next().unwrap().to_owned());
        }
    }
    assert!(read.contains("P12_TEST_PASSWORD") && read.len() > 5, "{read:?}");
    for name in read {
        assert!(manual.contains(&name), "{name} is read and not in the manual");
    }
}

#[test]
fn every_exit_status_is_in_the_help_the_readme_and_the_manual() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let manual = std::fs::read_to_string(root().join("man/p12-test.1")).unwrap();
    for exit in generate::exits() {
        assert!(readme.contains(&format!("\n| {exit} | ")), "{exit} is not in the README");
        assert!(p12_test::cli::EXIT_STATUSES.contains(&format!("\n  {exit} ")), "{exit} is not in --help");
        assert!(manual.contains(&format!("\n\\fB{exit}\\fR\n")), "{exit} is not in the manual");
    }
}

/// The tool, if it is installed.
#[track_caller]
fn tool(name: &str) -> Option<Command> {
    is_installed(name).then(|| Command::new(name))
}

fn said(mut command: Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

fn pages() -> Vec<PathBuf> {
    std::fs::read_dir(root().join("man")).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn the_manual_is_clean_to_mandoc() {
    let Some(mut mandoc) = tool("mandoc") else { return };
    mandoc.args(["-T", "lint", "-W", "warning"]).args(pages());
    // References to each other, and to pages of other packages, are not installed here.
    assert_eq!(said(mandoc), "");
}

#[test]
fn the_manual_is_clean_to_man() {
    let Some(_) = tool("man") else { return };
    for page in pages() {
        let mut man = Command::new("man");
        man.args(["--warnings", "-E", "UTF-8", "-l"])
            .arg(&page)
            .env("MANWIDTH", "80")
            .env("LC_ALL", "C.UTF-8");
        let output = man.stdin(Stdio::null()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{}", page.display());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("NAME") && text.contains("SEE ALSO"), "{}", page.display());
    }
}

/// A folder with a P12, another file and a folder, and the program's name in its PATH.
fn lab() -> tempfile::TempDir {
    let lab = tempfile::TempDir::new().unwrap();
    for file in ["client.p12", "server.pfx", "notes.txt"] {
        std::fs::write(lab.path().join(file), "").unwrap();
    }
    std::fs::create_dir(lab.path().join("sub")).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_p12-test"), lab.path().join("p12-test")).unwrap();
    lab
}

fn in_shell(mut shell: Command, lab: &tempfile::TempDir, script: &str) -> String {
    let path = format!("{}:{}", lab.path().display(), std::env::var("PATH").unwrap());
    shell.current_dir(lab.path()).env("PATH", path).env("HOME", lab.path()).env("TERM", "xterm");
    shell.env("COMPLETIONS", root().join("completions")).args(["-c", script]);
    said(shell)
}

/// What bash would offer for a line whose last word is to be completed.
const BASH: &str = r#"
source "$COMPLETIONS/p12-test.bash"
offer() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _p12__test p12-test "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    echo "${@: -2}: ${COMPREPLY[*]}"
}
offer p12-test --color ''
offer p12-test ins
offer p12-test --tls-mi
offer p12-test --cacert cl
offer p12-test batch --format ''
offer p12-test inspect --password-file cl
offer p12-test serve --tls-p1
complete -p p12-test
"#;

#[test]
fn bash_completes() {
    let Some(bash) = tool("bash") else { return };
    let said = in_shell(bash, &lab(), BASH);
    for line in [
        "--color : auto always never",
        "p12-test ins: inspect",
        "p12-test --tls-mi: --tls-min",
        "--cacert cl: client.p12",
        &format!("--format : {}", formats().join(" ")),
        "--password-file cl: client.p12",
        "serve --tls-p1: --tls-p12",
        // Words that no option takes are completed as files by readline.
        "-o bashdefault -o default",
    ] {
        assert!(said.contains(line), "{line:?} is not in:\n{said}");
    }
}

const FISH: &str = r#"
source "$COMPLETIONS/p12-test.fish"
for line in 'p12-test --color ' 'p12-test ins' 'p12-test --tls-mi' 'p12-test cl' 'p12-test client.p12 https://x/ --tls-ma' 'p12-test inspect s' 'p12-test batch --format '
    echo "$line:" (complete -C "$line" | string split -f1 \t)
end
"#;

#[test]
fn fish_completes() {
    let Some(fish) = tool("fish") else { return };
    let said = in_shell(fish, &lab(), FISH);
    // Only what follows the line itself: the line holds some of the words too.
    for (line, offers) in [
        ("p12-test --color ", "always"),
        ("p12-test ins", "inspect"),
        ("p12-test --tls-mi", "--tls-min"),
        ("p12-test cl", "client.p12"),
        ("p12-test client.p12 https://x/ --tls-ma", "--tls-max"),
        ("p12-test inspect s", "server.pfx"),
        ("p12-test batch --format ", "junit"),
    ] {
        let offered = said.lines().find_map(|said| said.strip_prefix(line)?.strip_prefix(':'));
        let offered = offered.unwrap_or_else(|| panic!("{line:?} is not in:\n{said}"));
        assert!(offered.split_whitespace().any(|word| word == offers), "{line:?} offers {offered:?}");
    }
}

/// zsh's own test driver: a shell in a pseudo-terminal, whose answer to Tab is read.
const ZSH: &str = r#"
zmodload zsh/zpty
zpty driven zsh -f -i
zpty -w driven "PS1='@@ ' PS2=; unsetopt prompt_cr prompt_sp; fpath=($COMPLETIONS \$fpath); autoload -Uz compinit; compinit -u -d $HOME/dump; zstyle ':completion:*' list-colors ''; LISTMAX=1000; bindkey '^I' list-choices; stty cols 200; echo rea''dy"
zpty -r driven text '*ready*@@ *'
ask() {
    zpty -w -n driven "$1"$'\t'
    zpty -w -n driven $'\C-u'"echo en''d"$'\n'
    zpty -r driven text '*end[^a-z]*@@ *'
    print -r -- "<<<$1>>>${text//$1/}"
}
ask 'p12-test --color '
ask 'p12-test inspect --password-file secret '
ask 'p12-test '
ask 'p12-test client.p12 https://x/ --tls-mi'
ask 'p12-test client.p12 https://x/ --color '
ask 'p12-test batch --format '
"#;

#[test]
fn zsh_completes() {
    let Some(zsh) = tool("zsh") else { return };
    let said = in_shell(zsh, &lab(), ZSH);
    // Without the line itself: it holds some of the words too.
    for (line, offers) in [
        ("p12-test --color ", ["always", "never"].as_slice()),
        ("p12-test inspect --password-file secret ", &["client.p12", "server.pfx", "sub"]),
        ("p12-test ", &["client.p12", "server.pfx", "sub", "inspect  "]),
        ("p12-test client.p12 https://x/ --tls-mi", &["--tls-min"]),
        ("p12-test client.p12 https://x/ --color ", &["always", "never"]),
        ("p12-test batch --format ", &["ndjson", "junit"]),
    ] {
        let (_, rest) =
            said.split_once(&format!("<<<{line}>>>")).unwrap_or_else(|| panic!("{line:?}:\n{said}"));
        let offered = rest.split("<<<").next().unwrap();
        for word in offers {
            assert!(offered.contains(word), "{line:?} does not offer {word:?}:\n{offered}");
        }
    }
    assert!(!said.contains("notes.txt"), "it offers what is no P12:\n{said}");
}
