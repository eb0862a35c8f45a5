"""PORT: s2n-tls, as in the wheel of awscrt, which insists on a certificate and answers one request."""
import ctypes
import glob
import socket
import sys
import threading

folder = next(path for path in sys.path if glob.glob(path + "/_awscrt*.so"))
s2n = ctypes.CDLL(glob.glob(folder + "/_awscrt*.so")[0])
for name in ["config_new", "cert_chain_and_key_new", "connection_new"]:
    getattr(s2n, "s2n_" + name).restype = ctypes.c_void_p
SERVER, REQUIRED = 0, 1
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n"


def pointer(value):
    return ctypes.c_void_p(value)


def done(result):
    if result < 0:
        raise OSError("s2n-tls failed")
    return result


# It asks this for every name in the client's certificate.
@ctypes.CFUNCTYPE(ctypes.c_uint8, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p)
def any_name(_name, _length, _data):
    return 1


def configure():
    config = pointer(s2n.s2n_config_new())
    pair = pointer(s2n.s2n_cert_chain_and_key_new())
    done(s2n.s2n_cert_chain_and_key_load_pem(pair, open("server.pem", "rb").read(), open("server.key", "rb").read()))
    done(s2n.s2n_config_add_cert_chain_and_key_to_store(config, pair))
    done(s2n.s2n_config_set_cipher_preferences(config, b"default_tls13"))
    done(s2n.s2n_config_set_verification_ca_location(config, b"ca.pem", None))
    done(s2n.s2n_config_set_client_auth_type(config, REQUIRED))
    done(s2n.s2n_config_set_verify_host_callback(config, any_name, None))
    return config


def serve(config, client):
    connection, blocked, head = pointer(s2n.s2n_connection_new(SERVER)), ctypes.c_int(), ctypes.create_string_buffer(65536)
    with client:
        try:
            done(s2n.s2n_connection_set_config(connection, config))
            done(s2n.s2n_connection_set_fd(connection, client.fileno()))
            done(s2n.s2n_negotiate(connection, ctypes.byref(blocked)))
            done(s2n.s2n_recv(connection, head, ctypes.c_ssize_t(len(head)), ctypes.byref(blocked)))
            done(s2n.s2n_send(connection, ANSWER, ctypes.c_ssize_t(len(ANSWER)), ctypes.byref(blocked)))
        except OSError:
            pass
        s2n.s2n_shutdown(connection, ctypes.byref(blocked))


done(s2n.s2n_init())
config = configure()
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64)
while True:
    threading.Thread(target=serve, args=[config, listener.accept()[0]], daemon=True).start()
