// docs/failure-modes.md: a table for people, from the data that a test holds against the tests themselves.

import { FAILURE_CHAPTERS, type FailureChapter } from './failure-modes.ts';

export function renderFailureModesPage(): string {
  return `# Failure modes

What may go wrong, what a user sees then, and the test that shows it. Files ending in \`.scenario.ts\` run on a real Slurm in
the testbed (\`pnpm testbed:test\`), the others in \`pnpm test\`. [errors.md](errors.md) has every code with its cure.

${FAILURE_CHAPTERS.map(renderChapter).join('\n')}`;
}

function renderChapter({ title, modes }: FailureChapter): string {
  const rows = modes.map(
    ({ what, seen, tests }) =>
      `| ${what} | ${seen} | ${tests.map(({ file, title: name }) => `[${name.replaceAll('|', '/')}](../${file})`).join('; ')} |`,
  );
  return `## ${title}\n\n| what | what is seen | test |\n|---|---|---|\n${rows.join('\n')}\n`;
}
