#!/bin/sh
# Starts Caddy. It takes no plain passwords, so those of the secret file are hashed first, into a file in memory.
# Names and passwords pass through pipes and shell built-ins only: no command line shows them.
set -eu
umask 077
while IFS= read -r line || [ -n "$line" ]; do
  [ -n "$line" ] || continue
  hash=$(printf '%s\n' "${line#*:}" | caddy hash-password)
  printf '%s %s\n' "${line%%:*}" "$hash"
done <"$DATAPILOT_PEOPLE_FILE" >"$DATAPILOT_PEOPLE_HASHES"
[ -s "$DATAPILOT_PEOPLE_HASHES" ] || { echo "proxy: $DATAPILOT_PEOPLE_FILE names nobody" >&2; exit 1; }
exec caddy run --config "${0%/*}/Caddyfile" --adapter caddyfile
