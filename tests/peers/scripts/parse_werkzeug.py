"""TYPE BODY FOLDER: writes each part of a multipart body to FOLDER by its name, as werkzeug reads it."""
import sys
from werkzeug.formparser import parse_form_data

kind, body, folder = sys.argv[1:]
data = open(body, "rb").read()
environ = {
    "REQUEST_METHOD": "POST",
    "CONTENT_TYPE": kind,
    "CONTENT_LENGTH": str(len(data)),
    "wsgi.input": open(body, "rb"),
}
_, form, files = parse_form_data(environ)
for name, part in files.items():
    open(f"{folder}/{name}", "wb").write(part.read())
    open(f"{folder}/{name}.name", "w").write(part.filename)
for name, value in form.items():
    # werkzeug takes fields for UTF-8; these are.
    open(f"{folder}/{name}", "wb").write(value.encode())
