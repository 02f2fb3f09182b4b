#!/usr/bin/env bash
# What every image has below the application: a Java runtime of the modules in use and the few shared libraries that it needs,
# so that images start from nothing and hold no shell, no package manager and no file that nobody asked for.
# Usage: root.sh OUT   writes OUT/java (goes to /opt/java) and OUT/system (goes to /). Done once: a stamp tells when to do it again.
set -euo pipefail

out=$1
mkdir -p "$(dirname "$out")/classes" # Jib wants the module's folder of classes, which has none
java_home=${JAVA_HOME:?set JAVA_HOME to the JDK 25 that builds the images; ./mvnw does}

# Kafka's client and broker need java.beans (java.desktop), jgss, sasl and rmi's management; the engine needs the vector module; Netty and Quarkus need unsupported.
modules=java.base,java.compiler,java.desktop,java.instrument,java.logging,java.management,java.management.rmi,java.naming,java.net.http
modules+=,java.prefs,java.rmi,java.scripting,java.security.jgss,java.security.sasl,java.sql,java.transaction.xa,java.xml
modules+=,jdk.httpserver,jdk.incubator.vector,jdk.jfr,jdk.management,jdk.management.agent,jdk.net,jdk.security.auth,jdk.unsupported,jdk.zipfs

stamp=$(cat "$0" "$java_home/release" | sha256sum | cut -c1-32)
if [[ -f $out/stamp && $(<"$out/stamp") == "$stamp" ]]; then exit 0; fi
for tool in ldd readlink; do
  command -v "$tool" >/dev/null || { echo "root.sh: no '$tool' here; images are built on Linux with glibc" >&2; exit 1; }
done

rm -rf "$out"
mkdir -p "$out/system/etc" "$out/system/tmp" "$out/system/run/concertina" "$out/system/models"
"$java_home/bin/jlink" --add-modules "$modules" --strip-java-debug-attributes --no-header-files --no-man-pages \
  --generate-cds-archive --compress zip-0 --output "$out/java"
# JVMs of our size run on the serial collector, whose archive is the one with compressed pointers
rm -rf "$out/java/legal" "$out/java/lib/server/classes_nocoops.jsa" "$out/java/lib/server/classes_coh.jsa" "$out/java/lib/server/classes_nocoops_coh.jsa"
# java.beans is all that is used of java.desktop: its native parts would want the libraries of a screen
for part in awt awt_headless awt_xawt fontmanager freetype javajpeg jawt jsound lcms mlib_image splashscreen; do
  rm -f "$out/java/lib/lib$part.so"
done

# the dynamic loader and libraries, at the paths where the loader looks for them
copy() { # path as the loader sees it
  local target=$out/system$1
  [[ -e $target ]] && return
  mkdir -p "$(dirname "$target")"
  cp -L "$1" "$target"
}
while read -r library; do copy "$library"; done < <(
  find "$out/java/bin" "$out/java/lib" -type f \( -name '*.so' -o -perm -u+x \) -exec ldd {} + 2>/dev/null |
    sed -n -e 's/.* => \(\/[^ ]*\) (.*/\1/p' -e 's/^\t\(\/[^ ]*\) (.*/\1/p' | grep -v "^$(readlink -f "$out")" | sort -u)
# loaded by name at run time: name services of older C libraries, and what threads need to end
libc=$(ldd "$out/java/bin/java" | sed -n 's/.*libc\.so\.6 => \(\/[^ ]*\) .*/\1/p')
for name in libnss_files.so.2 libnss_dns.so.2 libresolv.so.2 libgcc_s.so.1 libdl.so.2 libpthread.so.0 librt.so.1 libm.so.6; do
  [[ -e $(dirname "$libc")/$name ]] && copy "$(dirname "$libc")/$name"
done

printf 'root:x:0:0:root:/root:/nonexistent\nconcertina:x:65532:65532:concertina:/tmp:/nonexistent\n' > "$out/system/etc/passwd"
printf 'root:x:0:\nconcertina:x:65532:\n' > "$out/system/etc/group"
printf 'hosts: files dns\n' > "$out/system/etc/nsswitch.conf"
echo "$stamp" > "$out/stamp"
