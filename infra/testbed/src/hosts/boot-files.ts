// Finds the files of this machine that the hosts see: the checkout that this file belongs to, and its Node.

import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BootFiles } from './boot-script.ts';
import type { PlannedHost } from '../plan.ts';
import type { TestbedState } from '../state.ts';

const checkout = realpathSync(fileURLToPath(new URL('../../../..', import.meta.url)));

export function bootFilesOf(directory: string, state: TestbedState, host: PlannedHost): BootFiles {
  const cgroups = state.cgroups[host.name];
  return {
    state: directory,
    base: dirname(directory),
    checkout,
    node: projectNode(),
    program: programInCheckout(),
    rootless: state.rootless,
    binds: state.binds,
    ...(cgroups ? { cgroups } : {}),
  };
}

/** The project's own Node, linked by pnpm; without one, the Node that runs this process. */
function projectNode(): string {
  const linked = join(checkout, 'node_modules', '.bin', 'node');
  return existsSync(linked) ? realpathSync(linked) : process.execPath;
}

/**
 * The CLI's sources, so that an edit takes effect at once; or the CLI that the tests built (scripts/build-for-tests.ts)
 * in this checkout: it starts in a fifth of the time, and a new home does not have to bundle anything.
 */
function programInCheckout(): string {
  const built = process.env['FAIRLEAD_BUILT'] ?? '';
  return built.startsWith(`${checkout}/`)
    ? relative(checkout, join(built, 'dist/main.mjs'))
    : 'packages/cli/src/main.ts';
}
