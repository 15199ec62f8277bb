// Streams beside lost connections: how many end before they are whole, and how long they stand still. A stream is whole when each of its
// tokens has come, once.

import { setTimeout as delay } from 'node:timers/promises';

import { connect, type Connection, type ConnectionEvent, list } from '@fairlead/client';
import { withTimeLimit } from '@fairlead/kit';
import type { World } from '@fairlead/testkit';

import { descendantsOf, readProcesses } from '../harness/processes.ts';
import { quantile } from '../harness/statistics.ts';

export interface LossOptions {
  deployment: string;
  streams: number;
  /** Of the consumer's SSH connection, in each round. */
  resets: number;
  /** Of all connections at once: the consumer's and the tunnels, in each round. */
  resetsOfAll: number;
  /** How long the consumer's connection stands still, without an end: for each of them once in each round. */
  cutsSeconds: readonly number[];
}

export interface LossRound {
  /** Streams that were not whole, of those that ended. */
  lost: number;
  ended: number;
  /** p99 of the outages after resets of the consumer's connection, less a login. */
  beyondLoginMs: number;
  outagesMs: readonly number[];
  loginMs: number;
}

/** At the simulator's pace some seconds. */
const tokens = 400;
/** Longer than a front keeps a session. */
const resumeTimeoutMs = 40_000;

export async function measureLosses(world: World, options: LossOptions): Promise<LossRound> {
  const { deployment, streams, resets, resetsOfAll, cutsSeconds } = options;
  const place = { profile: world.profileFile, env: { HOME: world.home } };
  const loginMs = await timeLogin(place);
  const before = new Set(await sshdSessions());
  const outages = new Outages();
  await using connection = await connect(deployment, {
    ...place,
    port: false,
    onEvent: (event) => outages.take(event),
  });
  const own = async () => (await sshdSessions()).filter((pid) => !before.has(pid));
  const load = keepStreams(connection, streams);
  await load.flowing();
  for (let reset = 0; reset < resets; reset++) {
    const next = outages.next();
    for (const pid of await own()) process.kill(pid, 'SIGTERM');
    await next;
    await load.flowing();
  }
  const outagesMs = [...outages.endedMs];
  for (const seconds of cutsSeconds) {
    const pids = await own();
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await delay(seconds * 1_000);
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    await load.flowing();
  }
  for (let reset = 0; reset < resetsOfAll; reset++) {
    const next = outages.next();
    await world.bastion.dropSessions();
    await next;
    await load.flowing();
  }
  const { lost, ended } = await load.end();
  return { lost, ended, outagesMs, loginMs, beyondLoginMs: quantile(outagesMs, 0.99) - loginMs };
}

/** What the consumer's login takes, and its first question to control. */
async function timeLogin(place: { profile: string; env: Record<string, string> }): Promise<number> {
  const taken: number[] = [];
  for (let time = 0; time < 3; time++) {
    const beganMs = performance.now();
    await list(place);
    taken.push(performance.now() - beganMs);
  }
  return quantile(taken, 0.5);
}

/** The processes of the bastion's server, one for each of its connections. */
async function sshdSessions(): Promise<number[]> {
  const all = descendantsOf(process.pid, await readProcesses());
  return all.filter(({ argv, parent }) => argv.startsWith('sshd') && parent === process.pid).map(({ pid }) => pid);
}

class Outages {
  readonly endedMs: number[] = [];
  #told: (() => void) | undefined;

  take(event: ConnectionEvent): void {
    if (event.type !== 'requests.resumed' && event.type !== 'requests.lost') return;
    this.endedMs.push(event.outageMs);
    this.#told?.();
  }

  /** Resolves when the next one is over. */
  next(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#told = resolve;
    return withTimeLimit(promise, resumeTimeoutMs, () => new Error('no outage was told'));
  }
}

interface KeptStreams {
  /** Resolves when as many pieces have come as there are streams. */
  flowing(): Promise<void>;
  end(): Promise<{ lost: number; ended: number }>;
}

/** One after the other in each place. */
function keepStreams(connection: Connection, count: number): KeptStreams {
  const counts = { lost: 0, ended: 0, pieces: 0 };
  let isOver = false;
  const place = async () => {
    while (!isOver) {
      const isWhole = await runStream(connection, () => (counts.pieces += 1));
      counts.ended += 1;
      if (!isWhole) counts.lost += 1;
    }
  };
  const running = Array.from({ length: count }, place);
  return {
    async flowing() {
      const until = counts.pieces + count;
      const deadlineMs = performance.now() + resumeTimeoutMs;
      while (counts.pieces < until) {
        if (performance.now() > deadlineMs) throw new Error('the streams stand still');
        await delay(5);
      }
    },
    async end() {
      isOver = true;
      await Promise.all(running);
      return counts;
    },
  };
}

async function runStream(connection: Connection, onPiece: () => void): Promise<boolean> {
  const body = JSON.stringify({
    model: connection.servedModel,
    prompt: 'on',
    max_tokens: tokens,
    ignore_eos: true,
    stream: true,
  });
  let text = '';
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await connection.fetch('/v1/completions', { method: 'POST', headers, body });
    const decoder = new TextDecoder();
    for await (const piece of response.body ?? []) {
      text += decoder.decode(piece, { stream: true });
      onPiece();
    }
  } catch {
    // It was cut: it is not whole.
    return false;
  }
  const events = text.split('\n').filter((line) => line.startsWith('data: '));
  return events.at(-1) === 'data: [DONE]' && events.filter(hasText).length === tokens;
}

function hasText(event: string): boolean {
  return /"text":"[^"]/.test(event);
}
