#!/bin/sh
# The reference of the modules that have a documentation catalogue, as docc archives in .build/docs. A link that leads nowhere
# is an error. docc comes with the Swift toolchain.
set -eu
cd "$(dirname "$0")/.."
command -v docc >/dev/null || { echo "docs: docc is missing: it is part of the Swift toolchain" >&2; exit 1; }
graphs="$PWD/.build/symbol-graphs"
rm -rf "$graphs" .build/docs
mkdir -p "$graphs" .build/docs
build=$(swift build --show-bin-path)
target=$(swift -print-target-info | sed -n 's/^ *"triple": "\(.*\)",/\1/p' | head -n 1)
for module in TensorEngine FusionCore; do
  swift build --target "$module"
  mkdir "$graphs/$module"
  swift symbolgraph-extract -module-name "$module" -target "$target" \
    -I "$build/Modules" -I Sources/CBLAS \
    -Xcc "-fmodule-map-file=$build/CFusionKernels.build/module.modulemap" -Xcc -ISources/CFusionKernels/include \
    -Xcc "-fmodule-map-file=$build/CFusionABI.build/module.modulemap" -Xcc -ISources/CFusionABI/include \
    -minimum-access-level public -output-dir "$graphs/$module"
  if ! docc convert "Sources/$module/$module.docc" --additional-symbol-graph-dir "$graphs/$module" \
    --fallback-display-name "$module" --fallback-bundle-identifier "fusionkit.$module" \
    --output-path ".build/docs/$module.doccarchive" >"$graphs/$module.log" 2>&1; then
    cat "$graphs/$module.log" >&2
    exit 1
  fi
  # docc also asks for a line on every parameter; a sentence that names them is enough here.
  if grep "^warning:" "$graphs/$module.log" | grep -v "is missing documentation"; then
    echo "docs: see $graphs/$module.log for the places" >&2
    exit 1
  fi
done
echo "docs: .build/docs; docc preview shows them in a browser"
