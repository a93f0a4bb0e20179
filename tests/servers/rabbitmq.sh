# shellcheck shell=bash
# RabbitMQ from Debian, one node, user radquarry. Not the /usr/sbin wrapper: it insists on the rabbitmq user and /var/lib.
rabbitmq_marker="$STATE/rabbitmq/node"

rabbitmq_start() {
  local d=$STATE/rabbitmq
  need_packages curl:curl rabbitmq-server:rabbitmq-server
  own "$d" "$d/node" "$d/node/log"
  if [ ! -f "$d/.erlang.cookie" ]; then
    head -c 15 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$d/.erlang.cookie"
    own "$d"; [ -z "$RUN_AS" ] || chown "$RUN_AS:" "$d/.erlang.cookie"; chmod 400 "$d/.erlang.cookie"
  fi
  if ! alive "$d/epmd.pid" epmd; then
    need_free "$EPMD_PORT"
    spawn "$d/epmd.pid" "$d/epmd.log" epmd -address 127.0.0.1 -port "$EPMD_PORT"
    wait_for 10 epmd listening "$EPMD_PORT"
  fi
  need_free "$RABBIT_PORT" "$RABBIT_MANAGEMENT_PORT" "$RABBIT_DISTRIBUTION_PORT"
  cat >"$d/node/rabbitmq.conf" <<C
listeners.tcp.1 = 127.0.0.1:$RABBIT_PORT
management.tcp.ip = 127.0.0.1
management.tcp.port = $RABBIT_MANAGEMENT_PORT
default_user = radquarry
default_pass = radquarry
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 200MB
collect_statistics_interval = 1000
C
  echo "[rabbitmq_management]." >"$d/node/enabled_plugins"
  [ -z "$RUN_AS" ] || chown "$RUN_AS:" "$d/node/enabled_plugins"
  # RUNNING_UNDER_SYSTEMD makes the start script exec the Erlang VM, so that the pid is the server's
  spawn "$d/pid" "$d/stdout.log" env HOME="$d" RUNNING_UNDER_SYSTEMD=1 \
    ERL_EPMD_PORT="$EPMD_PORT" ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_NODENAME=radquarry@localhost \
    RABBITMQ_DIST_PORT="$RABBIT_DISTRIBUTION_PORT" RABBITMQ_CONF_ENV_FILE=/dev/null \
    RABBITMQ_CONFIG_FILE="$d/node/rabbitmq.conf" RABBITMQ_ADVANCED_CONFIG_FILE="$d/node/advanced.config" \
    RABBITMQ_MNESIA_BASE="$d/node/mnesia" RABBITMQ_LOG_BASE="$d/node/log" \
    RABBITMQ_GENERATED_CONFIG_DIR="$d/node/generated" RABBITMQ_ENABLED_PLUGINS_FILE="$d/node/enabled_plugins" \
    RABBITMQ_FEATURE_FLAGS_FILE="$d/node/feature_flags" RABBITMQ_PID_FILE="$d/node/rabbit.pid" \
    RABBITMQ_LOGS="$d/node/log/rabbit.log" \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none -radquarry $d/node" \
    /usr/lib/rabbitmq/bin/rabbitmq-server
}

rabbitmq_ready() {
  alive "$STATE/rabbitmq/pid" "$rabbitmq_marker" || return 2
  curl -fsS -m 5 -u radquarry:radquarry "http://127.0.0.1:$RABBIT_MANAGEMENT_PORT/api/health/checks/local-alarms"
}

rabbitmq_stopped() { stop "$STATE/rabbitmq/epmd.pid" epmd 5; }
