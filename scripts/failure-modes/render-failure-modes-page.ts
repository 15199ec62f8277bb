// docs/failure-modes.md and docs/field-reports.md: tables from data that a test compares with the tests themselves.

import type { FailureChapter, TestPlace } from './failure-mode.ts';
import { failureChapters } from './failure-modes.ts';
import { fieldReports } from './field-reports.ts';
import { foundFaults } from './found-faults.ts';

const lanes = `Files ending in \`.scenario.ts\` run on a real Slurm in
the testbed (\`pnpm testbed:test\`), the others in \`pnpm test\`.`;

export function renderFailureModesPage(): string {
  return `# Failure modes

What may go wrong, what a user sees then, and the test that shows it. ${lanes} [errors.md](errors.md) has every code with its cure;
[field-reports.md](field-reports.md) has what users of other tools of this kind ran into.

${failureChapters.map(renderChapter).join('\n')}
## Faults that a review found

Each stood for a kind of fault; the test fails where the kind comes back.

${renderTable(
  ['finding', 'what', 'what is seen', 'test'],
  foundFaults.map(({ finding, what, seen, tests }) => [finding, what, seen, renderPlaces(tests)]),
)}`;
}

export function renderFieldReportsPage(): string {
  return `# Reports from the field

What users of other tools of this kind have reported, tried with Fairlead. ${lanes}

${renderTable(
  ['', 'reported in', 'what', 'what Fairlead does', 'test'],
  fieldReports.map(({ id, threads, what, seen, tests }) => [
    id,
    threads.map(renderThread).join(', '),
    what,
    seen,
    renderPlaces(tests),
  ]),
)}`;
}

function renderChapter({ title, modes }: FailureChapter): string {
  const rows = modes.map(({ what, seen, tests }) => [what, seen, renderPlaces(tests)]);
  return `## ${title}\n\n${renderTable(['what', 'what is seen', 'test'], rows)}`;
}

function renderTable(heads: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const lines = [heads, heads.map(() => '---'), ...rows];
  return `${lines.map((cells, index) => (index === 1 ? `|${cells.join('|')}|` : `| ${cells.join(' | ')} |`)).join('\n')}\n`;
}

function renderPlaces(tests: readonly TestPlace[]): string {
  return tests.map(({ file, title }) => `[${title.replaceAll('|', '/')}](../${file})`).join('; ');
}

function renderThread(thread: string): string {
  const [repository, number] = thread.split('#');
  return number === undefined ? thread : `[${thread}](https://github.com/${repository}/issues/${number})`;
}
