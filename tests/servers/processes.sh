# shellcheck shell=bash
# Sourced: start, watch and stop processes known by a pid file and a marker in their command line.
set -euo pipefail
# shellcheck source=settings.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/settings.sh"

log() { printf '%s\n' "$*" >&2; }
die() { log "$*"; exit 1; }

# gone PID: no such process, or a zombie whose last thread has ended (some init processes reap late)
gone() {
  [ -d "/proc/$1/task" ] || return 0
  grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null && [ "$(ls "/proc/$1/task" 2>/dev/null | wc -l)" -le 1 ]
}

# alive PIDFILE MARKER: is the recorded process still that server, and not another with its old pid?
alive() {
  local pid
  [ -s "$1" ] && pid=$(cat "$1") && [ -d "/proc/$pid" ] || return 1
  grep -aqF -- "$2" "/proc/$pid/cmdline" 2>/dev/null && return 0
  # the command line is empty while a process execs and while its last threads end
  [ -z "$(tr -d '\0' <"/proc/$pid/cmdline" 2>/dev/null)" ] && ! gone "$pid"
}

# spawn PIDFILE LOGFILE CMD...: start it detached, as the ordinary user, and record its pid
spawn() {
  local pidfile=$1 logfile=$2; shift 2
  rm -f "$pidfile"
  (cd / && as_owner setsid --fork bash -c 'echo $$ >"$0"; exec "$@"' "$pidfile" "$@") >>"$logfile" 2>&1 </dev/null 9>&-
  for _ in $(seq 100); do [ -s "$pidfile" ] && return 0; sleep 0.05; done
  die "no pid in $pidfile, see $logfile"
}

# stop PIDFILE MARKER SECONDS [SIGNAL]: SIGNAL (TERM), then KILL after SECONDS; 0 kills process and children at once
stop() {
  local pidfile=$1 marker=$2 limit=$3 signal=${4:-TERM} pid children
  if ! alive "$pidfile" "$marker"; then rm -f "$pidfile"; return 0; fi
  pid=$(cat "$pidfile")
  if [ "$limit" -gt 0 ]; then
    kill -s "$signal" "$pid" 2>/dev/null || true
    for _ in $(seq $((limit * 20))); do gone "$pid" && { rm -f "$pidfile"; return 0; }; sleep 0.05; done
    log "pid $pid did not end within $limit s of $signal, sending KILL"
  fi
  children=$(cat "/proc/$pid"/task/*/children 2>/dev/null || true)
  # shellcheck disable=SC2086
  kill -9 "$pid" $children 2>/dev/null || true
  for _ in $(seq 200); do gone "$pid" && break; sleep 0.05; done
  rm -f "$pidfile"
}

# wait_for SECONDS WHAT CMD...: poll CMD until it succeeds; CMD answers 2 when the process is dead
wait_for() {
  local limit=$1 what=$2 began=$SECONDS dead=0 rc; shift 2
  while :; do
    rc=0; "$@" >/dev/null 2>&1 || rc=$?
    [ "$rc" != 0 ] || return 0
    if [ "$rc" = 2 ]; then dead=$((dead + 1)); else dead=0; fi
    [ "$dead" -lt 2 ] || die "$what died at its start"
    [ $((SECONDS - began)) -lt "$limit" ] || die "$what is not ready after $limit s"
    sleep 0.2
  done
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

need_free() {
  local port
  for port in "$@"; do
    ! listening "$port" || die "port $port is taken by another program (every port is a setting, see tests/servers/README.md)"
  done
}

# need_packages COMMAND:PACKAGE...: install the Debian packages whose command is missing (root only)
need_packages() {
  local pair missing=() policy=/usr/sbin/policy-rc.d guarded=0
  for pair in "$@"; do command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || die "missing: ${missing[*]} (Debian packages). Install them, or start Docker."
  log "installing ${missing[*]}"
  exec 8>"$STATE/.apt.lock"; flock 8
  # the packages' own services would take the standard ports of this machine
  if [ ! -e "$policy" ]; then printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod +x "$policy"; guarded=1; fi
  apt_install "${missing[@]}" || { [ "$guarded" = 0 ] || rm -f "$policy"; die "apt-get could not install ${missing[*]}"; }
  [ "$guarded" = 0 ] || rm -f "$policy"
  exec 8>&-
}

apt_install() {
  local lists="-o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300"
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get $lists install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 ||
    { apt-get $lists update -qq && DEBIAN_FRONTEND=noninteractive apt-get $lists install -y -qq --no-install-recommends "$@" >/dev/null; }
}

# loopback_shim: prints LD_PRELOAD=... that keeps a server, which takes no bind address, on 127.0.0.1
loopback_shim() {
  local so=$STATE/loopback.so
  if [ ! -f "$so" ] || [ "$HERE/loopback.c" -nt "$so" ]; then
    cc -shared -fPIC -O1 -o "$so.$BASHPID" "$HERE/loopback.c" -ldl && mv "$so.$BASHPID" "$so"
  fi
  echo "LD_PRELOAD=$so"
}

PATH=$PATH:/usr/sbin:/usr/local/sbin
