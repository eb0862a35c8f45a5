"""CODE: a name server on 127.0.0.1:53 that answers every query with this code and no address, or, without a code, not at all."""
import socket
import struct
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
print("ready", flush=True)
while True:
    query, client = server.recvfrom(1500)
    if len(sys.argv) > 1:
        end = query.index(b"\0", 12) + 5
        head = query[:2] + struct.pack(">HHHHH", 0x8180 | int(sys.argv[1]), 1, 0, 0, 0)
        server.sendto(head + query[12:end], client)
