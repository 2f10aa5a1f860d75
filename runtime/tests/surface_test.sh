#!/bin/sh
# An archive of the runtime exports what nodes of the version map say, and nothing else; its own names begin with kt.
#
#     surface_test.sh KITSUNE.MAP ARCHIVE NODE...
set -eu
map=$1
archive=$2
shift 2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for node; do
    sed -n "/^$node {/,/^}/s/^\t\t\([a-z_0-9]*\);\$/\1/p" "$map"
done | sort -u > "$scratch/listed"
# Value, size, type, binding, visibility, section and name of each symbol.
readelf -sW "$archive" | awk 'NF == 8 && ($5 == "GLOBAL" || $5 == "WEAK") && $7 != "UND" { print $6, $8 }' > "$scratch/symbols"
sed -n 's/^DEFAULT //p' "$scratch/symbols" | sort -u > "$scratch/exported"
diff -u --label "$map" --label "exported by $archive" "$scratch/listed" "$scratch/exported" || {
    echo 'Hide what is not meant to be public (internal.h), or add it to the map.'
    exit 1
}
if grep '^HIDDEN ' "$scratch/symbols" | grep -Ev ' kt(_|$)'; then
    echo 'These names can clash with names of a program: let them begin with kt_.'
    exit 1
fi
