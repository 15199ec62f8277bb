// `pnpm check`: format, lint with types, types, dead code, generated pages. Runs all of them, says which failed, ends non-zero if any did.

import { spawn } from 'node:child_process';

const checks: ReadonlyArray<{ name: string; command: string; args: string[] }> = [
  { name: 'format', command: 'oxfmt', args: ['--check', '.'] },
  { name: 'lint', command: 'oxlint', args: ['--type-aware'] },
  { name: 'types', command: 'tsc', args: ['-p', '.'] },
  { name: 'dead code', command: 'knip', args: [] },
  {
    name: 'generated pages',
    command: 'node',
    args: ['--conditions=fairlead-source', 'scripts/generate-docs.ts', '--check'],
  },
];

async function runCheck({ command, args }: (typeof checks)[number]): Promise<{ code: number; output: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  child.on('error', reject);
  child.on('close', (code) => resolve(code ?? 1));
  return { code: await promise, output };
}

let failed = 0;
for (const check of checks) {
  const { code, output } = await runCheck(check);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${check.name}`);
  if (code !== 0) {
    failed++;
    console.log(output.trimEnd());
  }
}
console.log(`${checks.length - failed} checks passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
