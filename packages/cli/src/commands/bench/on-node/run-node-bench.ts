// The benchmark on the node: through the front's own socket there, with the key of the instance's spec. Neither hop is in its figures.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type Clock, CodedError } from '@fairlead/kit';
import { connectionFile, decodeText, instanceSpec } from '@fairlead/protocol';
import type { z } from 'zod';

import { measureLevels } from '../measure-levels.ts';
import type { NodeBench, NodeBenchLine } from './node-bench.ts';
import { createSocketFetch } from './socket-fetch.ts';

export interface NodeBenchDeps {
  clock: Clock;
  signal: AbortSignal;
  tell: (line: NodeBenchLine) => void;
}

/** Throws `bench_failed`, and the signal's reason. */
export async function runNodeBench({ name, jobDir, api, plan }: NodeBench, deps: NodeBenchDeps): Promise<void> {
  const { apiKey, servedModel } = await readJobFile(join(jobDir, 'spec.json'), instanceSpec);
  const { nodeSocket } = await readJobFile(join(jobDir, 'connection.json'), connectionFile);
  if (nodeSocket === undefined)
    throw new CodedError<'bench_failed'>(
      'bench_failed',
      `cannot measure ${name} on its node because its agent opens no socket there`,
      { hint: 'Its agent is of an earlier version: deploy it again, or measure it from here, without --on-node.' },
    );
  const connection = { servedModel, fetch: createSocketFetch(nodeSocket, apiKey) };
  const { clock, signal, tell } = deps;
  await measureLevels({ name, plan, api }, { connection, clock, signal }, tell);
}

async function readJobFile<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
  const read = decodeText(schema, await readFile(path, 'utf8'));
  if (read.ok) return read.value;
  throw new CodedError<'bench_failed'>(
    'bench_failed',
    `cannot use ${path} because ${read.path || 'it'} ${read.message}`,
    { hint: 'Deploy again: its agent may be of another version.' },
  );
}
