//! stunnel: requires a certificate in the handshake, and forwards to a plain HTTP server.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;

use crate::harness::free_port;
use crate::server::{Server, VERSIONS, config, lab};

#[test]
#[ignore = "needs stunnel4"]
fn stunnel_takes_a_good_certificate_and_refuses_others() {
    let lab = lab();
    let backend = TcpListener::bind("127.0.0.1:0").unwrap();
    let behind = backend.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in backend.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nbehind\n");
        }
    });
    let port = free_port();
    let config = config(
        &lab,
        "stunnel.conf",
        port,
        &format!(
            "foreground = yes\npid =\n[test]\naccept = 127.0.0.1:PORT\nconnect = 127.0.0.1:{behind}\n\
             cert = DIR/server.pem\nkey = DIR/server.key\nCAfile = DIR/ca.pem\nverifyChain = yes\n"
        ),
    );
    let mut command = Command::new("stunnel4");
    command.arg(config);
    let server = Server::start(&lab, port, command);
    for version in VERSIONS {
        let ran = server.call(&lab, "good", "/", version, &[]);
        ran.ends(0, "certificate asked for (handshake) and sent");
        ran.printed("behind\n");
        for _ in 0..6 {
            server.call(&lab, "stranger", "/", version, &[]).ends(6, "refused the client certificate");
            server.call(&lab, "expired", "/", version, &[]).ends(6, "refused the client certificate");
        }
    }
}
