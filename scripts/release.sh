#!/usr/bin/env bash
# Builds what is released into dist/: the command line for six platforms, the
# functions for both of Lambda's architectures, an SBOM and the checksums. The
# same commit and Go version give the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
version=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo devel)}
out=dist

rm -rf "$out"
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build() { # os arch output package tags
  GOOS=$1 GOARCH=$2 CGO_ENABLED=0 go build -trimpath -buildvcs=auto \
    -ldflags="-s -w -buildid=" -tags "$5" -o "$3" "$4"
}

for platform in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do
  os=${platform%/*} arch=${platform#*/} name=chimewatch
  [ "$os" = windows ] && name=chimewatch.exe
  echo "build chimewatch $os/$arch"
  mkdir -p "$work/$os-$arch"
  build "$os" "$arch" "$work/$os-$arch/$name" ./cmd/chimewatch ""
  cp LICENSE README.md "$work/$os-$arch/"
  go run ./scripts/pack -o "$out/chimewatch_${version}_${os}_${arch}.zip" "$work/$os-$arch"
done

for folder in functions/*/; do
  function=$(basename "$folder")
  [ -f "$folder/main.go" ] || continue
  for arch in amd64 arm64; do
    echo "build function $function linux/$arch"
    mkdir -p "$work/$function-$arch"
    build linux "$arch" "$work/$function-$arch/bootstrap" "./functions/$function" lambda.norpc
    go run ./scripts/pack -o "$out/function-${function}_${version}_${arch}.zip" "$work/$function-$arch"
  done
done

go run ./scripts/sbom -version "$version" >"$out/chimewatch_${version}_sbom.cdx.json"
(cd "$out" && sha256sum -- * >SHA256SUMS)
cat "$out/SHA256SUMS"
