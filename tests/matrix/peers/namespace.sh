# CASE COMMAND…: runs the command in a network of its own (unshare --net --mount), prepared for the case.
set -euo pipefail
case=$1
shift
ip link set lo up

dns() {
    mount -t tmpfs tmpfs /mnt
    printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' > /mnt/resolv.conf
    printf 'hosts: dns\n' > /mnt/nsswitch.conf
    mount --bind /mnt/resolv.conf /etc/resolv.conf
    mount --bind /mnt/nsswitch.conf /etc/nsswitch.conf
    exec {answers}< <(exec python3 "${BASH_SOURCE%/*}/dns.py" "$@")
    server=$!
    trap 'kill "$server"' EXIT
    read -r -u "$answers" _
}

case $case in
    nxdomain) dns 3 ;;
    nodata) dns 0 ;;
    servfail) dns 2 ;;
    silent) dns ;;
    unroutable) ;;
    prohibited) ip route add prohibit 192.0.2.0/24 ;;
    unreachable) ip route add unreachable 192.0.2.0/24 ;;
    dropped)
        # What is sent there comes back in, is for nobody here, and is dropped.
        ip route add 192.0.2.0/24 dev lo
        ;;
esac
"$@" < /dev/null
