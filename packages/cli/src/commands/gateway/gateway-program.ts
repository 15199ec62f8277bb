// The gateway's program, as commands start it: a process of its own whose lines are read here.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

import { profilePath } from '@fairlead/client/session';
import { cacheDir } from '@fairlead/client/cache-dir';
import { CodedError } from '@fairlead/kit';
import { findBundle } from '@fairlead/launch';
import { decodeText } from '@fairlead/protocol';
import { z } from 'zod';

import type { CliErrorCode } from '../../cli-error.ts';
import type { Context } from '../../context.ts';
import { gatewayLines } from '../../output/lines/gateway-lines.ts';
import { ownLines } from '../../output/lines/own-lines.ts';

export type GatewayLineName = keyof typeof gatewayLines;
export type GatewayLine<Name extends GatewayLineName> = { event: Name } & z.output<(typeof gatewayLines)[Name]>;

const anyLine = z.looseObject({ event: z.string() });

/** `$FAIRLEAD_PROFILE`'s neighbour: a bastion has a gateway, as it has a profile. */
export function gatewayStateDir(state: string | undefined, context: Pick<Context, 'env' | 'home'>): string {
  return state ?? join(dirname(profilePath(context.env, context.home)), 'gateway');
}

/** Flags that are undefined are left out. */
export function flagWords(flags: Readonly<Record<string, string | number | undefined>>): string[] {
  return Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)]));
}

/** The caller ends it. */
export async function startGateway(words: readonly string[], context: Context): Promise<ChildProcess> {
  const { path } = await findBundle('gateway', cacheDir(context));
  context.signal.throwIfAborted();
  const args = [
    '--disable-sigusr1',
    '--max-semi-space-size=4',
    '--disable-warning=ExperimentalWarning',
    path,
    ...words,
  ];
  return spawn(context.nodePath, args, { env: context.env, cwd: context.cwd, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A command of the gateway to its end: its line. Throws the error that it tells, and `gateway_failed`. */
export async function askGateway<Name extends GatewayLineName>(
  name: Name,
  words: readonly string[],
  context: Context,
): Promise<GatewayLine<Name>> {
  const child = await startGateway(words, context);
  const said = Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'close')]);
  const onAbort = () => child.kill();
  context.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const [stdout, stderr] = await said;
    context.signal.throwIfAborted();
    return readGatewayLine(name, stdout.trim(), stderr);
  } finally {
    context.signal.removeEventListener('abort', onAbort);
  }
}

/** Throws the error that the line tells, and `gateway_failed` where it is another line. */
export function readGatewayLine<Name extends GatewayLineName>(
  name: Name,
  said: string,
  stderr: string,
): GatewayLine<Name> {
  const line = decodeText(anyLine, said);
  const failure = line.ok && line.value.event === 'error' ? decodeText(ownLines.error, said) : undefined;
  if (failure?.ok) {
    const { code, message, hint } = failure.value.error;
    throw new CodedError(code, message, hint === undefined ? {} : { hint });
  }
  const decoded = line.ok && line.value.event === name ? decodeText(gatewayLines[name], said) : undefined;
  if (decoded?.ok) return { event: name, ...(decoded.value as object) } as GatewayLine<Name>;
  throw new CodedError<CliErrorCode>(
    'gateway_failed',
    `cannot read what the gateway says: got ${(stderr || said).trim().slice(-500)}`,
    {
      hint: 'It is a fault of ours: report it with this message.',
    },
  );
}

/** Calls for each line until the process ends. */
export async function eachLine(child: ChildProcess, onLine: (line: string) => void): Promise<number> {
  const reading = createInterface({ input: child.stdout! });
  reading.on('line', onLine);
  const [[code, signal]] = await Promise.all([once(child, 'close'), once(reading, 'close')]);
  return signal === null ? Number(code) : 1;
}
