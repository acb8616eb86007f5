#!/bin/sh
# Install the Debian packages given, unless their programs are there; nginx and HAProxy if none is named.
# The tests run them from a folder of their own: as services they are not started.
set -eu
missing=
for name in ${*:-nginx haproxy}; do
    PATH="$PATH:/usr/sbin" command -v "$name" >/dev/null || missing="$missing $name"
done
if [ -z "$missing" ]; then exit 0; fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "The tests of many machines need these programs: install the packages$missing." >&2
    exit 1
fi
apt-get update -q
# shellcheck disable=SC2086 -- several words
RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get \
    -o DPkg::Lock::Timeout=600 install -qy --no-install-recommends $missing
