// The hand-written pages and the generated ones, with their paths.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A test runs their blocks, or a comment says why not. The first pages deploy what the later ones use. */
export const written = [
  'README.md',
  'docs/quick-start.md',
  'docs/troubleshooting.md',
  'docs/operations.md',
  'docs/observability.md',
  'docs/security.md',
  'docs/containers.md',
  'docs/engines.md',
  'docs/multi-node.md',
  'docs/architecture.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'examples/README.md',
  'infra/slurm/README.md',
  'infra/testbed/README.md',
] as const;

/** tests/scenarios/sdk-docs.test.ts runs docs/sdk.md, coming-from.test.ts docs/coming-from.md; scripts/generate-docs.ts makes most of the others. */
export const others = [
  'docs/coming-from.md',
  'docs/sites.md',
  'docs/team.md',
  'docs/sdk.md',
  'docs/cli.md',
  'docs/configuration.md',
  'docs/errors.md',
  'docs/failure-modes.md',
  'docs/models.md',
  'docs/protocol.md',
  'docs/state-machines.md',
] as const;

/** What a page says of Fairlead: tables of docs/coming-from.md have the words of other tools in their left column. */
export function ourText(page: string): string {
  if (page !== 'docs/coming-from.md') return pageText(page);
  const rows = pageText(page)
    .split('\n')
    .filter((line) => line.startsWith('|'));
  return rows.map((line) => line.split(/(?<!\\)\|/)[2] ?? '').join('\n');
}

export function pageText(page: string): string {
  return readFileSync(`${root}/${page}`, 'utf8');
}
