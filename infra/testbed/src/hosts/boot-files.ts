// Finds what the hosts see of this machine: the checkout that this file belongs to, and the Node that comes with it.

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

/** The project's own Node, as pnpm linked it; without one, the Node that runs this. */
function projectNode(): string {
  const linked = join(checkout, 'node_modules', '.bin', 'node');
  return existsSync(linked) ? realpathSync(linked) : process.execPath;
}

/**
 * The CLI from its sources, so that an edit takes effect at once; as the tests built it (scripts/build-for-tests.ts)
 * where they did in this checkout: a start from there takes a fifth of the time, and no new home has to bundle anything.
 */
function programInCheckout(): string {
  const built = process.env['FAIRLEAD_BUILT'] ?? '';
  return built.startsWith(`${checkout}/`)
    ? relative(checkout, join(built, 'dist/main.mjs'))
    : 'packages/cli/src/main.ts';
}
