# PORT: OpenSSH's server with a host key of the moment, in a folder of the moment.
set -euo pipefail
mkdir -p /run/sshd || true
ssh-keygen -q -t ed25519 -N '' -f "sshd-$1.hostkey"
exec "$(command -v sshd)" -D -f /dev/null -h "$PWD/sshd-$1.hostkey" -o PidFile=none -o "ListenAddress=127.0.0.1:$1"
