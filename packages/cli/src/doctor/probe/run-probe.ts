// What is tried in the test job, in order: the bastion's name, a login with the job's key, the gate, a socket; beside it the node itself.

import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';

import { type Clock, CodedError, errnoOf, errorText } from '@fairlead/kit';
import { listJobKeyFiles, openSsh, type SshConnection, type SshTarget } from '@fairlead/tunnel';

import type { ProbeLine } from './probe-report.ts';
import type { ProbeSpec } from './probe-spec.ts';
import { runShell } from './run-shell.ts';

export interface ProbeDeps {
  clock: Clock;
  env: Record<string, string | undefined>;
  signal: AbortSignal;
  say: (line: ProbeLine) => void;
}

export async function runProbe(spec: ProbeSpec, deps: ProbeDeps): Promise<void> {
  deps.say({
    probe: 'started',
    host: hostname(),
    node: process.version,
    machine: process.arch,
    nowMs: deps.clock.now(),
  });
  const node = lookAtNode(spec, deps);
  await tryBastion(spec, deps, node);
  await node;
  deps.say({ probe: 'done' });
}

async function lookAtNode({ scripts }: ProbeSpec, { say, env, signal }: ProbeDeps): Promise<void> {
  await Promise.all(
    (['scratch', 'gpus', 'engine'] as const).map(async (name) => {
      const script = scripts[name];
      if (!script) return;
      const temporary = env['TMPDIR'] || '/tmp';
      const args = script.args.map((arg) => (arg === '{tmp}' ? temporary : arg));
      say({ probe: name, text: await runShell(script.text, args, signal) });
    }),
  );
}

/** Each step is said, and the first that fails is the last. */
async function tryBastion(spec: ProbeSpec, deps: ProbeDeps, before: Promise<void>): Promise<void> {
  const { say, signal } = deps;
  const { host } = spec.bastion;
  try {
    const addresses = await lookup(host, { all: true });
    say({ probe: 'name', ok: true, addresses: addresses.map(({ address }) => address) });
  } catch (error) {
    say({ probe: 'name', ...failure(error), addresses: [] });
    return;
  }
  let connection: SshConnection;
  try {
    connection = await openSsh(await targetOf(spec), { signal });
  } catch (error) {
    say({ probe: 'login', ...failure(error) });
    return;
  }
  await using _connection = connection;
  say({ probe: 'login', ok: true, fingerprint: connection.hostKey.fingerprint });
  try {
    await using gate = await connection.gate('fairlead-gate', { signal });
    say({ probe: 'gate', ok: true, line: gate.identityLine });
  } catch (error) {
    say({ probe: 'gate', ...failure(error) });
    return;
  }
  await holdSocket(connection, spec, deps, before);
}

async function targetOf({ bastion, jobKeyDir }: ProbeSpec): Promise<SshTarget> {
  return {
    host: bastion.host,
    port: bastion.port,
    user: bastion.user,
    hostKeys: { kind: 'pinned', keys: bastion.hostKeys },
    auth: { identityFiles: await listJobKeyFiles(jobKeyDir) },
  };
}

/** Until the laptop has been here, or the time is up. */
async function holdSocket(
  connection: SshConnection,
  spec: ProbeSpec,
  { say, signal, clock }: ProbeDeps,
  before: Promise<void>,
): Promise<void> {
  const { promise: visited, resolve } = Promise.withResolvers<void>();
  const welcome = (stream: Duplex) => {
    stream.on('error', () => stream.destroy());
    stream.once('close', resolve);
    stream.resume();
    stream.end(`${spec.word}\n`);
  };
  try {
    await using _listening = await connection.listen(spec.socketPath, welcome, { signal });
    // Everything else has been said when the laptop comes: its visit ends the job.
    await before;
    say({ probe: 'listening', ok: true });
    await Promise.race([visited, clock.sleep(spec.holdMs, signal), connection.closed]);
  } catch (error) {
    if (!signal.aborted) say({ probe: 'listening', ...failure(error) });
  }
}

function failure(error: unknown): { ok: false; code: string; message: string; hint?: string } {
  const hint = error instanceof CodedError ? error.hint : undefined;
  return {
    ok: false,
    code: errnoOf(error) ?? 'unknown',
    message: errorText(error),
    ...(hint === undefined ? {} : { hint }),
  };
}
