//! `openssl s_server`.

use std::process::Command;

use crate::harness::free_port;
use crate::server::{Server, VERSIONS, lab};

#[test]
#[ignore = "needs openssl"]
fn s_server_takes_a_good_certificate_and_refuses_others() {
    let lab = lab();
    let port = free_port();
    let mut command = Command::new("openssl");
    command.args(["s_server", "-accept", &format!("127.0.0.1:{port}"), "-www", "-cert", "server.pem"]);
    command.args(["-key", "server.key", "-cert_chain", "server.pem", "-CAfile", "ca.pem"]);
    command.args(["-Verify", "3", "-verify_return_error"]);
    let server = Server::start(&lab, port, command);
    for version in VERSIONS {
        let ran = server.call(&lab, "good", "/", version, &[]);
        ran.ends(0, "certificate asked for (handshake) and sent");
        let page = String::from_utf8_lossy(&ran.stdout);
        assert!(page.contains("s_server"), "{page}");
        for _ in 0..6 {
            server.call(&lab, "stranger", "/", version, &[]).ends(6, "refused the client certificate");
            server.call(&lab, "expired", "/", version, &[]).ends(6, "refused the client certificate");
        }
    }
}
