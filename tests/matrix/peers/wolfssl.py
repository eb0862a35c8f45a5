"""PORT: wolfSSL's shared library, which insists on a certificate and answers one request."""
import ctypes
import socket
import sys
import threading

wolf = ctypes.CDLL("libwolfssl.so.35")
for name in ["wolfSSLv23_server_method", "wolfSSL_CTX_new", "wolfSSL_new"]:
    getattr(wolf, name).restype = ctypes.c_void_p
PEM, PEER, FAIL_WITHOUT, SUCCESS = 1, 1, 2, 1
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n"


def pointer(value):
    return ctypes.c_void_p(value)


def done(result):
    if result != SUCCESS:
        raise OSError("wolfSSL failed")


def configure():
    context = pointer(wolf.wolfSSL_CTX_new(pointer(wolf.wolfSSLv23_server_method())))
    done(wolf.wolfSSL_CTX_use_certificate_chain_file(context, b"server.pem"))
    done(wolf.wolfSSL_CTX_use_PrivateKey_file(context, b"server.key", PEM))
    done(wolf.wolfSSL_CTX_load_verify_locations(context, b"ca.pem", None))
    wolf.wolfSSL_CTX_set_verify(context, PEER | FAIL_WITHOUT, None)
    return context


def serve(context, client):
    connection, head = pointer(wolf.wolfSSL_new(context)), ctypes.create_string_buffer(65536)
    with client:
        try:
            done(wolf.wolfSSL_set_fd(connection, client.fileno()))
            done(wolf.wolfSSL_accept(connection))
            wolf.wolfSSL_read(connection, head, len(head))
            wolf.wolfSSL_write(connection, ANSWER, len(ANSWER))
            wolf.wolfSSL_shutdown(connection)
        except OSError:
            pass
        wolf.wolfSSL_free(connection)
        client.shutdown(socket.SHUT_WR)
        client.recv(65536)


wolf.wolfSSL_Init()
context = configure()
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64)
while True:
    threading.Thread(target=serve, args=[context, listener.accept()[0]], daemon=True).start()
