// The linter's architecture rules are in force: each finds a planted fault.

import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, expect, it } from 'vitest';

import { root } from './house-files.ts';

const folder = join(root, 'tests', 'architecture', 'planted');
/** The linter reads the types of the whole program while other tests run on the machine. */
const timeoutMs = 120_000;

afterEach(() => rm(folder, { recursive: true, force: true }));

async function lint(files: Readonly<Record<string, string>>, options: readonly string[]): Promise<unknown> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return promisify(execFile)(join(root, 'node_modules/.bin/oxlint'), [...options, folder], { cwd: root });
}

it(
  'The linter finds a floating promise',
  async () => {
    const text = "import { unlink } from 'node:fs/promises';\nexport function forget(): void {\n  unlink('x');\n}\n";
    // A program of its own: the types of all other files are not needed for this one.
    const tsconfig = JSON.stringify({ extends: '../../../tsconfig.json', include: ['planted.ts'] });
    const files = { 'planted.ts': text, 'tsconfig.json': tsconfig };
    await expect(lint(files, ['--type-aware'])).rejects.toMatchObject({
      stdout: expect.stringContaining('no-floating-promises'),
    });
  },
  timeoutMs,
);

it(
  'The linter finds a circle of files, by types alone too',
  async () => {
    const a = "import type { B } from './b.ts';\nexport interface A {\n  b: B;\n}\n";
    const b = "import type { A } from './a.ts';\nexport interface B {\n  a?: A;\n}\n";
    await expect(lint({ 'a.ts': a, 'b.ts': b }, [])).rejects.toMatchObject({
      stdout: expect.stringContaining('no-cycle'),
    });
  },
  timeoutMs,
);
