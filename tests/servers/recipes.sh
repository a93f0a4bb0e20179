# shellcheck shell=bash
# Sourced by up, down, kill and status: one recipe a server, and the choice between Docker and this machine's own packages.
# shellcheck source=processes.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/processes.sh"
for recipe in $ALL; do
  # shellcheck source=/dev/null
  . "$HERE/$recipe.sh"
done

# chosen NAME...: the names, or all of them; an unknown one ends the program
chosen() {
  local name
  for name in "$@"; do
    case " $ALL " in *" $name "*) ;; *) die "unknown server $name; known: $ALL" ;; esac
  done
  echo "${*:-$ALL}"
}

running() { local marker=${1}_marker; alive "$STATE/$1/pid" "${!marker}"; }

# engine: docker when its engine and compose answer, else native. RADQUARRY_SERVERS_ENGINE names one outright.
engine() {
  if [ -n "${RADQUARRY_SERVERS_ENGINE:-}" ]; then echo "$RADQUARRY_SERVERS_ENGINE"; return; fi
  if docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; then echo docker; else echo native; fi
}

# compose ARGUMENTS...: docker compose on our project, with the configuration files the native recipes use too
compose() {
  mkdir -p "$STATE/docker"
  orthanc_configuration /var/lib/orthanc/db >"$STATE/docker/orthanc.json"
  orthanc_limited_configuration /var/lib/orthanc/db >"$STATE/docker/orthanc_limited.json"
  dcmqrscp_configuration /var/lib/dcmqrscp >"$STATE/docker/dcmqrscp.cfg"
  STATE=$STATE RABBIT_PORT=$RABBIT_PORT RABBIT_MANAGEMENT_PORT=$RABBIT_MANAGEMENT_PORT OPENSEARCH_PORT=$OPENSEARCH_PORT \
    POSTGRES_PORT=$POSTGRES_PORT ORTHANC_HTTP_PORT=$ORTHANC_HTTP_PORT DCMQRSCP_PORT=$DCMQRSCP_PORT \
    docker compose -p radquarry-servers -f "$HERE/compose.yaml" "$@"
}

# in_docker NAME: did we start it there?
in_docker() { [ -f "$STATE/docker/$1.started" ]; }
