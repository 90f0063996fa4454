#!/usr/bin/env bash
# Publishes the command as one self-contained file, compiled ahead of time (ReadyToRun), with the shipped model next to it.
#   ./publish.sh [runtime] [folder]        default: linux-x64 artifacts/publish/linux-x64
set -euo pipefail
cd "$(dirname "$0")"
runtime="${1:-linux-x64}"
folder="${2:-artifacts/publish/$runtime}"

dotnet publish Cli/Cli.csproj -c Release -r "$runtime" --self-contained -v q -o "$folder" \
  -p:PublishReadyToRun=true -p:PublishSingleFile=true \
  -p:PublishDocumentationFiles=false -p:PublishReferencesDocumentationFiles=false -p:DebugType=embedded -p:ArtifactsPath="$PWD/artifacts/runtime-$runtime"

if [ -d models ]; then
  mkdir -p "$folder/models"
  cp -r models/. "$folder/models/"
fi
mv "$folder"/Vitrine.Cli "$folder"/vitrine 2>/dev/null || mv "$folder"/Vitrine.Cli.exe "$folder"/vitrine.exe
du -h "$folder/vitrine"* | tail -1
