#!/usr/bin/env bash
# The tests of the kernels in C under the address, undefined-behaviour and thread sanitizers, and NEON on an emulated
# processor where the tools for it are there.
#
# Wants a clang with its sanitizers' libraries: Swift's toolchain has them; else Debian's clang with libclang-rt-*-dev.
# CLANG names another one. Arguments choose parts: address undefined thread neon.
set -euo pipefail
cd "$(dirname "$0")/.."

clang=${CLANG:-clang}
command -v "$clang" >/dev/null || {
  echo "sanitize: no clang found; Swift's toolchain has one, or: apt-get install clang libclang-rt-14-dev" >&2
  exit 1
}
tests=(kernels rows)
sources=(Tests/Sanitize/{kernels,rows}.c Sources/CFusionKernels/*.c)
common=(-std=gnu11 -Wall -Wextra -Werror -ISources/CFusionKernels/include)
linker=()
if [ -x "$("$clang" -print-prog-name=ld.lld)" ]; then linker=(-fuse-ld=lld); fi
# The thread sanitizer of Swift's toolchain knows Dispatch and does not link without it.
dispatch=$(dirname "$(readlink -f "$(command -v "$clang")")")/../lib/swift/linux
swift_libraries=()
if [ -e "$dispatch/libdispatch.so" ]; then
  swift_libraries=(-L"$dispatch" -Wl,-rpath,"$dispatch" -Wl,--no-as-needed -ldispatch -lBlocksRuntime)
fi

# NAME FLAGS…: builds the tests with the flags, file by file: the kernels take long, being unrolled.
build() {
  local name=$1 out=.build/sanitize/$1 link=(${linker[@]+"${linker[@]}"})
  shift
  echo "sanitize: building for $name"
  mkdir -p "$out"
  printf '%s\n' "${sources[@]}" | xargs -P "$(getconf _NPROCESSORS_ONLN)" -I {} \
    sh -c 'file=$1 out=$2; shift 2; exec "$@" -c "$file" -o "$out/$(basename "$(dirname "$file")")_$(basename "$file").o"' - {} "$out" \
    "$clang" "${common[@]}" "$@"
  if [ "$name" = thread ]; then link+=(${swift_libraries[@]+"${swift_libraries[@]}"}); fi
  local test
  for test in "${tests[@]}"; do
    "$clang" "$@" "$out/Sanitize_$test.c.o" "$out"/CFusionKernels_*.o -o "$out/$test" ${link[@]+"${link[@]}"} -lm -lpthread
  done
}

address() {
  build address -O1 -g1 -fno-omit-frame-pointer -fsanitize=address
  .build/sanitize/address/kernels
  .build/sanitize/address/rows
}
undefined() {
  # Without the checks of each single pointer, which take minutes to compile here: the address sanitizer sees null, and
  # aligned vector loads trap on their own where they are not aligned.
  build undefined -O1 -g1 -fsanitize=undefined -fno-sanitize=alignment,null,pointer-overflow -fno-sanitize-recover=all
  .build/sanitize/undefined/kernels
  .build/sanitize/undefined/rows
}
thread() {
  build thread -O1 -g1 -fsanitize=thread
  .build/sanitize/thread/kernels
}
neon() {
  local tool
  for tool in qemu-aarch64-static aarch64-linux-gnu-gcc; do
    command -v "$tool" >/dev/null || {
      echo "sanitize: NEON skipped, no $tool: apt-get install qemu-user-static gcc-aarch64-linux-gnu"
      return 0
    }
  done
  # On another processor than the target, so that neither a sanitizer nor every shape is worth its time.
  build neon -O2 --target=aarch64-linux-gnu --gcc-toolchain=/usr -isystem /usr/aarch64-linux-gnu/include -static
  qemu-aarch64-static .build/sanitize/neon/kernels 4
  qemu-aarch64-static .build/sanitize/neon/rows
}

if [ $# = 0 ]; then set -- address undefined thread neon; fi
for part; do
  case $part in
    address | undefined | thread | neon) "$part" ;;
    *) echo "sanitize: unknown part '$part'; there are address, undefined, thread and neon" >&2 && exit 1 ;;
  esac
done
