import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defined, Scope } from '@fairlead/kit';
import { ManualClock } from '@fairlead/kit/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { deploymentOf, instanceOf, machineWith, ScriptedControl } from '../testing/scripted-control.ts';
import { type LogEvent, type LogNode, type LogRequest, readLog } from './read-log.ts';

describe('readLog', () => {
  let scope: Scope;
  let jobDir: string;

  beforeEach(async () => {
    scope = new Scope();
    jobDir = await mkdtemp(join(tmpdir(), 'fl-log-'));
    scope.defer(() => rm(jobDir, { recursive: true, force: true }));
  });
  afterEach(() => scope[Symbol.asyncDispose]());

  /** `log`: what the agent sends; absent where the instance has no agent. */
  function reading(
    log: ReadonlyArray<string[] | Error> | undefined,
    { nodes = [], ...request }: Partial<LogRequest> & { nodes?: LogNode[] } = {},
  ) {
    const lease = log ? { leaseUntilMs: 1 } : {};
    const instance = instanceOf({ status: 'ready' }, { jobDir, nodes, ...lease } as object);
    const control = new ScriptedControl({ deployment: deploymentOf(instance), ...defined({ log }) });
    const deps = {
      machine: machineWith(new ManualClock(), jobDir),
      config: { clusters: { here: { kind: 'local' as const } } },
      openSession: async () => control.session,
    };
    const wanted: LogRequest = { name: 'mine', source: 'engine', lines: 3, follow: false, ...request };
    return { control, events: readLog(deps, wanted, new AbortController().signal) };
  }

  const writeLog = (...lines: string[]) =>
    writeFile(join(jobDir, 'engine.log'), lines.map((line) => `${line}\n`).join(''));
  const linesIn = (events: readonly LogEvent[]) =>
    events.flatMap((event) => (event.type === 'log.lines' ? event.lines : []));

  it("gives the agent's blocks as they come, and closes the session at the end", async () => {
    const { control, events } = reading([['a', 'b'], ['c']]);
    expect(await Array.fromAsync(events)).toEqual([
      { type: 'log.lines', lines: ['a', 'b'] },
      { type: 'log.lines', lines: ['c'] },
    ]);
    expect(control.isClosed).toBe(true);
  });

  it('reads the last lines of the file where there is no agent', async () => {
    await writeLog('a', 'b', 'c', 'd');
    const { events } = reading(undefined);
    expect(linesIn(await Array.fromAsync(events))).toEqual(['b', 'c', 'd']);
  });

  it('goes on in the file, after the lines that it gave, where the connection to the agent breaks', async () => {
    await writeLog('a', 'b', 'c', 'd', 'e');
    const { events } = reading([['b', 'c'], new Error('cut')], { lines: 4 });
    const told = await Array.fromAsync(events);
    expect(linesIn(told)).toEqual(['b', 'c', 'd', 'e']);
    expect(told.filter(({ type }) => type === 'warning')).toMatchObject([
      { message: expect.stringContaining('could not read the log through the agent (cut)') },
    ]);
  });

  it('reads the file of a node, where the job has several', async () => {
    await writeFile(join(jobDir, 'engine.0.log'), 'zero\n');
    await writeFile(join(jobDir, 'engine.1.log'), 'one\n');
    const read = async (request: Partial<LogRequest>) =>
      linesIn(await Array.fromAsync(reading(undefined, request).events));
    expect([await read({}), await read({ node: 0 }), await read({ node: 1 })]).toEqual([['zero'], ['zero'], ['one']]);
    await expect(read({ node: 2 })).rejects.toMatchObject({ message: expect.stringContaining('engine.2.log') });
  });

  describe('of all nodes', () => {
    const nodes = [
      { rank: 0, host: 'a01' },
      { rank: 1, host: 'a02' },
    ];
    const shown = (events: readonly LogEvent[]) =>
      events.flatMap((event) =>
        event.type === 'log.lines' ? event.lines.map((line) => `${event.node?.host} ${line}`) : [],
      );

    it('are in the order of their times, each line with its node', async () => {
      await writeFile(join(jobDir, 'engine.0.log'), 'INFO 11-30 08:00:01 one\nINFO 11-30 08:00:03 three\n');
      await writeFile(join(jobDir, 'engine.1.log'), 'INFO 11-30 08:00:02 two\n');
      const told = await Array.fromAsync(reading(undefined, { node: 'all', nodes }).events);
      expect(shown(told)).toEqual([
        'a01 INFO 11-30 08:00:01 one',
        'a02 INFO 11-30 08:00:02 two',
        'a01 INFO 11-30 08:00:03 three',
      ]);
    });

    it('name a node whose log is not there, and are refused where none is', async () => {
      await writeFile(join(jobDir, 'engine.0.log'), 'zero\n');
      const told = await Array.fromAsync(reading(undefined, { node: 'all', nodes }).events);
      expect(shown(told)).toEqual(['a01 zero']);
      expect(told).toContainEqual({
        type: 'warning',
        message: expect.stringMatching(/^a02 \(rank 1\): .*engine\.1\.log/),
      });
      const none = reading(undefined, { node: 'all', nodes, source: 'agent' }).events;
      await expect(Array.fromAsync(none)).rejects.toMatchObject({ code: 'logs_unavailable' });
    });

    it('are followed as the lines come', async () => {
      await writeFile(join(jobDir, 'engine.0.log'), 'zero\n');
      await writeFile(join(jobDir, 'engine.1.log'), 'one\n');
      const lines: string[] = [];
      for await (const event of reading(undefined, { node: 'all', nodes, follow: true }).events) {
        lines.push(...shown([event]));
        if (lines.length === 2) await writeFile(join(jobDir, 'engine.1.log'), 'later\n', { flag: 'a' });
        if (lines.length === 3) break;
      }
      expect(lines.slice(0, 2).sort()).toEqual(['a01 zero', 'a02 one']);
      expect(lines[2]).toBe('a02 later');
    });

    it('is the one log of a job of one node', async () => {
      await writeLog('a');
      expect(linesIn(await Array.fromAsync(reading(undefined, { node: 'all' }).events))).toEqual(['a']);
    });
  });

  it('throws logs_unavailable where the file is not there yet, and closes the session', async () => {
    const { control, events } = reading(undefined);
    await expect(Array.fromAsync(events)).rejects.toMatchObject({ code: 'logs_unavailable' });
    expect(control.isClosed).toBe(true);
  });

  it('follows the file until its loop is left, which closes the session', async () => {
    await writeLog('a');
    const { control, events } = reading(undefined, { follow: true });
    const lines: string[] = [];
    for await (const event of events) {
      lines.push(...linesIn([event]));
      if (lines.length === 1) await writeFile(join(jobDir, 'engine.log'), 'later\n', { flag: 'a' });
      if (lines.length === 2) break;
    }
    expect(lines).toEqual(['a', 'later']);
    expect(control.isClosed).toBe(true);
  });
});
