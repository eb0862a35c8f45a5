//! The platform's resource and its client against other programs: curl, requests, oauthlib, four multipart
//! parsers, and a name server that changes its answer.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::harness::{Lab, PASSWORD, free_port};
use crate::server::{BODY, Server, config, lab};

const CREDENTIALS: &str = "
[[credential]]
bearer = \"token\"
accounts = [\"12345678\"]
permissions = [\"MTLS_READ_INTERNAL\"]

[[credential]]
accounts = [\"12345678\"]
permissions = [\"MTLS_READ_INTERNAL\"]
oauth1 = { consumer_key = \"ck\", consumer_secret = \"c&s\", token = \"t\", token_secret = \"t s\" }
";

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/scripts").join(name)
}

fn credentials(lab: &Lab) {
    lab.write_private("credentials.toml", CREDENTIALS);
}

fn serve(lab: &Lab, more: &[&str]) -> Server {
    credentials(lab);
    let port = free_port();
    let mut command = Command::new(env!("CARGO_BIN_EXE_p12-test"));
    command.args(["serve", "--credentials", "credentials.toml", "--cacert", "ca.pem", "--listen"]);
    command.arg(format!("127.0.0.1:{port}")).args(more);
    Server::start(lab, port, command)
}

/// An endpoint that answers [`BODY`] to everything.
fn endpoint(lab: &Lab) -> Server {
    let port = free_port();
    let config = config(
        lab,
        "nginx.conf",
        port,
        "daemon off; pid DIR/nginx.pid; error_log DIR/error.log; events {}
         http { access_log off; client_body_temp_path DIR/b; proxy_temp_path DIR/p; fastcgi_temp_path DIR/f;
                 uwsgi_temp_path DIR/u; scgi_temp_path DIR/s;
         server { listen 127.0.0.1:PORT ssl; ssl_certificate DIR/server.pem; ssl_certificate_key DIR/server.key;
                   ssl_client_certificate DIR/ca.pem; ssl_verify_depth 3; ssl_verify_client on;
                   location / { return 200 'the answer of a real server\\n'; } } }",
    );
    let mut command = Command::new("nginx");
    command.arg("-p").arg(lab.path("")).arg("-e").arg(lab.path("early.log")).arg("-c").arg(config);
    Server::start(lab, port, command)
}

fn output(command: &mut Command) -> (bool, Vec<u8>) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    if !output.status.success() {
        let stdout = String::from_utf8_lossy(&output.stdout);
        panic!("{command:?}: {stdout}{}", String::from_utf8_lossy(&output.stderr));
    }
    (output.status.success(), output.stdout)
}

#[test]
#[ignore = "needs curl and nginx"]
fn curl_makes_the_documented_request() {
    let lab = lab();
    let (endpoint, served) =
        (endpoint(&lab), serve(&lab, &["--allow-net", "127.0.0.0/8", "--allow-net", "::1/128"]));
    let forward = format!("LP-forward-url: https://localhost:{}/", endpoint.port);
    let url = format!("http://127.0.0.1:{}/mtls/account/12345678/p12-test/multipart", served.port);
    let form = ["-F", "file=@good.p12", "-F", "password=correct horse", "-F", "body=hello;type=text/plain"];
    for order in [form, ["-F", "body=hello", "-F", "password=correct horse", "-F", "file=@good.p12"]] {
        let mut curl = Command::new("curl");
        curl.current_dir(lab.path("")).args([
            "-sS",
            "--fail-with-body",
            "-H",
            "Authorization: Bearer token",
            "-H",
            &forward,
        ]);
        let (_, answer) = output(curl.args(order).arg(&url));
        assert_eq!(answer, BODY.as_bytes());
    }
}

#[test]
#[ignore = "needs Python's requests and nginx"]
fn requests_makes_the_documented_request_with_oauth1() {
    let lab = lab();
    let (endpoint, served) =
        (endpoint(&lab), serve(&lab, &["--allow-net", "127.0.0.0/8", "--allow-net", "::1/128"]));
    let mut python = Command::new("/usr/bin/python3");
    python
        .arg(script("submit.py"))
        .arg(format!("http://127.0.0.1:{}", served.port))
        .arg(lab.path("good.p12"));
    let (_, answer) = output(python.arg(PASSWORD).arg(format!("https://localhost:{}/", endpoint.port)));
    assert_eq!(answer, BODY.as_bytes());
}

/// What one submission put on the wire: its head in text, and its body.
fn recorded(lab: &Lab, arguments: &[&str]) -> (String, Vec<u8>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let recording = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut bytes, mut piece) = (Vec::new(), [0; 65536]);
        loop {
            let read = stream.read(&mut piece).unwrap();
            bytes.extend_from_slice(&piece[..read]);
            let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if read == 0 || bytes.len() - end - 4 >= length.parse().unwrap() {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
                return (head, bytes[end + 4..].to_vec());
            }
        }
    });
    let mut command = Command::new(env!("CARGO_BIN_EXE_p12-test"));
    command.current_dir(lab.path("")).env_clear().args(["--account", "12345678", "--domain"]);
    output(command.arg(format!("http://127.0.0.1:{port}")).args(arguments));
    recording.join().unwrap()
}

