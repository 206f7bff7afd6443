#!/bin/sh
# The example configuration is one that hythed takes, once its paths, user, password and key are somebody's own.
set -eu

dir=$(mktemp -d "${TMPDIR:-/tmp}/hythe-example-XXXXXX")
trap 'rm -rf "$dir"' EXIT
passed=0
hythed=$HYTHE_BUILDDIR/hythed

failed() {
    echo "FAILED: $1"
    cat "$dir/said"
    echo "example: $passed passed, 1 failed"
    exit 1
}

mkdir "$dir/srv" "$dir/srv/sftp" "$dir/srv/pub" "$dir/plugins"
cp "$HYTHE_PLUGINS/local-root.so" "$dir/plugins"
chmod go-w "$dir/plugins" "$dir/plugins/local-root.so"
ssh-keygen -q -t ed25519 -N '' -C bob@example.org -f "$dir/key"
hash=$(echo a-password | "$hythed" --hash-password)
{
    echo "plugin_directory = \"$dir/plugins\";"
    sed -e "s|\"hythe\"|\"$(id -un)\"|" -e "s|/etc/hythe/ssh_host_ed25519_key|$dir/key|" -e "s|\"/srv/|\"$dir/srv/|" \
        -e "s|#password = .*|password = \"$hash\";|" -e "s|#keys = .*|keys = ( \"$(cat "$dir/key.pub")\" );|" \
        "$HYTHE_SRCDIR/etc/hythe.cfg.example"
} >"$dir/hythe.cfg"

"$hythed" --check -f "$dir/hythe.cfg" >"$dir/said" 2>&1 || failed "the example, filled in, is refused"
passed=$((passed + 1))

sed '$a no_such_setting = 1;' "$dir/hythe.cfg" >"$dir/bad.cfg"
if "$hythed" --check -f "$dir/bad.cfg" >"$dir/said" 2>&1; then
    failed "a setting that there is not is taken"
fi
passed=$((passed + 1))
echo "example: $passed passed, 0 failed"
