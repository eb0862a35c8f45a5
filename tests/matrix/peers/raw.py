"""CASE:PORT…: sockets that do not speak TLS, each in its way."""
import socket
import struct
import sys
import threading


def hello(connection):
    """The whole first record: what lies unread when a socket is closed would make a reset of the close."""
    head = connection.recv(5, socket.MSG_WAITALL)
    connection.recv(struct.unpack(">H", head[3:])[0], socket.MSG_WAITALL)


def until_closed(connection):
    while connection.recv(65536):
        pass


def stall(connection):
    until_closed(connection)


def smtp(connection):
    connection.sendall(b"220 mail.example.test ESMTP\r\n")
    until_closed(connection)


def garbage(connection):
    connection.sendall(bytes(range(128, 192)) * 4)
    until_closed(connection)


def reset(connection):
    hello(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close(connection):
    hello(connection)


def proxy_502(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")


def proxy_503(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")


def proxy_closes(connection):
    connection.recv(65536)


def serve(case, port):
    listener = socket.create_server(("127.0.0.1", int(port)), backlog=64)

    def handle(connection):
        with connection:
            try:
                globals()[case](connection)
            except (OSError, struct.error):
                pass

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=handle, args=[connection], daemon=True).start()


for argument in sys.argv[1:]:
    threading.Thread(target=serve, args=argument.split(":")).start()
