// PORT: Go's HTTP server, which insists on a certificate.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"log"
	"net/http"
	"os"
)

func main() {
	pem, err := os.ReadFile("ca.pem")
	if err != nil {
		log.Fatal(err)
	}
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM(pem)
	server := http.Server{
		Addr:      "127.0.0.1:" + os.Args[1],
		TLSConfig: &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients},
		Handler: http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
			answer.Write([]byte("hello\n"))
		}),
	}
	log.Fatal(server.ListenAndServeTLS("server.pem", "server.key"))
}
