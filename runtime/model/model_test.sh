#!/bin/bash
# Checks the model of the protocol in all its runs, and that spin finds what is wrong with wrong ones.
#
#     model_test.sh THREADS.PML
set -euo pipefail
model=$PWD/$1
if ! type -P spin >/dev/null; then
	echo 'skipped: spin is not installed'
	exit 0
fi
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT

# Prints how many errors the model in model.pml has.
errors() {
	spin -a model.pml >/dev/null && gcc -w -DSAFETY -o pan pan.c
	./pan -w18 >report || true
	grep -q 'max search depth too small\|out of memory' report && cat report >&2
	sed -n 's/.*errors: //p' report
}

cp "$model" model.pml
[ "$(errors)" = 0 ] || { cat report; exit 1; }
if grep 'states)' report | grep -Ev '\((0|1) of'; then # 1: the end of the threads' loop
	cat report
	echo 'A part of the model is never reached: it shows nothing.'
	exit 1
fi

# What is changed in the model, each time one thing.
while IFS= read -r change; do
	sed "$change" "$model" >model.pml
	if cmp -s "$model" model.pml; then
		echo "this changes nothing: $change"
		exit 1
	fi
	if [ "$(errors)" = 0 ]; then
		echo "this is wrong, and spin finds nothing: $change"
		exit 1
	fi
done <<'CHANGES'
s/none(RUNNING) && none(ENDED) -> phase = STOPPED/none(RUNNING) -> phase = STOPPED/
s/none(RUNNING) && none(ENDED) -> phase = STOPPED/none(ENDED) -> phase = STOPPED/
s/move_all(PARKED, RUNNING)/skip/
s/move_all(PARKED, RETURNING)/skip/
s/move_all(READY, RUNNING)/skip/
s/none(RETURNING) && none(ENDED); assert/none(ENDED); assert/
s/none(RETURNING) && none(ENDED); assert/none(RETURNING); assert/
s/phase == STOPPING -> state/phase != STOPPING -> state/
s/ -> code\[i\] = running/ -> skip/
s/removed\[i\] = false; state\[i\] = ENDED/state[i] = READY/
CHANGES
