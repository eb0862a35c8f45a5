// PORT: Bun's server, built on BoringSSL, which insists on a certificate.
Bun.serve({
    hostname: "127.0.0.1",
    port: Number(process.argv[2]),
    tls: {
        key: Bun.file("server.key"),
        cert: Bun.file("server.pem"),
        ca: Bun.file("ca.pem"),
        requestCert: true,
        rejectUnauthorized: true,
    },
    fetch: () => new Response("hello\n"),
});
