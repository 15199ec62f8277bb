// The program as the job script starts it: its own process, signals, exit codes.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, readdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { errnoOf, systemClock } from '@fairlead/kit';
import { type InstanceSpecInput, socketName } from '@fairlead/protocol';
import { compileCache, programArgs, programFile } from '@fairlead/testkit/programs';
import { describe, expect, it } from 'vitest';
import { findMarked } from './engine/find-processes.ts';
import { exits } from './exit-code.ts';
import { apiKey, enrolmentToken, openAgentWorld, type AgentWorld } from './testing/agent-world.ts';
import { chatRequest, openChat } from './testing/ask-endpoint.ts';

const inspectorPort = 9229;

interface Running extends AsyncDisposable {
  child: ChildProcess;
  exited: Promise<number | null>;
  hasSaid(line: string): Promise<void>;
  said(): string;
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  // As the job script does it: ignored until Node has its own hands on the signals.
  const script = `trap '' USR1 USR2; exec "$@"`;
  const node = [process.execPath, '--disable-sigusr1', ...programArgs('agent')];
  const child = spawn('/bin/sh', ['-c', script, 'job', ...node, ...args], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...compileCache(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  }
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    exited,
    said: () => said,
    async hasSaid(line) {
      while (!said.includes(line)) {
        const more = await Promise.race([once(child.stdout, 'data'), exited]);
        if (!Array.isArray(more) && !said.includes(line)) throw new Error(`it ended without "${line}":\n${said}`);
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function startAgent(world: AgentWorld, change: Partial<InstanceSpecInput> = {}, env?: NodeJS.ProcessEnv) {
  return start(['--spec', await world.writeSpec(change), '--engine-sim', programFile('engine-sim')], env);
}

const withFault = (world: AgentWorld, ...args: string[]): Partial<InstanceSpecInput> => ({
  engine: { ...world.spec.engine, args: [...(world.spec.engine.args ?? []), ...args] },
});

describe('the agent program', () => {
  it('prints its version and its usage, and refuses what it does not know', async () => {
    await using version = start(['--version']);
    expect([await version.exited, version.said()]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
    await using none = start([]);
    expect([await none.exited, none.said()]).toEqual([exits.usage.code, expect.stringContaining('--spec FILE')]);
  });

  it('refuses a spec that others may read, and one of another protocol', async () => {
    await using world = await openAgentWorld();
    const path = await world.writeSpec();
    await chmod(path, 0o640);
    await using exposed = start(['--spec', path]);
    expect(await exposed.exited).toBe(exits.spec_unreadable.code);
    expect(exposed.said()).toContain('0640');
    await chmod(path, 0o600);
    await writeFile(path, JSON.stringify({ ...world.spec, version: 99 }));
    await using newer = start(['--spec', path]);
    expect(await newer.exited).toBe(exits.spec_unreadable.code);
    expect(newer.said()).toContain('protocol 99');
  });

  it('opens no debugger on SIGUSR1, however early it comes', async () => {
    await using world = await openAgentWorld();
    await using agent = await startAgent(world);
    const started = systemClock.monotonicMs();
    // Before its own handler is there the signal may end it. That is no harm: nothing runs yet.
    while (systemClock.monotonicMs() - started < 50) {
      agent.child.kill('SIGUSR1');
      expect(await answers(inspectorPort)).toBe(false);
    }
    agent.child.kill('SIGUSR2');
    await agent.exited;
    expect(agent.said()).not.toContain('Debugger');
  });

  it('takes no notice of SIGUSR1 once it runs', async () => {
    await using world = await openAgentWorld();
    await using agent = await startAgent(world);
    await agent.hasSaid('runs job');
    agent.child.kill('SIGUSR1');
    await agent.hasSaid('first completion');
    expect(await answers(inspectorPort)).toBe(false);
    agent.child.kill('SIGUSR2');
    expect(await agent.exited).toBe(exits.ended.code);
    expect(agent.said()).not.toContain('Debugger');
  });

  it('lets a running stream end on SIGTERM, and exits 0', async () => {
    await using world = await openAgentWorld(['--sim-decode-ms', '20']);
    await using agent = await startAgent(world);
    await Promise.all([agent.hasSaid('first completion'), agent.hasSaid('data connection to')]);
    const socket = join(world.runDir, socketName(world.spec.instanceId, 1, 'data'));
    const stream = await openChat(socket, chatRequest({ stream: true, max_tokens: 50, ignore_eos: true }));
    const whole = text(stream);
    agent.child.kill('SIGTERM');
    expect(await whole).toContain('data: [DONE]');
    expect(await agent.exited).toBe(exits.ended.code);
    expect(await readdir(world.scratchDir)).toEqual([]);
  });

  it('puts no secret into an argument list or its output', async () => {
    await using world = await openAgentWorld();
    await using agent = await startAgent(world);
    await agent.hasSaid('first completion');
    const { stdout } = await promisify(execFile)('ps', ['-eww', '-o', 'args='], { maxBuffer: 16 * 1024 * 1024 });
    // Other programs of this machine may show what they like.
    const ours = stdout.split('\n').filter((line) => line.includes(world.dir));
    expect(ours.join('\n')).toContain('--uds');
    for (const secret of [apiKey, enrolmentToken, 'fle-']) {
      expect(ours.join('\n')).not.toContain(secret);
      expect(agent.said()).not.toContain(secret);
    }
  });

  it.skipIf(process.platform !== 'linux')('leaves no engine behind when it is killed itself', async () => {
    await using world = await openAgentWorld();
    await using agent = await startAgent(world);
    await agent.hasSaid('first completion');
    const marker = `FAIRLEAD_INSTANCE=${world.spec.instanceId}`;
    expect(await findMarked(marker)).not.toEqual([]);
    agent.child.kill('SIGKILL');
    await agent.exited;
    await expect.poll(() => findMarked(marker)).toEqual([]);
  });
});

// Each in a world of its own, and most of its time a wait: for control, which is not there, or for a limit.
describe.concurrent('the agent program, by itself,', () => {
  it('says the cause of a start that cannot work, with the cure, and does not try again', async () => {
    await using world = await openAgentWorld();
    await using agent = await startAgent(world, withFault(world, '--sim-fault', 'start-failure:kv-too-small'));
    expect(await agent.exited).toBe(exits.engine_start_failed.code);
    expect(agent.said()).toContain('the estimated maximum model length is 1792');
    expect(agent.said()).toContain('--max-model-len');
    expect(agent.said().match(/was started/g)).toHaveLength(1);
  });

  it('fails at once on arguments that the engine does not know', async () => {
    await using world = await openAgentWorld();
    await using agent = await startAgent(world, withFault(world, '--no-such-flag'));
    expect(await agent.exited).toBe(exits.engine_start_failed.code);
    expect(agent.said()).toContain('unrecognized arguments: --no-such-flag');
  });

  it('fails at once when there is no such engine', async () => {
    await using world = await openAgentWorld();
    await using agent = await startAgent(world, { engine: { ...world.spec.engine, command: ['/nowhere/vllm'] } });
    expect(await agent.exited).toBe(exits.engine_start_failed.code);
    expect(agent.said()).toContain('/nowhere/vllm');
  });

  it('starts an engine that dies again, and gives up after the limit', async () => {
    await using world = await openAgentWorld();
    await using agent = await startAgent(world, {
      ...withFault(world, '--sim-fault', 'exit:0:50'),
      health: { ...world.spec.health, crashLimit: 2 },
    });
    expect(await agent.exited).toBe(exits.engine_crash_loop.code);
    expect(agent.said()).toContain('the engine ended 2 times');
    const audit = await readFile(join(world.jobDir, 'audit.jsonl'), 'utf8');
    expect(audit.match(/"engine.started"/g)).toHaveLength(2);
  });

  it('gives up on an engine that is never ready', async () => {
    await using world = await openAgentWorld();
    const { engine } = withFault(world, '--sim-fault', 'never-ready');
    await using agent = await startAgent(world, { engine: { ...engine!, readyLimitSeconds: 1, stopLimitSeconds: 1 } });
    expect(await agent.exited).toBe(exits.engine_never_ready.code);
  });

  it('restarts an engine that hangs although its health is 200', async () => {
    await using world = await openAgentWorld();
    await using agent = await startAgent(world, withFault(world, '--sim-fault', 'hang:2000'));
    await agent.hasSaid('the engine hangs');
    await agent.hasSaid('the engine was started again');
    expect(agent.said()).toContain('no answer within 1 s');
  });

  it('restarts an engine that takes requests and makes no token', async () => {
    await using world = await openAgentWorld();
    const health = { ...world.spec.health, probeIntervalSeconds: 0.3, stallSeconds: 0.5 };
    const { engine } = withFault(world, '--sim-decode-ms', '100', '--sim-fault', 'hang:2000');
    await using agent = await startAgent(world, { engine: engine!, health });
    await Promise.all([agent.hasSaid('first completion'), agent.hasSaid('data connection to')]);
    const socket = join(world.runDir, socketName(world.spec.instanceId, 1, 'data'));
    const stream = await openChat(socket, chatRequest({ stream: true, max_tokens: 500, ignore_eos: true }));
    const cut = text(stream).catch(() => 'cut');
    await agent.hasSaid('with requests running');
    await agent.hasSaid('the engine was started again');
    // What a vLLM says as it dies, or a cut: never an answer that looks whole.
    expect(await cut).toMatch(/EngineCore encountered an issue|^cut$/);
  });

  it('drains ahead of the deadline that the job has', async () => {
    await using world = await openAgentWorld();
    const deadline = String(Math.floor(Date.now() / 1000) + 24);
    await using agent = await startAgent(world, { drainSeconds: 10 }, { SLURM_JOB_END_TIME: deadline });
    expect(await agent.exited).toBe(exits.ended.code);
    expect(agent.said()).toContain("the job's time limit is near");
    expect(agent.said()).toContain('(deadline)');
    expect(Date.now()).toBeLessThan(Number(deadline) * 1000);
  });
});

function answers(port: number): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1');
  socket.once('connect', () => {
    socket.destroy();
    resolve(true);
  });
  socket.once('error', (error) => (errnoOf(error) === 'ECONNREFUSED' ? resolve(false) : reject(error)));
  return promise;
}
