// A program on the laptop deploys on a real Slurm behind a real firewall, sends a request, reads the log and stops the job: examples/src/fairlead-deploy.ts.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkoutOnLaptop, nodeOnLaptop } from '../../hosts/boot-script.ts';
import { openTestbed, type Testbed } from '../../index.ts';
import { Researcher } from '../researcher.ts';

const timeoutMs = 120_000;
const nodeCommand = [nodeOnLaptop, '--conditions=fairlead-source', '--disable-warning=ExperimentalWarning'];
const example = `${checkoutOnLaptop}/examples/src/fairlead-deploy.ts`;

let testbed: Testbed;
let alice: Researcher;
beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
}, timeoutMs);
afterAll(() => testbed[Symbol.asyncDispose]());

const queue = async () => (await testbed.exec('login', ['squeue', '-h', '-o', '%j %T'])).stdout.trim();

test(
  'a program on a machine that was never set up reports what to do',
  async () => {
    const { code, stderr } = await testbed.exec('laptop', [...nodeCommand, example]);
    expect(code).not.toBe(0);
    expect(stderr).toContain('profile_missing');
    expect(await queue()).toBe('');
    // The first command prepares the bastion.
    expect((await alice.fairlead('list')).code).toBe(0);
  },
  timeoutMs,
);

test(
  'a program deploys, asks, reads the log and stops; nothing of its job is left',
  async () => {
    const { code, stdout, stderr } = await testbed.exec('laptop', [...nodeCommand, example, 'demo', 'asked']);
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toMatch(
      /^submitted: job \d+\n(state: .+\n)+chat: .{5}[^]*\nlog: [12] requests\nstopped: stopped\n$/,
    );
    expect(await queue()).toBe('');
    expect((await alice.fairlead('list')).last).toMatchObject({ deployments: [] });
  },
  timeoutMs,
);

test(
  'a program that is interrupted while its job waits leaves the job, and another program ends it',
  async () => {
    // The node is full: the job waits.
    await testbed.exec('login', ['sbatch', '--exclusive', '--job-name=full', '--wrap', 'sleep 600']);
    const program = `import { deploy } from '${checkoutOnLaptop}/packages/client/src/index.ts';
      const interrupt = new AbortController();
      try {
        for await (const event of deploy('demo', { name: 'waits', set: ['slurm.extra=["#SBATCH --exclusive"]'], signal: interrupt.signal })) {
          console.log(JSON.stringify(event));
          if (event.type === 'deployment.changed' && event.status === 'queued') interrupt.abort(new Error('enough'));
        }
      } catch (error) { console.log(JSON.stringify({ thrown: error.message })); }`;
    const left = await testbed.exec('laptop', [...nodeCommand, '--input-type=module', '-e', program]);
    const said = left.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(said.slice(-2)).toEqual([
      { type: 'deployment.left', name: 'waits', jobId: expect.stringMatching(/^\d+$/) as string },
      { thrown: 'enough' },
    ]);
    expect(await queue()).toMatch(/^fl-waits-\w+ PENDING$/m);

    const end = `import { stop } from '${checkoutOnLaptop}/packages/client/src/index.ts';
      console.log((await stop('waits')).status);`;
    const ended = await testbed.exec('laptop', [...nodeCommand, '--input-type=module', '-e', end]);
    expect(ended.stdout, ended.stderr).toBe('stopped\n');
    expect(await queue()).toBe('full RUNNING');
  },
  timeoutMs,
);
