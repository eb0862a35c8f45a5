"""PORT: HTTP/2 that ends a stream in the way that the path names. Asks for a certificate and takes any."""
import socket
import ssl
import sys
import threading

import h2.config
import h2.connection
import h2.events
from h2.errors import ErrorCodes

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("server.pem", "server.key")
context.load_verify_locations("ca.pem")
context.verify_mode = ssl.CERT_OPTIONAL
context.set_alpn_protocols(["h2"])

RESETS = {
    "http-1.1": ErrorCodes.HTTP_1_1_REQUIRED,
    "refused": ErrorCodes.REFUSED_STREAM,
    "failed": ErrorCodes.INTERNAL_ERROR,
    "cancelled": ErrorCodes.CANCEL,
    "no-error": ErrorCodes.NO_ERROR,
    "unsized": ErrorCodes.NO_ERROR,
}


def answer(http, stream, path):
    """What the path asks for: `/half-HOW` begins an answer first; `goaway`, `gone`, or the name of a reset."""
    how = path.removeprefix("/").removeprefix("half-")
    if path.startswith("/half-"):
        length = [] if how == "unsized" else [("content-length", "9")]
        http.send_headers(stream, [(":status", "200"), *length])
        http.send_data(stream, b"hello")
    if how == "goaway":
        http.close_connection(ErrorCodes.INTERNAL_ERROR)
    elif how in RESETS:
        http.reset_stream(stream, RESETS[how])


def handle(connection):
    try:
        with context.wrap_socket(connection, server_side=True) as stream:
            http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
            http.initiate_connection()
            stream.sendall(http.data_to_send())
            while data := stream.recv(65536):
                for event in http.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        path = dict(event.headers)[":path"]
                        answer(http, event.stream_id, path)
                        stream.sendall(http.data_to_send())
                        if path.endswith(("gone", "goaway")):
                            stream.unwrap()
                            return
                stream.sendall(http.data_to_send())
    except (OSError, ssl.SSLError):
        pass


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64)
while True:
    connection, _ = listener.accept()
    threading.Thread(target=handle, args=[connection], daemon=True).start()
