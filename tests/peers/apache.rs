//! Apache: asks for a certificate late, by renegotiation in TLS 1.2 and after the handshake in TLS 1.3.

use std::process::Command;

use crate::harness::{Lab, free_port};
use crate::server::{BODY, Server, VERSIONS, config, lab};

const PER_LOCATION: &str = "<Location /asked.html>\nSSLVerifyClient require\n</Location>";

fn start(lab: &Lab, verify: &str) -> Server {
    let port = free_port();
    let modules = ["mpm_event", "authz_core", "dir", "mime", "socache_shmcb", "ssl"];
    let modules =
        modules.map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"));
    let config = config(
        lab,
        "apache.conf",
        port,
        &format!(
            "{}\nServerRoot DIR\nServerName localhost\nPidFile DIR/apache.pid\nErrorLog DIR/error.log\n\
             TypesConfig /dev/null\nDefaultRuntimeDir DIR\nUser www-data\nGroup www-data\nListen 127.0.0.1:PORT\n\
             SSLSessionCache shmcb:DIR/cache(65536)\nDocumentRoot DIR/www\nSSLEngine on\nSSLVerifyDepth 3\n\
             SSLCertificateFile DIR/server.pem\nSSLCertificateKeyFile DIR/server.key\n\
             SSLCACertificateFile DIR/ca.pem\n{verify}\n",
            modules.join("\n")
        ),
    );
    let mut command = Command::new("apache2");
    command.arg("-DFOREGROUND").arg("-f").arg(config);
    Server::start(lab, port, command)
}

#[test]
#[ignore = "needs apache2"]
fn apache_asks_for_one_location_after_the_handshake() {
    let lab = lab();
    let server = start(&lab, PER_LOCATION);
    for (version, stage) in [("1.2", "renegotiation"), ("1.3", "post-handshake")] {
        let ran = server.call(&lab, "good", "/asked.html", version, &[]);
        ran.ends(0, &format!("certificate asked for ({stage}) and sent")).ends(0, "200 OK");
        ran.printed(BODY);
        server.call(&lab, "good", "/index.html", version, &[]).ends(8, "never asked for a certificate");
    }
}

#[test]
#[ignore = "needs apache2"]
fn apache_asks_everybody_in_the_handshake() {
    let lab = lab();
    let server = start(&lab, "SSLVerifyClient require");
    for version in VERSIONS {
        let ran = server.call(&lab, "good", "/index.html", version, &["--control"]);
        ran.ends(0, "certificate asked for (handshake) and sent").ends(0, "insists on a client certificate");
        ran.printed(BODY);
    }
}

#[test]
#[ignore = "needs apache2"]
fn apache_refuses_a_stranger_the_same_way_each_time() {
    let lab = lab();
    for verify in ["SSLVerifyClient require", PER_LOCATION] {
        let server = start(&lab, verify);
        for version in VERSIONS {
            for p12 in ["stranger", "expired"] {
                let first = server.call(&lab, p12, "/asked.html", version, &[]);
                for _ in 0..5 {
                    let again = server.call(&lab, p12, "/asked.html", version, &[]);
                    assert_eq!((again.exit, error(&again.stderr)), (first.exit, error(&first.stderr)));
                }
                assert!(matches!(first.exit, 1 | 6), "{}", first.stderr);
            }
        }
    }
}

fn error(stderr: &str) -> String {
    stderr.lines().find(|line| line.starts_with("error:")).unwrap_or_default().to_owned()
}
