# shellcheck shell=bash disable=SC2034
# Sourced: where the test servers keep their state and on which ports they listen, all of it on 127.0.0.1.
# addresses.py reads the same variables.
HERE=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
REPO=$(readlink -f "$HERE/../..")
ALL="rabbitmq opensearch postgres orthanc orthanc_limited dcmqrscp"

RABBIT_PORT=${RADQUARRY_TEST_RABBIT_PORT:-21672}
RABBIT_MANAGEMENT_PORT=${RADQUARRY_TEST_RABBIT_MANAGEMENT_PORT:-21673}
RABBIT_DISTRIBUTION_PORT=${RADQUARRY_TEST_RABBIT_DISTRIBUTION_PORT:-21674}
EPMD_PORT=${RADQUARRY_TEST_EPMD_PORT:-21669}
OPENSEARCH_PORT=${RADQUARRY_TEST_OPENSEARCH_PORT:-21920}
OPENSEARCH_TRANSPORT_PORT=${RADQUARRY_TEST_OPENSEARCH_TRANSPORT_PORT:-21930}
POSTGRES_PORT=${RADQUARRY_TEST_POSTGRES_PORT:-21543}
ORTHANC_DICOM_PORT=${RADQUARRY_TEST_ORTHANC_DICOM_PORT:-21424}
ORTHANC_HTTP_PORT=${RADQUARRY_TEST_ORTHANC_HTTP_PORT:-21804}
ORTHANC_LIMITED_DICOM_PORT=${RADQUARRY_TEST_ORTHANC_LIMITED_DICOM_PORT:-21425}
ORTHANC_LIMITED_HTTP_PORT=${RADQUARRY_TEST_ORTHANC_LIMITED_HTTP_PORT:-21805}
ORTHANC_FIND_LIMIT=${RADQUARRY_TEST_ORTHANC_FIND_LIMIT:-20}
DCMQRSCP_PORT=${RADQUARRY_TEST_DCMQRSCP_PORT:-21112}
# C-MOVE destinations both PACSs know, all on 127.0.0.1: our node, and eight spare ones for tests.
NODE_PORT=${RADQUARRY_TEST_NODE_PORT:-11112}
DESTINATIONS="RADQUARRY:$NODE_PORT"
for i in 1 2 3 4 5 6 7 8; do DESTINATIONS="$DESTINATIONS RQTEST$i:$((11200 + i))"; done

# Servers refuse root (PostgreSQL, OpenSearch), so root runs all of them as an ordinary user.
RUN_AS=
[ "$(id -u)" != 0 ] || RUN_AS=${RADQUARRY_SERVERS_USER:-nobody}

as_owner() {
  if [ -z "$RUN_AS" ]; then "$@"; return; fi
  setpriv --reuid "$RUN_AS" --regid "$(id -g "$RUN_AS")" --clear-groups "$@"
}

# The state folder, moved under /var/tmp when its place in the tree is closed to the ordinary user.
STATE=${RADQUARRY_SERVERS:-$REPO/.servers}
mkdir -p "$STATE"
STATE=$(readlink -f "$STATE")
if [ -n "$RUN_AS" ] && ! as_owner test -x "$STATE" 2>/dev/null; then
  STATE=/var/tmp/radquarry-servers-$(printf %s "$STATE" | cksum | cut -d' ' -f1)
  mkdir -p "$STATE"
fi

# own FOLDER: make it, and give it to the ordinary user
own() {
  mkdir -p "$@"
  [ -z "$RUN_AS" ] || chown "$RUN_AS:" "$@"
}

rabbitmq_url() { echo "amqp://radquarry:radquarry@127.0.0.1:$RABBIT_PORT/"; }
opensearch_url() { echo "http://127.0.0.1:$OPENSEARCH_PORT"; }
postgres_url() { echo "postgresql://radquarry:radquarry@127.0.0.1:$POSTGRES_PORT/radquarry"; }
orthanc_url() { echo "http://radquarry:radquarry@127.0.0.1:$ORTHANC_HTTP_PORT (DICOM ORTHANC@127.0.0.1:$ORTHANC_DICOM_PORT)"; }
orthanc_limited_url() { echo "ORTHANC_LIMITED@127.0.0.1:$ORTHANC_LIMITED_DICOM_PORT, at most $ORTHANC_FIND_LIMIT answers"; }
dcmqrscp_url() { echo "DCMQRSCP@127.0.0.1:$DCMQRSCP_PORT"; }
