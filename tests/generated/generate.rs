//! Makes completions and man pages from `cli`. Only the tests use it: they check that the committed files are the same.

use std::path::PathBuf;

use clap::{Command, CommandFactory as _};
use clap_complete::{Shell, generate};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};
use p12_test::cli::{Args, EXIT_STATUSES};
use p12_test::error::{Exit, Kind, Retry};

const NAME: &str = "p12-test";
const VERSION: &str = concat!("p12-test ", env!("CARGO_PKG_VERSION"));

/// The day of this version, which manual pages name; it changes with the version.
const RELEASED: &str = "2026-11-24";

/// Every file by its path in the repository.
pub(crate) fn all() -> Vec<(PathBuf, Vec<u8>)> {
    completions().chain(manual()).collect()
}

fn completions() -> impl Iterator<Item = (PathBuf, Vec<u8>)> {
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

/// What clap_complete does not know for zsh: that a command takes the place of the P12 (it waits for one behind the
/// URL), and that there are kinds of files.
fn zsh(script: &str) -> String {
    const P12: &str = "_files -g \"*.(p12|pfx|P12|PFX)(-.)\"";
    let narrowed =
        |line: &str| match ["*::files --", "--tls-p12=", ":p12 --"].iter().any(|part| line.contains(part)) {
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

/// A command is the first word or there is none. An option that still waits for its value does not end the search.
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

fn manual() -> impl Iterator<Item = (PathBuf, Vec<u8>)> {
    let mut command = Args::command();
    command.build();
    let mut pages =
        vec![("p12-test.1".to_owned(), page(&command, NAME)), ("p12-test-kinds.7".to_owned(), kinds())];
    for sub in command.get_subcommands() {
        let name = format!("{NAME}-{}", sub.get_name());
        pages.push((format!("{name}.1"), page(sub, &name)));
    }
    pages.into_iter().map(|(file, page)| (PathBuf::from("man").join(file), page))
}

/// A page as clap_mangen makes it, with our own sections.
fn page(command: &Command, name: &str) -> Vec<u8> {
    let name: &'static str = name.to_owned().leak();
    let command = command.clone().name(name).display_name(name).after_help("");
    let man = Man::new(command.disable_help_flag(true).disable_version_flag(true))
        .title(name.to_uppercase())
        .manual("User Commands")
        .date(RELEASED)
        .source(VERSION);
    let mut out = Vec::new();
    let written = man
        .render_title(&mut out)
        .and_then(|()| man.render_name_section(&mut out))
        .and_then(|()| man.render_synopsis_section(&mut out))
        .and_then(|()| man.render_description_section(&mut out))
        .and_then(|()| man.render_options_section(&mut out))
        .and_then(|()| if name == NAME { man.render_subcommands_section(&mut out) } else { Ok(()) });
    written.expect("a vector takes everything");
    let mut more = Roff::default();
    exit_statuses(&mut more, name);
    examples(&mut more, name);
    environment(&mut more);
    files(&mut more, name);
    see_also(&mut more, name);
    out.extend(more.render().into_bytes());
    tidy(&out)
}

/// Removes what `mandoc -T lint` complains about in clap_mangen's output: blank lines, repeated breaks and paragraphs.
fn tidy(page: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(page).replace("\\*(Aq", "\\(aq");
    let preamble = |line: &&str| line.starts_with(".ie \\n(.g") || line.starts_with(".el .ds Aq");
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !preamble(line)) {
        let last = lines.last().copied().unwrap_or_default();
        let repeated = line == ".br" && last == ".br" || line == ".PP" && last.starts_with(".SH");
        if !repeated {
            lines.push(line);
        }
    }
    (lines.join("\n") + "\n").into_bytes()
}

fn exit_statuses(roff: &mut Roff, name: &str) {
    roff.control("SH", ["EXIT STATUS"]);
    let statuses = EXIT_STATUSES.lines().filter_map(|line| line.trim().split_once(' '));
    let statuses = statuses.filter(|(number, _)| number.parse::<u8>().is_ok());
    let own: &[(&str, &str)] = match name {
        "p12-test-inspect" => &[
            ("0", "all files can be used, and nothing of severity error was found"),
            ("1", "something of severity error was found"),
            ("2", "usage"),
            ("3", "a file cannot be used"),
            ("10", "a file cannot be read"),
        ],
        "p12-test-batch" => &[
            ("0", "all tests passed"),
            (
                "1",
                "some tests did not pass, in this run or in what it resumes from; each result has an exit status of its own",
            ),
            ("2", "usage"),
            ("3", "the manifest, the defaults or the results to resume from cannot be used"),
            ("10", "the results cannot be written"),
            ("130", "Ctrl-C or SIGTERM; what was in flight has its results, unless it came twice"),
        ],
        "p12-test-serve" | "p12-test-demo" => &[
            ("0", "it ended as it should"),
            ("2", "usage"),
            ("3", "the server's own P12 cannot be used"),
            ("10", "a file cannot be read, or the port cannot be opened"),
        ],
        _ => &[],
    };
    let list: Vec<_> = if own.is_empty() { statuses.collect() } else { own.to_vec() };
    for (number, meaning) in list {
        roff.control("TP", []);
        roff.text([bold(number)]);
        roff.text([roman(meaning.trim())]);
    }
}

fn examples(roff: &mut Roff, name: &str) {
    let examples: &[(&str, &str)] = match name {
        "p12-test-inspect" => &[
            (
                "What is in a file, and what will go wrong with it:",
                "p12-test inspect --password-file secret.txt client.p12",
            ),
            (
                "A table of many, and what expires within six weeks:",
                "p12-test inspect --within 6w --password-file secret.txt *.p12",
            ),
        ],
        "p12-test-batch" => &[
            (
                "Each record of a file; one line of JSON a result:",
                "p12-test batch records.ndjson > results.ndjson",
            ),
            (
                "What has no result yet:",
                "p12-test batch --resume results.ndjson records.ndjson > more.ndjson",
            ),
            ("For Jenkins:", "p12-test batch --format junit records.csv > results.xml"),
        ],
        "p12-test-serve" => &[
            (
                "For a rehearsal, on this machine only:",
                "p12-test serve --credentials credentials.toml --allow-net 127.0.0.0/8",
            ),
            (
                "Inside your own network, with TLS:",
                "p12-test serve --listen 10.0.0.5:8443 --tls-p12 server.p12 --tls-password-file secret.txt --credentials credentials.toml --allow-net 10.0.0.0/8",
            ),
        ],
        "p12-test-demo" => &[("Everything at once, and leave the files:", "p12-test demo --keep")],
        _ => &[
            (
                "Does this certificate get through? The password is asked for:",
                "p12-test client.p12 https://api.example.com/orders",
            ),
            (
                "In a script, with a proof that the endpoint insists on the certificate:",
                "p12-test -q --control --password-file secret.txt client.p12 https://api.example.com/ || exit 1",
            ),
            (
                "By way of the platform, beside the call from here:",
                "p12-test --account 12345678 --bearer-file token.txt --compare --password-file secret.txt client.p12 https://api.example.com/",
            ),
            (
                "A report for a ticket:",
                "p12-test --report report.json --password-file secret.txt client.p12 https://api.example.com/",
            ),
        ],
    };
    roff.control("SH", ["EXAMPLES"]);
    for (what, command) in examples {
        roff.control("PP", []);
        roff.text([roman(*what)]);
        roff.control("PP", []);
        roff.control("RS", ["4"]);
        roff.text([bold(*command)]);
        roff.control("RE", []);
    }
}

/// Every variable that the program reads.
pub(crate) const ENVIRONMENT: &[(&str, &str)] = &[
    ("P12_TEST_PASSWORD", "the P12's password, where no option names another source"),
    ("P12_TEST_BEARER", "the Bearer token for the platform, where no option names another source"),
    (
        "P12_TEST_OAUTH1_CONSUMER_KEY, P12_TEST_OAUTH1_CONSUMER_SECRET, P12_TEST_OAUTH1_TOKEN, P12_TEST_OAUTH1_TOKEN_SECRET",
        "the values of OAuth 1.0a for --oauth1; --oauth1-env names another prefix",
    ),
    (
        "HTTPS_PROXY, ALL_PROXY, NO_PROXY",
        "the proxy for https, for everything, and the hosts that need none; in lower case, too",
    ),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "the roots to trust in place of the system's"),
    ("NO_COLOR, CLICOLOR_FORCE", "no colour, or colour though there is no terminal"),
    ("TERM", "a terminal called dumb gets no colour"),
];

fn environment(roff: &mut Roff) {
    roff.control("SH", ["ENVIRONMENT"]);
    for (name, meaning) in ENVIRONMENT {
        roff.control("TP", []);
        roff.text([bold(*name)]);
        roff.text([roman(*meaning)]);
    }
}

fn files(roff: &mut Roff, name: &str) {
    roff.control("SH", ["FILES"]);
    let files: &[(&str, &str)] = match name {
        "p12-test-serve" => &[(
            "FILE of --credentials",
            "TOML: a [[credential]] each, with bearer or oauth1, accounts, permissions; nobody but its owner may read it",
        )],
        "p12-test-batch" => &[(
            "MANIFEST",
            "records: a JSON object a line; or .csv with the names of the fields in its first row; or .toml with a [[test]] each",
        )],
        _ => &[("P12", "PKCS#12 (RFC 7292), up to 8 MiB: binary, PEM, base64 or hex")],
    };
    for (name, meaning) in files {
        roff.control("TP", []);
        roff.text([italic(*name)]);
        roff.text([roman(*meaning)]);
    }
    roff.control("PP", []);
    roff.text([roman("Nothing is read from a home directory, and nothing is written that no option names.")]);
}

fn see_also(roff: &mut Roff, name: &str) {
    roff.control("SH", ["SEE ALSO"]);
    let pages = [
        "p12-test(1)",
        "p12-test-inspect(1)",
        "p12-test-batch(1)",
        "p12-test-serve(1)",
        "p12-test-demo(1)",
        "p12-test-kinds(7)",
        "curl(1)",
        "openssl-pkcs12(1ssl)",
    ];
    let others = pages.iter().filter(|page| !page.starts_with(&format!("{name}(")));
    roff.text([roman(others.copied().collect::<Vec<_>>().join(", "))]);
}

/// The page of all kinds of faults: scripts rely on their names.
fn kinds() -> Vec<u8> {
    let mut roff = Roff::default();
    roff.control("TH", ["P12-TEST-KINDS", "7", RELEASED, VERSION, "Miscellaneous"]);
    roff.control("SH", ["NAME"]);
    roff.text([roman("p12-test-kinds - the kinds of faults that p12-test distinguishes")]);
    roff.control("SH", ["DESCRIPTION"]);
    roff.text([roman(
        "Each fault has a kind. Its name is stable and has one exit status. JSON reports and the results of a \
         batch hold it as kind; after a success, kind is passed there. Below, each kind is followed by what it \
         means, by the usual hint, and by whether trying again can help. The hint on standard error may be more \
         precise than the one here, as it knows the case.",
    )]);
    roff.control("SH", ["KINDS"]);
    for kind in Kind::ALL {
        let exit = kind.exit() as u8;
        let again = match kind.retry() {
            Retry::Never => "",
            Retry::IfIdempotent => " Trying again may help, but only if the request may be repeated.",
            Retry::Yes => " Trying again may help.",
        };
        roff.control("TP", []);
        roff.text([bold(kind.name()), roman(format!(" (exit {exit})"))]);
        roff.text([roman(kind.meaning())]);
        roff.control("br", []);
        roff.text([italic("Hint: "), roman(format!("{}.{again}", kind.hint()))]);
    }
    see_also(&mut roff, "p12-test-kinds");
    tidy(roff.render().as_bytes())
}

/// The exit statuses that are documented.
pub(crate) fn exits() -> Vec<u8> {
    let mut exits: Vec<_> =
        Kind::ALL.iter().map(|kind| kind.exit() as u8).chain([Exit::Success as u8]).collect();
    exits.sort_unstable();
    exits.dedup();
    exits
}
