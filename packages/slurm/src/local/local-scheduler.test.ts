import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errnoOf } from '@fairlead/kit';
import { createLocalScheduler } from './local-scheduler.ts';
import { describeSchedulerContract } from '../scheduler.contract.ts';

describeSchedulerContract('createLocalScheduler', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'fl-local-'));
  const workDir = join(dir, 'work 100% ü');
  await mkdir(workDir);
  return {
    scheduler: createLocalScheduler({ stateDir: join(dir, 'state'), gpus: ['0'], killWaitMs: 300 }),
    workDir,
    nodePath: process.execPath,
    pollMs: 20,
    limit: { minutes: 3 / 60, warnSeconds: 2, overAfterMs: 10_000 },
    async writeFile(name, text) {
      const path = join(workDir, name);
      await writeFile(path, text);
      return path;
    },
    readFile: (path) => readIfThere(path),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true }),
  };
});

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
