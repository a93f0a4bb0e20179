# shellcheck shell=bash
# Orthanc from Debian, AE title ORTHANC, HTTP user radquarry.
orthanc_marker="$STATE/orthanc/orthanc.json"

# orthanc_configuration STORAGE_FOLDER: its configuration file
orthanc_configuration() {
  local peers="" pair
  for pair in $DESTINATIONS "DCMQRSCP:$DCMQRSCP_PORT"; do
    peers="$peers${peers:+, }\"${pair%%:*}\": {\"AET\": \"${pair%%:*}\", \"Host\": \"127.0.0.1\", \"Port\": ${pair##*:}, \"Timeout\": 20}"
  done
  cat <<C
{ "Name": "radquarry tests", "StorageDirectory": "$1", "IndexDirectory": "$1",
  "HttpPort": $ORTHANC_HTTP_PORT, "RemoteAccessAllowed": false, "AuthenticationEnabled": true,
  "RegisteredUsers": {"radquarry": "radquarry"},
  "DicomAet": "ORTHANC", "DicomPort": $ORTHANC_DICOM_PORT, "DicomCheckCalledAet": true, "StrictAetComparison": false,
  "DicomAlwaysAllowEcho": true, "DicomAlwaysAllowStore": true, "DicomAlwaysAllowFind": true, "DicomAlwaysAllowGet": true,
  "DicomAlwaysAllowMove": true, "UnknownSopClassAccepted": true, "SynchronousCMove": true, "StableAge": 2,
  "OverwriteInstances": true, "LimitFindResults": ${RADQUARRY_TEST_ORTHANC_FIND_LIMIT:-0}, "DicomThreadsCount": 4,
  "DicomModalities": { $peers } }
C
}

orthanc_start() {
  local d=$STATE/orthanc
  need_packages curl:curl Orthanc:orthanc cc:gcc cc:libc6-dev
  need_free "$ORTHANC_DICOM_PORT" "$ORTHANC_HTTP_PORT"
  own "$d" "$d/storage"
  orthanc_configuration "$d/storage" >"$d/orthanc.json"
  # dcmtk leaves Nagle on unless TCP_NODELAY=1: 90 ms an object instead of 10
  spawn "$d/pid" "$d/stdout.log" env TCP_NODELAY=1 "$(loopback_shim)" Orthanc "$d/orthanc.json"
}

orthanc_ready() {
  alive "$STATE/orthanc/pid" "$orthanc_marker" || return 2
  curl -fsS -m 5 -u radquarry:radquarry "http://127.0.0.1:$ORTHANC_HTTP_PORT/system"
}
