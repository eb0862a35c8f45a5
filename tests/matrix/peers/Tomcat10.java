// HANDSHAKE LATE: Tomcat, which insists on a certificate in the handshake at one port, and asks after the request at the other.
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.LoginConfig;
import org.apache.tomcat.util.descriptor.web.SecurityCollection;
import org.apache.tomcat.util.descriptor.web.SecurityConstraint;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;

public class Tomcat10 {
    public static void main(String[] arguments) throws Exception {
        String password = Files.readString(Path.of("password.txt")).strip();
        KeyStore roots = KeyStore.getInstance("PKCS12");
        roots.load(null, null);
        try (var pem = Files.newInputStream(Path.of("ca.pem"))) {
            roots.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        try (OutputStream file = new FileOutputStream("tomcat-roots.p12")) {
            roots.store(file, password.toCharArray());
        }
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir("tomcat");
        tomcat.getService().addConnector(connector(Integer.parseInt(arguments[0]), password, "required"));
        tomcat.getService().addConnector(connector(Integer.parseInt(arguments[1]), password, "none"));
        Context context = tomcat.addContext("", null);
        Tomcat.addServlet(context, "hello", new HttpServlet() {
            @Override
            protected void doGet(HttpServletRequest request, HttpServletResponse answer) throws IOException {
                answer.getWriter().println("hello");
            }
        });
        context.addServletMappingDecoded("/", "hello");
        SecurityCollection asked = new SecurityCollection();
        asked.addPattern("/asked");
        SecurityConstraint constraint = new SecurityConstraint();
        constraint.addCollection(asked);
        constraint.addAuthRole("client");
        context.addConstraint(constraint);
        context.addSecurityRole("client");
        context.setLoginConfig(new LoginConfig("CLIENT-CERT", null, null, null));
        context.getPipeline().addValve(new org.apache.catalina.authenticator.SSLAuthenticator());
        tomcat.start();
        tomcat.getServer().await();
    }

    private static Connector connector(int port, String password, String verification) {
        SSLHostConfig host = new SSLHostConfig();
        host.setTruststoreFile(Path.of("tomcat-roots.p12").toAbsolutePath().toString());
        host.setTruststorePassword(password);
        host.setTruststoreType("PKCS12");
        host.setCertificateVerification(verification);
        SSLHostConfigCertificate own = new SSLHostConfigCertificate(host, SSLHostConfigCertificate.Type.RSA);
        own.setCertificateKeystoreFile(Path.of("server.pfx").toAbsolutePath().toString());
        own.setCertificateKeystorePassword(password);
        own.setCertificateKeystoreType("PKCS12");
        host.addCertificate(own);
        Connector connector = new Connector("org.apache.coyote.http11.Http11NioProtocol");
        connector.setPort(port);
        connector.setProperty("address", "127.0.0.1");
        connector.setProperty("SSLEnabled", "true");
        connector.setSecure(true);
        connector.setScheme("https");
        connector.addSslHostConfig(host);
        return connector;
    }
}
