// `fairlead prefetch`: has a model downloaded on the cluster, and shows how far it is.

import { loadForCluster } from '@fairlead/config';
import { CodedError, Secret } from '@fairlead/kit';
import type { DeployRequest } from '@fairlead/launch';
import { prefetch, type PrefetchEvent, bytesText } from '@fairlead/launch/environment';

import type { CliErrorCode } from '../cli-error.ts';
import { configPlaceOf } from '../config/config-place.ts';
import type { Context } from '../context.ts';
import { machineOf } from '../launch/machine-of.ts';
import { renderEvent } from '../launch/render-event.ts';
import type { Output } from '../output/output.ts';

export interface PrefetchArgs extends DeployRequest {
  on?: string | undefined;
  set: string[];
  verify: boolean;
  tokenStdin: boolean;
}

export async function runPrefetch(args: PrefetchArgs, context: Context): Promise<void> {
  const { output, clock, signal } = context;
  const { config, cluster } = await loadForCluster(configPlaceOf(context), args);
  const token = args.tokenStdin ? await readToken(context.streams.stdin) : undefined;
  const startedMs = clock.monotonicMs();
  const deps = { machine: machineOf(context), config };
  const request = { ...args, cluster, token, hashesAll: args.verify };
  for await (const event of prefetch(deps, request, signal)) render(event, { output, startedMs, clock });
}

/** One line, as `Secret`. */
async function readToken(stdin: AsyncIterable<unknown>): Promise<Secret> {
  let text = '';
  for await (const chunk of stdin) text += String(chunk);
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return new Secret(token);
  const why = token === '' ? 'standard input is empty' : 'standard input holds more than one word';
  throw new CodedError<CliErrorCode>('usage', `cannot use --token-stdin because ${why}`, {
    hint: 'Pipe the token alone: fairlead prefetch <model> --token-stdin < ~/.hf-token',
  });
}

interface Showing {
  output: Output;
  startedMs: number;
  clock: Context['clock'];
}

function render(event: PrefetchEvent, { output, startedMs, clock }: Showing): void {
  if (event.type === 'prefetch.planned') {
    const { type, model, host, cache, files, totalBytes, presentBytes, ...more } = event;
    const there = presentBytes > 0 ? `, of which ${bytesText(presentBytes)} are there` : '';
    const words = `${model}: ${files} files, ${bytesText(totalBytes)}${there}, to ${cache} on ${host}`;
    output.event(type, { model, host, cache, files, totalBytes, presentBytes, ...more }, words);
  } else if (event.type === 'prefetch.progress') {
    const { type, ...fields } = event;
    output.event(type, fields);
    output.busy(`downloading ${partOf(fields)}`);
  } else if (event.type === 'prefetch.checking') {
    const { type, ...fields } = event;
    output.event(type, fields);
    output.busy(`comparing hashes ${partOf(fields)}`);
  } else if (event.type === 'prefetched') {
    const { type, ...fields } = event;
    const seconds = Math.round((clock.monotonicMs() - startedMs) / 1000);
    const fetched =
      fields.fetchedBytes > 0 ? `downloaded ${bytesText(fields.fetchedBytes)} in ${seconds} s` : 'nothing was missing';
    const words = `${fields.model} is complete on ${fields.host}: ${bytesText(fields.totalBytes)} in ${fields.folder} (${fetched})`;
    output.result({ event: type, ok: true, ...fields }, words);
  } else renderEvent(event, output);
}

function partOf({ bytes, totalBytes }: { bytes: number; totalBytes: number }): string {
  const percent = totalBytes === 0 ? 100 : Math.floor((100 * bytes) / totalBytes);
  return `${bytesText(bytes)} of ${bytesText(totalBytes)} (${percent} %)`;
}
