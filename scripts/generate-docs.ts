// Writes the pages that are made from the code, or with --check says which of them are out of date.

import { readFile, writeFile } from 'node:fs/promises';

import { renderLifeTable } from '../apps/control/src/domain/life-table.ts';
import { renderOpenApi } from '../apps/control/src/openapi/render-openapi.ts';
import { renderConnectionTable } from '../apps/node-agent/src/front/connection-table.ts';
import { renderTransitionTable } from '../apps/node-agent/src/supervisor/transition-table.ts';
import { configSchema } from '../packages/cli/src/commands/config-schema.ts';
import { renderManPage } from '../packages/cli/src/commands/man-page.ts';
import { createProgram } from '../packages/cli/src/program.ts';
import { renderCliPage } from '../packages/cli/src/render-cli-page.ts';
import { renderConfigurationPage } from '../packages/cli/src/render-configuration-page.ts';
import { PROTOCOL_HISTORY, WIRE_ERRORS } from '../packages/protocol/src/index.ts';
import { renderErrorsPage } from './error-book/render-errors-page.ts';
import { renderFailureModesPage, renderFieldReportsPage } from './failure-modes/render-failure-modes-page.ts';

const NOTE = '<!-- Made by scripts/generate-docs.ts (`pnpm docs`). Edit the code, not this page. -->';

const PAGES: Record<string, () => string> = {
  'docs/state-machines.md': stateMachines,
  'docs/protocol.md': protocolPage,
  'docs/fairlead.1': () => `.\\" ${NOTE.slice(5, -4)}\n${renderManPage(createProgram('', async () => undefined))}`,
  'docs/cli.md': () => `${NOTE}\n\n${renderCliPage()}`,
  'docs/configuration.md': () => `${NOTE}\n\n${renderConfigurationPage()}`,
  'docs/errors.md': () => `${NOTE}\n\n${renderErrorsPage()}`,
  'docs/openapi.json': () => `${JSON.stringify(renderOpenApi(), undefined, 2)}\n`,
  'docs/failure-modes.md': () => `${NOTE}\n\n${renderFailureModesPage()}`,
  'docs/field-reports.md': () => `${NOTE}\n\n${renderFieldReportsPage()}`,
  'docs/fairlead.schema.json': () => `${JSON.stringify(configSchema(), undefined, 2)}\n`,
};

function stateMachines(): string {
  return `${NOTE}

# State machines

Every state against every event. What is not in a table does not happen; an empty cell changes nothing. *Running* is not *ready*, and the first cause of an end wins.

## An instance, as its agent sees it

\`apps/node-agent/src/supervisor/transition.ts\`

${renderTransitionTable().trim()}

## An instance, as control sees it

\`apps/control/src/domain/instance-life.ts\`

${renderLifeTable().trim()}

## A connection in the front

\`apps/node-agent/src/front/connection-life.ts\`

${renderConnectionTable().trim()}
`;
}

function protocolPage(): string {
  const history = PROTOCOL_HISTORY.map(({ version, date, what }) => `| ${version} | ${date} | ${what} |`);
  const errors = Object.entries(WIRE_ERRORS).map(
    ([code, { status, retryable, cause, cure }]) =>
      `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${cause} | ${cure} |`,
  );
  return `${NOTE}

# Protocol

Messages and files between the programs are zod schemas in \`packages/protocol/src\`; golden messages of each version are in \`packages/protocol/golden\`.

## Versions

| version | date | what |
|---|---|---|
${history.join('\n')}

## Error codes

| code | HTTP status | try again | cause | cure |
|---|---|---|---|---|
${errors.join('\n')}
`;
}

async function readIfThere(path: URL): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

const check = process.argv.includes('--check');
const stale: string[] = [];
for (const [name, render] of Object.entries(PAGES)) {
  const path = new URL(`../${name}`, import.meta.url);
  const text = render();
  if ((await readIfThere(path)) === text) continue;
  stale.push(name);
  if (!check) await writeFile(path, text);
}
console.log(
  stale.length === 0
    ? 'every generated page is up to date'
    : `${check ? 'out of date' : 'written'}: ${stale.join(', ')}`,
);
if (check && stale.length > 0) {
  console.log('Run `pnpm docs`.');
  process.exitCode = 1;
}
