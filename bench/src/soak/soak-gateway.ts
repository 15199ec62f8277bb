// The gateway of a soak, as its owner starts it, and what is done to it.

import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';

import type { RunningCli, World } from '@fairlead/testkit';

import type { SettledRow } from './judge-tokens.ts';
import type { Outage } from './judge-asked.ts';

export class SoakGateway {
  readonly outages: Outage[] = [];
  readonly #world: World;
  readonly #nowMs: () => number;
  readonly #stateDir: string;
  #running: RunningCli | undefined;
  port = 0;

  constructor(world: World, nowMs: () => number) {
    this.#world = world;
    this.#nowMs = nowMs;
    this.#stateDir = join(world.dir, 'gateway');
  }

  /** Resolves when it takes requests, at the port that it had before. */
  async start(): Promise<void> {
    const args = ['gateway', 'serve', '--port', String(this.port), '--json'];
    const running = this.#world.start(args);
    const line = await running.line((one) => one.includes('gateway.listening') || one.includes('"ok":false'));
    const { address = '' } = JSON.parse(line) as { address?: string };
    if (address === '') throw new Error(`the gateway does not start: ${line}`);
    this.port = Number(new URL(address).port);
    this.#running = running;
    for (const outage of this.outages) outage.toMs = Math.min(outage.toMs, this.#nowMs());
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGINT');
  }

  /** Holds the database against all other writers. */
  async lockDatabase(until: Promise<void>): Promise<void> {
    const database = new DatabaseSync(this.#databaseFile, { timeout: 5_000 });
    try {
      database.exec('BEGIN EXCLUSIVE');
      await until;
    } finally {
      database.close();
    }
  }

  rows(): SettledRow[] {
    const database = new DatabaseSync(this.#databaseFile, { readOnly: true });
    try {
      const select = 'SELECT request_id AS requestId, outcome, completion_tokens AS completionTokens FROM usage';
      return database.prepare(select).all() as unknown as SettledRow[];
    } finally {
      database.close();
    }
  }

  get #databaseFile(): string {
    return join(this.#stateDir, 'gateway.db');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    const outage = { fromMs: this.#nowMs(), toMs: Number.POSITIVE_INFINITY };
    this.outages.push(outage);
    running.signal(signal);
    await running.ended;
  }
}
