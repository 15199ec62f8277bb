// Requests that run while connections are lost: none ends, none loses a token, and `connect` says how long each outage took.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { type Connected, isToken, Researcher, type Running } from '../researcher.ts';

const timeoutMs = 150_000;
const tokens = 400;

let testbed: Testbed;
let alice: Researcher;
let connected: Connected;

beforeAll(async () => {
  testbed = await openTestbed();
  alice = new Researcher(testbed);
  await alice.deploy('kept');
  connected = await alice.connect('kept');
  await connected.ask();
}, timeoutMs);
afterEach(() => testbed.heal('laptop'));
afterAll(async () => {
  await connected?.close();
  await testbed[Symbol.asyncDispose]();
});

/** Each has its first token. */
async function startStreams(count: number): Promise<Running[]> {
  const streams = Array.from({ length: count }, () => connected.stream({ tokens, decodeMs: 50 }));
  await Promise.all(streams.map((stream) => stream.line(isToken)));
  return streams;
}

/** All of them end, each with all of its tokens in their order. */
async function expectWhole(streams: readonly Running[]): Promise<void> {
  expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual(streams.map(() => 0));
  for (const { lines } of streams) {
    expect(lines.filter(isToken)).toHaveLength(tokens);
    expect(lines.filter((line) => line !== '').at(-1)).toBe('data: [DONE]');
  }
}

/** The outages that `connect` has told of since there were `from` lines. */
function outagesSince(from: number): Array<Record<string, unknown>> {
  const lines = connected.running.lines.slice(from);
  return lines
    .filter((line) => line.startsWith('{"event":"requests.'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Kills the processes of the bastion's sshd that serve these addresses: their connections are reset. */
async function resetSessions(addresses: RegExp): Promise<void> {
  const { stdout } = await asRoot('ss', '-Htnp', 'state', 'established', '( sport = :22 )');
  const served = stdout.split('\n').filter((line) => addresses.test(line));
  const pids = served.flatMap((line) => [...line.matchAll(/pid=(\d+)/g)].map(([, pid]) => pid!));
  expect(pids, stdout).not.toHaveLength(0);
  await asRoot('kill', '-9', ...new Set(pids));
}

const asRoot = (...argv: string[]) => testbed.exec('bastion', argv, { user: 'root' });
const laptop = /203\.0\.113\.\d+:\d+/;
const nodes = /10\.77\.0\.\d+:\d+/;

test.each([
  ["the laptop's connection is reset", laptop],
  ["the agent's tunnel is reset", nodes],
  ['both are reset', /:/],
])(
  'all 50 streams go on where %s',
  async (_, addresses) => {
    const from = connected.running.lines.length;
    const streams = await startStreams(50);
    await resetSessions(addresses);
    await expectWhole(streams);
    expect(outagesSince(from)).toEqual([
      { event: 'requests.paused', requests: 50, reason: expect.any(String) },
      { event: 'requests.resumed', requests: 50, outageMs: expect.any(Number) },
    ]);
  },
  timeoutMs,
);

test(
  'all 50 streams go on where the laptop is cut off for 10 s',
  async () => {
    const streams = await startStreams(50);
    await testbed.cut('laptop');
    await testbed.exec('laptop', ['sleep', '10']);
    await testbed.heal('laptop');
    await expectWhole(streams);
  },
  timeoutMs,
);

test(
  'a stream goes on where the connection is reset again and again',
  async () => {
    const from = connected.running.lines.length;
    const streams = await startStreams(1);
    for (let n = 1; n <= 5; n += 1) {
      await resetSessions(laptop);
      await expect.poll(() => outagesSince(from).length, { timeout: 20_000 }).toBe(2 * n);
    }
    await expectWhole(streams);
    expect(outagesSince(from).filter(({ event }) => event === 'requests.lost')).toEqual([]);
  },
  timeoutMs,
);

test(
  'streams whose agent is gone for good have their error, and connect says why',
  async () => {
    await alice.deploy('gone');
    const other = await alice.connect('gone');
    const stream = other.stream({ tokens: 2_000, decodeMs: 50 });
    await stream.line(isToken);
    await alice.fairlead('stop', 'gone', '--now');
    expect(await stream.ended).toBeGreaterThan(0);
    expect(stream.lines).not.toContain('data: [DONE]');
    expect(await other.running.ended).toBe(0);
  },
  timeoutMs,
);
