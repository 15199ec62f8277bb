// The pages that are written by hand, those that are made from the code, and where they are.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Their blocks must be run, or say why not. The first ones deploy what the later ones use. */
export const written = [
  'README.md',
  'docs/quick-start.md',
  'docs/troubleshooting.md',
  'docs/operations.md',
  'docs/security.md',
  'docs/engines.md',
  'docs/architecture.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'examples/README.md',
  'infra/slurm/README.md',
  'infra/testbed/README.md',
] as const;

/** docs/sdk.md is run by tests/scenarios/sdk-docs.test.ts; the others are made by scripts/generate-docs.ts. */
export const others = [
  'docs/sdk.md',
  'docs/cli.md',
  'docs/configuration.md',
  'docs/errors.md',
  'docs/failure-modes.md',
  'docs/models.md',
  'docs/protocol.md',
  'docs/state-machines.md',
] as const;

export function pageText(page: string): string {
  return readFileSync(`${root}/${page}`, 'utf8');
}