#[test]
#[ignore = "needs Python, Node and Java"]
fn four_parsers_read_the_same_bytes() {
    let lab = lab();
    let every_byte: Vec<u8> = (0..=255).chain((0..=255).rev()).chain(*b"\r\n--\r\n\r\n").collect();
    lab.write("client.p12", &every_byte);
    let password = "qu\"ote' \\ \r\nnew; line\nZoë 例 \u{1F511}=&%";
    lab.write("secret.txt", &[password, "\n"].concat());
    let body =
        "--\r\n--boundary\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nnot it\r\n--boundary--\r\n";
    lab.write("body.txt", body);
    let arguments = [
        "--bearer",
        "token",
        "--no-precheck",
        "--password-file",
        "secret.txt",
        "-d",
        "@body.txt",
        "client.p12",
        "https://localhost:9/",
    ];
    let (head, bytes) = recorded(&lab, &arguments);
    let kind = head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap();
    lab.write("recorded", &bytes);
    let (mut werkzeug, mut multipart) = (Command::new("/usr/bin/python3"), Command::new("/usr/bin/python3"));
    werkzeug.arg(script("parse_werkzeug.py"));
    multipart.arg(script("parse_multipart.py"));
    let mut busboy = Command::new("node");
    busboy.env("NODE_PATH", "/usr/share/nodejs").arg(script("parse_busboy.js"));
    let mut java = Command::new("java");
    java.args(["-cp", "/usr/share/java/jakarta-mail.jar:/usr/share/java/jakarta-activation.jar"])
        .arg(script("Parse.java"));
    for (name, mut parser) in
        [("werkzeug", werkzeug), ("multipart", multipart), ("busboy", busboy), ("java", java)]
    {
        std::fs::create_dir(lab.path(name)).unwrap();
        output(parser.arg(kind).arg(lab.path("recorded")).arg(lab.path(name)));
        let read = |part: &str| std::fs::read(lab.path(name).join(part)).unwrap();
        assert!(read("file") == every_byte, "{name}");
        assert_eq!(String::from_utf8(read("password")).unwrap(), password, "{name}");
        assert_eq!(String::from_utf8(read("body")).unwrap(), body, "{name}");
        assert_eq!(read("file.name"), b"client.p12", "{name}");
    }
}

