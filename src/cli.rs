//! The command line: what each flag is called and what value it becomes. No behaviour.

use std::ffi::OsString;
use std::sync::LazyLock;

use clap::{Args as Group, CommandFactory as _, Parser, Subcommand};

pub use self::batch::{BatchArgs, Format, Shard};
pub use self::connection::{ConnectionArgs, TLS_VERSIONS};
pub use self::console::{Color, ConsoleArgs};
pub use self::inspect::InspectArgs;
pub use self::output::{OutputArgs, ReportFormat};
pub use self::password::KeyArgs;
pub use self::platform::PlatformArgs;
pub use self::probe::ProbeArgs;
pub use self::repack::RepackArgs;
pub use self::serve::{LimitArgs, ServeArgs};
pub use self::test::{TargetArgs, TestArgs};
pub use self::values::{given, hide_secrets, summarize};

mod batch;
mod connection;
mod console;
mod inspect;
mod output;
mod password;
mod platform;
mod repack;
mod probe;
mod request;
mod serve;
mod test;
mod values;

/// Test whether a PKCS#12 client certificate gets through to a mutual-TLS endpoint.
///
/// Makes the call with the certificate, prints the endpoint's answer unchanged on standard output, reports on standard
/// error what happened, and ends with an exit status that scripts can rely on.
#[derive(Debug, Parser)]
#[command(name = "p12-test", version, long_version = VERSION.as_str(), args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(args_override_self = true, arg_required_else_help = true, after_help = EXIT_STATUSES, disable_help_subcommand = true)]
pub struct Args {
    /// A test, unless a command is named.
    #[command(flatten)]
    pub test: TestArgs,
    /// A command other than a test.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Args {
    /// How to print, for the command or the test.
    pub fn console(&self) -> &ConsoleArgs {
        match &self.command {
            Some(Command::Demo(args)) => &args.console,
            Some(Command::Inspect(args)) => &args.console,
            Some(Command::Repack(args)) => &args.console,
            Some(Command::Probe(args)) => &args.console,
            Some(Command::Batch(args)) => &args.console,
            Some(Command::Serve(args)) => &args.console,
            None => &self.test.console,
        }
    }
}

/// With the version of OpenSSL: the built-in one, or the system's where that is linked.
static VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{} ({})", env!("CARGO_PKG_VERSION"), openssl::version::version()));

/// What each exit status means, for the help and the manual.
pub const EXIT_STATUSES: &str = "\
Exit status:
  0  answered below 400 (or as --expect says); the certificate was asked for and sent
  1  answered with another status
  2  wrong command line
  3  the P12 cannot be used
  4  the endpoint was not reached
  5  the endpoint's own certificate is not trusted
  6  the endpoint refused the client certificate
  7  the platform refused or failed
  8  answered, but the P12 was not tested
  9  the answer broke off or was not HTTP
  10 a problem on this machine: a file, or the output
  130 Ctrl-C or SIGTERM

Example:
  p12-test --password-file secret.txt client.p12 https://api.example.com/";

/// The commands other than a test.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// See everything work on a built-in endpoint; needs nothing else
    ///
    /// Creates a small CA, a server certificate and three P12 files in a private folder, starts an endpoint on 127.0.0.1
    /// that asks for client certificates and a platform that calls it, and tests each file both ways.
    Demo(DemoArgs),
    /// Show what is in P12 files, and what will go wrong with them
    ///
    /// Shows how each file is protected, its keys, certificates and chains, and what is wrong or unusual about it, each
    /// problem with a fix: a command where one can help. Without the password, only what is not encrypted is shown. Exit
    /// status 3 if a file cannot be used, 1 if a test with it must fail, else 0.
    Inspect(Box<InspectArgs>),
    /// Make a new P12 out of one: for another reader, with the whole chain, with a new certificate
    ///
    /// Writes OUT through OpenSSL, under the password of IN unless a new one is named. OUT is for its owner alone. It appears
    /// only when it has been opened again and holds the same key, certificate and chain. IN is never changed, and a file that
    /// exists is replaced only with --force: a P12 that is lost cannot be made again.
    Repack(Box<RepackArgs>),
    /// Show what an endpoint asks for, before there is a P12
    ///
    /// Calls the URL without a certificate, and shows whether, when and how the endpoint asks for one, which CAs and
    /// signature algorithms it accepts, what it does without one, and its own certificates. With --among, it says which of
    /// these P12 files fit; nothing of them is sent. Exit status 0 if the endpoint asks and insists, 8 if it does not.
    Probe(Box<ProbeArgs>),
    /// Run many tests; NDJSON in, NDJSON out
    ///
    /// Each record of the manifest is an object with an id, p12, url, and any other option of a test as a field:
    /// {"id":"a","p12":"a.p12","password_file":"a.txt","url":"https://api.example.com/","expect":"200"}. A record
    /// {"defaults":{…}} applies to all records after it. Each result is the report of its test with the record's id.
    /// Paths are relative to the current directory. These options are not fields: json, report, report_format, curl, include, quiet,
    /// verbose, color, password_stdin. After Ctrl-C or SIGTERM, running tests are finished; a second one stops them.
    Batch(Box<BatchArgs>),
    /// Run the platform's P12 test resource yourself, for rehearsals or inside your own network
    ///
    /// Accepts the multipart request that the platform's tester accepts, makes the call from this machine, and returns
    /// the endpoint's answer unchanged. --credentials lists who may call it. Endpoints on private addresses are refused
    /// unless --allow-net permits their network. Each request is logged to standard error as one line of JSON.
    Serve(Box<ServeArgs>),
}

/// Whether these arguments, which clap refused, are those of a test with `--json`.
pub fn wants_report(arguments: impl Iterator<Item = OsString>) -> bool {
    let mut arguments = arguments.take_while(|argument| argument != "--").peekable();
    let is_command =
        |name: &OsString| Args::command().get_subcommands().any(|known| name == known.get_name());
    !arguments.peek().is_some_and(is_command) && arguments.any(|argument| argument == "--json")
}

/// `demo`.
#[derive(Debug, Group)]
pub struct DemoArgs {
    /// Keep the endpoint running and the files in place until Ctrl-C
    #[arg(long)]
    pub keep: bool,
    /// How to print.
    #[command(flatten)]
    pub console: ConsoleArgs,
    /// Show each command, the endpoint's answer and the whole report
    #[arg(short, long, help_heading = "Output", conflicts_with = "quiet")]
    pub verbose: bool,
}
