import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterEach, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'tests', 'planted');

afterEach(() => rm(folder, { recursive: true, force: true }));

it('The linter finds a floating promise that was planted', async () => {
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'planted.ts'),
    "import { unlink } from 'node:fs/promises';\nexport function forget(): void {\n  unlink('x');\n}\n",
  );
  const lint = promisify(execFile)(join(root, 'node_modules/.bin/oxlint'), ['--type-aware', folder], { cwd: root });
  await expect(lint).rejects.toMatchObject({ stdout: expect.stringContaining('no-floating-promises') });
});
