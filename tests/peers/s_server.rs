//! `openssl s_server`.

use std::process::Command;

use crate::harness::{Lab, VERSIONS, free_port};

#[test]
#[ignore = "needs openssl"]
fn s_server_takes_a_good_certificate_and_refuses_others() {
    let lab = Lab::new();
    let port = free_port();
    let mut command = Command::new("openssl");
    command.args(["s_server", "-accept", &format!("127.0.0.1:{port}"), "-www", "-cert", "server.pem"]);
    command.args(["-key", "server.key", "-cert_chain", "server.pem", "-CAfile", "ca.pem"]);
    command.args(["-Verify", "3", "-verify_return_error"]);
    let server = lab.serve(port, command);
    for version in VERSIONS {
        let ran = lab.call(&server, "good", "/", version, &[]);
        ran.ends(0, "certificate asked for (handshake) and sent");
        assert!(ran.stdout.contains("s_server"), "{}", ran.stdout);
        for _ in 0..6 {
            lab.call(&server, "stranger", "/", version, &[]).ends(6, "refused the client certificate");
            lab.call(&server, "expired", "/", version, &[]).ends(6, "refused the client certificate");
        }
    }
}
