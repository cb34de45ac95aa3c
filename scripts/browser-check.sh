#!/usr/bin/env bash
# Opens the summary's pages in headless Chromium and checks what only a browser
# can tell: scripts/browser-check.sh [FOLDER for screenshots]
#
# Needs Go, Node.js 20 or later with npm, and Chromium: CHROMIUM=/path/to/it, or
# one on the PATH, or on Debian, for root, one that is installed here. The
# packages that drive it are kept in .cache/. Exit status 77: one of these is
# not to be had here, and nothing was checked.
set -euo pipefail
cd "$(dirname "$0")/.."

PLAYWRIGHT=1.65.1
AXE=4.14.1

find_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome || true; }
export CHROMIUM=${CHROMIUM:-$(find_chromium)}
missing() { echo "browser-check: $*" >&2; exit 77; }

for tool in node npm; do
  command -v "$tool" >/dev/null || missing "$tool is not installed"
done
if [ -z "$CHROMIUM" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  install() { DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium >/dev/null; }
  install || { apt-get update >/dev/null && install; } || true # said below
  CHROMIUM=$(find_chromium)
fi
[ -n "$CHROMIUM" ] || missing 'Chromium is not installed: apt-get install --no-install-recommends chromium'

modules=.cache/browser-$PLAYWRIGHT-$AXE
if [ ! -d "$modules/node_modules/axe-core" ]; then
  mkdir -p "$modules"
  npm install --prefix "$modules" --no-package-lock --no-save --no-audit --no-fund --ignore-scripts \
    "playwright-core@$PLAYWRIGHT" "axe-core@$AXE" >/dev/null || missing 'npm could not fetch what drives the browser'
fi

pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
cp pkg/summary/testdata/golden/*.html "$pages"
go test ./pkg/summary -count=1 -run '^TestLargePage$' -large "$pages/large.html"
NODE_PATH="$modules/node_modules" node test/browser/check.cjs "$pages" "${1:-}"
