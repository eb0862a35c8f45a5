"""TYPE BODY FOLDER: the same as python-multipart reads it."""
import sys
from multipart.multipart import parse_form

kind, body, folder = sys.argv[1:]


def on_field(field):
    open(f"{folder}/{field.field_name.decode()}", "wb").write(field.value or b"")


def on_file(file):
    file.file_object.seek(0)
    name = file.field_name.decode()
    open(f"{folder}/{name}", "wb").write(file.file_object.read())
    open(f"{folder}/{name}.name", "w").write(file.file_name.decode())


with open(body, "rb") as stream:
    parse_form({"Content-Type": kind.encode()}, stream, on_field, on_file)
