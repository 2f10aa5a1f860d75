#!/bin/bash
# update_test.sh V1 UPDATE
#
# Starts tally 1 as `bazel run :v1` does, gives it words, updates it, and looks whether it still knows them.
set -euo pipefail

export KITSUNE_LOG_DIR=$TEST_TMPDIR/log
work=$TEST_TMPDIR
mkfifo "$work/in"
"$1" <"$work/in" >"$work/out" &
exec 3>"$work/in"

fail() {
	echo "FAIL: $1"
	cat "$work/out"
	exit 1
}

# Waits for a line of the program.
expect() {
	for ((i = 0; i < 300; i++)); do
		! grep -qxF -e "$1" "$work/out" || return 0
		sleep 0.1
	done
	fail "tally does not say: $1"
}

expect 'tally counts words. "help" helps.'
expect 'tally v1'
pid=$(sed -n 's/^The process id is (\([0-9]*\))\.$/\1/p' "$work/out")
[ -n "$pid" ] || fail 'no process id in the first line'

printf '%s\n' 'to be or not to be' '?' >&3
expect 'be: 2'

"$2" --timeout 30s "$pid" || fail 'not updated'

expect 'tally v2'
printf '%s\n' 'that is the word-count' '?' help >&3
expect 'be: 2, 20 %'
expect 'to: 2, 20 %'
expect 'word-count: 1, 10 %'
expect 'words are counted, and ? asks for the counts'

exec 3>&-
wait $! || fail 'tally does not end well'
