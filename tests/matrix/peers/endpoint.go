// PORT STRICT: Go's HTTP server, which insists on a certificate; at the second port it has none itself for any host name.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
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
	own, err := tls.LoadX509KeyPair("server.pem", "server.key")
	if err != nil {
		log.Fatal(err)
	}
	settings := tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients}
	strict := settings.Clone()
	strict.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return nil, errors.New("no certificate for this name")
	}
	settings.Certificates = []tls.Certificate{own}
	go serve(os.Args[2], strict)
	serve(os.Args[1], &settings)
}

func serve(port string, settings *tls.Config) {
	hello := func(answer http.ResponseWriter, _ *http.Request) {
		answer.Write([]byte("hello\n"))
	}
	server := http.Server{Addr: "127.0.0.1:" + port, TLSConfig: settings, Handler: http.HandlerFunc(hello)}
	log.Fatal(server.ListenAndServeTLS("", ""))
}
