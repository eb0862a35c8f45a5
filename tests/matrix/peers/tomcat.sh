# HANDSHAKE LATE: runs Tomcat10.java on Debian's Tomcat.
set -euo pipefail
jars=/usr/share/java
exec java -cp "$jars/tomcat10-embed-core.jar:$jars/tomcat10-embed-el.jar" "${BASH_SOURCE%/*}/Tomcat10.java" "$@"
