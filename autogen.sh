#!/bin/sh
# Makes configure and its helpers from configure.ac. Needs autoconf, automake and libtool.
set -eu

cd -- "$(dirname -- "$0")"
for tool in autoreconf:autoconf automake:automake libtoolize:libtool pkg-config:pkg-config; do
    if ! command -v "${tool%%:*}" >/dev/null 2>&1; then
        echo "autogen.sh: ${tool%%:*} is missing; install the Debian package ${tool##*:}" >&2
        exit 1
    fi
done
mkdir -p build-aux m4
exec autoreconf --install --force --warnings=all,no-obsolete,no-portability "$@"
