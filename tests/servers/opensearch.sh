# shellcheck shell=bash
# OpenSearch, one node without the security plugin, from Maven Central's jars (see opensearch-home.sh).
opensearch_marker="-Dradquarry.node=$STATE/opensearch"

# java_of_at_least VERSION: path of the newest such java (OPENSEARCH_JAVA_HOME names one outright), or nothing
java_of_at_least() {
  local java version candidates=("${JAVA_HOME:-/usr}/bin/java" /usr/lib/jvm/*/bin/java)
  [ -z "${OPENSEARCH_JAVA_HOME:-}" ] || candidates=("$OPENSEARCH_JAVA_HOME/bin/java")
  for java in "${candidates[@]}"; do
    [ -x "$java" ] || continue
    version=$("$java" -version 2>&1 | sed -nE '1s/.*"([0-9]+).*/\1/p')
    [ "${version:-0}" -lt "$1" ] || echo "$version $java"
  done | sort -n | tail -1 | cut -d' ' -f2
}

# opensearch_java: sets JAVA and OPENSEARCH_VERSION; 3.x wants Java 21, the last 2.x runs on Debian bookworm's 17
opensearch_java() {
  JAVA=$(java_of_at_least 21)
  if [ -z "$JAVA" ] && [ "$(id -u)" = 0 ] && apt-cache policy openjdk-21-jre-headless 2>/dev/null | grep -q "Candidate: [0-9]"; then
    need_packages java-21:openjdk-21-jre-headless
    JAVA=$(java_of_at_least 21)
  fi
  if [ -n "$JAVA" ]; then OPENSEARCH_VERSION=${OPENSEARCH_VERSION:-3.8.0}; return; fi
  JAVA=$(java_of_at_least 17)
  if [ -z "$JAVA" ]; then need_packages java-17:default-jre-headless; JAVA=$(java_of_at_least 17); fi
  [ -n "$JAVA" ] || die "OpenSearch needs Java 17 or newer; set OPENSEARCH_JAVA_HOME"
  OPENSEARCH_VERSION=${OPENSEARCH_VERSION:-2.19.6}
}

opensearch_start() {
  local d=$STATE/opensearch home options
  need_packages curl:curl
  opensearch_java
  own "$d" "$d/config" "$d/data" "$d/logs" "$d/tmp"
  home=$d/home-$OPENSEARCH_VERSION
  [ -f "$home/complete" ] || { need_packages mvn:maven; "$HERE/opensearch-home.sh" "$OPENSEARCH_VERSION" "$home"; }
  need_free "$OPENSEARCH_PORT" "$OPENSEARCH_TRANSPORT_PORT"
  cat >"$d/config/opensearch.yml" <<C
cluster.name: radquarry-tests
node.name: node
path.data: $d/data
path.logs: $d/logs
network.host: 127.0.0.1
http.port: $OPENSEARCH_PORT
transport.port: $OPENSEARCH_TRANSPORT_PORT
discovery.type: single-node
cluster.routing.allocation.disk.threshold_enabled: false
cluster.max_shards_per_node: 5000
action.auto_create_index: false
C
  cat >"$d/config/log4j2.properties" <<C
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] %marker %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
C
  # C1 and a class archive start it in 3 s instead of 8; RADQUARRY_TEST_OPENSEARCH_FAST=0 is for measurements
  options="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:SharedArchiveFile=$d/classes-$OPENSEARCH_VERSION.jsa"
  case $("$JAVA" -version 2>&1 | sed -nE '1s/.*"([0-9]+).*/\1/p') in
    17 | 18) options="-XX:+UseSerialGC -XX:TieredStopAtLevel=1" ;;
    *) options="$options -XX:+AutoCreateSharedArchive --enable-native-access=ALL-UNNAMED" ;;
  esac
  [ "${RADQUARRY_TEST_OPENSEARCH_FAST:-1}" = 1 ] || options="-XX:+UseG1GC"
  # 2.x enables a security manager, which a Java of 18 to 23 must be told to allow
  [ "${OPENSEARCH_VERSION%%.*}" -ge 3 ] || options="$options -Djava.security.manager=allow"
  # shellcheck disable=SC2086
  spawn "$d/pid" "$d/stdout.log" "$JAVA" "$opensearch_marker" -Xms512m -Xmx512m $options \
    --add-modules=jdk.incubator.vector -Djava.io.tmpdir="$d/tmp" -Djna.tmpdir="$d/tmp" -Dfile.encoding=UTF-8 \
    -Dio.netty.noUnsafe=true -Dio.netty.noKeySetOptimization=true -Dlog4j2.disable.jmx=true \
    -Dlog4j.shutdownHookEnabled=false -Djava.locale.providers=SPI,CLDR -Xss1m \
    -Dopensearch.path.home="$home" -Dopensearch.path.conf="$d/config" \
    -cp "$home/lib/*" org.opensearch.bootstrap.OpenSearch
}

opensearch_ready() {
  alive "$STATE/opensearch/pid" "$opensearch_marker" || return 2
  curl -fsS -m 5 "http://127.0.0.1:$OPENSEARCH_PORT/_cluster/health?wait_for_status=yellow&timeout=1s"
}
