# HANDSHAKE LATE: runs Tomcat10.java on Debian's Tomcat.
set -euo pipefail
jars=/usr/share/java
[ -e "$jars/tomcat10-embed-core.jar" ] || { echo "Tomcat is not installed" >&2; exit 1; }
exec java -cp "$jars/tomcat10-embed-core.jar:$jars/tomcat10-embed-el.jar" "${BASH_SOURCE%/*}/Tomcat10.java" "$@"
