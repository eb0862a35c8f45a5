"""PLATFORM P12 PASSWORD FORWARD: the documented request, by requests and requests_oauthlib."""
import sys
import requests
from requests_oauthlib import OAuth1

platform, p12, password, forward = sys.argv[1:]
url = f"{platform}/mtls/account/12345678/p12-test/multipart"
headers = {"LP-forward-url": forward, "LP-method-override": "POST", "LP-content-type-override": "text/plain"}
for method in ["HMAC-SHA1", "HMAC-SHA256"]:
    auth = OAuth1("ck", "c&s", "t", "t s", signature_method=method)
    answer = requests.post(
        url,
        auth=auth,
        headers=headers,
        files={"file": ("client.p12", open(p12, "rb"), "application/x-pkcs12")},
        data={"password": password, "body": "hello"},
        timeout=60,
    )
    if answer.status_code != 200:
        sys.exit(f"{method}: {answer.status_code} {answer.text}")
sys.stdout.buffer.write(answer.content)
