//! HAProxy: insists in the handshake.

use std::process::Command;

use crate::harness::{Lab, VERSIONS, free_port};

#[test]
#[ignore = "needs haproxy"]
fn haproxy_takes_a_good_certificate_and_refuses_others() {
    let lab = Lab::new();
    let port = free_port();
    let config = lab.config(
        "haproxy.cfg",
        port,
        "global\n  ssl-default-bind-options ssl-min-ver TLSv1.2\ndefaults\n  mode http\n  timeout connect 5s\n  \
         timeout client 5s\n  timeout server 5s\nfrontend f\n  \
         bind 127.0.0.1:PORT ssl crt DIR/both.pem ca-file DIR/ca.pem verify required\n  \
         http-request return status 200 content-type text/plain string \"through haproxy\"\n",
    );
    let mut command = Command::new("haproxy");
    command.arg("-db").arg("-f").arg(config);
    let server = lab.serve(port, command);
    for version in VERSIONS {
        let ran = lab.call(&server, "good", "/", version, &["--control"]);
        ran.ends(0, "certificate asked for (handshake) and sent");
        assert_eq!(ran.stdout, "through haproxy");
        for _ in 0..6 {
            lab.call(&server, "stranger", "/", version, &[]).ends(6, "alert 48 unknown_ca");
            lab.call(&server, "expired", "/", version, &[]).ends(6, "alert 45 certificate_expired");
        }
    }
}
