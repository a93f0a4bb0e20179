# shellcheck shell=bash
# PostgreSQL from Debian: a cluster of our own, TCP on 127.0.0.1 only, user, password and database "radquarry".

postgres_marker="-D$STATE/postgres/data"
postgres_signal=INT  # TERM would wait for every client to leave

postgres_bin() {
  local newest
  newest=$(find /usr/lib/postgresql -path '*/bin/postgres' 2>/dev/null | sort -V | tail -1)
  dirname "${newest:-$(command -v postgres)}"
}

# postgres_reaped: a killed postmaster counts as running, for the next one, until its parent has collected it
postgres_reaped() {
  local lock=$STATE/postgres/data/postmaster.pid
  [ ! -f "$lock" ] || [ ! -d "/proc/$(head -1 "$lock")" ]
}

postgres_start() {
  local d=$STATE/postgres bin
  if [ ! -d /usr/lib/postgresql ] && ! command -v postgres >/dev/null; then
    # the package would make and start a cluster on the standard port
    if [ "$(id -u)" = 0 ] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
      mkdir -p /etc/postgresql-common; echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
    fi
    need_packages postgres:postgresql
  fi
  bin=$(postgres_bin)
  own "$d"
  if [ ! -f "$d/data/ready" ]; then
    rm -rf "$d/data"
    echo radquarry >"$d/password"; chmod 644 "$d/password"
    (cd / && as_owner "$bin/initdb" -D "$d/data" -U radquarry --pwfile "$d/password" -A scram-sha-256 -E UTF8 \
      --locale C.UTF-8) >"$d/initdb.log" 2>&1 || die "initdb failed, see $d/initdb.log"
    printf 'CREATE DATABASE radquarry;\n' | (cd / && as_owner "$bin/postgres" --single -D "$d/data" postgres) \
      >>"$d/initdb.log" 2>&1 || die "no database could be made, see $d/initdb.log"
    as_owner touch "$d/data/ready"
  fi
  need_free "$POSTGRES_PORT"
  wait_for 30 "the end of the last PostgreSQL" postgres_reaped
  spawn "$d/pid" "$d/stdout.log" "$bin/postgres" "-D$d/data" -p "$POSTGRES_PORT" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories= -c max_connections=300 -c shared_buffers=128MB
}

postgres_ready() {
  alive "$STATE/postgres/pid" "$postgres_marker" || return 2
  PGPASSWORD=radquarry "$(postgres_bin)/psql" -h 127.0.0.1 -p "$POSTGRES_PORT" -U radquarry -d radquarry -Atc "select 1" || return 1  # psql says 2 for no answer
}
