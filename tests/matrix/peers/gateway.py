"""CASE:PORT…: a platform or its Domain API that answers everything as the case says."""
import http.server
import sys
import threading

LOOKUPS = {"text": "it works!", "other": '{"baseURIs": [{"service": "other", "baseURI": "other.example.test"}]}'}


def serve(case, port):
    class Gateway(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def do_GET(self):
            body = LOOKUPS.get(case, '{"message": "no"}').encode()
            self.send_response(int(case) if case.isdigit() else 200)
            if case == "429":
                self.send_header("Retry-After", "5")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Gateway).serve_forever()


for argument in sys.argv[1:]:
    threading.Thread(target=serve, args=argument.split(":")).start()
