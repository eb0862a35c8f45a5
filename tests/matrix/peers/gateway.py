"""CASE:PORT…: a platform or its Domain API that answers everything as the case says; own- is in the platform's own shape."""
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
            own = '{"time": 1, "message": "no", "internalCode": 7}' if case.startswith("own-") else "no"
            body = LOOKUPS.get(case, own).encode()
            status = case.removeprefix("own-")
            self.send_response(int(status) if status.isdigit() else 200)
            if status == "429":
                self.send_header("Retry-After", "5")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Gateway).serve_forever()


for argument in sys.argv[1:]:
    threading.Thread(target=serve, args=argument.split(":")).start()
