// PORT: Node's HTTPS server, which insists on a certificate and ends the connection without an alert.
const fs = require("fs");
const https = require("https");

const options = {
    key: fs.readFileSync("server.key"),
    cert: fs.readFileSync("server.pem"),
    ca: fs.readFileSync("ca.pem"),
    requestCert: true,
    rejectUnauthorized: true,
};
https.createServer(options, (request, response) => response.end("hello\n")).listen(Number(process.argv[2]), "127.0.0.1");
