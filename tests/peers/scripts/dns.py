"""LOG: a name server on 127.0.0.1:53. Each query is a line of LOG.

rebind.example.test is 8.8.8.8 to the first query for its IPv4 address and 127.0.0.1 from then on; both.example.test is
both at once; public.example.test is 8.8.8.8.
"""
import socket
import struct
import sys

log = open(sys.argv[1], "w", buffering=1)
asked = {}
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(1500)
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    kind = struct.unpack(">H", query[at + 1 : at + 3])[0]
    name = ".".join(labels).lower()
    asked[name, kind] = asked.get((name, kind), 0) + 1
    log.write(f"{name} {kind}\n")
    first = asked[name, kind] == 1
    addresses = {
        "rebind.example.test": ["8.8.8.8"] if first else ["127.0.0.1"],
        "both.example.test": ["8.8.8.8", "127.0.0.1"],
        "public.example.test": ["8.8.8.8"],
    }.get(name, [])
    addresses = addresses if kind == 1 else []
    head = query[:2] + struct.pack(">HHHHH", 0x8180, 1, len(addresses), 0, 0)
    records = b"".join(
        b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + socket.inet_aton(address) for address in addresses
    )
    server.sendto(head + query[12 : at + 5] + records, client)
