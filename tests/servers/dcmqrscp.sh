# shellcheck shell=bash
# dcmtk's archive from Debian, AE title DCMQRSCP.
dcmqrscp_marker="$STATE/dcmqrscp/dcmqrscp.cfg"

# dcmqrscp_configuration STORAGE_FOLDER: its configuration file
dcmqrscp_configuration() {
  local pair
  echo "NetworkTCPPort = $DCMQRSCP_PORT"; echo "MaxPDUSize = 16384"; echo "MaxAssociations = 32"
  echo "HostTable BEGIN"
  for pair in $DESTINATIONS "ORTHANC:$ORTHANC_DICOM_PORT"; do echo "${pair%%:*} = (${pair%%:*}, 127.0.0.1, ${pair##*:})"; done
  echo "HostTable END"; echo "VendorTable BEGIN"; echo "VendorTable END"
  echo "AETable BEGIN"; echo "DCMQRSCP $1 RW (2000, 4096mb) ANY"; echo "AETable END"
}

dcmqrscp_start() {
  local d=$STATE/dcmqrscp
  need_packages dcmqrscp:dcmtk cc:gcc cc:libc6-dev
  need_free "$DCMQRSCP_PORT"
  own "$d" "$d/storage"
  dcmqrscp_configuration "$d/storage" >"$d/dcmqrscp.cfg"
  spawn "$d/pid" "$d/stdout.log" env TCP_NODELAY=1 "$(loopback_shim)" dcmqrscp --log-level warn -c "$d/dcmqrscp.cfg"
}

dcmqrscp_ready() {
  alive "$STATE/dcmqrscp/pid" "$dcmqrscp_marker" || return 2
  echoscu -q -aec DCMQRSCP 127.0.0.1 "$DCMQRSCP_PORT"
}
