// What an uninstall says at its end: what went, what stays and why; a failure where a part could not be done.

import { CodedError } from '@fairlead/kit';
import type { DeploymentView } from '@fairlead/protocol';

import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { stillLeft, type Swept } from './sweep-host.ts';

export function reportSwept(
  swept: readonly Swept[],
  { live, dryRun }: { live: readonly DeploymentView[]; dryRun: boolean },
  { output }: Context,
): void {
  const removed = swept.filter(({ kind }) => kind === 'removed');
  const left = stillLeft(swept);
  const failed = swept.filter(({ kind }) => kind === 'failed');
  const stopped = live.map(({ name }) => name);
  const facts = { removed: removed.map(placed), left: [...left, ...failed].map(placed), stopped };
  const lines = [
    ...(dryRun && stopped.length > 0 ? [`would stop ${stopped.join(', ')}`] : []),
    ...removed.map((one) => `${dryRun ? 'would remove' : 'removed'}  ${one.host}  ${one.path}`),
    ...left.map((one) => `left     ${one.host}  ${one.path}: ${one.why ?? ''}`),
    ...(removed.length === 0 && failed.length === 0 ? ['Nothing of Fairlead was found there.'] : []),
  ];
  if (failed.length > 0) {
    output.event('uninstall.incomplete', facts, lines.join('\n'));
    throw new CodedError<CliErrorCode>(
      'uninstall_incomplete',
      `cannot remove everything: ${failed.map(({ host, why }) => `${host} (${why})`).join('; ')}`,
      { hint: 'Run `fairlead uninstall` again when that is mended: it goes on where it was.' },
    );
  }
  output.result(
    dryRun ? { event: 'uninstall.planned', ok: true, ...facts } : { event: 'uninstalled', ok: true, ...facts },
    lines.join('\n'),
  );
}

function placed({ host, path, why }: Swept): Omit<Swept, 'kind'> {
  return { host, path, ...(why === undefined ? {} : { why }) };
}
