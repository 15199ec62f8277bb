// The directory of the sockets on a bastion where another user has taken its usual name, and where /tmp is cleaned.

import { expect, test } from 'vitest';
import { openTestbed } from '../../index.ts';
import { asRoot } from '../break-site.ts';
import { Researcher } from '../researcher.ts';

const usual = '/tmp/fairlead-20001';

test('a bastion where another user has the usual run directory: another one is used, doctor names that user, and removed files come back', async () => {
  await using testbed = await openTestbed({ nodes: 1 });
  const alice = new Researcher(testbed);
  const bastion = (script: string) => asRoot(testbed, 'bastion', script);
  await bastion(`mkdir -m 700 ${usual}; chown bob: ${usual}`);

  await alice.deploy('a');
  const run = (await bastion('head -n 1 /home/alice/.local/share/fairlead/run-dir')).trim();
  expect(run).toMatch(/^\/tmp\/fairlead-20001-\w{6}$/);
  const doctor = await alice.fairlead('doctor', '--no-job');
  expect(doctor.lines.find((line) => line['id'] === 'bastion.run-dir')).toMatchObject({
    status: 'warn',
    found: expect.stringContaining(`User bob holds the usual name, ${usual}`),
  });

  // The other user's directory is removed: Fairlead keeps its choice.
  await bastion(`rmdir ${usual}; rm -r ${run}/control.* ${run}/parked`);
  await bastion(`for turn in $(seq 100); do [ -S ${run}/control.sock ] && exit 0; sleep 0.1; done; exit 1`);
  const connected = await alice.connect('a');
  expect((await connected.ask()).status).toBe(200);
  expect(await alice.instance('a')).toMatchObject({ endpoint: { socket: expect.stringContaining(`${run}/`) } });
  expect((await alice.fairlead('stop', 'a')).code).toBe(0);
  await connected.running.ended;
}, 180_000);
