# shellcheck shell=bash
# Sourced: a container engine and compose. Docker when both answer. Otherwise, as root on Debian: podman from its packages,
# with storage, networks, socket and pid files of our own under $CONTAINERS, and compose's plugin built from its source.
REPO=$(readlink -f "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../..")
CI=$REPO/deploy/compose/ci
CONTAINERS=${RADQUARRY_CONTAINERS:-$REPO/.servers/containers}
export DOCKER_BUILDKIT=${DOCKER_BUILDKIT:-1}

log() { printf '%s\n' "$*" >&2; }
die() { log "$*"; exit 1; }

if [ -z "${RADQUARRY_ENGINE:-}" ]; then
  if docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; then ENGINE=docker; else ENGINE=podman; fi
else ENGINE=$RADQUARRY_ENGINE; fi

podman_packages() {
  local package missing=()
  for package in podman buildah runc netavark aardvark-dns iptables catatonit mmdebstrap; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || die "no Docker engine answers; as root on Debian this would use podman (missing: ${missing[*]})"
  log "installing ${missing[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; }
}

podman_settings() {
  local processes
  processes=$(ulimit -Hu)
  if [ "$processes" = unlimited ] || [ "$processes" -gt 32768 ]; then processes=32768; fi
  mkdir -p "$CONTAINERS/networks"
  # podman's own ulimits need CAP_SYS_RESOURCE; crun refuses hybrid cgroups; CNI has no names on its networks
  cat >"$CONTAINERS/containers.conf" <<C
[containers]
default_ulimits = ["nofile=$(ulimit -Hn):$(ulimit -Hn)", "nproc=$processes:$processes"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[network]
network_backend = "netavark"
network_config_dir = "$CONTAINERS/networks"
C
  cat >"$CONTAINERS/storage.conf" <<C
[storage]
driver = "overlay"
graphroot = "$CONTAINERS/storage"
runroot = "$CONTAINERS/run"
C
  export CONTAINERS_CONF=$CONTAINERS/containers.conf CONTAINERS_STORAGE_CONF=$CONTAINERS/storage.conf BUILDAH_RUNTIME=runc
}

if [ "$ENGINE" = podman ]; then podman_packages; podman_settings; fi

engine() { "$ENGINE" "$@"; }

engine_build() {
  if [ "$ENGINE" = docker ]; then docker build -q "$@"; else podman build -q --pull=never --format docker "$@"; fi
}

engine_has() { "$ENGINE" image inspect "$1" >/dev/null 2>&1 || { [ "$ENGINE" = docker ] && docker pull -q "$1" >/dev/null; }; }

engine_run() { "$ENGINE" run --rm --no-healthcheck --network none "$@"; }

running() { [ -s "$CONTAINERS/$1.pid" ] && kill -0 "$(cat "$CONTAINERS/$1.pid")" 2>/dev/null; }

background() { # NAME COMMAND...
  local name=$1; shift
  running "$name" || { setsid nohup "$@" >"$CONTAINERS/$name.log" 2>&1 </dev/null & echo $! >"$CONTAINERS/$name.pid"; }
}

engine_plugin() { "$CI/compose-plugin" "$CONTAINERS/docker/cli-plugins/docker-compose"; }

# engine_start: podman's Docker socket and the loop that runs health checks, which systemd would do elsewhere
engine_start() {
  [ "$ENGINE" = podman ] || return 0
  engine_plugin
  export DOCKER_HOST=unix://$CONTAINERS/podman.sock DOCKER_CONFIG=$CONTAINERS/docker DOCKER_BUILDKIT=0 COMPOSE_BAKE=false
  [ -f "$DOCKER_CONFIG/config.json" ] || echo '{}' >"$DOCKER_CONFIG/config.json"
  background socket podman system service --time=0 "$DOCKER_HOST"
  for _ in $(seq 50); do [ -S "$CONTAINERS/podman.sock" ] && break; sleep 0.1; done
  if [ ! -d /run/systemd/system ]; then background health "$CI/health-loop"; fi
}

engine_stop() {
  local name
  [ "$ENGINE" = podman ] || return 0
  for name in health socket; do
    ! running "$name" || kill "$(cat "$CONTAINERS/$name.pid")"
    rm -f "$CONTAINERS/$name.pid"
  done
}
