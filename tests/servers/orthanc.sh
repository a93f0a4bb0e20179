# shellcheck shell=bash
# Orthanc from Debian, AE title ORTHANC, HTTP user radquarry.
orthanc_marker="$STATE/orthanc/orthanc.json"

# orthanc_configuration STORAGE_FOLDER: its configuration file
orthanc_configuration() { orthanc_json "$1" ORTHANC "$ORTHANC_DICOM_PORT" "$ORTHANC_HTTP_PORT" 0; }

# orthanc_json STORAGE_FOLDER AE_TITLE DICOM_PORT HTTP_PORT FIND_LIMIT: that of any Orthanc
orthanc_json() {
  local peers="" pair
  for pair in $DESTINATIONS "DCMQRSCP:$DCMQRSCP_PORT"; do
    peers="$peers${peers:+, }\"${pair%%:*}\": {\"AET\": \"${pair%%:*}\", \"Host\": \"127.0.0.1\", \"Port\": ${pair##*:}, \"Timeout\": 20}"
  done
  cat <<C
{ "Name": "radquarry tests", "StorageDirectory": "$1", "IndexDirectory": "$1",
  "HttpPort": $4, "RemoteAccessAllowed": false, "AuthenticationEnabled": true,
  "RegisteredUsers": {"radquarry": "radquarry"},
  "DicomAet": "$2", "DicomPort": $3, "DicomCheckCalledAet": true, "StrictAetComparison": false,
  "DicomAlwaysAllowEcho": true, "DicomAlwaysAllowStore": true, "DicomAlwaysAllowFind": true, "DicomAlwaysAllowGet": true,
  "DicomAlwaysAllowMove": true, "UnknownSopClassAccepted": true, "SynchronousCMove": true, "StableAge": 2,
  "OverwriteInstances": true, "LimitFindResults": $5, "DicomThreadsCount": 4,
  "DicomModalities": { $peers } }
C
}

# orthanc_spawn NAME DICOM_PORT HTTP_PORT: with the configuration NAME_configuration gives
orthanc_spawn() {
  local d=$STATE/$1
  need_packages curl:curl Orthanc:orthanc cc:gcc cc:libc6-dev
  need_free "$2" "$3"
  own "$d" "$d/storage"
  "$1_configuration" "$d/storage" >"$d/orthanc.json"
  # dcmtk leaves Nagle on unless TCP_NODELAY=1: 90 ms an object instead of 10
  spawn "$d/pid" "$d/stdout.log" env TCP_NODELAY=1 "$(loopback_shim)" Orthanc "$d/orthanc.json"
}

# orthanc_answers NAME HTTP_PORT
orthanc_answers() {
  alive "$STATE/$1/pid" "$STATE/$1/orthanc.json" || return 2
  curl -fsS -m 5 -u radquarry:radquarry "http://127.0.0.1:$2/system"
}

orthanc_start() { orthanc_spawn orthanc "$ORTHANC_DICOM_PORT" "$ORTHANC_HTTP_PORT"; }
orthanc_ready() { orthanc_answers orthanc "$ORTHANC_HTTP_PORT"; }
