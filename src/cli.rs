//! The command line: what each flag is called and what it becomes. No behaviour.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use clap::{Args as Group, Parser, Subcommand, ValueEnum};

pub use self::batch::{BatchArgs, Format, Shard};
pub use self::connection::ConnectionArgs;
pub use self::curl::Curl;
pub use self::inspect::InspectArgs;
pub use self::platform::PlatformArgs;
pub use self::request::{PasswordArgs, RequestArgs};
pub use self::serve::{LimitArgs, ServeArgs};
pub use self::values::without_secrets;
use crate::call::Local;
use crate::call::tls::Tls;
use crate::error::{Error, Kind, Result};
use crate::files;
use crate::platform::{Platform, Shared};
use crate::request::body::Body;
use crate::request::{Parts, Request};
use crate::route::Route;
use crate::secret::Secret;
use crate::verdict::{Expected, Terms};

mod batch;
mod connection;
mod curl;
mod inspect;
mod platform;
mod request;
mod serve;
mod values;

/// Test whether a PKCS#12 client certificate gets through to a mutual-TLS endpoint.
///
/// Makes the call with the certificate, prints the endpoint's answer unchanged on standard output, says on
/// standard error what happened, and ends with an exit status that a script can trust.
#[derive(Debug, Parser)]
#[command(name = "p12-test", version, long_version = VERSION.as_str(), args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(arg_required_else_help = true, after_help = EXIT_STATUSES, disable_help_subcommand = true)]
pub struct Args {
    /// A test, unless a command is named.
    #[command(flatten)]
    pub test: TestArgs,
    /// Another command than a test.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// With the OpenSSL that is inside, or that of the system where that is linked.
static VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{} ({})", env!("CARGO_PKG_VERSION"), openssl::version::version()));

/// What each exit status means, as the help has it.
pub const EXIT_STATUSES: &str = "\
Exit status:
  0  answered below 400 (or as --expect says); the certificate was asked for and sent
  1  answered with another status
  2  usage
  3  the P12 cannot be used
  4  the endpoint was not reached
  5  the endpoint's own certificate is not trusted
  6  the endpoint refused the client certificate
  7  the platform refused or failed
  8  answered, but the P12 was not tested
  9  the answer broke off or was not HTTP
  10 this machine: a file or the output
  130 Ctrl-C or SIGTERM

Example:
  p12-test --password-file secret.txt client.p12 https://api.example.com/";

/// The other commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Everything at once on an embedded endpoint; needs nothing
    ///
    /// Makes a small CA, a server certificate and three P12 files in a private folder, starts an endpoint on
    /// 127.0.0.1 that asks for client certificates, and tests each file against it.
    Demo(DemoArgs),
    /// What is in P12 files, and what will go wrong with them
    ///
    /// Shows how each file is protected, its keys, certificates and chains, and what is wrong or odd about it, each
    /// with how to fix it: a command where one can. Without the password, what stands in the open. Exit status 3
    /// when a file cannot be used, 1 when a test with it must fail, else 0.
    Inspect(Box<InspectArgs>),
    /// Many tests at once; NDJSON in and out
    ///
    /// Each record of the manifest is an object with an id, p12, url, and any other option of a test as a field:
    /// {"id":"a","p12":"a.p12","password_file":"a.txt","url":"https://api.example.com/","expect":"200"}. A record
    /// {"defaults":{…}} is for all that follow. Each result is the report of its test with the record's id. Paths are
    /// relative to the current directory. No fields: json, report, curl, include, quiet, verbose, color,
    /// password_stdin. Ctrl-C or SIGTERM finishes what is in flight; a second one ends that too.
    Batch(Box<BatchArgs>),
    /// Run the platform's P12 test resource yourself, for rehearsals or inside your own network
    ///
    /// Takes the multipart request that the platform's tester takes, makes the call from this machine, and passes
    /// the endpoint's answer on unchanged. --credentials lists who may call it. Endpoints on private addresses are refused
    /// unless --allow-net opens their network. One line of JSON a request goes to standard error.
    Serve(Box<ServeArgs>),
}

/// `demo`.
#[derive(Debug, Group)]
pub struct DemoArgs {
    /// Leave the endpoint and the files until Ctrl-C
    #[arg(long)]
    pub keep: bool,
    /// How to print.
    #[command(flatten)]
    pub look: LookArgs,
    /// How much of each call.
    #[command(flatten)]
    pub detail: DetailArgs,
}

