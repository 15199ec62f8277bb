// A deployment with two instances that live at once, through both hops: both are listed, requests go to one of them, and a dead
// one is left for the living one. `fairlead deploy` makes one instance; the second is made by hand.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { connect, type ConnectionEvent, type DeploymentInstance, openSession, watch } from '@fairlead/client';
import { CodedError } from '@fairlead/kit';
import { openWorld, processesOf, type World } from '@fairlead/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { restartWithShortLease } from './short-lease.ts';

const timeoutMs = 120_000;
const question = { messages: [{ role: 'user' as const, content: 'Tell me of ropes.' }], max_tokens: 4 };

let world: World;
let first: string;
let second: string;

beforeAll(async () => {
  world = await openWorld();
  expect((await world.json('init', '--yes')).code).toBe(0);
  await restartWithShortLease(world);
  await world.deploy('a');
  first = (await instances())[0]!.id;
  second = await addInstance();
  await untilInstance(({ id, isServing }) => id === second && isServing);
}, timeoutMs);
afterAll(() => world?.[Symbol.asyncDispose](), timeoutMs);

interface InstanceShown {
  id: string;
  role: string;
  replica: number;
  state: { status: string; cause?: { code: string } };
  endpoints: unknown[];
}

/** As `status --json` and `list --json` show them, which is the same. `status` also asks the scheduler how a job ended, and tells control. */
async function instances(): Promise<InstanceShown[]> {
  const [status, listed] = [await world.json('status', 'a'), await world.json('list')];
  const [deployment] = listed.last['deployments'] as Array<{ instances: InstanceShown[] }>;
  const shown = status.last['deployment'] as { instances: InstanceShown[] };
  const factsOf = ({ id, role, replica, state, endpoints }: InstanceShown) => ({ id, role, replica, state, endpoints });
  expect(shown.instances.map(factsOf)).toEqual(deployment?.instances.map(factsOf));
  return shown.instances;
}

/** Tells control of a second instance, gives it the first one's spec under its own name and keys, and starts its agent. Its id. */
async function addInstance(): Promise<string> {
  const jobs = join(world.dir, 'cluster', 'jobs');
  const wanted = { role: 'current', replica: 1, jobDir: join(jobs, '{instance}') };
  const made = await askControl('POST', '/v1/deployments/a/instances', wanted);
  const { instanceId, enrolmentToken } = made as { instanceId: string; enrolmentToken: string };
  const spec = JSON.parse(await readFile(join(jobs, first, 'spec.json'), 'utf8')) as object;
  const jobDir = join(jobs, instanceId);
  const specFile = join(jobDir, 'spec.json');
  await mkdir(jobDir, { mode: 0o700 });
  const own = { ...spec, instanceId, enrolmentToken, jobDir, apiKey: 'fl_the-key-of-the-second' };
  await writeFile(specFile, JSON.stringify(own), { mode: 0o600 });
  const [runner] = await processesOf(join(jobs, first, 'spec.json'));
  const agentFile = runner!.args.split(' ').find((word) => word.endsWith('agent.mjs'))!;
  const env = { PATH: world.env['PATH'], HOME: world.home, SLURM_JOB_ID: 'by-hand' };
  spawn(process.execPath, ['--disable-sigusr1', agentFile, '--spec', specFile], { cwd: jobDir, env, stdio: 'ignore' });
  return instanceId;
}

async function askControl(method: string, path: string, body: object): Promise<unknown> {
  await using session = await openSession({ env: world.env });
  const socket = await session.link.openControl();
  const authorization = `Bearer ${session.link.profile.ownerToken.reveal()}`;
  const headers = { host: 'control', 'content-type': 'application/json', authorization };
  const asking = request({ createConnection: () => socket, method, path, headers }).end(JSON.stringify(body));
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  const said = await text(answer);
  expect(answer.statusCode, said).toBe(201);
  return JSON.parse(said);
}

/** Resolves when control says of an instance what `match` looks for. */
async function untilInstance(match: (instance: DeploymentInstance) => boolean): Promise<void> {
  for await (const event of watch({ env: world.env })) {
    if (event.type === 'control.lost') continue;
    const deployments = event.type === 'deployments.listed' ? event.deployments : [event.deployment];
    if (deployments.some((deployment) => deployment.instances.some(match))) return;
  }
}

/** As where its node loses power. */
async function killAgent(id: string): Promise<void> {
  const found = await processesOf(join(world.dir, 'cluster', 'jobs', id, 'spec.json'));
  expect(found).toHaveLength(1);
  process.kill(found[0]!.pid, 'SIGKILL');
}

it(
  'A deployment of two instances lists both, and requests leave the one that dies for the other',
  async () => {
    expect(await instances()).toMatchObject([
      { id: first, role: 'current', replica: 0, state: { status: 'ready' }, endpoints: [{}] },
      { id: second, role: 'current', replica: 1, state: { status: 'ready' }, endpoints: [{}] },
    ]);
    const movedTo = Promise.withResolvers<string>();
    const ended: ConnectionEvent[] = [];
    const onEvent = (event: ConnectionEvent) => {
      if (event.type === 'endpoint.up' && event.again) movedTo.resolve(event.endpoint.instanceId);
      if (event.type === 'deployment.ended') ended.push(event);
    };
    await using connection = await connect('a', { env: world.env, port: false, onEvent });
    expect(connection.endpoint.instanceId).toBe(first);
    expect((await connection.chat(question)).usage?.completion_tokens).toBe(4);

    await killAgent(first);
    // Sent before the loss is seen: it is answered by the other instance, or cut, and may be sent again.
    const sent = await connection.chat(question).catch((error: unknown) => error);
    if (sent instanceof CodedError) expect(sent).toMatchObject({ code: 'answer_cut', retryable: true });
    expect(await movedTo.promise).toBe(second);
    const answers = await Promise.all([1, 2, 3].map(() => connection.chat(question)));
    expect(answers.map(({ usage }) => usage?.completion_tokens)).toEqual([4, 4, 4]);
    expect(ended).toEqual([]);

    await untilInstance(({ id, status }) => id === first && status === 'failed');
    expect(await instances()).toMatchObject([
      { id: first, state: { status: 'failed', cause: { code: 'job_ended' } }, endpoints: [] },
      { id: second, state: { status: 'ready' }, endpoints: [{}] },
    ]);
    await using later = await connect('a', { env: world.env, port: false });
    expect(later.endpoint.instanceId).toBe(second);
    expect((await world.json('chat', 'a', 'ahoy')).last).toMatchObject({ ok: true });
  },
  timeoutMs,
);
