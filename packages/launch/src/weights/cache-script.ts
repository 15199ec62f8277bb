// Bash that lists what a cache of Hugging Face, or a folder, holds of one model. Reads nothing but names, sizes and small heads.

import { jobShell } from '../host/job-shell.ts';
import type { ClusterConfig } from '@fairlead/config';
import type { WeightsSource } from './weights-source.ts';

/** Arguments: `hub` or `folder`, the model's folder below the cache or the folder itself, revision, cache directory or ''. */
const cacheScript = `
kind=$1 name=$2 revision=$3 cache=$4
if [ "$kind" = folder ]; then
  snapshot=$name
else
  : "\${cache:=\${HF_HUB_CACHE:-\${HF_HOME:+$HF_HOME/hub}}}"
  : "\${cache:=\${XDG_CACHE_HOME:-$HOME/.cache}/huggingface/hub}"
  echo "fl cache $cache"
  commit=$revision
  if [ -f "$cache/$name/refs/$revision" ]; then commit=$(cat "$cache/$name/refs/$revision"); fi
  snapshot=$cache/$name/snapshots/$commit
  find "$cache/$name/blobs" -maxdepth 1 -name '*.incomplete' -printf 'fl partial %s %f\\n' 2>/dev/null
fi
if [ -d "$snapshot" ]; then
  echo "fl snapshot $snapshot"
  find -L "$snapshot" -maxdepth 3 \\( -type f -o -type l \\) -printf 'fl file %y %s %P\\n' 2>/dev/null
  for index in "$snapshot"/*.index.json; do
    [ -f "$index" ] || continue
    grep -oE '"[^"/]+\\.(safetensors|bin)"' "$index" | tr -d '"' | sort -u | sed 's/^/fl indexed /'
  done
  find -L "$snapshot" -maxdepth 3 -type f -size -2 \\( -name '*.safetensors' -o -name '*.bin' -o -name '*.gguf' -o -name '*.pt' \\) \\
    -exec grep -l '^version https://git-lfs' {} + 2>/dev/null | sed 's|.*/|fl pointer |'
fi
echo 'fl end'
`;

export function cacheArgv(
  cluster: ClusterConfig,
  { model, kind, revision = 'main', cacheDir = '', env }: WeightsSource,
): string[] {
  const name = kind === 'hub' ? `models--${model.replaceAll('/', '--')}` : model;
  return jobShell(cluster, { script: cacheScript, args: [kind, name, revision, cacheDir], env });
}
