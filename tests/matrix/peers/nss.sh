# PORT: NSS's selfserv, which insists on a certificate, with a database made of the lab's files.
set -euo pipefail
mkdir nss
certutil -N -d nss --empty-password
certutil -A -d nss -n ca -t CT,CT, -i ca.pem
pk12util -i server.pfx -d nss -w password.txt -K ''
exec selfserv -d nss -p "$1" -n server -rr -V tls1.2: -w ''
