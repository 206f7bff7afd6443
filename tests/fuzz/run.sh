#!/bin/sh
# run.sh FOLDER SECONDS [TARGET...]: builds the targets with clang and its sanitizers in the folder and runs each of
# them (all, if none is named) for so long. What it learns stays in FOLDER/corpus; inputs that fail in FOLDER/found.
set -eu
folder=$1 seconds=$2
shift 2
[ $# -gt 0 ] || set -- decoder sftp3 sftp4 sftp5 sftp6 config key path cert revoked hostkey
mkdir -p "$folder/found"
cd "$folder"

probe='int LLVMFuzzerTestOneInput(const char *p, long n){return p && n < 0;}'
if ! printf '%s\n' "$probe" | clang -x c -fsanitize=fuzzer,address,undefined -o probe - 2>probe.log; then
    echo "no clang that fuzzes; install the Debian packages clang and libclang-rt-14-dev (or that of your clang)" >&2
    sed 's/^/  /' probe.log >&2
    exit 1
fi
flags='-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined'
[ -e config.status ] || "$HYTHE_SRCDIR/configure" -q --disable-hardening CC=clang \
    CFLAGS="$flags" LDFLAGS='-fsanitize=address,undefined'
${MAKE:-make} --no-print-directory -s tests/fuzz/fuzz tests/fuzz/replay

# What a mutation of bytes wouldn't hit upon: the names of the settings.
sed -n 's/^HY_[A-Z]*(\([A-Za-z_]*\),.*/"\1"/p' "$HYTHE_SRCDIR/core/config/settings.def" >words

failed=
for target in "$@"; do
    mkdir -p "corpus/$target"
    ./tests/fuzz/replay --spread "$target" "corpus/$target"
    echo "fuzz: $target for $seconds seconds"
    words=
    [ "$target" != config ] || words=-dict=words
    # Long inputs are mostly more of the same, but must fill buffers for paths (8 KiB) and pass them.
    HYTHE_FUZZ_TARGET=$target ./tests/fuzz/fuzz -max_total_time="$seconds" -max_len=20000 -timeout=10 -rss_limit_mb=1024 \
        -print_final_stats=1 -artifact_prefix="found/$target-" $words "corpus/$target" >"$target.log" 2>&1 || failed="$failed $target"
    grep -E 'cov: |stat::number_of_executed_units|stat::average|ERROR|broken promise|SUMMARY|runtime error' "$target.log" |
        tail -n 6 | sed 's/^/  /'
done
[ -z "$failed" ] || { echo "fuzz: failed:$failed (inputs in $folder/found, reports in $folder/*.log)" >&2; exit 1; }
