#!/bin/sh
# What is installed has the protections that configure promises by default.
set -eu

[ "${HYTHE_HARDENING-}" = yes ] || { echo "configured with --disable-hardening"; exit 77; }
command -v readelf >/dev/null || { echo "readelf is missing"; exit 77; }
passed=0 failed=0

# want NAME FILE PATTERN READELF-OPTION...
want() {
    name=$1 file=$2 pattern=$3
    shift 3
    if readelf -W "$@" "$file" | grep -qE "$pattern"; then
        passed=$((passed + 1))
    else
        echo "FAILED: ${file##*/}: $name"
        failed=$((failed + 1))
    fi
}

for file in "$HYTHE_BUILDDIR/hythed" "$HYTHE_BUILDDIR/hythe-sftp-server" "$HYTHE_PLUGINS/local-root.so" \
    "$HYTHE_BUILDDIR/core/library/.libs/libhythe.so"; do
    want "is position-independent" "$file" 'Type: +DYN' -h
    want "makes its relocations read-only" "$file" 'GNU_RELRO' -l
    want "binds its symbols at start" "$file" 'BIND_NOW|FLAGS_1.*NOW' -d
    want "has a stack that can't be run" "$file" 'GNU_STACK +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +RW ' -l
    want "checks its stack" "$file" '__stack_chk_fail' --dyn-syms
done
if [ "${HYTHE_FORTIFY-}" = yes ]; then
    want "checks what it copies and prints" "$HYTHE_BUILDDIR/hythed" '__[a-z]+_chk' --dyn-syms
fi
echo "hardening: $passed passed, $failed failed"
[ $failed -eq 0 ]
