"""CODE:PORT…: takes any certificate and then sends this alert: in TLS 1.2 before its Finished, in TLS 1.3 after it.
With 0 there is no alert, but a CertificateRequest that ends too early."""
import socket
import sys
import threading

from tlslite.api import X509CertChain, parsePEMKey
from tlslite.errors import BaseTLSException
from tlslite.messages import CertificateRequest
from tlslite.tlsconnection import TLSConnection

chain, key = X509CertChain(), parsePEMKey(open("rsa.key").read(), private=True)
chain.parsePemList(open("rsa.pem").read())


class Endpoint(TLSConnection):
    code = None

    def _sendMsg(self, message, *arguments, **named):
        if self.code == 0 and isinstance(message, CertificateRequest):
            whole = message.write()
            short = whole[4:-3]
            message.write = lambda: whole[:1] + len(short).to_bytes(3, "big") + short
        yield from super()._sendMsg(message, *arguments, **named)

    def _getFinished(self, *arguments, **named):
        if self.version < (3, 4):
            yield from self._sendError(self.code)
        yield from super()._getFinished(*arguments, **named)


def handle(connection, code):
    with connection:
        endpoint = Endpoint(connection)
        endpoint.code = code
        try:
            endpoint.handshakeServer(certChain=chain, privateKey=key, reqCert=True, reqCAs=[], alpn=[b"http/1.1"])
            for _ in endpoint._sendError(code):
                pass
        except (BaseTLSException, OSError):
            pass
        try:
            # A close with something unread would be a reset, which may overtake the alert.
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        except OSError:
            pass


def serve(code, port):
    listener = socket.create_server(("127.0.0.1", int(port)), backlog=64)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=handle, args=[connection, int(code)], daemon=True).start()


for argument in sys.argv[1:]:
    threading.Thread(target=serve, args=argument.split(":")).start()
