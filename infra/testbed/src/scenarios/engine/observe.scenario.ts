// Watching a deployment from the laptop, through both hops, while it works: metrics, top, bench.

import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { type Connected, Researcher } from '../researcher.ts';

const timeoutMs = 180_000;

let testbed: Testbed;
let alice: Researcher;
let connected: Connected;
let deployed: { instance: string; jobId: string };
beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
  deployed = await alice.deploy('watched');
  connected = await alice.connect('watched');
}, timeoutMs);
afterAll(() => testbed?.[Symbol.asyncDispose](), timeoutMs);

interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number | string;
}

test(
  "metrics has the agent's and the engine's, with labels of the instance; the local port has the same page, with the key alone",
  async () => {
    const stream = connected.stream({ tokens: 2_000, decodeMs: 50 });
    await stream.line((line) => line.startsWith('data:'));
    const { last, code } = await alice.fairlead('metrics', 'watched');
    expect(code).toBe(0);
    const samples = last['samples'] as Sample[];
    const find = (name: string) => samples.filter((sample) => sample.name === name);
    expect(find('fairlead_requests_in_flight')[0]?.value).toBe(1);
    expect(find('vllm:num_requests_running')[0]?.value).toBe(1);
    expect(find('fairlead_instance_state').find(({ value }) => value === 1)?.labels['state']).toBe('ready');
    expect(Number(find('fairlead_deadline_seconds_left')[0]?.value)).toBeGreaterThan(60);
    for (const { labels } of samples)
      expect(labels).toMatchObject({ deployment: 'watched', instance: deployed.instance, model: 'demo' });
    const url = connected.baseUrl.replace('/v1', '/metrics');
    const curl = (...args: string[]) => testbed.exec('laptop', ['curl', '-si', url, ...args], { user: 'alice' });
    expect((await curl('-H', `authorization: Bearer ${connected.apiKey}`)).stdout).toMatch(
      /^HTTP\/1\.1 200 OK[^]*\nfairlead_requests_in_flight\{/,
    );
    expect((await curl()).stdout).toMatch(/^HTTP\/1\.1 401 /);
    stream.signal('SIGTERM');
    await stream.ended;
  },
  timeoutMs,
);

test(
  'top shows the load in one look, and goes on line by line until Ctrl-C',
  async () => {
    const stream = connected.stream({ tokens: 2_000, decodeMs: 50 });
    await stream.line((line) => line.startsWith('data:'));
    const { last, code } = await alice.fairlead('top', '--once');
    expect(code).toBe(0);
    const [row] = last['instances'] as Array<Record<string, unknown>>;
    expect(row).toMatchObject({ name: 'watched', inFlight: 1, state: { status: 'ready' } });
    expect(row).not.toHaveProperty('problem');
    expect(row?.['generationTokensPerSecond']).toBeGreaterThan(10);
    expect(row?.['generationTokensPerSecond']).toBeLessThan(30);
    const live = alice.run('fairlead', 'top', 'watched', '--interval', '1');
    await live.line((line) => /watched {2}ready {2}1 in flight .* \d+\.\d tokens\/s/.test(line));
    live.signal('SIGINT');
    expect(await live.ended).toBe(130);
    stream.signal('SIGTERM');
    await stream.ended;
    const { last: unknown, code: missing } = await alice.fairlead('top', 'nothing-of-that-name');
    expect([missing, (unknown['error'] as { code: string }).code]).toEqual([3, 'deployment_unknown']);
  },
  timeoutMs,
);

test(
  'top on a terminal redraws in place, and Ctrl-C leaves the terminal as it was',
  async () => {
    const typed =
      'stty cols 140 rows 40; stty -a > /tmp/before; fairlead top --interval 1; echo code=$?; stty -a > /tmp/after; cmp /tmp/before /tmp/after && echo same';
    const terminal = testbed.spawn('laptop', ['script', '-qec', typed, '/dev/null'], { user: 'alice' });
    let stdout = '';
    terminal.stdout?.on('data', (piece) => (stdout += String(piece)));
    await expect.poll(() => stdout.split('fairlead top  ').length, { timeout: 60_000 }).toBeGreaterThan(3);
    terminal.stdin?.write('\u0003');
    await once(terminal, 'close');
    expect(stdout).toContain('watched');
    expect(stdout).toContain('\u001b[2K');
    expect(stdout).not.toContain('\u001b[?25l');
    expect(stdout).toContain('code=130');
    expect(stdout).toContain('same');
  },
  timeoutMs,
);

test(
  'bench measures by concurrency, keeps its figures as JSON and as a page, and compares runs',
  async () => {
    const set = ['--concurrency', '1,4', '--requests', '8', '--input-tokens', '64', '--output-tokens', '20'];
    const { last, lines, code, stderr } = await alice.fairlead('bench', 'watched', ...set);
    expect([code, stderr]).toEqual([0, '']);
    expect(lines.filter(({ event }) => event === 'bench.level')).toHaveLength(2);
    const [one, four] = last['levels'] as Array<Record<string, number>>;
    expect(one).toMatchObject({ concurrency: 1, requests: 8, completed: 8, failed: 0, outputTokens: 160 });
    expect(Number(four?.['outputTokensPerSecond'])).toBeGreaterThan(2 * Number(one?.['outputTokensPerSecond']));
    // Its tokenizer was asked: the prompts have about the length that was wanted.
    expect(Math.abs(Number(one?.['inputTokens']) / 8 - 64)).toBeLessThan(10);
    const keep = 'fairlead bench watched --json --requests 4 --concurrency 1 > a.jsonl';
    const compare = 'fairlead bench watched --requests 4 --concurrency 1 --chat --with a.jsonl --html both.html';
    const page = await testbed.exec('laptop', ['sh', '-ec', `cd; ${keep}; ${compare}; cat both.html`], {
      user: 'alice',
    });
    expect(page.code).toBe(0);
    expect(page.stdout).toMatch(/^NAME +CONCURRENCY +REQUESTS/);
    expect(page.stdout).toContain('<svg ');
    const refused = await alice.fairlead('bench', 'watched', '--input-tokens', '1000000', '--requests', '1');
    expect(refused.code).toBe(1);
    expect(refused.last).toMatchObject({ event: 'error', error: { code: 'bench_failed' } });
  },
  timeoutMs,
);

test(
  'piped, they print plain text: the page of the metrics, a line of top, a table of the quick bench',
  async () => {
    // A request counts until its end has come through both hops.
    const idle = async () => (await alice.fairlead('top', '--once')).last['instances'];
    await expect.poll(idle, { timeout: 30_000 }).toMatchObject([{ inFlight: 0 }]);
    const piped = 'fairlead metrics watched | cat; fairlead top --once | cat; fairlead bench watched | cat';
    const { code, stdout } = await testbed.exec('laptop', ['sh', '-c', piped], { user: 'alice' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^# TYPE vllm:num_requests_running gauge$/m);
    expect(stdout).toMatch(/^fairlead_requests_in_flight\{[^}]*deployment="watched"[^}]*\} 0$/m);
    expect(stdout).toMatch(/^watched +ready +0 +0 /m);
    expect(stdout).toMatch(/^CONCURRENCY +REQUESTS .*\n1 +4 .*\n8 +16 /m);
    expect(stdout).not.toContain('\u001b');
  },
  timeoutMs,
);

test(
  'bench measures on the node in a step of the job, and Ctrl-C ends the step',
  async () => {
    const set = ['--requests', '4', '--input-tokens', '32', '--output-tokens', '10'];
    const { last, code } = await alice.fairlead('bench', 'watched', '--on-node', '--concurrency', '1,2', ...set);
    expect(code).toBe(0);
    expect(last).toMatchObject({
      event: 'bench.done',
      ok: true,
      from: 'node',
      levels: [{ completed: 4 }, { completed: 4 }],
    });
    const running = alice.start('bench', 'watched', '--on-node', '--concurrency', '1', '--requests', '5000');
    const onNode = async () =>
      (await testbed.exec('node1', ['pgrep', '-u', 'alice', '-f', 'bench-.*mjs'])).stdout.trim();
    await expect.poll(onNode, { timeout: 60_000 }).not.toBe('');
    running.signal('SIGINT');
    expect(await running.ended).toBe(130);
    await expect.poll(onNode, { timeout: 20_000 }).toBe('');
    expect((await connected.ask()).status).toBe(200);
  },
  timeoutMs,
);

test(
  'requests are logged on the node where the configuration says so, for the owner alone',
  async () => {
    const { instance } = await alice.deploy('logged', '--set', 'logging.requests=with-contents');
    const { code } = await alice.fairlead('chat', 'logged', 'A question for the log', '--max-tokens', '4');
    expect(code).toBe(0);
    const status = (await alice.fairlead('status', 'logged')).last['deployment'] as { instances: [{ jobDir: string }] };
    const file = `${status.instances[0].jobDir}/requests.jsonl`;
    const read = () =>
      testbed.exec('node1', ['sh', '-c', `stat -c %a ${file}; grep chat/completions ${file}`], { user: 'alice' });
    await expect.poll(async () => (await read()).stdout).toContain('A question for the log');
    const [mode = '', line = ''] = (await read()).stdout.split('\n');
    expect(mode).toBe('600');
    expect(JSON.parse(line)).toMatchObject({
      deployment: 'logged',
      instanceId: instance,
      outcome: 'completed',
      completionTokens: 4,
    });
    const quiet = (await alice.fairlead('status', 'watched')).last['deployment'] as typeof status;
    const other = await testbed.exec('node1', ['ls', quiet.instances[0].jobDir], { user: 'alice' });
    expect(other.stdout).toContain('audit.jsonl');
    expect(other.stdout).not.toContain('requests.jsonl');
  },
  timeoutMs,
);
