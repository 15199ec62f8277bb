// Reads a model's config.json and index of safetensors from a folder: of this machine, or of a cluster, where they may also lie in the
// cache of the hub's library.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { errnoOf, errorText } from '@fairlead/kit';
import type { CommandRunner } from '@fairlead/scheduler';
import { z } from 'zod';

import { missingFrom } from '../weights/judge-cache.ts';
import type { FilesFound } from './hub-files.ts';

const askTimeoutMs = 20_000;
const maxConfigBytes = 1_000_000;
/** A pointer of Git LFS has about 130 bytes. */
const maxPointerBytes = 1024;

/** Of this machine. */
export async function readLocalFiles(folder: string): Promise<FilesFound> {
  try {
    const configPath = join(folder, 'config.json');
    const found = await stat(configPath);
    // A pipe would be waited for, and a device has no end.
    if (!found.isFile() || found.size > maxConfigBytes) throw new Error('it is no regular file of at most 1 MB');
    const config = JSON.parse(await readFile(configPath, 'utf8')) as unknown;
    const names = await readdir(folder);
    const files = await Promise.all(names.map((name) => fileAt(folder, name)));
    const weights = files.filter(({ name }) => name.endsWith('.safetensors'));
    const pointer = await findPointer(folder, weights);
    if (pointer !== undefined) return { ok: false, reason: `${join(folder, pointer)} is a pointer of Git LFS` };
    const index = await readIndex(folder, names);
    const indexed = Object.values(weightMap.safeParse(index).data?.weight_map ?? {});
    const missing = missingFrom({ files, indexed });
    const weightBytes = weights.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    // Of some of the files the size says too little; a plan without it estimates.
    const size = missing.length > 0 ? { missing } : weightBytes > 0 ? { weightBytes } : {};
    // Made by the library of sentence-transformers, as vLLM looks for it.
    const tag = names.includes('modules.json') ? { pipelineTag: 'sentence-similarity' } : {};
    return { ok: true, files: { source: folder, config, ...size, ...tag, ...(index === undefined ? {} : { index }) } };
  } catch (error) {
    return { ok: false, reason: `${folder} has no config.json that can be read: ${errorText(error)}` };
  }
}

const indexFile = 'model.safetensors.index.json';
/** The index of the largest models has 10 MB. */
const maxIndexBytes = 32 * 1024 * 1024;
const weightMap = z.object({ weight_map: z.record(z.string(), z.string()) });

async function readIndex(folder: string, names: readonly string[]): Promise<unknown> {
  const path = join(folder, indexFile);
  if (!names.includes(indexFile)) return undefined;
  const found = await stat(path);
  if (!found.isFile() || found.size > maxIndexBytes) return undefined;
  return JSON.parse(await readFile(path, 'utf8')) as unknown;
}

async function findPointer(folder: string, weights: readonly FolderFile[]): Promise<string | undefined> {
  const small = weights.filter(({ sizeBytes, isBroken }) => !isBroken && sizeBytes < maxPointerBytes);
  const texts = await Promise.all(small.map(({ name }) => readFile(join(folder, name), 'utf8')));
  return small.find((_file, at) => texts[at]?.startsWith('version https://git-lfs'))?.name;
}

interface FolderFile {
  name: string;
  sizeBytes: number;
  isBroken: boolean;
}

/** A link into a cache whose file is gone is broken. */
async function fileAt(folder: string, name: string): Promise<FolderFile> {
  try {
    const found = await stat(join(folder, name));
    return { name, sizeBytes: found.size, isBroken: !found.isFile() };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return { name, sizeBytes: 0, isBroken: true };
  }
}

/** Of a cluster: a path there, or a Hugging Face id in its cache. Throws the signal's reason alone. */
export async function readClusterFiles(
  model: string,
  {
    runner,
    hubCache,
    label,
    signal,
  }: { runner: CommandRunner; hubCache: string | undefined; label: string; signal: AbortSignal },
): Promise<FilesFound> {
  // Only a login shell has the variables of a site; what needs none of them is read without.
  const isPlaced = model.startsWith('/') || hubCache !== undefined;
  const argv = ['bash', isPlaced ? '-c' : '-lc', findScript, 'bash', model, hubCache ?? ''];
  try {
    const { code, stdout } = await runner.run(argv, { timeoutMs: askTimeoutMs, signal });
    const [, folder = '', bytes = '', text = ''] = /^fl_folder=(.*)\nfl_bytes=(\d*)\n([\s\S]*)$/m.exec(stdout) ?? [];
    if (code !== 0 || folder === '') return { ok: false, reason: `${label} has no config.json of ${model}` };
    const config = JSON.parse(text) as unknown;
    // Of a download that is half done the size says too little; a plan without it estimates.
    return {
      ok: true,
      files: { source: `${folder} on ${label}`, config, ...(Number(bytes) > 0 ? { weightBytes: Number(bytes) } : {}) },
    };
  } catch (error) {
    signal.throwIfAborted();
    return { ok: false, reason: `the files of ${model} on ${label} cannot be read: ${errorText(error)}` };
  }
}

// Arguments: a path or a Hugging Face id; the folder of the hub's cache, if the configuration says it. A model whose download has not ended
// has files called `.incomplete`.
const findScript = `
model=$1 cache=$2
case $model in
  /*) folder=$model ;;
  *)
    cache=\${cache:-\${HF_HUB_CACHE:-\${HF_HOME:+$HF_HOME/hub}}}
    cache=\${cache:-\${XDG_CACHE_HOME:-$HOME/.cache}/huggingface/hub}
    kept=$cache/models--$(printf %s "$model" | sed 's#/#--#g')
    folder=$(ls -td "$kept"/snapshots/*/ 2>/dev/null | head -n 1)
    ;;
esac
[ -n "$folder" ] && [ -f "$folder/config.json" ] || exit 3
bytes=0
if ! ls "$kept"/blobs/*.incomplete >/dev/null 2>&1; then
  bytes=$(find -L "$folder" -maxdepth 1 -name '*.safetensors' -exec stat -L -c %s {} + 2>/dev/null | awk '{ sum += $1 } END { printf "%.0f", sum }')
fi
printf '\\nfl_folder=%s\\nfl_bytes=%s\\n' "\${folder%/}" "$bytes"
head -c 1000000 "$folder/config.json"
`;
