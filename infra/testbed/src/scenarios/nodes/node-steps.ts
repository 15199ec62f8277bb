// What scenarios of a job over two nodes do and look at.

import type { TestbedHandle } from '../../testbed.ts';
import { asRoot } from '../break-site.ts';

const nodes = ['node1', 'node2'] as const;

/** Processes of alice on both nodes, as `host: command`. Slurm's own and a shell that looks are none. */
export async function processesLeft(testbed: TestbedHandle): Promise<string[]> {
  const left = await Promise.all(
    nodes.map(async (node) => {
      const { stdout } = await testbed.exec(node, ['ps', '-u', 'alice', '-o', 'args='], { user: 'root' });
      return stdout
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('ps '))
        .map((line) => `${node}: ${line}`);
    }),
  );
  return left.flat();
}

/** Files of alice in the nodes' own directories. */
export async function filesLeft(testbed: TestbedHandle): Promise<string[]> {
  const find = 'find /tmp /dev/shm -mindepth 1 -user alice 2>/dev/null || true';
  const left = await Promise.all(
    nodes.map(async (node) => {
      const lines = (await asRoot(testbed, node, find)).split('\n').filter((line) => line !== '');
      return lines.map((line) => `${node}: ${line}`);
    }),
  );
  return left.flat();
}

/** Drops every packet between the two nodes without a word, until disposed. */
export async function cutNodes(testbed: TestbedHandle): Promise<AsyncDisposable> {
  const address = (await asRoot(testbed, 'node2', "getent ahostsv4 node1 | awk 'NR==1{print $1}'")).trim();
  const rules = [
    'add table inet cutnodes',
    'add chain inet cutnodes in { type filter hook input priority 0 ; }',
    'add chain inet cutnodes out { type filter hook output priority 0 ; }',
    `add rule inet cutnodes in ip saddr ${address} drop`,
    `add rule inet cutnodes out ip daddr ${address} drop`,
  ];
  await asRoot(testbed, 'node2', rules.map((rule) => `nft '${rule}'`).join('; '));
  return { [Symbol.asyncDispose]: async () => void (await asRoot(testbed, 'node2', 'nft delete table inet cutnodes')) };
}
