// Writes the pages and sections that are generated from the code, or with --check names those that are out of date.

import { readFile, writeFile } from 'node:fs/promises';

import { configSchema, createProgram, renderCliPage, renderManPage } from '@fairlead/cli';
import { renderConfigurationPage } from '@fairlead/config';
import { renderOpenApi } from '@fairlead/control';
import { protocolHistory, wireErrors } from '@fairlead/protocol';
import { allowedPicture, renderPicture } from './architecture/index.ts';
import { renderErrorsPage } from './error-book/render-errors-page.ts';
import { renderModelsPage } from './render-models-page.ts';
import { renderFailures } from './render-failures.ts';
import { renderStateMachinesPage } from './render-state-machines-page.ts';
import { renderFailureModesPage, renderFieldReportsPage } from './failure-modes/render-failure-modes-page.ts';
import { replaceSection } from './replace-section.ts';

const note = '<!-- Made by scripts/generate-docs.ts (`pnpm docs`). Edit the code, not this page. -->';

/** Takes the present text of a page and returns the right one. */
const pages: Record<string, (page: string) => string> = {
  'docs/architecture.md': (page) => replaceSection(page, 'rooms', renderPicture(allowedPicture)),
  'docs/troubleshooting.md': (page) => replaceSection(page, 'failures', renderFailures()),
  'docs/state-machines.md': () => `${note}\n\n${renderStateMachinesPage()}`,
  'docs/protocol.md': protocolPage,
  'docs/fairlead.1': () => `.\\" ${note.slice(5, -4)}\n${renderManPage(createProgram('', async () => undefined))}`,
  'docs/cli.md': () => `${note}\n\n${renderCliPage()}`,
  'docs/configuration.md': () => `${note}\n\n${renderConfigurationPage()}`,
  'docs/errors.md': () => `${note}\n\n${renderErrorsPage()}`,
  'docs/models.md': () => `${note}\n\n${renderModelsPage()}`,
  'docs/openapi.json': () => `${JSON.stringify(renderOpenApi(), undefined, 2)}\n`,
  'docs/failure-modes.md': () => `${note}\n\n${renderFailureModesPage()}`,
  'docs/field-reports.md': () => `${note}\n\n${renderFieldReportsPage()}`,
  'docs/fairlead.schema.json': () => `${JSON.stringify(configSchema(), undefined, 2)}\n`,
};

function protocolPage(): string {
  const history = protocolHistory.map(({ version, date, what }) => `| ${version} | ${date} | ${what} |`);
  const errors = Object.entries(wireErrors).map(
    ([code, { status, retryable, cause, cure }]) =>
      `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${cause} | ${cure} |`,
  );
  return `${note}

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
for (const [name, render] of Object.entries(pages)) {
  const path = new URL(`../${name}`, import.meta.url);
  const page = await readIfThere(path);
  const text = render(page);
  if (page === text) continue;
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
