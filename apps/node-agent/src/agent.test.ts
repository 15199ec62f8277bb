// The whole agent against a real sshd, the real gate, the simulator's process, and a control that writes down.

import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connectionFile, decodeText, type InstanceReported, socketName } from '@fairlead/protocol';
import { programArgs } from '@fairlead/testkit/programs';
import { describe, expect, it } from 'vitest';
import { findMarked } from './engine/find-processes.ts';
import { apiKey, enrolmentToken, openAgentWorld } from './testing/agent-world.ts';
import { askChat, askMetrics, chatRequest, openChat } from './testing/ask-endpoint.ts';
import { openFakeControl } from './testing/fake-control.ts';
import { runTestAgent } from './testing/run-test-agent.ts';
import { controlIdentity, impostorIdentity } from '@fairlead/carrier/testing';

/** Ready, and to be reached. */
const isUp = ({ state, endpointGeneration }: InstanceReported) =>
  state.status === 'ready' && endpointGeneration !== undefined;

describe('an agent', () => {
  it('brings the engine to the bastion, reports itself, serves, drains and leaves nothing behind', async () => {
    await using world = await openAgentWorld();
    await using control = await openFakeControl({ runDir: world.runDir, identity: controlIdentity });
    await using agent = await runTestAgent(world, { env: { SLURM_JOB_ID: '17', CUDA_VISIBLE_DEVICES: '0,1' } });

    const hello = await control.heard('agent.hello');
    expect(hello).toMatchObject({ instanceId: world.spec.instanceId, jobId: '17', restart: 0 });
    expect(hello.apiKey.reveal()).toBe(apiKey);
    expect(Math.abs(Date.now() - hello.clockMs!)).toBeLessThan(60_000);
    expect(control.tokens).toEqual([enrolmentToken]);
    const ready = await control.heard('instance.reported', isUp);
    expect(ready).toMatchObject({
      servedModels: ['demo'],
      nodes: [{ rank: 0, gpus: ['gpu 0', 'gpu 1'], state: { status: 'running' } }],
      endpointGeneration: 1,
    });
    await control.heard('instance.heartbeat', ({ load }) => load.running === 0);
    const kinds = control.messages.flatMap((message) => (message.type === 'event.happened' ? [message.kind] : []));
    expect(kinds).toEqual(expect.arrayContaining(['agent.started', 'engine.started', 'engine.ready', 'tunnel.up']));

    const socket = join(world.runDir, socketName(world.spec.instanceId, 1, 'data'));
    const answer = await askChat(socket, chatRequest({ stream: true }));
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('data: [DONE]');
    expect((await askChat(socket, chatRequest(), 'wrong')).status).toBe(401);
    const metrics = (await askMetrics(socket)).body;
    const ids = `deployment="demo",instance="${world.spec.instanceId}",node="${hostname()}",model="demo"`;
    expect(metrics).toContain('fairlead_requests_total{route="/v1/chat/completions",outcome="completed",status="2xx"');
    expect(metrics).toContain('fairlead_refusals_total{reason="unauthorized"');
    expect(metrics).toContain(`vllm:request_success_total{${ids},engine="0"`);

    control.send({ type: 'instance.drain', orderId: 'o1' });
    await control.heard('order.accepted', ({ orderId }) => orderId === 'o1');
    await expect(agent.exit).resolves.toBe('ended');
    const last = control.messages.filter((message) => message.type === 'instance.reported').at(-1);
    expect(last).toMatchObject({ state: { status: 'stopped', cause: { code: 'requested' } } });
    expect(await findMarked(`FAIRLEAD_INSTANCE=${world.spec.instanceId}`)).toEqual([]);
    expect(await readdir(world.scratchDir)).toEqual([]);
  });

  it('writes how to connect and what happened into the job directory, and no secret', async () => {
    await using world = await openAgentWorld();
    await using agent = await runTestAgent(world);
    await agent.hasSaid('first completion');
    await agent.hasSaid('data connection to');
    agent.signal('SIGINT');
    await agent.exit;
    const connection = decodeText(connectionFile, await readFile(join(world.jobDir, 'connection.json'), 'utf8'));
    expect(connection).toMatchObject({
      ok: true,
      value: { connect: 'fairlead connect demo', bastion: { host: hostname() }, servedModel: 'demo' },
    });
    expect(await readFile(join(world.jobDir, 'connection.txt'), 'utf8')).toContain('fairlead exec demo -- sh\n');
    const audit = (await readFile(join(world.jobDir, 'audit.jsonl'), 'utf8')).trim().split('\n');
    expect(audit.map((line) => JSON.parse(line).kind)).toEqual(
      expect.arrayContaining(['agent.started', 'engine.ready', 'instance.stopped']),
    );
    for (const name of await readdir(world.jobDir)) {
      const path = join(world.jobDir, name);
      expect((await stat(path)).mode & 0o077, name).toBe(0);
      const content = await readFile(path, 'utf8');
      for (const secret of [apiKey, enrolmentToken, 'fle-']) expect(content, name).not.toContain(secret);
    }
  });

  it('sends no token to a peer that cannot show the pinned certificate', async () => {
    await using world = await openAgentWorld();
    await using impostor = await openFakeControl({ runDir: world.runDir, identity: impostorIdentity });
    const turnedAway = new Promise<void>((resolve) => impostor.turnedAway.add(resolve));
    await using agent = await runTestAgent(world);
    await turnedAway;
    expect(impostor.dialled).toHaveLength(1);
    expect(impostor.tokens).toEqual([]);
    expect(impostor.messages).toEqual([]);
    await agent.hasSaid('first completion');
  });

  it('serves while control is away, and catches up when it comes back', async () => {
    await using world = await openAgentWorld();
    await using agent = await runTestAgent(world);
    await agent.hasSaid('first completion');
    {
      await using first = await openFakeControl({ runDir: world.runDir, identity: controlIdentity, records: false });
      await first.heard('event.happened', ({ kind }) => kind === 'engine.ready');
    }
    await agent.hasSaid('control is away');
    await agent.hasSaid('data connection to');
    const socket = join(world.runDir, socketName(world.spec.instanceId, 1, 'data'));
    expect((await askChat(socket, chatRequest())).status).toBe(200);
    await using second = await openFakeControl({ runDir: world.runDir, identity: controlIdentity });
    await second.heard('instance.reported', isUp);
    await second.heard('event.happened', ({ kind }) => kind === 'engine.ready');
    expect(second.tokens).toEqual(['instance-token-of-the-test']);
  });

  it('comes back under a new generation when its connections are lost', async () => {
    await using world = await openAgentWorld();
    await using control = await openFakeControl({ runDir: world.runDir, identity: controlIdentity });
    await using agent = await runTestAgent(world);
    await control.heard('instance.reported', isUp);
    await world.sshd.dropSessions();
    await control.heard('instance.reported', ({ endpointGeneration }) => endpointGeneration === 2);
    const socket = join(world.runDir, socketName(world.spec.instanceId, 2, 'data'));
    expect((await askChat(socket, chatRequest())).status).toBe(200);
    expect(agent.said.join('\n')).toContain(`data connection to 127.0.0.1:${world.sshd.port} is down`);
  });

  it('lets a running stream end when it is told to drain, and refuses what is new', async () => {
    await using world = await openAgentWorld(['--sim-decode-ms', '20']);
    await using control = await openFakeControl({ runDir: world.runDir, identity: controlIdentity });
    await using agent = await runTestAgent(world);
    await control.heard('instance.reported', isUp);
    const socket = join(world.runDir, socketName(world.spec.instanceId, 1, 'data'));
    const stream = await openChat(socket, chatRequest({ stream: true, max_tokens: 60, ignore_eos: true }));
    const whole = text(stream);
    agent.signal('SIGUSR2');
    await control.heard('instance.reported', ({ state }) => state.status === 'draining');
    const refused = await openChat(socket, chatRequest());
    expect(refused.statusCode).toBe(503);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    refused.resume();
    expect(await whole).toContain('data: [DONE]');
    await expect(agent.exit).resolves.toBe('ended');
  });

  it('tells control of a fault of its own before it goes', async () => {
    await using world = await openAgentWorld();
    await using control = await openFakeControl({ runDir: world.runDir, identity: controlIdentity });
    await using agent = await runTestAgent(world);
    await control.heard('instance.reported', isUp);
    await agent.surprise(new Error('a bolt is loose'));
    const last = control.messages.filter((message) => message.type === 'instance.reported').at(-1);
    const message = 'the agent itself failed: a bolt is loose';
    expect(last).toMatchObject({ state: { status: 'failed', cause: { code: 'agent_failed', message } } });
    await control.heard('event.happened', (event) => event.kind === 'instance.failed' && event.message === message);
  });

  it('waits for control with the news of a failure that came before it', async () => {
    await using world = await openAgentWorld();
    const engine = { ...world.spec.engine, command: ['/nowhere/vllm'] };
    await using agent = await runTestAgent(world, { spec: { engine } });
    await agent.hasSaid('nothing is left of the engine');
    await using control = await openFakeControl({ runDir: world.runDir, identity: controlIdentity });
    await control.heard('instance.reported', ({ state }) => state.status === 'failed');
    await expect(agent.exit).resolves.toBe('engine_start_failed');
  });

  it('ends when a newer start has taken over', async () => {
    await using world = await openAgentWorld();
    const refusal = { type: 'control.refused', code: 'fenced', message: 'a newer start has taken over' } as const;
    await using control = await openFakeControl({ runDir: world.runDir, identity: controlIdentity, refusal });
    await using agent = await runTestAgent(world);
    await expect(agent.exit).resolves.toBe('superseded');
    expect(control.tokens).toHaveLength(1);
  });

  it('ends with a cause when the bastion shows another host key', async () => {
    await using world = await openAgentWorld();
    await using other = await openAgentWorld();
    const [route] = world.spec.bastion.routes;
    const bastion = { routes: [{ ...route!, hostKeys: [other.sshd.hostKeyLine] }] };
    await using agent = await runTestAgent(world, { spec: { bastion } });
    await expect(agent.exit).resolves.toBe('tunnel_hopeless');
    expect(agent.said.join('\n')).toContain('host key');
  });

  it('takes the next route to the bastion where the first leads elsewhere, and says so', async () => {
    await using world = await openAgentWorld();
    await using other = await openAgentWorld();
    await using control = await openFakeControl({ runDir: world.runDir, identity: controlIdentity });
    const [route] = world.spec.bastion.routes;
    const bastion = { routes: [{ ...route!, port: other.sshd.port }, route!] };
    await using agent = await runTestAgent(world, { spec: { bastion } });
    await control.heard('event.happened', ({ kind }) => kind === 'tunnel.route_refused');
    const up = await agent.hasSaid(`data connection to 127.0.0.1:${world.sshd.port} is up`);
    expect(up).toMatch(/route 2 of 2: 127\.0\.0\.1:\d+ was refused: .*host key changed/);
    await control.heard('instance.reported', isUp);
  });

  it('refuses a bastion that is another host than the one set up, and says so', async () => {
    await using world = await openAgentWorld();
    await using agent = await runTestAgent(world, { spec: { bastionIdentity: { host: 'elsewhere' } } });
    await expect(agent.hasSaid('elsewhere was set up')).resolves.toContain(hostname());
    expect(await readdir(world.runDir)).toEqual([]);
  });

  it('sends the end of a log, and follows it', async () => {
    await using world = await openAgentWorld();
    await using control = await openFakeControl({ runDir: world.runDir, identity: controlIdentity });
    await using agent = await runTestAgent(world);
    await control.heard('instance.reported', isUp);
    control.send({ type: 'log.tail', orderId: 't1', source: 'engine', lines: 1000, follow: true, credit: 1000 });
    await control.heard('log.chunk', ({ lines }) => lines.join('\n').includes('Application startup complete.'));
    agent.signal('SIGUSR2');
    await control.heard('log.chunk', ({ lines }) => lines.join('\n').includes('Application shutdown complete.'));
    await agent.exit;
  });

  it('fits the arguments to the engine that its Python names, and tells what it did; a flag without a substitute is refused', async () => {
    await using world = await openAgentWorld();
    await using control = await openFakeControl({ runDir: world.runDir, identity: controlIdentity });
    const simulator = [process.execPath, ...programArgs('engine-sim')].join(' ');
    const python = `#!/bin/sh\n[ "$1" = -c ] && { echo 'fairlead-build {"version":"0.15.0"}'; exit; }\nshift\nexec ${simulator} "$@"\n`;
    const command = [join(world.dir, 'vllm'), 'serve'];
    await writeFile(join(world.dir, 'python3'), python, { mode: 0o755 });
    await writeFile(command[0]!, `#!${join(world.dir, 'python3')}\n`, { mode: 0o755 });
    const engine = { ...world.spec.engine, name: 'vllm', command, args: ['--enable-reasoning'] };
    await using agent = await runTestAgent(world, { spec: { engine } });
    const message = 'vLLM 0.15.0 has no --enable-reasoning, which is left out: --reasoning-parser alone turns it on';
    await control.heard('event.happened', (event) => event.kind === 'engine.planned' && event.message === message);
    await agent.hasSaid('first completion');
    await using second = await openAgentWorld();
    const refused = { ...engine, args: ['--rope-theta', '1'] };
    await using other = await runTestAgent(second, { spec: { engine: refused } });
    await other.hasSaid('cannot start the engine because vLLM 0.15.0 has no --rope-theta');
    await expect(other.exit).resolves.toBe('engine_start_failed');
  });

  it('starts an engine that does not know an optional flag again without it, and says what is open then', async () => {
    await using world = await openAgentWorld();
    const refuses =
      'case "$*" in *--allowed-media*) echo "vllm serve: error: unrecognized arguments: --allowed-media-domains x"; exit 2;; esac; exec "$@"';
    const simulator = [process.execPath, ...programArgs('engine-sim'), 'serve'];
    world.spec.engine = { ...world.spec.engine, name: 'vllm', command: ['sh', '-c', refuses, 'sh', ...simulator] };
    await using agent = await runTestAgent(world);
    await agent.hasSaid(
      'does not know --allowed-media-domains; it is started again without it, and a request may have it fetch any URL',
    );
    await agent.hasSaid('first completion');
  });
});
