//! What one call needs: a request, a route and a P12. From the command line, secrets are read here.

use std::sync::Arc;

use crate::call::Local;
use crate::call::connect::Connect;
use crate::call::proxy::Proxies;
use crate::call::tls::Tls;
use crate::cli::{ConnectionArgs, KeyArgs, TestArgs};
use crate::error::{Error, Kind, Result};
use crate::p12::{KeyAside, P12, P12File};
use crate::password::{self, Password};
use crate::platform::{Cache, Platform};
use crate::prompt::Prompt;
use crate::request::{Request, RequestParts};
use crate::route::Route;
use crate::secret::Secret;
use crate::secret_source::SecretSource;

pub mod conflicts;

/// Where a call gets its inputs. Each is asked for once, in this order, so that a wrong command line is reported before
/// a password is asked for.
pub trait Inputs {
    /// What to send to the endpoint.
    ///
    /// # Errors
    /// When the options are wrong or contradict each other, or a secret cannot be read.
    fn request(&self) -> Result<Request>;

    /// The route to the endpoint.
    ///
    /// # Errors
    /// When the options are wrong, or a credential cannot be read.
    fn route(&self) -> impl Future<Output = Result<Arc<Route>>> + Send;

    /// The certificate and its key.
    ///
    /// # Errors
    /// When the file or its password cannot be read, or the P12 cannot be used.
    fn p12(&self) -> impl Future<Output = Result<Arc<P12>>> + Send;
}

/// The inputs of one test on a command line.
pub struct TestInputs<'a> {
    /// The command line.
    pub args: &'a TestArgs,
    /// Whether the user may be asked for secrets.
    pub prompt: Prompt,
}

impl Inputs for TestInputs<'_> {
    fn request(&self) -> Result<Request> {
        let args = self.args;
        conflicts::check_stdin(args)?;
        conflicts::check_headers(args)?;
        conflicts::check_local_options(args)?;
        RequestParts {
            url: args.target()?.url.clone(),
            method: args.request.method.clone(),
            content_type: args.request.content_type.clone(),
            authorization: read(args.request.authorization())?,
            headers: args.request.headers.clone(),
            body: args.request.body(),
        }
        .check()
    }

    async fn route(&self) -> Result<Arc<Route>> {
        Ok(Arc::new(match self.args.platform.is_used() {
            false => Route::Local(Box::new(local(self.args)?)),
            true => Route::Platform(Box::new(platform(self.args, self.prompt).await?)),
        }))
    }

    async fn p12(&self) -> Result<Arc<P12>> {
        let args = self.args;
        let file = P12File::read(&args.target()?.p12).await?.with_key(key(&args.key).await?);
        let open = async |file: P12File, password: Option<Password>| match args.platform.no_precheck {
            true => P12::unread(&file, password.as_ref()),
            false => {
                let p12 = P12::open(&file, password.as_ref(), args.alias.as_deref()).await?;
                if args.platform.is_used() { p12.as_sent() } else { Ok(p12) }
            }
        };
        let mut passwords = args.password.source().read(self.prompt).await?;
        file.unlock(&mut passwords, open).await.map(Arc::new)
    }
}

/// The key that the options name, and its password: from its source, else from `P12_TEST_KEY_PASSWORD`.
///
/// # Errors
/// When they cannot be read.
pub async fn key(args: &KeyArgs) -> Result<KeyAside> {
    let file = match &args.key {
        Some(path) => Some(Box::new(P12File::read(path).await?)),
        None => None,
    };
    Ok(KeyAside { file, password: password::of_key(args.password()).await? })
}

/// The route from this machine.
///
/// # Errors
/// When the options of the connection are wrong, or the proxy's password cannot be read.
pub fn local(args: &TestArgs) -> Result<Local> {
    let (leaf_only, control) = (args.leaf_only, args.verdict.control);
    Ok(Local { leaf_only, control, ..connection(&args.connection)? })
}

/// The route from this machine, by the options of the connection alone.
///
/// # Errors
/// When they are wrong, or the proxy's password cannot be read.
pub fn connection(args: &ConnectionArgs) -> Result<Local> {
    let (connect, tls, max_time) = (connect(args)?, tls(args)?, args.max_time);
    Ok(Local { connect, tls, leaf_only: false, max_time, control: false })
}

async fn platform(args: &TestArgs, prompt: Prompt) -> Result<Platform> {
    let (platform, connection) = (&args.platform, &args.connection);
    let missing = || Error::new(Kind::Usage, "--account is missing");
    let account = platform.account.clone().ok_or_else(missing)?;
    let roots = connection.cacert.clone().filter(|_| !platform.compare);
    Ok(Platform {
        account,
        gateway: platform.gateway(),
        credential: platform.credential().read(prompt).await?,
        connect: connect(connection)?,
        tls: Tls { cacert: platform.platform_cacert.clone().or(roots), ..tls(connection)? },
        max_time: connection.max_time,
        shared: Cache::default(),
    })
}

fn connect(args: &ConnectionArgs) -> Result<Connect> {
    Ok(Connect {
        overrides: args.resolve.clone(),
        family: args.family(),
        proxies: proxies(args)?,
        timeout: args.connect_timeout,
        policy: None,
    })
}

/// The proxies that were named, or those of the environment.
///
/// # Errors
/// When a proxy's URL is wrong, or its password cannot be read.
pub fn proxies(args: &ConnectionArgs) -> Result<Proxies> {
    match &args.proxy {
        Some(proxy) => Proxies::parse(proxy, read(args.proxy_user())?.as_ref()),
        None => Ok(Proxies::from_environment()),
    }
}

fn tls(args: &ConnectionArgs) -> Result<Tls> {
    let ConnectionArgs { insecure, tls_min, tls_max: max, http2, .. } = *args;
    let min = args.oldest_tls();
    if max.is_some() && tls_min > max {
        return Err(Error::new(Kind::Usage, "--tls-min is above --tls-max"));
    }
    Ok(Tls { cacert: args.cacert.clone(), insecure, min, max, http2, ..Tls::default() })
}

fn read(source: Option<SecretSource>) -> Result<Option<Secret>> {
    source.map(|source| source.read()).transpose()
}