#[test]
#[ignore = "needs Python's oauthlib"]
fn oauthlib_finds_our_signatures_right() {
    let lab = lab();
    let (client, token) = ("cs/with+special=chars& é", "ts~safe-_.!*'()");
    lab.write_private("oauth", &format!("ck_0123456789abcdef\n{client}\ntok_fed %\n{token}\n"));
    for method in ["hmac-sha1", "hmac-sha256"] {
        let arguments = [
            "--oauth1-file",
            "oauth",
            "--oauth1-method",
            method,
            "--password-file",
            "password.txt",
            "good.p12",
            "https://localhost:9/",
        ];
        let (head, _) = recorded(&lab, &arguments);
        let line = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
        let url = format!("http://{}/mtls/account/12345678/p12-test/multipart", line("host: "));
        let header = line("authorization: ");
        assert!(!header.contains("realm") && header.matches("OAuth").count() == 1, "{header}");
        output(
            Command::new("/usr/bin/python3")
                .arg(script("verify_oauth1.py"))
                .args([&url, &header, client, token]),
        );
        let mut wrong = Command::new("/usr/bin/python3");
        wrong.arg(script("verify_oauth1.py")).args([&url, &header, client, "other"]);
        assert!(!wrong.status().unwrap().success());
    }
}

/// Runs in its own network and mount namespaces, where the way to 8.8.8.8 ends at this machine, whose address is 9.9.9.9,
/// and DNS is ours.
const NAMESPACE: &str = r#"
set -e
ip link set lo up
ip route add local 8.8.8.8/32 dev lo
ip address add 9.9.9.9/32 dev lo
printf 'nameserver 127.0.0.1\n' > resolv.conf
mount --bind resolv.conf /etc/resolv.conf
printf 'hosts: dns\n' > nsswitch.conf
mount --bind nsswitch.conf /etc/nsswitch.conf
printf '8.8.8.8 hosts.example.test\n9.9.9.9 own.example.test\n' > hosts
mount --bind hosts /etc/hosts
/usr/bin/python3 "$DNS" queries.log & dns=$!
openssl s_server -accept 443 -cert named.pem -cert_chain named.pem -key named.key -Verify 3 -CAfile ca.pem -www -quiet & peer=$!
"$SERVE" serve --credentials credentials.toml --cacert ca.pem --listen 127.0.0.1:8080 --rate 0 2> serve.log & serve=$!
trap 'kill $dns $peer $serve' EXIT
for port in 443 8080; do
    until (exec 3<>/dev/tcp/127.0.0.1/$port) 2> /dev/null; do :; done
done
until [ -e queries.log ]; do :; done
for host in public.example.test hosts.example.test rebind.example.test rebind.example.test both.example.test \
    own.example.test; do
    : > queries.log
    status=$(curl -sS -o answer -w '%{http_code}' -F file=@good.p12 -F 'password=correct horse' \
        -H 'Authorization: Bearer token' -H "LP-forward-url: https://$host/" -H 'LP-method-override: GET' \
        http://127.0.0.1:8080/mtls/account/12345678/p12-test/multipart)
    echo "$host $status queries=$(grep -c ' 1$' queries.log) $(grep -o 'may not be called\|Ciphers supported' answer | head -1)"
done
"#;

#[test]
#[ignore = "needs namespaces, Python, curl and openssl"]
fn a_name_that_changes_its_mind_leads_nowhere() {
    let lab = lab();
    credentials(&lab);
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "bash", "-c", NAMESPACE]).current_dir(lab.path(""));
    command.env("DNS", script("dns.py")).env("SERVE", env!("CARGO_BIN_EXE_p12-test"));
    let (_, answer) = output(command.env_remove("SSL_CERT_FILE"));
    let answer = String::from_utf8(answer).unwrap();
    assert_eq!(
        answer,
        "public.example.test 200 queries=1 Ciphers supported\n\
         hosts.example.test 200 queries=0 Ciphers supported\n\
         rebind.example.test 200 queries=1 Ciphers supported\n\
         rebind.example.test 403 queries=1 may not be called\n\
         both.example.test 403 queries=1 may not be called\n\
         own.example.test 403 queries=0 may not be called\n"
    );
}
