// The Scheduler contract on the testbed's real Slurm.

import { readFile } from 'node:fs/promises';

import { type CommandRunner, createSlurmScheduler } from '@fairlead/scheduler';
import { describeSchedulerContract } from '@fairlead/scheduler/testing';
import { openTestbed } from '../../index.ts';

describeSchedulerContract('createSlurmScheduler', async () => {
  const testbed = await openTestbed();
  const workDir = '/home/alice/work 100% ü';
  await testbed.exec('login', ['mkdir', workDir]);
  // The nodes have no Node.js, and can read this one only when its directory is world-readable.
  const nodePath = '/home/alice/contract-node';
  await testbed.exec('login', ['sh', '-c', `cat > ${nodePath}; chmod 755 ${nodePath}`], {
    stdin: await readFile(process.execPath),
  });
  const runner: CommandRunner = {
    run: (argv, { stdin, signal } = {}) =>
      testbed.exec('login', argv, { ...(stdin === undefined ? {} : { stdin }), ...(signal ? { signal } : {}) }),
  };
  return {
    scheduler: createSlurmScheduler({ runner }),
    workDir,
    nodePath,
    pollMs: 200,
    limit: { minutes: 1, warnSeconds: 20, overAfterMs: 180_000 },
    async writeFile(name, text) {
      const path = `${workDir}/${name}`;
      await testbed.exec('login', ['tee', path], { stdin: text });
      return path;
    },
    async readFile(path) {
      const { code, stdout } = await testbed.exec('login', ['cat', path]);
      return code === 0 ? stdout : undefined;
    },
    [Symbol.asyncDispose]: () => testbed[Symbol.asyncDispose](),
  };
});
