// Makes an SSH account a bastion: gate, control, a Node to run it; then the profile by which this machine knows it again.

import { join } from 'node:path/posix';

import { createBastionLink, createControlApi, readProfile, writeProfile } from '@fairlead/client';
import { CodedError, errorText, Secret, shellQuote } from '@fairlead/kit';
import {
  type BastionConfig,
  decodeText,
  type FairleadConfig,
  gateLine,
  type LaptopProfile,
  PROTOCOL_VERSION,
} from '@fairlead/protocol';
import type { SshConnection } from '@fairlead/tunnel';
import { z } from 'zod';

import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { expandHome, type Host } from '../host/host.ts';
import { openSshHost } from '../host/ssh-host.ts';
import { cacheDir, DEFAULT_STATE_DIR } from '../paths.ts';
import { sessionOptions } from '../session-options.ts';
import { findBundle } from '../ship/bundles.ts';
import { readGate } from '../ship/gate-file.ts';
import { shipFile, shipRuntime } from '../ship/ship.ts';
import { openRoute } from '../ssh/open-route.ts';

export interface PreparedBastion {
  host: string;
  stateDir: string;
  runDir: string;
  hostKey: string;
}

/** Safe to run again: what is there and right is left alone; a running control of another version is replaced. */
export async function prepareBastion(
  config: FairleadConfig,
  profileFile: string,
  context: Context,
): Promise<PreparedBastion> {
  if (!config.bastion)
    throw new CodedError<CliErrorCode>(
      'config_invalid',
      'cannot prepare a bastion because bastion.fromLaptop is missing',
      { hint: 'Name it with --bastion.' },
    );
  const { output } = context;
  const { connection, target } = await openRoute(config.bastion.fromLaptop, context);
  await using host = await openSshHost(connection, config.bastion.fromLaptop.host);
  output.event(
    'bastion.reached',
    { host: host.facts.hostname, hostKey: connection.hostKey.fingerprint },
    `reached ${host.label} (${host.facts.hostname}, key ${connection.hostKey.fingerprint})`,
  );
  const stateDir = expandHome(config.bastion.stateDir ?? DEFAULT_STATE_DIR, host.facts.home);
  const isReplaced = await putPrograms(host, config.bastion, stateDir, context);
  const certificate = await controlCommand(host, stateDir, 'init', z.object({ certificate: z.string() }));
  const line = await startControl(connection, stateDir);
  if (isReplaced && line.control === 'running') {
    await host.runner.run(['sh', '-c', END_CONTROL_SCRIPT, 'sh', line.run]);
    await startControl(connection, stateDir);
  }
  output.event(
    'control.running',
    { run: line.run, was: line.control },
    `control ${line.control === 'started' ? 'started' : 'is running'} on ${line.host}; sockets in ${line.run}`,
  );
  const profile: LaptopProfile = {
    version: PROTOCOL_VERSION,
    bastion: {
      route: config.bastion.fromLaptop,
      host: line.host,
      user: target.user,
      hostKeys: [`${connection.hostKey.type} ${connection.hostKey.base64}`],
      stateDir,
      runDir: line.run,
    },
    controlCertificate: certificate.certificate,
    ownerToken: await ownerToken(host, stateDir, certificate.certificate, profileFile),
  };
  await proveControl(profile, context);
  await writeProfile(profileFile, profile);
  return { host: line.host, stateDir, runDir: line.run, hostKey: connection.hostKey.fingerprint };
}

async function putPrograms(host: Host, bastion: BastionConfig, stateDir: string, context: Context): Promise<boolean> {
  const options = {
    cacheDir: cacheDir(context),
    nodePath: context.nodePath,
    configuredNode: bastion.node,
    onProgress: (what: string, sent: number, total: number) =>
      context.output.busy(`uploading ${what} ${Math.floor((100 * sent) / Math.max(total, 1))} %`),
    signal: context.signal,
  };
  const control = await findBundle('control', options.cacheDir);
  const node = await shipRuntime(host, join(stateDir, 'bin'), options);
  const program = join(stateDir, 'bin', `control-${control.version}.mjs`);
  const isNew = await shipFile(host, control.path, program, 0o600, options);
  await host.upload(await readGate(), join(stateDir, 'gate'), { mode: 0o700, signal: context.signal });
  if (bastion.runDir)
    await host.upload(Buffer.from(`${bastion.runDir}\n`), join(stateDir, 'run-dir'), {
      mode: 0o600,
      signal: context.signal,
    });
  const linked = await host.runner.run(['sh', '-c', LINK_SCRIPT, 'sh', stateDir, node.path, program]);
  if (linked.code !== 0)
    throw new CodedError<CliErrorCode>(
      'bastion_unfit',
      `cannot set up ${stateDir} on ${host.label}: ${linked.stderr.trim()}`,
      { hint: 'Choose another directory: bastion.stateDir.' },
    );
  if (isNew)
    context.output.event(
      'control.uploaded',
      { version: control.version },
      `uploaded control${node.sent ? ' and Node' : ''} to ${stateDir}`,
    );
  return linked.stdout.includes('replaced');
}

