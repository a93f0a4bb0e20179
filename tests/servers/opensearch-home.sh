#!/usr/bin/env bash
# opensearch-home.sh VERSION FOLDER
# Makes a runnable OpenSearch home out of Maven Central's jars: lib/ holds the server, modules/<name>/ one module each.
# The modules are those of the official distribution that search and bulk loading need; no plugin, as in that distribution.
# shellcheck source=processes.sh
. "$(dirname "$(readlink -f "$0")")/processes.sh"
VERSION=$1 FOLDER=$2
LOG4J=2.25.4  # the version of the server's own log4j-api, both in 3.8.0 and in 2.19.6

# artifact | module | class of its plugin, without its ending | module it extends
modules() {
  cat <<'M'
aggs-matrix-stats-client|aggs-matrix-stats|search.aggregations.matrix.MatrixAggregation|
analysis-common|analysis-common|analysis.common.CommonAnalysis|lang-painless
geo|geo|geo.Geo|
ingest-common|ingest-common|ingest.common.IngestCommon|lang-painless
lang-expression|lang-expression|script.expression.Expression|
lang-mustache-client|lang-mustache|script.mustache.Mustache|
lang-painless|lang-painless|painless.Painless|
mapper-extras-client|mapper-extras|index.mapper.MapperExtras|
parent-join-client|parent-join|join.ParentJoin|
percolator-client|percolator|percolator.Percolator|
rank-eval-client|rank-eval|index.rankeval.RankEval|
reindex-client|reindex|index.reindex.Reindex|
transport-netty4-client|transport-netty4|transport.Netty4|
M
}

dependency() { # GROUP ARTIFACT [VERSION]
  echo "<dependency><groupId>$1</groupId><artifactId>$2</artifactId><version>${3:-$VERSION}</version></dependency>"
}

project() { # NAME OUTPUT_FOLDER DEPENDENCIES
  mkdir -p "$BUILD/$1"
  cat >"$BUILD/$1/pom.xml" <<P
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<parent><groupId>radquarry</groupId><artifactId>opensearch-home</artifactId><version>1</version></parent>
<artifactId>home-$1</artifactId><packaging>pom</packaging>
<properties><out>$2</out></properties><dependencies>$3</dependencies></project>
P
}

resolve() { # every jar into its folder, by one Maven run
  local reactor="<module>server</module>" artifact name extra core
  core="$(dependency org.opensearch opensearch)$(dependency org.opensearch opensearch-plugin-classloader)"
  case $VERSION in 3.*) core="$core$(dependency org.opensearch opensearch-agent-bootstrap)" ;; esac
  core="$core$(dependency org.apache.logging.log4j log4j-core $LOG4J)"
  core="$core$(dependency org.locationtech.spatial4j spatial4j 0.7)$(dependency org.locationtech.jts jts-core 1.15.0)"
  project server "$FOLDER/lib" "$core"
  while IFS='|' read -r artifact name _ _; do
    extra=""
    [ "$name" != lang-painless ] || extra=$(dependency org.opensearch.plugin opensearch-scripting-painless-spi)
    project "$name" "$FOLDER/modules/$name" "$(dependency org.opensearch.plugin "$artifact")$extra"
    reactor="$reactor<module>$name</module>"
  done < <(modules)
  cat >"$BUILD/pom.xml" <<P
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>radquarry</groupId><artifactId>opensearch-home</artifactId><version>1</version><packaging>pom</packaging>
<modules>$reactor</modules>
<build><plugins><plugin><groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId>
<version>3.8.1</version><executions><execution><phase>package</phase><goals><goal>copy-dependencies</goal></goals>
<configuration><outputDirectory>\${out}</outputDirectory><includeScope>runtime</includeScope></configuration>
</execution></executions></plugin></plugins></build></project>
P
  mvn -B -q -f "$BUILD/pom.xml" package >"$BUILD/mvn.log" 2>&1 ||
    { tail -20 "$BUILD/mvn.log" >&2; die "Maven could not fetch OpenSearch $VERSION, see $BUILD/mvn.log"; }
}

artifact_of() { basename "$1" | sed -E 's/-[0-9][0-9A-Za-z.]*(-[A-Za-z0-9_-]+)?\.jar$//'; }

describe() { # NAME CLASS EXTENDS
  local ending=Plugin java=11
  if [ "${VERSION%%.*}" -ge 3 ]; then ending=ModulePlugin java=21; fi
  [ "$1" != geo ] || ending=ModulePlugin
  # 2.x runs under a security manager, and the jars do not carry the modules' own policies
  [ "$java" = 21 ] || echo 'grant { permission java.security.AllPermission; };' >"$FOLDER/modules/$1/plugin-security.policy"
  cat >"$FOLDER/modules/$1/plugin-descriptor.properties" <<D
name=$1
description=$1
version=$VERSION
opensearch.version=$VERSION
java.version=$java
classname=org.opensearch.$2$ending
extended.plugins=$3
has.native.controller=false
D
}

separate() { # a jar may be in the server or in one module, not in both: the server refuses to start otherwise
  local name class extends jar server
  server=$(for jar in "$FOLDER"/lib/*.jar; do artifact_of "$jar"; done)
  while IFS='|' read -r _ name class extends; do
    for jar in "$FOLDER/modules/$name"/*.jar; do
      case $jar in *-osx-* | *-windows-* | *-aarch_64.jar) rm -f "$jar"; continue ;; esac
      ! grep -qxF "$(artifact_of "$jar")" <<<"$server" || rm -f "$jar"
      [ -z "$extends" ] || [ ! -e "$FOLDER/modules/$extends/$(basename "$jar")" ] || rm -f "$jar"
    done
    describe "$name" "$class" "$extends"
  done < <(modules)
}

BUILD=$FOLDER.build
rm -rf "$FOLDER" "$BUILD"
mkdir -p "$FOLDER/bin" "$FOLDER/lib" "$FOLDER/modules" "$FOLDER/plugins" "$BUILD"
log "fetching OpenSearch $VERSION from Maven Central"
resolve
separate
rm -rf "$BUILD"
touch "$FOLDER/complete"
