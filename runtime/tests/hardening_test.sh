#!/bin/sh
# The driver and the objects of the runtime are built as a hardened distribution does it.
#
#     hardening_test.sh DRIVER LIBKITSUNE.A
set -eu
driver=$1
archive=$2

fail() {
    echo "$1"
    exit 1
}

headers=$(readelf -hldW "$driver")
echo "$headers" | grep -q 'Type: *DYN' || fail "$driver has a fixed address"
echo "$headers" | grep -q 'GNU_RELRO' || fail "$driver: -z relro is missing"
echo "$headers" | grep -q 'BIND_NOW\|FLAGS_1.*NOW' || fail "$driver: -z now is missing"
echo "$headers" | grep 'GNU_STACK' | grep -q ' RW ' || fail "$driver has an executable stack"
if echo "$headers" | grep -q 'TEXTREL'; then fail "$driver has relocations in its code"; fi
nm -D "$driver" | grep -q '__stack_chk_fail' || fail "$driver: -fstack-protector is missing"

# One object without a mark is enough for a whole image to have an executable stack, or no checks of control flow.
objects=$(ar t "$archive" | wc -l)
marked=$(readelf -SW "$archive" | grep -c '\.note\.GNU-stack')
[ "$marked" -eq "$objects" ] || fail "$archive: only $marked of $objects objects do without an executable stack"
if [ "$(uname -m)" = x86_64 ]; then
    marked=$(readelf -nW "$archive" | grep -c 'x86 feature: IBT, SHSTK')
    [ "$marked" -eq "$objects" ] || fail "$archive: only $marked of $objects objects have -fcf-protection"
fi
if readelf -rW "$archive" | grep -q 'R_X86_64_32S\?  '; then fail "$archive is not position independent"; fi
