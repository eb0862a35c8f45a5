//! Options that are valid alone and do not work together.

use std::path::PathBuf;

use crate::cli::{TestArgs, given};
use crate::error::{Error, Kind, Result};
use crate::files;
use crate::request::body::RequestBody;
use crate::secret::Secret;

fn usage(message: impl Into<String>) -> Error {
    Error::new(Kind::Usage, message)
}

/// Standard input can be read once only: as the password, or as a body that is sent once.
pub(super) fn check_stdin(args: &TestArgs) -> Result<()> {
    let body = matches!(args.request.body(), RequestBody::Stdin);
    let mut readers = given([
        (args.password.password_stdin, "--password-stdin"),
        (args.target()?.p12.as_os_str() == "-", "the P12 -"),
        (body, "the body @-"),
    ]);
    if let (Some(one), Some(other)) = (readers.next(), readers.next()) {
        return Err(usage(format!("{one} and {other} cannot both read standard input")));
    }
    let mut repeated = given([
        (args.verdict.each_address, "--each-address"),
        (args.verdict.repeat.is_some(), "--repeat"),
        (args.verdict.control, "--control"),
        (args.platform.compare, "--compare"),
    ]);
    match repeated.next().filter(|_| body) {
        Some(flag) => Err(usage(format!(
            "{flag} sends the body more than once, but standard input can be read only once"
        ))),
        None => Ok(()),
    }
}

/// The platform forwards an Authorization and no other header.
pub(super) fn check_headers(args: &TestArgs) -> Result<()> {
    let is_authorization = |line: &Secret| {
        let name = line.expose().split(|byte| *byte == b':').next().unwrap_or_default();
        name.trim_ascii().eq_ignore_ascii_case(b"authorization")
    };
    if !args.platform.is_used() || args.request.headers.iter().all(is_authorization) {
        return Ok(());
    }
    let hint = "use --content-type for the content type; for other headers, test from this machine (without --account)";
    Err(usage("the platform forwards no --header except Authorization").with_hint(hint))
}

/// Some options need the connection to the endpoint to be ours.
pub(super) fn check_local_options(args: &TestArgs) -> Result<()> {
    if !args.platform.is_used() {
        return Ok(());
    }
    let refuse = |flag| usage(format!("{flag} works from this machine only, not through the platform"));
    if let Some(flag) = args.key.given() {
        let hint = "the platform takes one file with one password: make it with p12-test repack";
        return Err(refuse(flag).with_hint(hint));
    }
    let mut local_only = given([
        (args.verdict.control, "--control"),
        (args.verdict.allow_unrequested, "--allow-unrequested"),
        (args.connection.http2, "--http2"),
        (args.leaf_only, "--leaf-only"),
        (args.verdict.each_address, "--each-address"),
    ]);
    match local_only.next().filter(|_| !args.platform.compare) {
        Some(flag) => Err(refuse(flag)),
        None => Ok(()),
    }
}

/// Outputs must not overwrite an input, nor each other.
///
/// # Errors
/// When one would.
pub fn check_outputs(args: &TestArgs) -> Result<()> {
    let outputs = [args.output.output.as_ref(), args.output.report.as_ref()];
    if let [Some(output), Some(report)] = outputs
        && !files::is_device(output)
        && files::canonicalize(output) == files::canonicalize(report)
    {
        return Err(usage("--output and --report name the same file"));
    }
    let body = match args.request.body() {
        RequestBody::File(path) => Some(path),
        _ => None,
    };
    let inputs = [
        Some(&args.target()?.p12),
        args.password.password_file.as_ref(),
        args.key.key.as_ref(),
        args.key.key_password_file.as_ref(),
        args.request.authorization_file.as_ref(),
        args.connection.cacert.as_ref(),
        args.connection.proxy_user_file.as_ref(),
        args.platform.bearer_file.as_ref(),
        args.platform.oauth1_file.as_ref(),
        args.platform.platform_cacert.as_ref(),
        body.as_ref(),
    ];
    check_overwritten(outputs, inputs)
}

/// No output may be one of the inputs, unless it is a device or a pipe.
///
/// # Errors
/// When one is.
pub fn check_overwritten<'a>(
    outputs: impl IntoIterator<Item = Option<&'a PathBuf>>,
    inputs: impl IntoIterator<Item = Option<&'a PathBuf>>,
) -> Result<()> {
    let outputs = outputs.into_iter().flatten().filter(|path| !files::is_device(path));
    let outputs: Vec<_> = outputs.map(|path| files::canonicalize(path)).collect();
    if outputs.is_empty() {
        return Ok(());
    }
    let mut inputs = inputs.into_iter().flatten().map(|path| files::canonicalize(path));
    match inputs.find(|path| outputs.contains(path)) {
        Some(path) => Err(usage(format!("{} is an input and would be overwritten", path.display()))),
        None => Ok(()),
    }
}
