// What scenarios of a job over two nodes do and look at.

import { once } from 'node:events';
import { expect } from 'vitest';
import type { TestbedHandle } from '../../testbed.ts';
import { asRoot } from '../break-site.ts';

export const agentPattern = 'agent.mjs --spec';
export const partPattern = 'engine-sim.mjs serve';

/** Two nodes, and as many starts of the engine as a scenario needs. */
export const overTwo = ['--nodes', '2', '--set', 'health={crashLimit: 99, restartBaseSeconds: 0}'];

/** Sends a signal to alice's processes of a node. */
export async function signalOn(
  testbed: TestbedHandle,
  node: string,
  [signal, pattern]: readonly [signal: string, pattern: string],
): Promise<void> {
  await testbed.exec(node, ['pkill', `-${signal}`, '-u', 'alice', '-f', pattern], { user: 'root' });
}

export interface Noted {
  kind: string;
  message: string;
  atMs: number;
}

/** What the leader has written into audit.jsonl since a moment. */
export async function notesSince(testbed: TestbedHandle, instance: string, sinceMs: number): Promise<Noted[]> {
  const { stdout } = await testbed.exec('login', ['cat', `.local/share/fairlead/jobs/${instance}/audit.jsonl`]);
  const lines = stdout.trim().split('\n');
  const notes = lines.map((line) => JSON.parse(line) as { kind: string; message: string; at: string });
  return notes.map((note) => ({ ...note, atMs: Date.parse(note.at) })).filter(({ atMs }) => atMs >= sinceMs);
}

/** The first note of this kind since a moment; waits for it. */
export async function noteOf(
  testbed: TestbedHandle,
  instance: string,
  { kind, sinceMs, limitMs = 40_000 }: { kind: string; sinceMs: number; limitMs?: number },
): Promise<Noted> {
  const find = async () => (await notesSince(testbed, instance, sinceMs)).find((note) => note.kind === kind);
  await expect.poll(find, { timeout: limitMs, interval: 250 }).toBeDefined();
  return (await find())!;
}

const firstNodes = ['node1', 'node2'] as const;

/** Processes of alice on both nodes, as `host: command`. Slurm's own and a shell that looks are none. */
export async function processesLeft(testbed: TestbedHandle, nodes: readonly string[] = firstNodes): Promise<string[]> {
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
export async function filesLeft(testbed: TestbedHandle, nodes: readonly string[] = firstNodes): Promise<string[]> {
  const find = 'find /tmp /dev/shm -mindepth 1 -user alice 2>/dev/null || true';
  const left = await Promise.all(
    nodes.map(async (node) => {
      const lines = (await asRoot(testbed, node, find)).split('\n').filter((line) => line !== '');
      return lines.map((line) => `${node}: ${line}`);
    }),
  );
  return left.flat();
}

export interface NodeCut {
  /** Packets that node2 receives from node1, sends to it, or both. Default both. */
  way?: 'in' | 'out' | 'both';
  /** Answers with a reset, which ends the connection at both ends, in place of silence. */
  resets?: boolean;
}

const addressOf = async (testbed: TestbedHandle, node: string) =>
  (await asRoot(testbed, node, `getent ahostsv4 ${node} | awk 'NR==1{print $1}'`)).trim();

/** Drops packets between node1 and node2 without a word, until disposed. */
export async function cutNodes(
  testbed: TestbedHandle,
  { way = 'both', resets = false }: NodeCut = {},
): Promise<AsyncDisposable> {
  const address = await addressOf(testbed, 'node1');
  // A reset itself has to get through.
  const verdict = resets ? 'meta l4proto tcp tcp flags & rst == 0 reject with tcp reset' : 'drop';
  const rules = [
    'add table inet cutnodes',
    'add chain inet cutnodes in { type filter hook input priority 0 ; }',
    'add chain inet cutnodes out { type filter hook output priority 0 ; }',
    ...(way === 'out' ? [] : [`add rule inet cutnodes in ip saddr ${address} ${verdict}`]),
    ...(way === 'in' ? [] : [`add rule inet cutnodes out ip daddr ${address} ${verdict}`]),
  ];
  await asRoot(testbed, 'node2', rules.map((rule) => `nft '${rule}'`).join('; '));
  return { [Symbol.asyncDispose]: async () => void (await asRoot(testbed, 'node2', 'nft delete table inet cutnodes')) };
}

/**
 * What node2 sends leaves at 1 Mbit/s behind a queue of 110 to 220 ms, until disposed: another program fills that queue. It sends as long
 * as its socket has room, which is 277 datagrams of 60 bytes, and is woken again when half of them have left.
 */
export async function slowNodes(testbed: TestbedHandle): Promise<AsyncDisposable> {
  const address = await addressOf(testbed, 'node1');
  // No answer to its datagrams ends the program.
  const sink = ['add table inet sink', 'add chain inet sink in { type filter hook input priority 0 ; }'];
  sink.push('add rule inet sink in udp dport 9 drop');
  await asRoot(testbed, 'node1', sink.map((rule) => `nft '${rule}'`).join('; '));
  await asRoot(testbed, 'node2', 'tc qdisc add dev eth0 root tbf rate 1mbit burst 4kb limit 1mb');
  const filler = testbed.spawn('node2', ['bash', '-c', `exec dd if=/dev/zero bs=60 >/dev/udp/${address}/9`], {
    user: 'root',
    stdio: 'ignore',
  });
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(filler, 'close');
      await asRoot(testbed, 'node2', 'pkill -KILL -x dd; tc qdisc del dev eth0 root');
      await closed;
      await asRoot(testbed, 'node1', 'nft delete table inet sink');
    },
  };
}

/** How long a connection from node1 to node2 takes to be made. */
export async function connectMs(testbed: TestbedHandle): Promise<number> {
  const script = 'a=$(date +%s%3N); exec 3<>/dev/tcp/node2/6818; echo $(($(date +%s%3N) - a))';
  const { stdout } = await testbed.exec('node1', ['bash', '-c', script], { user: 'root' });
  return Number(stdout);
}
