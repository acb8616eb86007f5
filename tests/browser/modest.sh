#!/bin/sh
# Run the browser that CHROMIUM names without the right to raise its own priority. As root it takes
# -8, and two cores then have nothing left for the servers that it talks to.
exec setpriv --bounding-set -sys_nice "$CHROMIUM" "$@"
