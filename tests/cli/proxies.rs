//! Through proxies: HTTP CONNECT and SOCKS5.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use p12_test::demo::endpoint::{ClientAuth, Manners};

use crate::harness::{Lab, OK, Ran, Site};

struct Proxy {
    port: u16,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Proxy {
    /// An HTTP proxy that connects to the endpoint, or answers with this.
    fn http(lab: &Lab, site: &Site, refusal: Option<&'static str>) -> Self {
        let target = site.address;
        Self::serve(lab, move |mut stream, heard| async move {
            let mut piece = [0; 4096];
            let read = stream.read(&mut piece).await.unwrap();
            heard.lock().unwrap().extend_from_slice(&piece[..read]);
            if let Some(refusal) = refusal {
                stream.write_all(refusal.as_bytes()).await.unwrap();
                return;
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            let mut inner = TcpStream::connect(target).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut inner).await;
        })
    }

    /// A SOCKS5 proxy (RFC 1928) that wants user and password where `user` says so (RFC 1929).
    fn socks(lab: &Lab, site: &Site, user: Option<&'static [u8]>) -> Self {
        let target = site.address;
        Self::serve(lab, move |mut stream, heard| async move {
            let mut piece = [0; 512];
            let _ = stream.read(&mut piece).await.unwrap();
            stream.write_all(&[5, if user.is_some() { 2 } else { 0 }]).await.unwrap();
            if let Some(user) = user {
                let read = stream.read(&mut piece).await.unwrap();
                let right = &piece[..read] == user;
                let _ = stream.write_all(&[1, u8::from(!right)]).await;
                if !right {
                    return;
                }
            }
            let read = stream.read(&mut piece).await.unwrap();
            heard.lock().unwrap().extend_from_slice(&piece[..read]);
            stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0]).await.unwrap();
            let mut inner = TcpStream::connect(target).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut inner).await;
        })
    }

    fn serve<F: Future<Output = ()> + Send + 'static>(
        lab: &Lab,
        act: impl Fn(TcpStream, Arc<Mutex<Vec<u8>>>) -> F + Send + 'static,
    ) -> Self {
        let listener = lab.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<Vec<u8>>> = Arc::default();
        let seen = Arc::clone(&heard);
        lab.runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(act(stream, Arc::clone(&seen)));
            }
        });
        Self { port, heard }
    }

    fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap()).into_owned()
    }
}

#[test]
fn an_http_proxy_is_asked_to_connect_with_its_credentials() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let proxy = Proxy::http(&lab, &site, None);
    lab.run(&site, &["-x", &format!("http://user:p%40ss@127.0.0.1:{}", proxy.port)])
        .ends(0, "through the proxy");
    let port = site.address.port();
    assert!(
        proxy.heard().starts_with(&format!("CONNECT localhost:{port} HTTP/1.1\r\n")),
        "{}",
        proxy.heard()
    );
    assert!(proxy.heard().contains("proxy-authorization: Basic dXNlcjpwQHNz\r\n"), "{}", proxy.heard());
}

#[test]
fn credentials_may_come_from_a_file() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let proxy = Proxy::http(&lab, &site, None);
    lab.write("user.txt", b"user:p@ss\n");
    lab.run(&site, &["-x", &format!("127.0.0.1:{}", proxy.port), "--proxy-user-file", "user.txt"]).exits(0);
    assert!(proxy.heard().contains("proxy-authorization: Basic dXNlcjpwQHNz\r\n"), "{}", proxy.heard());
}

#[test]
fn the_environment_names_the_proxy_and_no_proxy_goes_around_it() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let proxy = Proxy::http(&lab, &site, None);
    let run = |no_proxy: &str| {
        let mut command = lab.command();
        command.env("HTTPS_PROXY", format!("http://127.0.0.1:{}", proxy.port)).env("NO_PROXY", no_proxy);
        command.args(["--cacert", "ca.pem", "--password-file", "password.txt", "client.p12"]).arg(site.url());
        Ran::of(command, b"")
    };
    run("localhost").ends(0, " at ");
    assert_eq!(proxy.heard(), "");
    run("other.example").ends(0, "through the proxy");
    assert!(proxy.heard().starts_with("CONNECT "));
}

