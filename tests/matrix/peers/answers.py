"""CASE:PORT…: takes any certificate (mute and rude ask for none, strict verifies it), and answers as the case says."""
import socket
import ssl
import struct
import sys
import threading

OK = b"HTTP/1.1 200 OK\r\n"
TEN = OK + b"Content-Length: 10\r\n\r\nhello"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
SHORT = b"Content-Length: 3\r\n\r\nno\n"

# What is said, and how it ends: with close_notify, by a bare close, by a reset, or when the client goes.
CASES = {
    "strict": (OK + SHORT, "notify"),
    "failed": (b"HTTP/1.1 500 Internal Server Error\r\n" + SHORT, "notify"),
    "busy": (b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 30\r\n" + SHORT, "notify"),
    "limited": (b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 60\r\n" + SHORT, "notify"),
    "reset": (TEN, "reset"),
    "cut": (TEN, "bare"),
    "politely": (TEN, "notify"),
    "unproven": (OK + b"\r\nhello", "bare"),
    "closed": (OK + b"\r\nhello", "notify"),
    "mute": (b"", "bare"),
    "rude": (b"", "reset"),
    "chunk": (CHUNKED + b"zz\r\n", "notify"),
    "chunks": (CHUNKED, "notify"),
    "head": (OK + b"Set-Cookie: a=b\r\n" * 60_000, "client"),
    "half": (OK + b"Content-Type: te", "notify"),
    "banner": (b"220 mail.example.test ESMTP\r\n", "notify"),
    "status": (b"HTTP/1.1 twohundred OK\r\n\r\n", "notify"),
    "line": (OK + b"no colon here\r\n\r\n", "notify"),
    "lengths": (OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nno\n", "notify"),
    "slow": (TEN, "client"),
    "late": (b"", "client"),
}


def context(case):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile="ca.pem")
    context.load_cert_chain("server.pem", "server.key")
    context.set_alpn_protocols(["http/1.1"])
    if case == "strict":
        context.verify_mode = ssl.CERT_REQUIRED
    elif case not in ("mute", "rude"):
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def answer(tls, said, end):
    request = b""
    while b"\r\n\r\n" not in request:
        piece = tls.recv(65536)
        if not piece:
            return
        request += piece
    tls.sendall(said)
    if end == "notify":
        tls.unwrap()
    elif end == "client":
        while tls.recv(65536):
            pass
    elif end == "reset":
        tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def serve(case, port):
    listener, rules = socket.create_server(("127.0.0.1", int(port)), backlog=64), context(case)

    def handle(connection):
        # What waits for an acknowledgement when the reset comes would never be sent.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with connection, rules.wrap_socket(connection, server_side=True) as tls:
                answer(tls, *CASES[case])
        except OSError:
            pass

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=handle, args=[connection], daemon=True).start()


for argument in sys.argv[1:]:
    threading.Thread(target=serve, args=argument.split(":")).start()
