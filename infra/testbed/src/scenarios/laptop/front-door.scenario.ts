// The local port behind nginx with its defaults, from a web page, and while the path is down.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { runArgv } from '../../processes/run-command.ts';
import { type Connected, Researcher, type Running } from '../researcher.ts';

const hasNginx = (await runArgv(['sh', '-c', 'PATH=$PATH:/usr/sbin command -v nginx'])).code === 0;
const timeoutMs = 180_000;
const nginxPort = 18_080;
const testedPage = 'http://localhost:3000';

let testbed: Testbed;
let alice: Researcher;
let connected: Connected;
beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
  await alice.deploy('door');
  connected = await alice.connect('door', '--allow-origin', testedPage);
}, timeoutMs);
afterAll(() => testbed?.[Symbol.asyncDispose](), timeoutMs);

/** nginx as Debian ships it: its main file, and a site that only passes requests on, with no setting of times or buffers. */
async function startNginx(upstream: string): Promise<Running> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  const config = `daemon off; pid nginx.pid;
events {}
http { access_log off; ${temporary.join(' ')}
  server { listen 127.0.0.1:${nginxPort}; location / { proxy_pass ${upstream}; } } }`;
  const directory = '/tmp/front-door-nginx';
  const write = `rm -rf ${directory} && mkdir ${directory} && cat > ${directory}/nginx.conf`;
  expect((await testbed.exec('laptop', ['sh', '-c', write], { stdin: config, user: 'alice' })).code).toBe(0);
  const nginx = alice.run('/usr/sbin/nginx', '-p', directory, '-c', 'nginx.conf', '-e', 'stderr');
  await expect
    .poll(async () => (await curl(`http://127.0.0.1:${nginxPort}/`)).stdout, { timeout: 10_000 })
    .toContain('200');
  return nginx;
}

function curl(...args: string[]) {
  return testbed.exec('laptop', ['curl', '-si', '--max-time', '40', ...args], { user: 'alice' });
}

test.skipIf(!hasNginx)(
  'nginx with its defaults: a first token after 70 s arrives, and the others at their pace (nginx-light is needed)',
  async () => {
    const nginx = await startNginx(connected.baseUrl.replace('/v1', ''));
    const body = JSON.stringify({
      model: connected.model,
      stream: true,
      max_tokens: 20,
      messages: [{ role: 'user', content: 'hello' }],
      sim: { prefill_ms: 70_000, decode_ms: 200, tokens: 20 },
    });
    const startedMs = Date.now();
    const url = `http://127.0.0.1:${nginxPort}/v1/chat/completions`;
    const headers = ['-H', `authorization: Bearer ${connected.apiKey}`, '-H', 'content-type: application/json'];
    const stream = alice.run('curl', '-sN', url, ...headers, '-d', body);
    const isContent = (line: string) => line.startsWith('data: {') && /"content":"[^"]/.test(line);
    await stream.line(isContent);
    const firstMs = Date.now();
    expect(firstMs - startedMs).toBeGreaterThan(69_000);
    expect(await stream.ended).toBe(0);
    // Held back until a buffer is full, all would arrive at once.
    expect(Date.now() - firstMs).toBeGreaterThan(1_000);
    expect(stream.lines.filter(isContent)).toHaveLength(20);
    expect(stream.lines.filter((line) => line !== '').at(-1)).toBe('data: [DONE]');
    nginx.signal('SIGTERM');
    await nginx.ended;
  },
  timeoutMs,
);

test(
  'the preflight of a configured web page succeeds, that of another page fails',
  async () => {
    const url = `${connected.baseUrl}/chat/completions`;
    const asks = ['-H', 'access-control-request-method: POST', '-H', 'access-control-request-headers: authorization'];
    const preflight = (origin: string) => curl('-X', 'OPTIONS', url, '-H', `origin: ${origin}`, ...asks);
    expect((await preflight(testedPage)).stdout).toMatch(
      /^HTTP\/1\.1 204 [^]*access-control-allow-origin: http:\/\/localhost/,
    );
    expect((await preflight('http://evil.example')).stdout).toMatch(/^HTTP\/1\.1 403 [^]*--allow-origin/);
    const key = ['-H', `authorization: Bearer ${connected.apiKey}`];
    const { stdout } = await curl(
      `${connected.baseUrl}/models/${connected.model}`,
      ...key,
      '-H',
      `origin: ${testedPage}`,
    );
    expect(stdout).toMatch(/^HTTP\/1\.1 200 /);
    expect(stdout.match(/access-control-allow-origin: .*/gi)).toHaveLength(1);
    expect(JSON.parse(stdout.split('\r\n\r\n')[1] ?? '')).toMatchObject({ id: connected.model, object: 'model' });
  },
  timeoutMs,
);

test(
  'while the tunnel is down every request gets an error within a second',
  async () => {
    await testbed.cut('node1');
    await connected.running.line((line) => line.includes('"endpoint.down"'));
    const key = ['-H', `authorization: Bearer ${connected.apiKey}`];
    for (const path of ['/models', '/chat/completions']) {
      const { stdout } = await curl(`${connected.baseUrl}${path}`, ...key, '-w', '\n%{time_total}');
      expect(stdout).toMatch(/^HTTP\/1\.1 503 [^]*retry-after: \d/);
      expect(stdout).toContain('"code":"endpoint_not_ready"');
      expect(Number(stdout.split('\n').at(-1))).toBeLessThan(1);
    }
    await testbed.heal('node1');
    await connected.running.line((line) => line.includes('"endpoint.up"'));
    expect((await connected.ask()).status).toBe(200);
    await connected.close();
  },
  timeoutMs,
);
