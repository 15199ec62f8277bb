// Reads a model's config.json and index of safetensors from the Hugging Face hub, or from a mirror of it.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type Clock, defined, errnoOf, errorText, openTimeLimit } from '@fairlead/kit';
import { z } from 'zod';

export interface HubAccess {
  env: Record<string, string | undefined>;
  home: string;
  clock: Clock;
  signal: AbortSignal;
}

/** Absent parts: the model has no such file. */
export const foundFiles = z.object({
  /** For people. */
  source: z.string(),
  config: z.unknown(),
  index: z.unknown().optional(),
  weightBytes: z.number().exactOptional(),
  /** What its authors say that it does, in the hub's words. */
  pipelineTag: z.string().max(100).exactOptional(),
  /** Files of weights that its folder lacks. */
  missing: z.array(z.string()).exactOptional(),
});
export type FoundFiles = z.infer<typeof foundFiles>;

export type FilesFound = { ok: true; files: FoundFiles } | { ok: false; reason: string };

/** For all files together. */
const hubTimeoutMs = 8_000;
/** The index of the largest models has 10 MB. */
const maxFileBytes = 32 * 1024 * 1024;

/** `org/model`, as the hub names it. */
export function isHubId(model: string): boolean {
  return /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(model);
}

/** Honours HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH and HF_HUB_OFFLINE, as the hub's own library does. Throws the signal's reason alone. */
export async function readHubFiles(model: string, access: HubAccess): Promise<FilesFound> {
  const { env, clock, signal } = access;
  if (/^(1|on|yes|true)$/i.test(env['HF_HUB_OFFLINE'] ?? '')) return { ok: false, reason: 'HF_HUB_OFFLINE is set' };
  const endpoint = (env['HF_ENDPOINT'] || 'https://huggingface.co').replace(/\/+$/, '');
  using limit = openTimeLimit(clock, hubTimeoutMs, () => new Error(`no answer for ${hubTimeoutMs / 1000} s`));
  const base = `${endpoint}/${model}/resolve/main`;
  const asking = {
    token: await readToken(access),
    signal: AbortSignal.any([signal, limit.signal]),
    caller: signal,
  };
  try {
    const config = await fetchJson(`${base}/config.json`, asking);
    if (!config.ok)
      return {
        ok: false,
        reason: refusalWords(config.status, { model, endpoint, hasToken: asking.token !== undefined }),
      };
    const index = await fetchJson(`${base}/model.safetensors.index.json`, asking);
    const single = index.ok ? undefined : await sizeOf(`${base}/model.safetensors`, asking);
    const pipelineTag = await readTag(`${endpoint}/api/models/${model}`, asking);
    return {
      ok: true,
      files: {
        source: `${endpoint}/${model}`,
        config: config.value,
        ...(index.ok ? { index: index.value } : {}),
        ...defined({ weightBytes: single, pipelineTag }),
      },
    };
  } catch (error) {
    signal.throwIfAborted();
    return { ok: false, reason: `${endpoint} cannot be asked: ${causeText(error)}` };
  }
}

interface Asking {
  token: string | undefined;
  signal: AbortSignal;
  /** Without the time limit. */
  caller: AbortSignal;
}

type Answer = { ok: true; value: unknown } | { ok: false; status: number };

async function fetchJson(url: string, { token, signal }: Asking): Promise<Answer> {
  const response = await fetch(url, { signal, headers: headersOf(token) });
  if (!response.ok) {
    await response.body?.cancel();
    return { ok: false, status: response.status };
  }
  return { ok: true, value: JSON.parse(await readBounded(response)) as unknown };
}

const tagged = z.object({ pipeline_tag: z.string().max(100) });

/** Undefined where a mirror has files alone, and where the model has no tag: a plan goes without. */
async function readTag(url: string, asking: Asking): Promise<string | undefined> {
  try {
    const answer = await fetchJson(url, asking);
    return answer.ok ? tagged.safeParse(answer.value).data?.pipeline_tag : undefined;
  } catch (error) {
    asking.caller.throwIfAborted();
    if (error instanceof Error) return undefined;
    throw error;
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxFileBytes) throw new Error(`its answer has more than ${maxFileBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The hub says the size of a large file in a header of its own, before the redirect to its storage. */
async function sizeOf(url: string, { token, signal }: Asking): Promise<number | undefined> {
  const response = await fetch(url, {
    method: 'HEAD',
    redirect: 'manual',
    signal,
    headers: headersOf(token),
  });
  const size = Number(response.headers.get('x-linked-size') ?? response.headers.get('content-length') ?? Number.NaN);
  return response.status < 400 && Number.isSafeInteger(size) && size > 0 ? size : undefined;
}

/** A redirect to another host goes without the token: fetch drops it. */
function headersOf(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function refusalWords(
  status: number,
  { model, endpoint, hasToken }: { model: string; endpoint: string; hasToken: boolean },
): string {
  if (status === 401 || status === 403) {
    const todo = hasToken ? 'the token there may not read it' : 'no token is there';
    return `${model} is gated or private on ${endpoint}, and ${todo}: accept its licence there, and keep a token with \`hf auth login\``;
  }
  return status === 404 ? `${endpoint} has no config.json of ${model}` : `${endpoint} answers ${status}`;
}

/** As the hub's library looks for it. */
async function readToken({ env, home }: HubAccess): Promise<string | undefined> {
  if (env['HF_TOKEN']) return env['HF_TOKEN'].trim();
  const hfHome = env['HF_HOME'] || join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'huggingface');
  try {
    const token = (await readFile(env['HF_TOKEN_PATH'] || join(hfHome, 'token'), 'utf8')).trim();
    return /^[\x21-\x7e]+$/.test(token) ? token : undefined;
  } catch (error) {
    if (errnoOf(error) !== undefined) return undefined;
    throw error;
  }
}

/** `fetch failed` says nothing; its cause does. */
function causeText(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? errorText(error.cause) : errorText(error);
}
