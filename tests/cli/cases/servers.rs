//! The servers that cases are met at.

use std::path::Path;
use std::process::Command;

use crate::harness::{Daemon, Lab, Site, free_port, is_installed, with};

/// Where a case is met.
#[derive(Clone, Copy)]
pub(super) enum At {
    /// `inspect`, so nowhere.
    Inspect,
    /// Nothing listens there: the file decides.
    Nowhere,
    /// `openssl s_server`, with these options.
    OpenSsl(&'static str),
    /// An endpoint that asks for a certificate, needs none, and gives this answer: what stands after `HTTP/1.1`, or no HTTP.
    Answer(&'static str),
    /// nginx: these directives stand in its block `http`.
    Nginx(&'static str),
    /// Apache: these directives stand in its only host.
    Apache(&'static str),
}

/// A server that runs until it is dropped, and its port.
pub(super) struct Server {
    _runs: Option<(Option<Daemon>, Option<Site>)>,
    pub(super) port: u16,
}

impl At {
    /// Starts it; `None` where it is not installed.
    pub(super) fn start(self, lab: &Lab) -> Option<Server> {
        let port = free_port();
        let daemon = |program: &str, arguments: &str| {
            is_installed(program).then(|| run(lab, program, arguments, port))
        };
        match self {
            Self::Inspect | Self::Nowhere => Some(Server { _runs: None, port }),
            Self::OpenSsl(options) => daemon(
                "openssl",
                &format!("s_server -accept 127.0.0.1:{port} -cert server.pem -key server.key -www {options}"),
            ),
            Self::Answer(answer) => {
                let http = answer.split_once("\r\n\r\n").map(|(head, body)| {
                    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
                });
                let site = lab.site(http.unwrap_or_else(|| answer.to_owned()));
                let port = site.address.port();
                Some(Server { _runs: Some((None, Some(site))), port })
            }
            Self::Nginx(hosts) => {
                lab.write("nginx.conf", &nginx(lab, &hosts.replace("PORT", &format!("127.0.0.1:{port}"))));
                daemon("nginx", "-p . -e error.log -c nginx.conf")
            }
            Self::Apache(host) => {
                lab.write("apache.conf", &apache(lab, port, host));
                daemon("apache2", &format!("-DFOREGROUND -f {}", lab.path("apache.conf").display()))
            }
        }
    }
}

fn run(lab: &Lab, program: &str, arguments: &str, port: u16) -> Server {
    let mut command = with(Command::new(program), &arguments.split_whitespace().collect::<Vec<_>>());
    command.current_dir(lab.folder.path());
    let mut daemon = Daemon::start(command, &lab.path("server.log"));
    daemon.wait_for_port(port).unwrap_or_else(|log| panic!("{program} {arguments}: {log}"));
    Server { _runs: Some((Some(daemon), None)), port }
}

fn nginx(lab: &Lab, hosts: &str) -> String {
    let folder = lab.folder.path().display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: String =
        temporary.iter().map(|name| format!("  {name}_temp_path {folder}/{name};\n")).collect();
    format!(
        "daemon off;\npid {folder}/nginx.pid;\nevents {{}}\nhttp {{\n{temporary}  access_log off;\n  \
         default_type text/html;\n  ssl_certificate {folder}/server.pem;\n  ssl_certificate_key {folder}/server.key;\n  \
         ssl_client_certificate {folder}/ca.pem;\n{hosts}\n}}\n"
    )
}

fn apache(lab: &Lab, port: u16, host: &str) -> String {
    let folder = lab.folder.path();
    let modules = Path::new("/usr/lib/apache2/modules");
    let load = |name: &str| format!("LoadModule {name}_module {}/mod_{name}.so\n", modules.display());
    let load: String = ["mpm_event", "authz_core", "dir", "ssl"].map(load).concat();
    let folder = folder.display();
    format!(
        "{load}ServerRoot {folder}\nServerName localhost\nPidFile {folder}/apache.pid\nDefaultRuntimeDir {folder}\n\
         Mutex file:{folder} default\nErrorLog {folder}/error.log\nUser www-data\nGroup www-data\nListen 127.0.0.1:{port}\n\
         DocumentRoot {folder}/www\nSSLEngine on\nSSLCertificateFile {folder}/server.pem\n\
         SSLCertificateKeyFile {folder}/server.key\nSSLCACertificateFile {folder}/ca.pem\n{host}\n"
    )
}
