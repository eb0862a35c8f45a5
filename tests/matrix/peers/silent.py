"""CASE:PORT…: TLS without a word: the endpoint's messages are held back, and its alerts never sent.

half and eof end, or fall silent, after the ServerHello; bare, reset and held judge the client's certificate, and end or
hold the connection when they do not like it.
"""
import socket
import ssl
import struct
import sys
import threading

context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile="ca.pem")
context.load_cert_chain("server.pem", "server.key")
context.verify_mode = ssl.CERT_REQUIRED


def until_closed(connection):
    while connection.recv(65536):
        pass


def handshake(connection):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_side=True)
    while True:
        try:
            return tls.do_handshake()
        except ssl.SSLWantReadError:
            yield outgoing.read()
            received = connection.recv(65536)
            if not received:
                return
            incoming.write(received)


def half(connection):
    steps = handshake(connection)
    next(steps)
    flight = next(steps)
    connection.sendall(flight[: 5 + struct.unpack(">H", flight[3:5])[0]])
    until_closed(connection)


def eof(connection):
    steps = handshake(connection)
    next(steps)
    flight = next(steps)
    connection.sendall(flight[: 5 + struct.unpack(">H", flight[3:5])[0]])


def bare(connection):
    try:
        for flight in handshake(connection):
            connection.sendall(flight)
    except ssl.SSLError:
        pass


def reset(connection):
    bare(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def held(connection):
    bare(connection)
    until_closed(connection)


def serve(case, port):
    listener = socket.create_server(("127.0.0.1", int(port)), backlog=64)

    def handle(connection):
        with connection:
            try:
                globals()[case](connection)
            except (OSError, StopIteration):
                pass

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=handle, args=[connection], daemon=True).start()


for argument in sys.argv[1:]:
    threading.Thread(target=serve, args=argument.split(":")).start()
