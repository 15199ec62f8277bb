// Every command of ours in docs/coming-from.md runs: `deploy` as a dry run, the others as far as their help. names.test.ts looks at flags and settings.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createProgram } from '@fairlead/cli';
import { runCommand } from '@fairlead/cli/testing';
import { codeOf } from '@fairlead/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { ourText } from './pages.ts';

const codes = codeOf(ourText('docs/coming-from.md'));
const commands = [...new Set(codes.filter((code) => code.startsWith('fairlead ')))];
const deploys = commands.filter((command) => command.startsWith('fairlead deploy '));

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'fl-coming-'));
  await mkdir(join(home, '.config/fairlead'), { recursive: true });
  const config = 'clusters: { there: { login: { host: login.example.org } } }\n';
  await writeFile(join(home, '.config/fairlead/config.yaml'), config);
  await writeFile(join(home, 'my_config.yaml'), config);
});
afterAll(() => rm(home, { recursive: true }));

function run(words: readonly string[]) {
  return runCommand(words, { env: { HOME: home }, cwd: home, signal: new AbortController().signal });
}

function wordsOf(command: string): string[] {
  const filled = command
    .replace('<model>', 'org/model')
    .replace(' M', ' org/model')
    .replaceAll(/<\w+>/g, 'demo')
    .replace('my_config', join(home, 'my_config'));
  return filled.split(' ').slice(1);
}

it('The page has commands for every tool', () => expect(deploys.length).toBeGreaterThan(15));

it.each(deploys)('%s', async (command) => {
  const words = wordsOf(command);
  const { code, stdout, stderr } = await run([...words, '--dry-run']);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('#SBATCH --nodes=');
  // What it asks of Slurm or of the engine is in the script or in the command line.
  const seen: [flag: string, shown: (value: string) => string][] = [
    ['--nodes', (value) => `#SBATCH --nodes=${value}\n`],
    ['--gpus', (value) => `#SBATCH --gres=gpu:${value}\n`],
    ['--time', (value) => `#SBATCH --time=${value}\n`],
    ['--context', (value) => `--max-model-len ${value}`],
  ];
  for (const [flag, shown] of seen) {
    const at = words.indexOf(flag);
    if (at > 0) expect(stdout).toContain(shown(words[at + 1] ?? ''));
  }
  for (const [, name = '', value = ''] of command.matchAll(/--engine-option (\w+)=(\S+)/g)) {
    const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const spelled =
      {
        '--tensor-parallel': '--tensor-parallel-size',
        '--pipeline-parallel': '--pipeline-parallel-size',
        '--executor': '--distributed-executor-backend',
      }[flag] ?? flag;
    expect(stdout).toContain(name === 'dashboard' ? '--include-dashboard=true' : `${spelled} ${value}`);
  }
});

it('Each other command of the page has a help of its own', async () => {
  const names = new Set(commands.map((command) => wordsOf(command)[0] ?? ''));
  const known = createProgram('', async () => undefined).commands.map((command) => command.name());
  for (const name of names) {
    expect(known).toContain(name);
    const { code, stdout } = await run([name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`fairlead ${name}`);
  }
});
