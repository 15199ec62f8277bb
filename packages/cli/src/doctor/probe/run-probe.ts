// What is tried in the test job, in order: the bastion's name, a login with the job's key, the gate, a socket; beside it the node itself.

import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';

import { type Clock, CodedError, defined, errnoOf, errorText } from '@fairlead/kit';
import type { BastionRoute } from '@fairlead/protocol';
import { jumpTarget, listJobKeyFiles, openSsh, routeName, type SshConnection, type SshTarget } from '@fairlead/ssh';

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
  await tryBastion(spec, await pickRoute(spec, deps), { ...deps, node });
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

/** Tries the routes in order until one lets the job in, and reports each. When none does, reports the steps of the first. */
async function pickRoute(spec: ProbeSpec, { say, signal }: ProbeDeps): Promise<BastionRoute> {
  const { routes } = spec;
  if (routes.length === 1) return routes[0]!;
  const tried = await Promise.all(
    routes.map(async (route) => {
      const name = routeName({ ...route, jump: route.jump && routeName(route.jump) });
      try {
        await using connection = await openSsh(await targetOf(route, spec), { signal });
        return { probe: 'route', name, ok: true, fingerprint: connection.hostKey.fingerprint } as const;
      } catch (error) {
        return { probe: 'route', name, ...failure(error) } as const;
      }
    }),
  );
  for (const line of tried) say(line);
  return routes[
    Math.max(
      tried.findIndex(({ ok }) => ok),
      0,
    )
  ]!;
}

/** Reports each step, and stops at the first that fails. */
async function tryBastion(
  spec: ProbeSpec,
  route: BastionRoute,
  deps: ProbeDeps & { node: Promise<void> },
): Promise<void> {
  const { say, signal } = deps;
  try {
    say({ probe: 'name', ok: true, addresses: await addressesOf(route) });
  } catch (error) {
    say({ probe: 'name', ...failure(error), addresses: [] });
    return;
  }
  let connection: SshConnection;
  try {
    connection = await openSsh(await targetOf(route, spec), { signal });
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
  await holdSocket(connection, spec, deps);
}

/** A name behind a jump host can be looked up only by the jump host. */
async function addressesOf({ host, jump }: BastionRoute): Promise<string[]> {
  if (jump) return [`${host} through ${jump.host}`];
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

async function targetOf(route: BastionRoute, { jobKeyDir }: ProbeSpec): Promise<SshTarget> {
  const { host, port, user, hostKeys, jump } = route;
  return {
    host,
    port,
    user,
    hostKeys: { kind: 'pinned', keys: hostKeys },
    ...(jump && { jump: jumpTarget(jump) }),
    auth: { identityFiles: await listJobKeyFiles(jobKeyDir) },
  };
}

/** Waits until the laptop has connected, or the time is up. */
async function holdSocket(
  connection: SshConnection,
  spec: ProbeSpec,
  { say, signal, clock, node }: ProbeDeps & { node: Promise<void> },
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
    // The job has reported everything else before this: the laptop's connection ends it.
    await node;
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
    ...defined({ hint }),
  };
}
