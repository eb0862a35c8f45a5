//! HAProxy: requires a certificate in the handshake.

use std::process::Command;

use crate::harness::free_port;
use crate::server::{Server, VERSIONS, config, lab};

#[test]
#[ignore = "needs haproxy"]
fn haproxy_takes_a_good_certificate_and_refuses_others() {
    let lab = lab();
    let port = free_port();
    let config = config(
        &lab,
        "haproxy.cfg",
        port,
        "global\n  ssl-default-bind-options ssl-min-ver TLSv1.2\ndefaults\n  mode http\n  timeout connect 5s\n  \
         timeout client 5s\n  timeout server 5s\nfrontend f\n  \
         bind 127.0.0.1:PORT ssl crt DIR/both.pem ca-file DIR/ca.pem verify required\n  \
         http-request return status 200 content-type text/plain string \"through haproxy\"\n",
    );
    let mut command = Command::new("haproxy");
    command.arg("-db").arg("-f").arg(config);
    let server = Server::start(&lab, port, command);
    for version in VERSIONS {
        let ran = server.call(&lab, "good", "/", version, &["--control"]);
        ran.ends(0, "certificate asked for (handshake) and sent");
        ran.printed("through haproxy");
        for _ in 0..6 {
            server.call(&lab, "stranger", "/", version, &[]).ends(6, "alert 48 unknown_ca");
            server.call(&lab, "expired", "/", version, &[]).ends(6, "alert 45 certificate_expired");
        }
    }
}
