#!/usr/bin/env bash
# Installs the system packages that are missing; does nothing, and needs no rights, where all are there.
set -euo pipefail

if [ "$(uname)" = Darwin ]; then
  command -v brew >/dev/null || { echo "setup: install Homebrew first (https://brew.sh)" >&2; exit 1; }
  brew list libyaml openblas libzip libsndfile fftw openssl cairo >/dev/null 2>&1 ||
    brew install libyaml openblas libzip libsndfile fftw openssl cairo
  exit 0
fi

needed=(libyaml-dev libopenblas-dev zlib1g-dev libzip-dev libsndfile1-dev libfftw3-dev libssl-dev libcairo2-dev
  fonts-dejavu-core pkg-config)
missing=()
for package in "${needed[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "setup: installing ${missing[*]}"
  as_root=()
  if [ "$(id -u)" != 0 ]; then as_root=(sudo); fi
  ${as_root[@]+"${as_root[@]}"} apt-get update -qq
  ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
fi

command -v swift >/dev/null || {
  echo "setup: no Swift toolchain found; install Swift 6.2 or later from https://www.swift.org/install" >&2
  exit 1
}
found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' | head -1)
if [ -n "$found" ] && [ "$(printf '%s\n' "$found" 6.2 | sort -V | head -1)" != 6.2 ]; then
  echo "setup: Swift $found is too old; install Swift 6.2 or later from https://www.swift.org/install" >&2
  exit 1
fi
