//! nginx: refuses certificates with HTTP pages of status 400.

use std::process::Command;

use crate::harness::{Lab, free_port};
use crate::server::{BODY, Server, VERSIONS, config, lab};

fn start(lab: &Lab, verify: &str) -> Server {
    let port = free_port();
    let config = config(
        lab,
        "nginx.conf",
        port,
        &format!(
            "daemon off; pid DIR/nginx.pid; error_log DIR/error.log; events {{}}
             http {{ access_log off; client_body_temp_path DIR/b; proxy_temp_path DIR/p; fastcgi_temp_path DIR/f;
                     uwsgi_temp_path DIR/u; scgi_temp_path DIR/s;
             server {{ listen 127.0.0.1:PORT ssl; root DIR/www; ssl_protocols TLSv1.2 TLSv1.3;
                       ssl_certificate DIR/server.pem; ssl_certificate_key DIR/server.key;
                       ssl_client_certificate DIR/ca.pem; ssl_verify_depth 3; ssl_verify_client {verify}; }} }}"
        ),
    );
    let mut command = Command::new("nginx");
    command.arg("-p").arg(lab.path("")).arg("-e").arg(lab.path("early.log")).arg("-c").arg(config);
    Server::start(lab, port, command)
}

#[test]
#[ignore = "needs nginx"]
fn nginx_that_insists_answers_a_good_certificate() {
    let lab = lab();
    let server = start(&lab, "on");
    for version in VERSIONS {
        let ran = server.call(&lab, "good", "/", version, &["--control"]);
        ran.ends(0, "certificate asked for (handshake) and sent; its issuer is among the 1 accepted");
        ran.ends(
            0,
            "without the certificate: it answered 400 Bad Request, and the answer says \"No required SSL",
        );
        ran.printed(BODY);
    }
}

#[test]
#[ignore = "needs nginx"]
fn nginx_refuses_a_stranger_and_an_expired_certificate_by_a_page() {
    let lab = lab();
    for verify in ["on", "optional"] {
        let server = start(&lab, verify);
        for version in VERSIONS {
            for p12 in ["stranger", "expired"] {
                for _ in 0..6 {
                    let ran = server.call(&lab, p12, "/", version, &[]);
                    ran.ends(1, "refused it in HTTP: 400 Bad Request, and the answer says \"The SSL certificate error\"");
                    let page = String::from_utf8_lossy(&ran.stdout);
                    assert!(page.contains("The SSL certificate error"), "{page}");
                }
            }
        }
    }
}

#[test]
#[ignore = "needs nginx"]
fn nginx_that_never_asks_tests_nothing() {
    let lab = lab();
    let server = start(&lab, "off");
    for version in VERSIONS {
        let ran = server.call(&lab, "good", "/", version, &[]);
        ran.ends(8, "the P12 was not tested");
        ran.printed(BODY);
    }
}

#[test]
#[ignore = "needs nginx"]
fn nginx_that_asks_without_insisting_is_found_out_by_the_control_call() {
    let lab = lab();
    let server = start(&lab, "optional");
    server.call(&lab, "good", "/", "1.3", &[]).ends(0, "and sent");
    server.call(&lab, "good", "/", "1.3", &["--control"]).ends(8, "it does not insist on it");
}

#[test]
#[ignore = "needs nginx"]
fn a_large_body_comes_byte_for_byte() {
    let lab = lab();
    let server = start(&lab, "on");
    let body: Vec<u8> = (0..5_000_000_u32).map(|at| (at % 253) as u8).collect();
    lab.write("www/large", &body);
    server.call(&lab, "good", "/large", "1.3", &["-o", "large.out"]).ends(0, "5000000 bytes");
    assert!(std::fs::read(lab.path("large.out")).unwrap() == body);
}
