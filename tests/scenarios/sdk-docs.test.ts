// Every block of docs/sdk.md is a program: it type-checks, runs against a deployment, prints something and exits.

import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { makeProgramFolder, openWorld, runProgram, type World } from '@fairlead/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;

interface Block {
  file: string;
  /** The heading above the block. */
  title: string;
  text: string;
}

function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let title = '';
  for (const [, heading, language, text] of page.matchAll(/^## (.+)$|^```(ts|js)\n([\s\S]*?)^```$/gm)) {
    if (heading !== undefined) title = heading;
    else blocks.push({ file: `block-${blocks.length + 1}.${language}`, title, text: text ?? '' });
  }
  return blocks;
}

const blocks = blocksOf(await readFile(join(root, 'docs/sdk.md'), 'utf8'));
let world: World;
let folder: string;

beforeAll(async () => {
  world = await openWorld();
  folder = join(world.dir, 'program');
  await mkdir(folder);
  await makeProgramFolder(folder);
  for (const { file, text } of blocks) await writeFile(join(folder, file), text);
  const imports = blocks.map(
    ({ file, title }) => `console.log('\\n== ${file} (${title})'); await import('./${file}');`,
  );
  await writeFile(join(folder, 'all.mjs'), imports.join('\n'));
  await world.deploy('demo');
}, 60_000);
afterAll(async () => world[Symbol.asyncDispose]());

test('docs/sdk.md has no code that is left out', async () => {
  const page = await readFile(join(root, 'docs/sdk.md'), 'utf8');
  expect(blocks.length).toBeGreaterThan(8);
  expect(page.match(/^```/gm)).toHaveLength(blocks.length * 2);
});

test('docs/sdk.md runs block by block, and leaves nothing that keeps a process alive', async () => {
  const { code, stdout, stderr } = await runProgram(join(folder, 'all.mjs'), { env: world.env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [, ...parts] = stdout.split(/^== /m);
  const silent = parts.filter((said) => said.trim().split('\n').length < 2);
  expect({ silent, said: parts.length }).toEqual({ silent: [], said: blocks.length });
}, 60_000);

test('docs/sdk.md has the types that it shows', async () => {
  const config = { extends: join(root, 'tsconfig.json'), include: ['*.ts'], exclude: [] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const said = await promisify(execFile)(process.execPath, [tsc, '-p', folder], { env: world.env }).catch(
    (error: { stdout: string }) => error,
  );
  expect(said.stdout).toBe('');
}, 60_000);
