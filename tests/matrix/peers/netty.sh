# PORT: runs Netty.java on Debian's Netty, whose tcnative looks for its library by another name, and follows links.
set -euo pipefail
mkdir jni
cp /usr/lib/*/jni/libnetty-tcnative.so jni/libnetty_tcnative.so
jars=$(printf '/usr/share/java/netty-%s.jar:' buffer codec codec-http common handler resolver tcnative transport)
exec java -Djava.library.path=jni -cp "$jars" "${BASH_SOURCE%/*}/Netty.java" "$1"
