#!/bin/sh
# Install the browser that the tests of the pages run in: Debian's chromium, unless one is there.
set -eu
for browser in chromium chromium-browser google-chrome; do
    if command -v "$browser" >/dev/null; then exit 0; fi
done
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "The tests of the pages need Chromium: install the package chromium." >&2
    exit 1
fi
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get \
    -o DPkg::Lock::Timeout=600 install -qy --no-install-recommends chromium
