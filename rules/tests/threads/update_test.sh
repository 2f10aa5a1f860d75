#!/bin/bash
# Starts a program with threads, updates it, and looks at what it says.
#
#     update_test.sh PROGRAM UPDATE, the scripts of both targets
set -euo pipefail
KITSUNE_LOG_DIR=$TEST_TMPDIR/log
export KITSUNE_LOG_DIR
"$1" >"$TEST_TMPDIR/out" &
pid=$!
until [ "$(wc -l <"$TEST_TMPDIR/out")" = 3 ]; do sleep 0.05; done
"$2" "$pid"
wait "$pid"
tail -n +2 "$TEST_TMPDIR/out" | sort | diff - /dev/fd/3 3<<'END'
one: version 1, 1
one: version 2, 1001
total: 1001
two: version 1, 1
two: version 2, 1001
END
