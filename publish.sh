#!/usr/bin/env bash
# Publishes the command as one self-contained file for a runtime, compiled ahead of time (ReadyToRun), next to the shipped models, the manual page
# and the scripts of shells; packs it, and writes the checksum of the archive.
#   ./publish.sh [runtime] [folder]        linux-x64 (default), linux-arm64, win-x64, osx-arm64; default folder: artifacts/publish/<runtime>
set -euo pipefail
cd "$(dirname "$0")"
runtime="${1:-linux-x64}"
folder="${2:-artifacts/publish/$runtime}"
font=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf license=/usr/share/doc/fonts-dejavu-core/copyright
if [ ! -f "$font" ] || [ ! -f "$license" ]; then
  echo "publish.sh: no font to put inside for --png; install fonts-dejavu-core (Debian, Ubuntu), which has $font" >&2
  exit 1
fi
version=$(dotnet msbuild Vitrine/Vitrine.csproj -getProperty:Version)

rm -rf "$folder"
dotnet publish Cli/Cli.csproj -c Release -r "$runtime" --self-contained -v q -o "$folder" \
  -p:PublishReadyToRun=true -p:PublishSingleFile=true -p:IncludeNativeLibrariesForSelfExtract=true \
  -p:PublishDocumentationFiles=false -p:PublishReferencesDocumentationFiles=false -p:DebugType=embedded -p:ArtifactsPath="$PWD/artifacts/runtime-$runtime"
mv "$folder"/Vitrine.Cli "$folder"/vitrine 2>/dev/null || mv "$folder"/Vitrine.Cli.exe "$folder"/vitrine.exe

cp -r models "$folder/models"
dotnet run --project Cli -c Release -v q -- man > "$folder/vitrine.1"
cp LICENSE "$folder/"
cp "$license" "$folder/LICENSE-DejaVu.txt"
du -h "$folder"/vitrine* | head -1

mkdir -p artifacts/publish
archive="vitrine-$version-$runtime.tar.gz"
tar -czf "artifacts/publish/$archive" -C "$(dirname "$folder")" --transform "s#^$(basename "$folder")#vitrine-$version#" "$(basename "$folder")"
cd artifacts/publish
touch SHA256SUMS
{ grep -v " $archive\$" SHA256SUMS || true; sha256sum "$archive"; } | sort -k2 > SHA256SUMS.new && mv SHA256SUMS.new SHA256SUMS
du -h "$archive"
