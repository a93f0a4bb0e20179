# shellcheck shell=bash
# A second Orthanc that gives few answers to one C-FIND, AE title ORTHANC_LIMITED.
orthanc_limited_marker="$STATE/orthanc_limited/orthanc.json"

# orthanc_limited_configuration STORAGE_FOLDER: its configuration file
orthanc_limited_configuration() {
  orthanc_json "$1" ORTHANC_LIMITED "$ORTHANC_LIMITED_DICOM_PORT" "$ORTHANC_LIMITED_HTTP_PORT" "$ORTHANC_FIND_LIMIT"
}

orthanc_limited_start() { orthanc_spawn orthanc_limited "$ORTHANC_LIMITED_DICOM_PORT" "$ORTHANC_LIMITED_HTTP_PORT"; }
orthanc_limited_ready() { orthanc_answers orthanc_limited "$ORTHANC_LIMITED_HTTP_PORT"; }