/// A test of one P12 against one URL.
#[derive(Debug, Group)]
pub struct TestArgs {
    /// What against what; only a command does without.
    #[command(flatten)]
    target: Option<Target>,
    /// Which key of several: its friendly name, or #N
    #[arg(long, value_name = "NAME", help_heading = "P12")]
    pub alias: Option<String>,
    /// The P12's password.
    #[command(flatten)]
    pub password: PasswordArgs,
    /// What is asked.
    #[command(flatten)]
    pub request: RequestArgs,
    /// How to get there.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// By way of the platform.
    #[command(flatten)]
    pub platform: PlatformArgs,
    /// What counts as success.
    #[command(flatten)]
    pub verdict: VerdictArgs,
    /// Where the answer goes.
    #[command(flatten)]
    pub output: OutputArgs,
    /// How to print.
    #[command(flatten)]
    pub look: LookArgs,
    /// How much of the call.
    #[command(flatten)]
    pub detail: DetailArgs,
}

/// The P12 and the URL.
#[derive(Debug, Group)]
pub struct Target {
    /// The P12 file: PKCS#12 in binary, PEM, base64 or hex
    #[arg(value_hint = clap::ValueHint::FilePath)]
    p12: PathBuf,
    /// The forward URL that the certificate is for; https unless it says so
    #[arg(value_hint = clap::ValueHint::Url)]
    url: String,
}

/// What counts as success.
#[derive(Debug, Group)]
#[command(next_help_heading = "Verdict")]
pub struct VerdictArgs {
    /// Statuses that count as success, such as 200,3xx; any below 400 unless given
    #[arg(long, value_name = "STATUS,…", value_delimiter = ',')]
    expect: Vec<Expected>,
    /// Make the call without the certificate too, first, to see whether the endpoint insists on it
    #[arg(long)]
    control: bool,
    /// Count it as success when the endpoint never asks for a certificate
    #[arg(long)]
    allow_unrequested: bool,
}

/// Where the answer goes.
#[derive(Debug, Default, Group)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Print the heads of the answer too, as they came over the wire
    #[arg(short = 'i', long)]
    pub include: bool,
    /// Print one JSON document in place of the answer: verdict, evidence, answer's status, size and SHA-256
    #[arg(long)]
    pub json: bool,
    /// Write that document to a file as well; it holds no secret
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub report: Option<PathBuf>,
    /// Put the answer's body into the document, too; up to 1 MiB of it
    #[arg(long)]
    pub include_body: bool,
    /// Print the curl command for the same request in place of making it; secrets stand in variables
    #[arg(long, conflicts_with_all = ["json", "report", "include_body"])]
    pub curl: bool,
    /// Write the answer to a file, which appears only when it is complete
    #[arg(short = 'o', long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// How to print on standard error.
