"""What granian, a server built on rustls, answers."""


def application(_, start_response):
    start_response("200 OK", [("Content-Length", "6")])
    return [b"hello\n"]
