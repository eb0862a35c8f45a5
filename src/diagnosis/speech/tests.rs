//! What servers say, and what it means.

use super::*;

#[test]
fn servers_are_understood_by_what_they_say() {
    let rows = [
        // nginx, and Azure's gateways made of it.
        (Some(Says::Missing), "<center>No required SSL certificate was sent</center><hr>nginx/1.22.1"),
        (Some(Says::Refused), "<title>400 The SSL certificate error</title>"),
        (Some(Says::Missing), "496 SSL Certificate Required"),
        // IIS, in its short and its detailed form.
        (Some(Says::Missing), "<h3>HTTP Error 403.7 - Forbidden</h3>"),
        (Some(Says::NotAuthorized), "403.12 - Forbidden: Mapper denied access."),
        (Some(Says::Revoked), "<h2>403.13 - Forbidden: Client certificate revoked.</h2>"),
        (Some(Says::Untrusted), "HTTP Error 403.16 - Forbidden"),
        (Some(Says::Expired), "<title>IIS 10.0 Detailed Error - 403.17 - Forbidden</title>"),
        (Some(Says::Untrusted), "Your client certificate is either not trusted or is invalid."),
        // Gateways.
        (Some(Says::Refused), r#"{ "statusCode": 403, "message": "Invalid client certificate" }"#),
        (Some(Says::Missing), r#"{"message":"No required TLS certificate was sent"}"#),
        (Some(Says::Refused), r#"{"message":"TLS certificate failed verification"}"#),
        (Some(Says::Missing), r#"{"error_description":"proper client ssl certificate was not presented"}"#),
        (
            Some(Says::NotAuthorized),
            "Mutual SSL authentication failure. API is not associated with the certificate",
        ),
        (
            Some(Says::Untrusted),
            r#"{"message":"Access denied. Reason: Could not find issuer for certificate"}"#,
        ),
        (Some(Says::Untrusted), "Access denied. Reason: self signed certificate"),
        (Some(Says::Untrusted), r#"{"faultstring":"Client certificate not found in truststore"}"#),
        (Some(Says::Missing), r#"{"code":"ClientCertificateMissing"}"#),
        (Some(Says::Refused), r#"{"error":"invalid_client_certificate"}"#),
        (Some(Says::NotAuthorized), "client certificate thumbprint mismatch"),
        (Some(Says::Missing), "Client certificate required"),
        (Some(Says::Missing), "This API requires a client certificate"),
        (Some(Says::Missing), "No client cert provided"),
        (Some(Says::Missing), "mTLS is required"),
        (Some(Says::Expired), "certificate has expired"),
        // Java: Tomcat, Jetty, Spring.
        (Some(Says::Missing), "<p><b>Message</b> No client certificate chain in this request</p>"),
        (Some(Says::Missing), "No client certificate found in request."),
        // Texts that are not about the client's certificate.
        (None, "403 Forbidden"),
        (None, r#"{"message":"Forbidden"}"#),
        (None, "RBAC: access denied"),
        (None, "A certificate number is required"),
        (None, "Error 403.70 - not one of them"),
        (None, "Download our certificate of conformity. The page was not found."),
        (None, ""),
    ];
    check(&rows);
}

/// As nginx's $ssl_client_verify, HAProxy and Node write it.
#[test]
fn results_of_a_verification_by_openssl_are_understood() {
    check(&[
        (Some(Says::Untrusted), r#"{"error":"FAILED:unable to verify the first certificate"}"#),
        (Some(Says::Untrusted), "FAILED:unable to get local issuer certificate"),
        (Some(Says::Untrusted), "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
        (Some(Says::Untrusted), r#"{"error":"SELF_SIGNED_CERT_IN_CHAIN"}"#),
        (Some(Says::Expired), "CERT_HAS_EXPIRED"),
        (Some(Says::Expired), "FAILED:certificate is not yet valid"),
        (Some(Says::Revoked), "CERT_REVOKED"),
        (Some(Says::Revoked), "FAILED:CRL has expired"),
        (Some(Says::Revoked), "FAILED:unable to get certificate CRL"),
        (Some(Says::Purpose), "FAILED:unsupported certificate purpose"),
        (Some(Says::Purpose), "INVALID_PURPOSE: unsuitable certificate purpose"),
        (Some(Says::Refused), "FAILED:certificate chain too long"),
    ]);
}

fn check(rows: &[(Option<Says>, &str)]) {
    for (wanted, text) in rows {
        assert_eq!(classify(text).map(|(says, _)| says), *wanted, "{text}");
    }
}

#[test]
fn the_sentence_itself_is_shown() {
    let page = "<html><body>Sorry. Your  <b>client\ncertificate</b> was revoked. Bye.</body></html>";
    assert_eq!(classify(page), Some((Says::Revoked, "Your client certificate was revoked".into())));
    let json = r#"{"status":403,"title":"Invalid client certificate"}"#;
    assert_eq!(classify(json), Some((Says::Refused, "Invalid client certificate".into())));
}
