// An engine is a folder and a line: this adds a new one to a copy of the checkout, where it passes the contract
// and answers through both hops. Nothing else in the copy changes, and nothing in the checkout.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';

import { connect } from '@fairlead/client';
import { openWorld, type World } from '@fairlead/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

const timeoutMs = 180_000;
const root = fileURLToPath(new URL('../..', import.meta.url));
const copied = ['packages', 'apps', 'scripts', 'infra/bastion', 'docs/fairlead.1'];
const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'vitest.config.ts', 'tsconfig.json'];

let copy: string;
let world: World;

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'fl-copy-'));
  for (const path of [...copied, ...files])
    // Links between the packages are relative: they point into the copy.
    await cp(join(root, path), join(copy, path), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !/\/(dist|\.turbo|\.cache)$/.test(source),
    });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  const engines = join(copy, 'packages/engines/src');
  await mkdir(join(engines, 'echo'));
  await copyFile(join(import.meta.dirname, 'echo-engine.ts'), join(engines, 'echo/echo.ts'));
  const list = await readFile(join(engines, 'engine-kinds.ts'), 'utf8');
  const longer = list.replace(/= \[vllm, /, '= [echo, vllm, ');
  expect(longer).not.toBe(list);
  await writeFile(join(engines, 'engine-kinds.ts'), `import { echo } from './echo/echo.ts';\n${longer}`);
  world = await openWorld();
}, timeoutMs);
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await rm(copy, { recursive: true, force: true });
}, timeoutMs);

it(
  'A third engine passes the contract of engines',
  async () => {
    const vitest = join(copy, 'node_modules/vitest/vitest.mjs');
    const args = ['run', '--project', 'units', 'packages/engines/src/engine-kinds.test.ts', '--reporter', 'verbose'];
    const { FAIRLEAD_BUILT: _, ...env } = process.env;
    const { stdout } = await promisify(execFile)(process.execPath, [vitest, ...args], { cwd: copy, env });
    expect(stripVTControlCharacters(stdout)).toContain('engine echo > has a name that fits a setting and a flag');
  },
  timeoutMs,
);

it(
  'A third engine is deployed by its name and answers through both hops',
  async () => {
    const cli = ['--conditions=fairlead-source', join(copy, 'packages/cli/src/main.ts')];
    const deploy = ['deploy', 'demo', '--engine', 'echo', '--name', 'third', '--json'];
    const deploying = spawn(process.execPath, [...cli, ...deploy], {
      cwd: world.dir,
      env: { ...world.env, XDG_CACHE_HOME: join(copy, 'cache') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [[code], stdout, stderr] = await Promise.all([
      once(deploying, 'close'),
      text(deploying.stdout),
      text(deploying.stderr),
    ]);
    expect(code, stdout + stderr).toBe(0);
    await using connection = await connect('third', { env: world.env, port: false });
    const { choices } = await connection.chat({ messages: [{ role: 'user', content: 'ahoy' }] });
    expect(choices[0]?.message.content).toBe('echo: ahoy');
  },
  timeoutMs,
);
