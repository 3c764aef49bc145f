#!/usr/bin/env bash
# Packs the Lambda into build/ac_control_lambda.zip: the same bytes on any machine.
#   ci/package_lambda.sh [FOLDER] [--to ZIP] [--python 3.13]
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
for python in python3 python; do
  if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
    exec "$python" "$here/package_lambda.py" "$@"
  fi
done
echo "package_lambda: Python 3.9 or newer is needed; on Debian: apt-get install python3" >&2
exit 1
