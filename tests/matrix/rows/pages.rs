//! Refusals in HTTP, by servers that let every certificate through in TLS; and answers that are not what was wanted.

use crate::peer::{Peer, peer};
use crate::row::{both, row};

const PORT: &str = "https://localhost:~port~/";

pub(crate) fn peers() -> Vec<Peer> {
    vec![nginx(), statuses()]
}

fn nginx() -> Peer {
    let rejected = "certificate-rejected-by-page";
    let missed = "certificate-missed-by-page";
    let rows = [
        both([
            row("refused by nginx's page: expired", rejected, PORT).p12("expired").times(6),
            row("refused by nginx's page: CA unknown", rejected, PORT).p12("stranger").times(6),
            row("refused by nginx's page: intermediate missing", rejected, PORT).p12("leaf-only").times(6),
            row("refused by nginx's page: revoked", rejected, PORT).p12("revoked"),
            row("refused by nginx's page: for servers only", rejected, PORT).p12("server-only"),
            row(
                "no certificate for nginx's page, as the key type is not taken",
                "certificate-not-sent",
                "https://localhost:~keys~/",
            )
            .p12("rsa"),
            row("certificate accepted", "passed", PORT).with("--control"),
        ]),
        vec![
            row("status 495 of nginx", rejected, "https://localhost:~codes~/").p12("stranger"),
            row("status 496 of nginx", "certificate-not-sent", "https://localhost:~codes~/").p12("rsa"),
            row("certificate lost on the way, 400", missed, "https://localhost:~front~/lost"),
            row("certificate lost on the way, 496", missed, "https://localhost:~front~/lost-code"),
            row("page 403, certificate without fault", "status", "https://localhost:~optional~/closed"),
            row("page 403, CA unknown", "status", "https://localhost:~optional~/verified").p12("stranger"),
            row("page 401", "status", "https://localhost:~optional~/login-wanted"),
            row("page 404", "status", "https://localhost:~optional~/nowhere"),
            row("redirect to a login page", "redirected-to-login", "https://localhost:~optional~/private"),
            row("redirect elsewhere", "passed", "https://localhost:~optional~/moved"),
            row("Host is not the name of the connection", "misdirected", PORT)
                .with("-H Host:other.example.test"),
            row("gateway without the server behind it", "status", "https://localhost:~optional~/down"),
        ],
    ];
    peer("nginx", "nginx -p DIR -e DIR/early.log -c DIR/nginx-pages.conf", rows.concat())
        .file("nginx-pages.conf", NGINX)
}

const NGINX: &str = "daemon off; pid DIR/nginx-pages.pid; error_log DIR/nginx-pages.log; events {}
http {
    access_log off; client_body_temp_path DIR/b3; proxy_temp_path DIR/p3; fastcgi_temp_path DIR/f3;
    uwsgi_temp_path DIR/u3; scgi_temp_path DIR/s3; root DIR/www;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate server.pem; ssl_certificate_key server.key; ssl_client_certificate ca.pem; ssl_verify_depth 3;
    server { listen 127.0.0.1:~port~ ssl; server_name localhost; ssl_verify_client on; ssl_crl crl.pem; }
    server { listen 127.0.0.1:~port~ ssl; server_name other.example.test; ssl_verify_client on; }
    server { listen 127.0.0.1:~keys~ ssl; ssl_verify_client on; ssl_conf_command ClientSignatureAlgorithms ECDSA+SHA256; }
    server { listen 127.0.0.1:~codes~ ssl; ssl_verify_client on; ssl_conf_command ClientSignatureAlgorithms ECDSA+SHA256;
             error_page 495 =495 /495; error_page 496 =496 /496;
             location /495 { return 495 'no\n'; } location /496 { return 496 'no\n'; } }
    server { listen 127.0.0.1:~front~ ssl; ssl_verify_client on;
             location /lost { proxy_pass https://127.0.0.1:~port~/; }
             location /lost-code { proxy_pass https://127.0.0.1:~codes~/; } }
    server { listen 127.0.0.1:~optional~ ssl; ssl_verify_client optional_no_ca;
             location /closed { return 403 'not for you\n'; }
             location /verified { if ($ssl_client_verify != SUCCESS) { return 403 'not for you\n'; } }
             location /login-wanted { return 401 'who are you?\n'; }
             location /private { return 302 /login?next=/private; }
             location /moved { return 302 /elsewhere; }
             location /down { proxy_pass http://127.0.0.1:1; } }
}
";

fn statuses() -> Peer {
    peer(
        "python ssl",
        "python3 SCRIPTS/answers.py failed:~failed~ busy:~busy~ limited:~limited~ strict:~strict~",
        [
            vec![
                row("page 500", "status", "https://localhost:~failed~/"),
                row("page 503 with Retry-After", "status", "https://localhost:~busy~/"),
                row("page 429 with Retry-After", "status", "https://localhost:~limited~/"),
            ],
            both([
                row(
                    "certificate refused: expired",
                    "client-certificate-expired",
                    "https://localhost:~strict~/",
                )
                .p12("expired")
                .times(6),
                row(
                    "certificate refused: CA unknown, and none was named",
                    "client-certificate-unknown-ca",
                    "https://localhost:~strict~/",
                )
                .p12("stranger")
                .times(6),
            ]),
        ]
        .concat(),
    )
}
