"""HOW:PORT…: asks for a certificate, takes any, begins to answer, and then sends an alert that has nothing to do with it."""
import socket
import sys
import threading

from tlslite.api import X509CertChain, parsePEMKey
from tlslite.errors import BaseTLSException
from tlslite.messages import Alert
from tlslite.tlsconnection import TLSConnection

chain, key = X509CertChain(), parsePEMKey(open("rsa.key").read(), private=True)
chain.parsePemList(open("rsa.pem").read())

WARNING, FATAL = 1, 2
HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello"


def alert(endpoint, level, code):
    for _ in endpoint._sendMsg(Alert().create(code, level)):
        pass


def answer(endpoint, how):
    if how == "warned":
        # unrecognized_name: what some servers say to a name that they do not know, and go on.
        alert(endpoint, WARNING, 112)
    endpoint.write(HALF)
    if how == "failed":
        alert(endpoint, FATAL, 80)
    else:
        alert(endpoint, WARNING, 0)


def handle(connection, how):
    with connection:
        endpoint = TLSConnection(connection)
        try:
            endpoint.handshakeServer(certChain=chain, privateKey=key, reqCert=True, reqCAs=[], alpn=[b"http/1.1"])
            endpoint.read(min=1, max=65536)
            answer(endpoint, how)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        except (BaseTLSException, OSError):
            pass


def serve(how, port):
    listener = socket.create_server(("127.0.0.1", int(port)), backlog=64)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=handle, args=[connection, how], daemon=True).start()


for argument in sys.argv[1:]:
    threading.Thread(target=serve, args=argument.split(":")).start()