#[test]
fn a_proxy_that_says_no_is_told_apart_from_the_endpoint() {
    let lab = Lab::new();
    let site = lab.site(OK);
    for (answer, says) in [
        ("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n", "wants credentials"),
        ("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", "refuses to connect"),
        ("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n", "could not connect"),
    ] {
        let proxy = Proxy::http(&lab, &site, Some(answer));
        lab.run(&site, &["-x", &format!("http://127.0.0.1:{}", proxy.port)]).in_case(answer).ends(4, says);
    }
    let basic = "HTTP/1.1 407 No\r\nproxy-authenticate: Basic realm=x\r\ncontent-length: 0\r\n\r\n";
    let others = "HTTP/1.1 407 No\r\nproxy-authenticate: Negotiate\r\nproxy-authenticate: NTLM\r\ncontent-length: 0\r\n\r\n";
    for (answer, user, hint) in [
        (basic, "", "give user and password in the proxy's URL"),
        (basic, "u:p@", "did not accept the user and password that were given"),
        (others, "u:p@", "the proxy takes only Negotiate and NTLM"),
    ] {
        let proxy = Proxy::http(&lab, &site, Some(answer));
        lab.run(&site, &["-x", &format!("http://{user}127.0.0.1:{}", proxy.port)]).ends(4, hint);
    }
    lab.run(&site, &["-x", "http://127.0.0.1:1"]).ends(4, "the proxy could not be reached");
}

/// The greeting may come in one piece with the proxy's own answer, or after it.
#[test]
fn what_greets_behind_a_proxy_is_no_fault_of_the_proxy() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let greeting = "HTTP/1.1 200 OK\r\n\r\n220 mail.example.test ESMTP\r\n";
    let proxy = Proxy::http(&lab, &site, Some(greeting));
    let ran = lab.run(&site, &["-x", &format!("http://127.0.0.1:{}", proxy.port)]);
    ran.ends(4, "does not speak TLS there: it said \"220 mail.example.test ESMTP\"");
    let page = "HTTP/1.1 200 OK\r\n\r\n<html><body>Log in to the network</body></html>\r\n";
    let proxy = Proxy::http(&lab, &site, Some(page));
    let ran = lab.run(&site, &["-x", &format!("http://127.0.0.1:{}", proxy.port)]);
    ran.ends(4, "what came through the proxy").ends(4, "or it is a page of the proxy's own");
}

#[test]
fn a_proxy_is_named_where_it_may_be_what_ends_tls() {
    let lab = Lab::new();
    let manners = Manners { client_auth: ClientAuth::Off, ..lab.manners() };
    let site = lab.site_with(&manners, OK);
    let proxy = Proxy::http(&lab, &site, None);
    let proxy = format!("http://127.0.0.1:{}", proxy.port);
    lab.run(&site, &["-x", &proxy]).ends(8, "ends TLS itself, so that the endpoint never sees");
    let mut command = lab.command();
    command.args(["-x", &proxy, "--password-file", "password.txt", "client.p12"]).arg(site.url());
    Ran::of(command, b"").ends(5, "ends TLS itself and shows a certificate of its own");
}

#[test]
fn a_socks5_proxy_resolves_the_name_when_asked_to() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let proxy = Proxy::socks(&lab, &site, None);
    lab.run(&site, &["-x", &format!("socks5h://127.0.0.1:{}", proxy.port)]).ends(0, "through the proxy");
    assert!(proxy.heard().contains("localhost"));
    let proxy = Proxy::socks(&lab, &site, None);
    lab.run(&site, &["-4", "-x", &format!("socks5://127.0.0.1:{}", proxy.port)]).exits(0);
    assert!(!proxy.heard().contains("localhost"));
}

#[test]
fn a_socks5_proxy_gets_user_and_password() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let proxy = Proxy::socks(&lab, &site, Some(b"\x01\x04user\x04pass"));
    let at = |user: &str| format!("socks5h://{user}@127.0.0.1:{}", proxy.port);
    lab.run(&site, &["-x", &at("user:pass")]).exits(0);
    let ran = lab.run(&site, &["-x", &at("user:canary")]);
    ran.ends(4, "error: the proxy");
    assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
}
