#!/bin/sh
# Two runtimes that were built at different times follow each other if they have one ABI, and say so if they have not.
# The second one is built from the same sources after an edit of its kitsune_abi.h.
#
#     abi_test.sh    in the root of the tree
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
KITSUNE_LOG_DIR=$scratch/log
export KITSUNE_LOG_DIR

# runtime NAME [EDIT]: builds a runtime, and with it NAME-0.so and NAME-1.so, two versions of version.c.
runtime() {
    mkdir -p "$scratch/$1/runtime/tests"
    cp -RL runtime/include runtime/src "$scratch/$1/runtime"
    cp -RL runtime/tests/check.h runtime/tests/programs "$scratch/$1/runtime/tests"
    sed -i "${2-}" "$scratch/$1/runtime/include/kitsune_abi.h"
    (
        cd "$scratch/$1"
        "${CC:-cc}" -std=gnu11 -fPIC -fvisibility=hidden -Iruntime/include -c runtime/src/*.c
        for version in 0 1; do
            "${CC:-cc}" -std=gnu11 -fPIC -shared -DVERSION=$version -I. -Iruntime/include \
                runtime/tests/programs/version.c ./*.o -o "$scratch/$1-$version.so" -ldl -Wl,-Bsymbolic
        done
    )
}

# expect OLD NEW LINE: the process that begins with OLD and is to be updated to NEW writes LINE, or it is in its log.
expect() {
    rm -rf "$KITSUNE_LOG_DIR"
    "$scratch/driver" "$scratch/$1.so" "$scratch/$2.so" > "$scratch/out"
    if ! grep -hqF "$3" "$scratch/out" "$KITSUNE_LOG_DIR"/*; then
        echo "$1 -> $2: not found: $3"
        cat "$scratch/out" "$KITSUNE_LOG_DIR"/*
        exit 1
    fi
}

"${CC:-cc}" -std=gnu11 -Iruntime/include driver/driver.c -o "$scratch/driver" -ldl -lpthread
runtime released
runtime later '/^struct kitsune_image {/,/^};/s/^};/	long grown[8];\n};/'
runtime other 's/^#define KITSUNE_ABI .*/#define KITSUNE_ABI 2u/'
runtime earlier '/^struct kitsune_image {/,/^};/{/run_thread/d}; s/\(#define KITSUNE_IMAGE_LEAST\).*/\1 0/'

expect released-0 released-1 'version 1, state 42'
expect released-0 later-1 'version 1, state 42'
expect later-0 released-1 'version 1, state 42'
expect later-0 later-1 'version 1, state 42'
expect released-0 other-1 'other-1.so contains runtime ABI 2, the running version has 1'
expect released-0 other-1 'version 0, state 42'
expect released-0 earlier-1 'earlier-1.so contains a runtime from before the first release'
expect released-0 earlier-1 'version 0, state 42'
