// Accounts whose login shell is not sh, with start-up files that print: doctor, deploy and stop run through these shells.

import { accessSync, constants } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type CareWorld, openCareWorld } from './care-world.ts';

const timeoutMs = 120_000;

/** The start-up file of each shell, and how the shell asks a question. */
const shells = [
  { name: 'tcsh', file: '.tcshrc', talk: 'echo "welcome to tcsh"', ask: 'set answer = "$<"' },
  { name: 'zsh', file: '.zshenv', talk: 'echo "welcome to zsh"', ask: 'read -r answer' },
  { name: 'fish', file: '.config/fish/config.fish', talk: 'echo "welcome to fish"', ask: 'read answer' },
] as const;

type Shell = (typeof shells)[number];

function find(name: string): string | undefined {
  return ['/bin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

interface LoginShell {
  path: string;
  startUp(text: string): Promise<void>;
}

/** A login shell with its own home. */
async function makeShell({ name, file }: Shell): Promise<LoginShell> {
  const dir = await mkdtemp(join(tmpdir(), 'fl-shell-'));
  later.push(() => rm(dir, { recursive: true, force: true }));
  await mkdir(join(dir, '.config', 'fish'), { recursive: true });
  const path = join(dir, name);
  const home = `HOME='${dir}' XDG_CONFIG_HOME='${dir}/.config' ZDOTDIR='${dir}'`;
  await writeFile(path, `#!/bin/sh\nexport ${home}\nexec ${find(name)} "$@"\n`);
  await chmod(path, 0o755);
  return { path, startUp: (text) => writeFile(join(dir, file), `${text}\n`) };
}

const later: Array<() => Promise<unknown>> = [];
afterAll(async () => {
  for (const remove of later) await remove();
});

async function shellCheck(care: CareWorld): Promise<unknown> {
  const { lines } = await care.world.json('doctor', '--no-job');
  return lines.find((line) => line['id'] === 'login.shell');
}

/** A whole deployment runs with this shell only: agent and engine do not use the login shell. */
const whole = shells.find(({ name }) => find(name) !== undefined);

async function runJob({ world, slurm }: CareWorld): Promise<void> {
  const running = world.start(['deploy', 'demo', '--name', 'a', '--json']);
  await running.line((line) => line.startsWith('{"event":"deployment.submitted"'));
  const [job] = await slurm.jobs();
  await slurm.start(job?.id ?? '');
  expect(await running.ended).toMatchObject({ code: 0, stderr: '' });
  const ask =
    'fetch(`${process.env.OPENAI_BASE_URL}/models`, { headers: { authorization: `Bearer ${process.env.OPENAI_API_KEY}` } }).then((answer) => console.log(answer.status))';
  const asked = await world.start(['exec', 'a', '--', process.execPath, '-e', ask]).ended;
  expect(asked.stdout.trim()).toBe('200');
  expect((await world.json('stop', 'a', '--now')).code).toBe(0);
}

async function queueJob({ world, slurm }: CareWorld): Promise<void> {
  expect(await world.json('deploy', 'demo', '--name', 'a', '--no-wait')).toMatchObject({ code: 0, stderr: '' });
  expect(await world.json('stop', 'a')).toMatchObject({ code: 0, stderr: '' });
  expect(await slurm.jobs()).toMatchObject([{ state: 'CANCELLED' }]);
}

for (const shell of shells)
  describe.skipIf(find(shell.name) === undefined)(`With ${shell.name} as the login shell`, () => {
    let care: CareWorld;
    let login: LoginShell;
    beforeAll(async () => {
      login = await makeShell(shell);
      care = await openCareWorld({ bastion: 'builtin', shell: login.path });
      await login.startUp(shell.talk);
    }, timeoutMs);
    afterAll(() => care?.[Symbol.asyncDispose]());

    if (shell === whole)
      it('whose start-up file talks, a model is deployed, answers, and is stopped', () => runJob(care), timeoutMs);
    else it('whose start-up file talks, a job is submitted and cancelled', () => queueJob(care), timeoutMs);

    it(
      'doctor says that its start-up file talks',
      async () => {
        expect(await shellCheck(care)).toMatchObject({
          status: 'warn',
          found: expect.stringContaining(`welcome to ${shell.name}`) as unknown,
        });
      },
      timeoutMs,
    );

    it(
      'doctor says that its start-up file reads what is meant for scripts',
      async () => {
        await login.startUp(shell.ask);
        expect(await shellCheck(care)).toMatchObject({
          status: 'fail',
          found: expect.stringContaining('standard input') as unknown,
        });
      },
      timeoutMs,
    );
  });
