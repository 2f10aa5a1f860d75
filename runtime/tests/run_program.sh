#!/bin/sh
# Runs version 0 of a program under the driver, with the path of version 1 as its argument. The program has to end well,
# and to say that it has come to its end.
set -eu
KITSUNE_LOG_DIR=$TEST_TMPDIR/log
export KITSUNE_LOG_DIR
status=0
"$1" "$2" "$3" > "$TEST_TMPDIR/out" || status=$?
if [ $status -ne 0 ]; then
    cat "$TEST_TMPDIR/out" "$KITSUNE_LOG_DIR"/*
    exit $status
fi
tail -n 1 "$TEST_TMPDIR/out" | grep -x DONE
