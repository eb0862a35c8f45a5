"""URL HEADER CLIENT_SECRET TOKEN_SECRET: whether oauthlib finds the signature right."""
import sys
from oauthlib.common import Request
from oauthlib.oauth1.rfc5849 import signature

url, header, client, token = sys.argv[1:]
parameters = signature.collect_parameters(headers={"Authorization": header}, exclude_oauth_signature=True)
shown = dict(signature.collect_parameters(headers={"Authorization": header}, exclude_oauth_signature=False))
request = Request(url, http_method="POST")
request.params = parameters
request.signature = shown["oauth_signature"]
verify = {"HMAC-SHA1": signature.verify_hmac_sha1, "HMAC-SHA256": signature.verify_hmac_sha256}
sys.exit(0 if verify[shown["oauth_signature_method"]](request, client, token) else 1)