#[derive(Debug, Group)]
#[command(next_help_heading = "Output")]
pub struct LookArgs {
    /// No report, no progress; only what failed
    #[arg(short, long)]
    pub quiet: bool,
    /// Colour in the report
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// How much of a call to print.
#[derive(Debug, Group)]
#[command(next_help_heading = "Output")]
pub struct DetailArgs {
    /// The handshake in steps, the chain, the accepted issuers, the timings
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, and as NO_COLOR and CLICOLOR_FORCE say.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl TestArgs {
    /// The path of the P12.
    pub fn p12_path(&self) -> Result<&Path> {
        let path = &self.target()?.p12;
        if path.to_string_lossy().contains("://") {
            let message = "a URL stands in the place of the P12: the P12 comes first, then the URL";
            return Err(Error::new(Kind::Usage, message));
        }
        Ok(path)
    }

    /// The forward URL as it was typed.
    pub fn url(&self) -> Result<&str> {
        Ok(&self.target()?.url)
    }

    /// Whether the password or the body comes from standard input.
    pub fn reads_stdin(&self) -> bool {
        self.password.password_stdin || matches!(self.request.body(), Body::Stdin)
    }

    fn target(&self) -> Result<&Target> {
        self.target.as_ref().ok_or_else(|| Error::new(Kind::Usage, "a P12 and a URL are needed"))
    }

    /// What counts as success.
    pub fn terms(&self) -> Terms {
        Terms { expect: self.verdict.expect.clone(), allow_unrequested: self.verdict.allow_unrequested }
    }

    /// What is asked, checked; secrets of the request are read here.
    pub fn request(&self) -> Result<Request> {
        self.one_reader_of_stdin()?;
        self.headers_that_pass()?;
        self.options_that_pass()?;
        let request = &self.request;
        Parts {
            url: self.target()?.url.clone(),
            method: request.method.clone(),
            content_type: request.content_type.clone(),
            authorization: request.authorization()?,
            headers: request.headers.clone(),
            body: request.body(),
        }
        .check()
    }

    /// The route that the request takes. Credentials are read here, and asked for at a terminal.
    pub async fn route(&self) -> Result<Route> {
        match self.platform.account {
            None => Ok(Route::Local(Box::new(self.local()?))),
            Some(_) => Ok(Route::Platform(Box::new(self.platform().await?))),
        }
    }

    /// The route from this machine.
    pub fn local(&self) -> Result<Local> {
        Ok(Local {
            connect: self.connection.connect()?,
            tls: self.connection.tls()?,
            max_time: self.connection.max_time,
            control: self.verdict.control,
        })
    }

    /// The route by way of the platform.
    pub async fn platform(&self) -> Result<Platform> {
        let platform = &self.platform;
        let usage = |message: &str| Error::new(Kind::Usage, message);
        let account = platform.account.clone().ok_or_else(|| usage("--account is missing"))?;
        let roots = self.connection.cacert.clone().filter(|_| !platform.compare);
        Ok(Platform {
            account,
            gateway: platform.gateway(),
            credential: platform.credential().read().await?,
            connect: self.connection.connect()?,
            tls: Tls { cacert: platform.platform_cacert.clone().or(roots), ..self.connection.tls()? },
            max_time: self.connection.max_time,
            shared: Shared::default(),
        })
    }

    /// What is written must not take the place of what is read, nor of each other.
    pub fn outputs_apart(&self) -> Result<()> {
        let written = [self.output.output.as_deref(), self.output.report.as_deref()];
        let written = written.into_iter().flatten().filter(|path| !files::is_device(path));
        let written: Vec<_> = written.map(files::whole).collect();
        if written.is_empty() {
            return Ok(());
        }
        let body = match self.request.body() {
            Body::File(path) => Some(path),
            _ => None,
        };
        let read = [
            Some(&self.target()?.p12),
            self.password.password_file.as_ref(),
            self.request.authorization_file.as_ref(),
            self.connection.cacert.as_ref(),
            self.connection.proxy_user_file.as_ref(),
            self.platform.bearer_file.as_ref(),
            self.platform.oauth1_file.as_ref(),
            self.platform.platform_cacert.as_ref(),
            body.as_ref(),
        ];
        let read: Vec<_> = read.into_iter().flatten().map(|path| files::whole(path)).collect();
        if let [output, report] = written.as_slice()
            && output == report
        {
            return Err(Error::new(Kind::Usage, "--output and --report name the same file"));
        }
        match written.iter().find(|path| read.contains(path)) {
            Some(path) => {
                let message = format!("{} is read, and would be written over", path.display());
                Err(Error::new(Kind::Usage, message))
            }
            None => Ok(()),
        }
    }

    /// Standard input can be read once: as the password, or as the body; and not twice.
    fn one_reader_of_stdin(&self) -> Result<()> {
        let body = matches!(self.request.body(), Body::Stdin);
        let usage = |message: &str| Err(Error::new(Kind::Usage, message));
        match (body, self.password.password_stdin, self.verdict.control, self.platform.compare) {
            (true, true, ..) => usage("--password-stdin and the body @- cannot both read standard input"),
            (true, _, true, _) => usage("--control sends the body twice, which standard input cannot give"),
            (true, _, _, true) => usage("--compare sends the body twice, which standard input cannot give"),
            _ => Ok(()),
        }
    }

    /// The platform makes a call of its own kind.
    fn options_that_pass(&self) -> Result<()> {
        if self.platform.account.is_none() || self.platform.compare {
            return Ok(());
        }
        let local = [
            (self.verdict.control, "--control"),
            (self.verdict.allow_unrequested, "--allow-unrequested"),
            (self.connection.http2, "--http2"),
        ];
        local.iter().find(|(set, _)| *set).map_or(Ok(()), |(_, flag)| {
            let message = format!("{flag} is about the call from this machine; the platform cannot do it");
            Err(Error::new(Kind::Usage, message))
        })
    }

    /// The platform passes an Authorization on, and no other header.
    fn headers_that_pass(&self) -> Result<()> {
        let is_authorization = |line: &Secret| {
            let name = line.expose().split(|byte| *byte == b':').next().unwrap_or_default();
            name.trim_ascii().eq_ignore_ascii_case(b"authorization")
        };
        if self.platform.account.is_none() || self.request.headers.iter().all(is_authorization) {
            return Ok(());
        }
        let message = "the platform passes no --header on but Authorization";
        Err(Error::new(Kind::Usage, message).with_hint("a content type goes by --content-type; for other headers, test from this machine: without --account"))
    }
}
