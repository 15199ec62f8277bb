import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { Scope } from '@fairlead/kit';
import { createLocalRunner } from '@fairlead/scheduler';
import { expect, it } from 'vitest';

import { environmentScript, readEnvironment } from './init-discover.ts';

it('the search for engines finds the program of each in environments of the home, and modules named like it', async () => {
  await using scope = new Scope();
  const home = await mkdtemp(join(tmpdir(), 'fl-init-'));
  scope.defer(() => rm(home, { recursive: true, force: true }));
  for (const path of ['.venv/bin/vllm', 'work/venv-2/bin/vllm', 'miniforge3/envs/llm/bin/other']) {
    await mkdir(join(home, dirname(path)), { recursive: true });
    await writeFile(join(home, path), '#!/bin/sh\n');
    await chmod(join(home, path), 0o755);
  }
  const withModules = `module() { printf '%s\\n' /opt/modules: vllm/0.11 gcc/13; }\n${environmentScript}`;
  const { stdout } = await createLocalRunner().run(
    ['bash', '-c', withModules, 'bash', 'vllm=vllm', 'second=other', 'third=none-of-that-name'],
    { env: { HOME: home, SCRATCH: '', WORK: '', HF_HOME: '' } },
  );
  const found = stdout.split('\n').filter((line) => line.includes(home) || line.includes('module'));
  expect(found).toEqual([
    `vllm.elsewhere1=${home}/.venv/bin/vllm`,
    `vllm.elsewhere2=${home}/work/venv-2/bin/vllm`,
    'vllm.module1=vllm/0.11',
    `second.elsewhere1=${home}/miniforge3/envs/llm/bin/other`,
  ]);
  expect(readEnvironment(stdout).engines).toMatchObject([
    { name: 'vllm', elsewhere: [`${home}/.venv/bin/vllm`, `${home}/work/venv-2/bin/vllm`], modules: ['vllm/0.11'] },
  ]);
});
