// Puts control, a Node and the gate into the state directory. Which control runs is decided by a link, elsewhere.

import { join } from 'node:path/posix';

import { CodedError } from '@fairlead/kit';
import type { BastionConfig } from '@fairlead/config';
import { decodeText } from '@fairlead/protocol';
import type { z } from 'zod';

import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { findBundle, type Host, shipFile, shipRuntime } from '@fairlead/launch';
import { cacheDir } from '@fairlead/client/cache-dir';
import { readGate } from './gate-file.ts';

export interface ControlPrograms {
  /** Absolute paths on the bastion. */
  node: string;
  control: string;
  version: string;
  /** The version that bin/control.mjs stood for before; undefined where there was none. */
  before: string | undefined;
}

export async function putPrograms(
  host: Host,
  stateDir: string,
  bastion: BastionConfig | undefined,
  context: Context,
): Promise<ControlPrograms> {
  const options = {
    cacheDir: cacheDir(context),
    nodePath: context.nodePath,
    configuredNode: bastion?.node,
    onProgress: (what: string, sent: number, total: number) =>
      context.output.busy(`uploading ${what} ${Math.floor((100 * sent) / Math.max(total, 1))} %`),
    signal: context.signal,
  };
  const bundle = await findBundle('control', options.cacheDir);
  const node = await shipRuntime(host, join(stateDir, 'bin'), options);
  const control = join(stateDir, 'bin', `control-${bundle.version}.mjs`);
  const isNew = await shipFile(host, bundle.path, control, 0o600, options);
  await host.upload(await readGate(), join(stateDir, 'gate'), { mode: 0o700, signal: context.signal });
  if (bastion?.runDir)
    await host.upload(Buffer.from(`${bastion.runDir}\n`), join(stateDir, 'run-dir'), {
      mode: 0o600,
      signal: context.signal,
    });
  const asked = await host.runner.run(['sh', '-c', closeAndReadScript, 'sh', stateDir]);
  if (asked.code !== 0) throw unfit(host, stateDir, asked.stderr);
  if (isNew)
    context.output.event(
      'control.uploaded',
      { version: bundle.version },
      `uploaded control${node.sent ? ' and Node' : ''} to ${stateDir}`,
    );
  return { node: node.path, control, version: bundle.version, before: versionOfControl(asked.stdout) };
}

/** Points bin/node and bin/control.mjs at what was uploaded; a link that is right is not touched. */
export async function linkPrograms(host: Host, stateDir: string, programs: ControlPrograms): Promise<void> {
  const linked = await host.runner.run(['sh', '-c', linkScript, 'sh', stateDir, programs.node, programs.control]);
  if (linked.code !== 0) throw unfit(host, stateDir, linked.stderr);
}

/** One command of control's, which prints a line of JSON. */
export async function controlCommand<T extends z.ZodType>(
  host: Host,
  { stateDir, programs }: { stateDir: string; programs: ControlPrograms },
  verb: 'init' | 'token',
  schema: T,
): Promise<z.output<T>> {
  const answer = await host.runner.run([programs.node, programs.control, verb, '--state', stateDir]);
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

/** `control-0123456789abcdef.mjs` → its version. */
export function versionOfControl(link: string): string | undefined {
  return /control-([0-9a-f]+)\.mjs\s*$/.exec(link)?.[1];
}

function unfit(host: Host, stateDir: string, said: string): CodedError<CliErrorCode> {
  return new CodedError('bastion_unfit', `cannot set up ${stateDir} on ${host.label}: ${said.trim()}`, {
    hint: 'Choose another directory: bastion.stateDir.',
  });
}

const closeAndReadScript = `
chmod 700 "$1" "$1/bin" || exit 1
readlink "$1/bin/control.mjs" 2>/dev/null || :
`;

const linkScript = `
set -e
cd "$1/bin"
point() { [ "$(readlink "$2" 2>/dev/null)" = "$1" ] || ln -sfn "$1" "$2"; }
point "$2" node
point "\${3##*/}" control.mjs
`;