/** Points bin/node and bin/control.mjs at what was uploaded; prints `replaced` where another version was there. */
const LINK_SCRIPT = `
set -e
chmod 700 "$1" "$1/bin"
cd "$1/bin"
old=$(readlink control.mjs 2>/dev/null || :)
new=\${3##*/}
ln -sfn "$2" node
ln -sfn "$new" control.mjs
if [ -n "$old" ] && [ "$old" != "$new" ]; then echo replaced; fi
`;

/** Ends the control whose socket directory is $1 and waits until it is gone. */
const END_CONTROL_SCRIPT = `
pid=$(cat "$1/control.pid") || exit 0
kill "$pid" 2>/dev/null
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  kill -0 "$pid" 2>/dev/null || exit 0
  sleep 0.25 2>/dev/null || sleep 1
done
kill -9 "$pid"
`;

async function controlCommand<T extends z.ZodType>(
  host: Host,
  stateDir: string,
  verb: string,
  schema: T,
): Promise<z.output<T>> {
  const answer = await host.runner.run([
    join(stateDir, 'bin', 'node'),
    join(stateDir, 'bin', 'control.mjs'),
    verb,
    '--state',
    stateDir,
  ]);
  const decoded = decodeText(schema, answer.stdout.trim().split('\n').at(-1) ?? '');
  if (answer.code === 0 && decoded.ok) return decoded.value;
  throw new CodedError<CliErrorCode>(
    'control_start_failed',
    `cannot run control on ${host.label}: ${answer.stderr.trim().slice(-500) || `exit ${answer.code}`}`,
    {
      hint: `Look at ${stateDir} there. Where Node does not start, name another with bastion.node.`,
    },
  );
}

async function startControl(connection: SshConnection, stateDir: string) {
  await using gate = await connection.gate(shellQuote(join(stateDir, 'gate')));
  const decoded = decodeText(gateLine, gate.identityLine);
  if (!decoded.ok || 'error' in decoded.value) {
    const why =
      decoded.ok && 'error' in decoded.value
        ? (decoded.value.message ?? decoded.value.error)
        : gate.identityLine.slice(0, 200);
    throw new CodedError<CliErrorCode>('bastion_unfit', `cannot use ${connection.label} as a bastion: ${why}`, {
      hint: 'Set bastion.runDir to a directory of your own on local disk there.',
    });
  }
  return decoded.value;
}

/** The token this machine has, where it is still for this control; else a new one, which comes over the user's own SSH login. */
async function ownerToken(host: Host, stateDir: string, certificate: string, profileFile: string): Promise<string> {
  try {
    const before = await readProfile(profileFile);
    if (before.controlCertificate === certificate) return before.ownerToken;
  } catch (error) {
    // No profile, or one that must not be trusted: a new token is what mends both.
    if (!(error instanceof CodedError)) throw error;
  }
  return (await controlCommand(host, stateDir, 'token', z.object({ ownerToken: z.string() }))).ownerToken;
}

/** Control was just started perhaps: it may need a moment until it listens. */
const PROOF_LIMIT_MS = 15_000;

async function proveControl(profile: LaptopProfile, context: Context): Promise<void> {
  await using link = createBastionLink({
    ...sessionOptions(context),
    profile,
    env: context.env,
    home: context.home,
  });
  using api = createControlApi({ openSocket: () => link.openControl(), ownerToken: new Secret(profile.ownerToken) });
  const untilMs = context.clock.monotonicMs() + PROOF_LIMIT_MS;
  for (;;) {
    try {
      await api.hello(context.signal);
      return;
    } catch (error) {
      context.signal.throwIfAborted();
      if (context.clock.monotonicMs() > untilMs) {
        throw new CodedError<CliErrorCode>(
          'control_start_failed',
          `cannot talk to control on ${profile.bastion.host} within ${PROOF_LIMIT_MS / 1000} s of its start: ${errorText(error)}`,
          {
            hint: `Its log is ${profile.bastion.stateDir}/control.log there.`,
            cause: error,
          },
        );
      }
      await context.clock.sleep(100, context.signal);
    }
  }
}
