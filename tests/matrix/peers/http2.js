// PORT: Node's HTTP/2 server, without the HTTP/1.1 that it can fall back to.
const fs = require("fs");
const http2 = require("http2");

const options = {
    key: fs.readFileSync("server.key"),
    cert: fs.readFileSync("server.pem"),
    ca: fs.readFileSync("ca.pem"),
    requestCert: true,
    rejectUnauthorized: false,
};
const server = http2.createSecureServer(options, (request, response) => response.end("hello\n"));
server.on("sessionError", () => {});
server.on("tlsClientError", () => {});
server.listen(Number(process.argv[2]), "127.0.0.1");
