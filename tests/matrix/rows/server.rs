//! The endpoint's own certificate: why it is not trusted.

use crate::peer::{Peer, peer};
use crate::row::row;

const PORT: &str = "https://localhost:~port~/";

pub(crate) fn peers() -> Vec<Peer> {
    let mut peers = vec![
        peer(
            "openssl s_server",
            "openssl s_server -www -accept ~port~ -cert server-leaf.pem -key server.key -cert_chain server.pem -status_file revoked.der",
            [row("endpoint's certificate revoked, as stapled", "server-revoked", PORT)],
        ),
        peer(
            "openssl s_server",
            "openssl s_server -www -accept ~port~ -cert weak-leaf.pem -key weak.key -cert_chain weak.pem -cipher DEFAULT@SECLEVEL=0",
            [row("endpoint's key has 1024 bits", "server-weak", PORT)],
        ),
        peer(
            "openssl s_server",
            "openssl s_server -www -accept ~port~ -cert sha1-leaf.pem -key sha1.key -cert_chain issuing.pem -cipher DEFAULT@SECLEVEL=0",
            [row("endpoint's certificate signed with SHA-1", "server-weak", PORT)],
        ),
        nginx(),
    ];
    peers.push(peer(
        "gnutls-serv",
        "gnutls-serv --quiet --http --disable-client-cert --port ~port~ --x509certfile expired.pem --x509keyfile expired.key",
        [row("endpoint's certificate expired", "server-expired", PORT)],
    ));
    peers
}

fn nginx() -> Peer {
    let named = "https://other.example.test:~server~/";
    peer(
        "nginx",
        "nginx -p DIR -e DIR/early.log -c DIR/nginx-server.conf",
        [
            row("endpoint's certificate expired", "server-expired", "https://localhost:~expired~/"),
            row("endpoint's certificate not yet valid", "server-not-yet-valid", "https://localhost:~early~/"),
            row("endpoint's CA expired", "server-expired", "https://localhost:~old-ca~/"),
            row("endpoint's CA not yet valid", "server-not-yet-valid", "https://localhost:~new-ca~/"),
            row(
                "endpoint's certificate is for clients",
                "server-chain-invalid",
                "https://localhost:~client~/",
            ),
            row("endpoint's certificate for another host", "server-wrong-host", named)
                .with("--resolve other.example.test:~server~:127.0.0.1"),
            row("endpoint's certificate self-signed", "server-self-signed", "https://localhost:~self~/"),
            row(
                "endpoint's CA unknown, its intermediate sent",
                "server-untrusted",
                "https://localhost:~strange~/",
            ),
            row(
                "endpoint's CA unknown, its root sent too",
                "server-untrusted",
                "https://localhost:~rooted~/",
            ),
            row(
                "endpoint's CA unknown, nothing but its certificate sent",
                "server-chain-incomplete",
                "https://localhost:~strange-leaf~/",
            ),
            row(
                "endpoint's intermediate not sent",
                "server-chain-incomplete",
                "https://localhost:~server-leaf~/",
            ),
        ],
    )
    .file("nginx-server.conf", NGINX)
}

const NGINX: &str = "daemon off; pid DIR/nginx-server.pid; error_log DIR/nginx-server.log; events {}
http {
    access_log off; client_body_temp_path DIR/b1; proxy_temp_path DIR/p1; fastcgi_temp_path DIR/f1;
    uwsgi_temp_path DIR/u1; scgi_temp_path DIR/s1; ssl_verify_client optional_no_ca;
    server { listen 127.0.0.1:~expired~ ssl; ssl_certificate expired.pem; ssl_certificate_key expired.key; }
    server { listen 127.0.0.1:~early~ ssl; ssl_certificate early.pem; ssl_certificate_key early.key; }
    server { listen 127.0.0.1:~old-ca~ ssl; ssl_certificate old-ca.pem; ssl_certificate_key old-ca.key; }
    server { listen 127.0.0.1:~new-ca~ ssl; ssl_certificate new-ca.pem; ssl_certificate_key new-ca.key; }
    server { listen 127.0.0.1:~client~ ssl; ssl_certificate client.pem; ssl_certificate_key client.key; }
    server { listen 127.0.0.1:~server~ ssl; ssl_certificate server.pem; ssl_certificate_key server.key; }
    server { listen 127.0.0.1:~self~ ssl; ssl_certificate self.pem; ssl_certificate_key self.key; }
    server { listen 127.0.0.1:~strange~ ssl; ssl_certificate strange.pem; ssl_certificate_key strange.key; }
    server { listen 127.0.0.1:~rooted~ ssl; ssl_certificate rooted.pem; ssl_certificate_key rooted.key; }
    server { listen 127.0.0.1:~strange-leaf~ ssl; ssl_certificate strange-leaf.pem; ssl_certificate_key strange.key; }
    server { listen 127.0.0.1:~server-leaf~ ssl; ssl_certificate server-leaf.pem; ssl_certificate_key server.key; }
}
";
