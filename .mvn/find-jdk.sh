# Sourced by ./mvnw and ./concertina: points JAVA_HOME at a JDK 25 or newer, or explains how to get one.
concertina_jdk_major() { # prints the major version of the JDK in $1, nothing when there is none
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

concertina_find_jdk() {
  for concertina_home in "${CONCERTINA_JDK:-}" "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/java/* /opt/jdk* "$HOME"/.sdkman/candidates/java/* \
    "$HOME"/.jdks/* "$HOME"/.local/share/mise/installs/java/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    [ -n "$concertina_home" ] || continue
    concertina_major=$(concertina_jdk_major "$concertina_home")
    if [ "${concertina_major:-0}" -ge 25 ]; then
      JAVA_HOME=$concertina_home
      export JAVA_HOME
      return 0
    fi
  done
  # the java on the PATH may live anywhere
  if concertina_java=$(command -v java); then
    concertina_home=$(java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p')
    concertina_major=$(concertina_jdk_major "$concertina_home")
    if [ "${concertina_major:-0}" -ge 25 ]; then
      JAVA_HOME=$concertina_home
      export JAVA_HOME
      return 0
    fi
  fi
  {
    echo "Concertina needs a JDK 25 or newer and found none (looked at CONCERTINA_JDK, JAVA_HOME, the usual folders and the PATH)."
    echo "Get one with:  apt install temurin-25-jdk  |  dnf install java-25-openjdk-devel  |  brew install openjdk@25  |  sdk install java 25-tem"
    echo "or unpack one from https://adoptium.net and set CONCERTINA_JDK to its folder."
  } >&2
  return 1
}
