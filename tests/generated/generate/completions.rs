//! Completions for five shells, as clap_complete makes them, with corrections.

use std::path::PathBuf;

use clap::{Command, CommandFactory as _};
use clap_complete::{Shell, generate};
use p12_test::cli::Args;

use super::NAME;

pub(super) fn completions() -> impl Iterator<Item = (PathBuf, Vec<u8>)> {
    let shells = [
        (Shell::Bash, "p12-test.bash"),
        (Shell::Zsh, "_p12-test"),
        (Shell::Fish, "p12-test.fish"),
        (Shell::PowerShell, "_p12-test.ps1"),
        (Shell::Elvish, "p12-test.elv"),
    ];
    shells.into_iter().map(|(shell, file)| {
        let mut script = Vec::new();
        generate(shell, &mut Args::command(), NAME, &mut script);
        let script = String::from_utf8(script).expect("scripts are text");
        let script = match shell {
            Shell::Zsh => zsh(&script),
            Shell::Fish => fish(&script),
            // clap_complete spells a command below a name with a hyphen in two ways.
            Shell::Bash => script.replace("p12__subcmd__test", "p12__test"),
            _ => script,
        };
        (PathBuf::from("completions").join(file), script.into_bytes())
    })
}

/// Corrects what clap_complete does not know for zsh: a command stands in the place of the P12 (not after the URL), and
/// a P12 has its own file name endings.
fn zsh(script: &str) -> String {
    const P12: &str = "_files -g \"*.(p12|pfx|P12|PFX)(-.)\"";
    let narrowed = |line: &str| match ["*::files --", "--tls-p12=", "--among=", ":p12 --"]
        .iter()
        .any(|part| line.contains(part))
    {
        true => line.replace("_files'", &format!("{P12}'")),
        false => line.to_owned(),
    };
    let mut lines: Vec<_> = script.lines().map(narrowed).collect();
    let find = |lines: &[String], part: &str| {
        lines.iter().position(|line| line.contains(part)).expect("it is there")
    };
    let (from, to) = (find(&lines, "_arguments \"${_arguments_options[@]}\""), find(&lines, "':p12 --"));
    let test = lines.get(from..to + 2).expect("it is there").join("\n");
    lines.drain(to..to + 2);
    let mut lines: Vec<_> = lines.iter().map(|line| line.replace("$line[3]", "$line[1]")).collect();
    let commands = find(&lines, "\":: :_p12-test_commands\"");
    if let Some(line) = lines.get_mut(commands) {
        *line = format!(
            "':: : _alternative \"commands:command:_p12-test_commands\" \"files:P12:{}\"' \\",
            P12.replace('"', "\\\"")
        );
    }
    let choice = find(&lines, "case $line[1] in") + 1;
    let last = lines.iter().rposition(|line| line.trim() == "esac").expect("it is there");
    let inner = lines.iter().take(last).rposition(|line| line.trim() == "esac").expect("it is there");
    debug_assert!(choice < inner);
    let test = test.trim_end_matches('\\').trim_end();
    let shifted = "words=(p12-test \"${words[@]}\")\n(( CURRENT += 1 ))";
    lines.insert(inner, format!("(*)\n{shifted}\n{test} \\\n&& ret=0\n;;"));
    lines.join("\n") + "\n"
}

/// Corrects that a command stands first or not at all, and that an option that lacks its value still is no command.
fn fish(script: &str) -> String {
    let start = script.find("function __fish_p12_test_needs_command").expect("it is there");
    let end = start + script.get(start..).and_then(|rest| rest.find("\nend\n")).expect("it ends") + 5;
    let command = Args::command();
    let names: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
    let function = format!(
        "function __fish_p12_test_needs_command\n    set -l cmd (commandline -opc)\n    if contains -- \"$cmd[2]\" {}\n        \
         echo $cmd[2]\n        return 1\n    end\n    return 0\nend\n",
        names.join(" ")
    );
    let (before, after) = (script.get(..start).unwrap_or_default(), script.get(end..).unwrap_or_default());
    format!("{before}{function}{after}")
}
