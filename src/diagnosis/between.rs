//! What stands between this machine and the endpoint and ends TLS itself: a CDN, a load balancer, a proxy that inspects.

use http::HeaderMap;

use crate::evidence::Evidence;

/// A header that a product adds to answers: its name or the beginning of it, a part of its value in lower case, and the
/// product.
type HeaderSign = (&'static str, &'static str, &'static str);

/// The first that fits counts, so that a product comes before what it is made of.
const MARKS: &[HeaderSign] = &[
    ("cf-ray", "", "Cloudflare"),
    ("server", "cloudflare", "Cloudflare"),
    ("x-amz-cf-id", "", "Amazon CloudFront"),
    ("x-amz-apigw-id", "", "Amazon API Gateway"),
    ("apigw-requestid", "", "Amazon API Gateway"),
    ("server", "awselb", "an AWS load balancer"),
    ("x-amzn-", "", "an AWS gateway or load balancer"),
    ("x-amz-", "", "an AWS gateway or load balancer"),
    ("x-azure-ref", "", "Azure Front Door"),
    ("server", "microsoft-azure-application-gateway", "Azure Application Gateway"),
    ("x-served-by", "cache-", "Fastly"),
    ("server", "akamaighost", "Akamai"),
    ("x-akamai-", "", "Akamai"),
    ("via", "google", "a Google Cloud load balancer"),
    ("x-iinfo", "", "Imperva"),
    ("server", "big-ip", "F5 BIG-IP"),
    ("server", "bigip", "F5 BIG-IP"),
    ("via", "kong", "Kong"),
    ("x-kong-", "", "Kong"),
    ("server", "envoy", "Envoy"),
    ("x-envoy-", "", "Envoy"),
    ("x-varnish", "", "Varnish"),
    ("via", "", "a proxy"),
];

/// The product in front of the endpoint that an answer came through, and the header that shows it, as a clause.
pub(super) fn name_front(headers: &HeaderMap) -> Option<String> {
    MARKS.iter().find_map(|(name, part, product)| {
        let fits = |field: &str| if name.ends_with('-') { field.starts_with(name) } else { field == *name };
        let holds = |value: &[u8]| String::from_utf8_lossy(value).to_lowercase().contains(part);
        let (field, _) =
            headers.iter().find(|(field, value)| fits(field.as_str()) && holds(value.as_bytes()))?;
        Some(format!("the answer came through {product} (header {field})"))
    })
}

/// Parts of the names of CAs, in lower case, by which proxies inspect TLS, and what is known by them.
const INSPECTORS: &[(&str, &str)] = &[
    ("zscaler", "Zscaler"),
    ("netskope", "Netskope"),
    ("goskope", "Netskope"),
    ("fortinet", "Fortinet"),
    ("fortigate", "Fortinet"),
    ("palo alto", "Palo Alto Networks"),
    ("forward trust", "Palo Alto Networks"),
    ("blue coat", "Blue Coat"),
    ("bluecoat", "Blue Coat"),
    ("symantec web", "Symantec Web Security"),
    ("cisco umbrella", "Cisco Umbrella"),
    ("forcepoint", "Forcepoint"),
    ("websense", "Forcepoint"),
    ("mcafee", "McAfee Web Gateway"),
    ("skyhigh", "Skyhigh Security"),
    ("sophos", "Sophos"),
    ("dpi-ssl", "SonicWall"),
    ("trend micro", "Trend Micro"),
    ("proxysg", "Blue Coat"),
    ("contentkeeper", "ContentKeeper"),
    ("lightspeed", "Lightspeed"),
    ("untangle", "Untangle"),
    ("check point", "Check Point"),
    ("checkpoint", "Check Point"),
    ("barracuda", "Barracuda"),
    ("watchguard", "WatchGuard"),
    ("cato networks", "Cato Networks"),
    ("menlo security", "Menlo Security"),
    ("iboss", "iboss"),
    ("securly", "Securly"),
    ("smoothwall", "Smoothwall"),
    ("gateway ca - cloudflare", "Cloudflare Gateway"),
    ("kaspersky", "Kaspersky"),
    ("bitdefender", "Bitdefender"),
    ("avast", "Avast"),
    ("eset ssl", "ESET"),
    ("mitmproxy", "mitmproxy"),
    ("portswigger", "Burp"),
    ("fiddler", "Fiddler"),
    ("charles proxy", "Charles"),
    ("squid", "Squid"),
    ("inspect", "a proxy"),
    ("intercept", "a proxy"),
    ("decrypt", "a proxy"),
    ("web gateway", "a proxy"),
    ("ssl proxy", "a proxy"),
];

/// Who inspects TLS on the way, by the CAs that the endpoint's certificate leads to; and the CA's name.
pub(super) fn find_inspector(evidence: &Evidence) -> Option<(&'static str, &str)> {
    evidence.server_chain.iter().find_map(|certificate| {
        let issuer = certificate.issuer.to_lowercase();
        let (_, product) = INSPECTORS.iter().find(|(part, _)| issuer.contains(part))?;
        Some((*product, certificate.issuer.as_str()))
    })
}

/// What to do about a proxy that inspects TLS, where one is known to be on the way.
pub fn inspection_hint(evidence: &Evidence) -> Option<String> {
    let (product, issuer) = find_inspector(evidence)?;
    Some(format!(
        "{product} seems to inspect TLS on the way (the CA {issuer}), and no client certificate gets through that: \
         ask its administrator to exempt this host from inspection"
    ))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;
    use crate::evidence::Certificate;

    #[test]
    fn a_front_is_known_by_its_headers() {
        let rows = [
            ("cf-ray", "8f1-FRA", Some("Cloudflare")),
            ("server", "cloudflare", Some("Cloudflare")),
            ("x-amz-cf-id", "abc==", Some("Amazon CloudFront")),
            ("x-amz-apigw-id", "abc=", Some("Amazon API Gateway")),
            ("server", "awselb/2.0", Some("an AWS load balancer")),
            ("x-amzn-requestid", "1", Some("an AWS gateway or load balancer")),
            ("x-azure-ref", "0abc", Some("Azure Front Door")),
            ("server", "Microsoft-Azure-Application-Gateway/v2", Some("Azure Application Gateway")),
            ("server", "AkamaiGHost", Some("Akamai")),
            ("via", "1.1 google", Some("a Google Cloud load balancer")),
            ("server", "istio-envoy", Some("Envoy")),
            ("via", "1.1 kong/3.4", Some("Kong")),
            ("via", "1.1 proxy.example", Some("a proxy")),
            ("server", "nginx/1.22", None),
            ("x-request-id", "1", None),
        ];
        for (name, value, wanted) in rows {
            let name = HeaderName::from_static(name);
            let headers = HeaderMap::from_iter([(name.clone(), HeaderValue::from_static(value))]);
            let wanted = wanted.map(|product| format!("the answer came through {product} (header {name})"));
            assert_eq!(name_front(&headers), wanted, "{name}: {value}");
        }
    }

    #[test]
    fn an_inspector_is_known_by_its_ca() {
        let rows = [
            ("CN=Zscaler Intermediate Root CA (zscaler.net), O=Zscaler Inc.", Some("Zscaler")),
            ("CN=ca.acme.goskope.com, O=Acme", Some("Netskope")),
            ("CN=FG100F, O=Fortinet, OU=Certificate Authority", Some("Fortinet")),
            ("CN=Inspection Root, O=Acme Inc.", Some("a proxy")),
            ("CN=mitmproxy, O=mitmproxy", Some("mitmproxy")),
            ("CN=R11, O=Let's Encrypt, C=US", None),
            ("CN=Issuing CA, O=Acme Inc.", None),
        ];
        for (issuer, wanted) in rows {
            let leaf = Certificate { issuer: issuer.into(), ..Certificate::default() };
            let evidence = Evidence { server_chain: vec![leaf], ..Evidence::default() };
            assert_eq!(find_inspector(&evidence).map(|(product, _)| product), wanted, "{issuer}");
        }
    }
}
