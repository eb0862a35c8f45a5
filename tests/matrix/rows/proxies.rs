//! Proxies that refuse or fail, and servers that are not proxies.

use crate::peer::{Peer, peer};
use crate::row::row;

const TARGET: &str = "https://localhost:~target~/";

pub(crate) fn peers() -> Vec<Peer> {
    vec![
        peer(
            "tinyproxy",
            "tinyproxy -d -c DIR/tinyproxy-ports.conf",
            [row("proxy refuses the target", "proxy-refused", TARGET).with("-x http://localhost:~port~")],
        )
        .file(
            "tinyproxy-ports.conf",
            "Port ~port~\nListen 127.0.0.1\nTimeout 9\nLogLevel Critical\nConnectPort 1\n",
        ),
        peer(
            "tinyproxy",
            "tinyproxy -d -c DIR/tinyproxy-password.conf",
            [row("proxy wants credentials", "proxy-credentials", TARGET).with("-x http://localhost:~port~")],
        )
        .file(
            "tinyproxy-password.conf",
            "Port ~port~\nListen 127.0.0.1\nTimeout 9\nLogLevel Critical\nBasicAuth user secret\n",
        ),
        peer(
            "tinyproxy",
            "tinyproxy -d -c DIR/tinyproxy-open.conf",
            [
                row("proxy does not reach the target", "proxy-failed", TARGET)
                    .with("-x http://localhost:~port~"),
                row("SOCKS proxy that is an HTTP proxy", "proxy-failed", TARGET)
                    .with("-x socks5://localhost:~port~"),
            ],
        )
        .file("tinyproxy-open.conf", "Port ~port~\nListen 127.0.0.1\nTimeout 1\nLogLevel Critical\n"),
        peer(
            "none",
            "",
            [row("proxy's port is closed", "proxy-failed", TARGET).with("-x http://localhost:~proxy~")],
        ),
        peer(
            "socket",
            "python3 SCRIPTS/raw.py proxy_502:~bad~ proxy_503:~busy~ proxy_closes:~closes~",
            [
                row("proxy answers 502", "proxy-failed", TARGET).with("-x http://localhost:~bad~"),
                row("proxy answers 503", "proxy-failed", TARGET).with("-x http://localhost:~busy~"),
                row("proxy ends the connection", "proxy-failed", TARGET)
                    .with("-x http://localhost:~closes~")
                    .racy(),
            ],
        ),
    ]
}
