// An agent in this process, with what tests want to see of it.

import { hostname } from 'node:os';
import { Listeners, type Log, systemClock, withTimeLimit } from '@fairlead/kit';
import type { InstanceSpecInput } from '@fairlead/protocol';
import { programArgs } from '@fairlead/testkit/programs';
import type { AgentSignal } from '../agent-deps.ts';
import type { ExitName } from '../exit-code.ts';
import { readSpec } from '../job/read-spec.ts';
import { runAgent } from '../run-agent.ts';
import type { AgentWorld } from './agent-world.ts';

export interface TestAgent extends AsyncDisposable {
  /** How it ended. */
  readonly exit: Promise<ExitName>;
  /** Lines for people so far. */
  readonly said: string[];
  /** The first line that holds this text, past or to come. */
  hasSaid(text: string): Promise<string>;
  signal(signal: AgentSignal): void;
  /** Plays an uncaught error. Resolves when the process would end. */
  surprise(error: unknown): Promise<void>;
}

export interface TestAgentOptions {
  spec?: Partial<InstanceSpecInput>;
  env?: NodeJS.ProcessEnv;
}

export async function runTestAgent(world: AgentWorld, options: TestAgentOptions = {}): Promise<TestAgent> {
  const spec = await readSpec(await world.writeSpec(options.spec));
  const signals = new Listeners<AgentSignal>();
  const surprises = new Set<(error: unknown) => Promise<void>>();
  const lines = new Listeners<string>();
  const said: string[] = [];
  const exit = runAgent(spec, {
    env: { PATH: process.env['PATH'], ...options.env },
    hostname: hostname(),
    agentVersion: 'test',
    nodePath: process.execPath,
    engineSim: programArgs('engine-sim'),
    clock: systemClock,
    random: () => 0.5,
    log: testLog(),
    say: (line) => {
      said.push(line);
      lines.emit(line);
    },
    // No program of the site: what it would tell depends on the machine.
    run: () => Promise.resolve(undefined),
    onSignal: (listener) => signals.add(listener),
    onSurprise: (listener) => {
      surprises.add(listener);
      return () => surprises.delete(listener);
    },
  });
  return {
    exit,
    said,
    hasSaid: (text) => heardLine(text, said, lines),
    signal: (signal) => signals.emit(signal),
    async surprise(error) {
      await Promise.all([...surprises].map((listener) => listener(error)));
    },
    async [Symbol.asyncDispose]() {
      signals.emit('SIGINT');
      await withTimeLimit(exit, 15_000, () => new Error(`the agent does not end; it said:\n${said.join('\n')}`));
    },
  };
}

function heardLine(text: string, past: readonly string[], lines: Listeners<string>): Promise<string> {
  const before = past.find((line) => line.includes(text));
  if (before !== undefined) return Promise.resolve(before);
  const { promise, resolve } = Promise.withResolvers<string>();
  const remove = lines.add((line) => {
    if (!line.includes(text)) return;
    remove();
    resolve(line);
  });
  return promise;
}

function testLog(): Log {
  const write = (level: string) => (fields: object, message?: string) => {
    if (process.env['TEST_LOG']) process.stderr.write(`${level} ${JSON.stringify(fields)} ${message ?? ''}\n`);
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
