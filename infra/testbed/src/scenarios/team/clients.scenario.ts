// A member with a key alone uses unmodified clients by HTTPS, through Caddy, and by SSH. Both ways lead to one gateway.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { checkoutOnLaptop, nodeOnLaptop } from '../../hosts/boot-script.ts';
import { openTestbed, type Testbed } from '../../index.ts';
import { asRoot } from '../break-site.ts';
import { Researcher } from '../researcher.ts';
import { type GatewayHost, openGatewayHost } from './gateway-host.ts';

const run = promisify(execFile);
const name = 'gateway.example.org';
const httpsPort = 443;
const checkout = join(import.meta.dirname, '../../../../..');
const clientsProgram = 'examples/src/run-all.ts';
const hasCaddy = await run('sh', ['-c', 'command -v caddy']).then(
  () => true,
  () => false,
);

let testbed: Testbed;
let gateway: GatewayHost;
let key: string;
/** Of the packages of the Python clients, which this machine may be able to download; the laptop of the testbed is not. */
let pythonPackages: string;

beforeAll(async () => {
  const prepare = run(process.execPath, ['--conditions=fairlead-source', join(checkout, clientsProgram), 'prepare']);
  testbed = await openTestbed({ nodes: 1 });
  const alice = new Researcher(testbed);
  await alice.deploy('chat');
  gateway = await openGatewayHost(testbed, 'alice');
  const { line } = await gateway.command('publishers', 'add', 'alice');
  expect((await alice.fairlead('publish', 'chat', '--to', String(line))).code).toBe(0);
  key = String((await gateway.command('members', 'add', 'carol', '--key'))['key']);
  pythonPackages = (await prepare).stdout.trim();
}, 240_000);
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await testbed?.[Symbol.asyncDispose]();
});

/** All clients of examples/, on the laptop. Resolves with what they print. */
async function runClients(baseUrl: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const env = {
    OPENAI_BASE_URL: `${baseUrl}/v1`,
    OPENAI_API_KEY: key,
    OPENAI_MODEL: 'chat',
    ANTHROPIC_BASE_URL: baseUrl,
    ANTHROPIC_AUTH_TOKEN: key,
    // …/fairlead/examples-<hash>/bin
    XDG_CACHE_HOME: join(pythonPackages, '../../..'),
    ...more,
  };
  const argv = [nodeOnLaptop, '--conditions=fairlead-source', `${checkoutOnLaptop}/${clientsProgram}`];
  const { stdout, stderr } = await testbed.exec('laptop', argv, { user: 'root', cwd: '/tmp', env });
  return stdout + stderr;
}

function expectAllWell(said: string): void {
  expect(said).toMatch(/^Tests {2}\d+ passed, 0 failed/m);
  for (const client of ['curl', 'openai-node', 'vercel-ai-sdk', 'langchain', 'anthropic-node'])
    expect(said).toMatch(new RegExp(`^ok +${client}$`, 'm'));
  // They are skipped where no Python packages can be had.
  if (pythonPackages.startsWith('/'))
    for (const client of ['openai-python', 'langchain-python', 'litellm', 'llm'])
      expect(said).toMatch(new RegExp(`^ok +${client}$`, 'm'));
}

test.skipIf(!hasCaddy)(
  'by HTTPS through Caddy',
  async () => {
    const certificate = `openssl req -x509 -days 2 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout /tmp/key.pem -out /tmp/cert.pem -subj /CN=${name} -addext subjectAltName=DNS:${name} 2>/dev/null`;
    await asRoot(testbed, 'bastion', `${certificate}; chmod 644 /tmp/cert.pem`);
    const site = (await asRoot(testbed, 'laptop', `cat ${checkoutOnLaptop}/infra/gateway/Caddyfile`)).replace(
      `${name} {`,
      `https://${name}:${httpsPort} {\n\ttls /tmp/cert.pem /tmp/key.pem`,
    );
    const config = `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`;
    await testbed.exec('bastion', ['sh', '-c', 'cat > /tmp/Caddyfile'], { user: 'root', cwd: '/', stdin: config });
    const serve = ['caddy', 'run', '--config', '/tmp/Caddyfile', '--adapter', 'caddyfile'];
    const caddy = testbed.spawn('bastion', serve, { user: 'root', cwd: '/tmp', env: { HOME: '/tmp' } });
    try {
      await testbed.openPort(httpsPort);
      await asRoot(testbed, 'laptop', `echo "198.51.100.10 ${name}" >> /etc/hosts`);
      const pem = await asRoot(testbed, 'bastion', 'cat /tmp/cert.pem');
      const keep = 'cat > /tmp/team-ca.pem; chmod 644 /tmp/team-ca.pem';
      await testbed.exec('laptop', ['sh', '-c', keep], { user: 'root', cwd: '/', stdin: pem });
      const health = ['curl', '-s', '--cacert', '/tmp/team-ca.pem', `https://${name}/health`];
      await expect
        .poll(async () => (await testbed.exec('laptop', health, { user: 'root', cwd: '/' })).stdout, {
          timeout: 30_000,
        })
        .toContain('ok');
      const trust = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE'];
      const env = Object.fromEntries(trust.map((variable) => [variable, '/tmp/team-ca.pem']));
      expectAllWell(await runClients(`https://${name}`, env));
    } finally {
      const ended = once(caddy, 'close');
      process.kill(-(caddy.pid ?? 0), 'SIGTERM');
      await ended;
    }
  },
  180_000,
);

test('by SSH, with a plain forward to the gateway', async () => {
  const forward = ['ssh', '-N', '-o', 'ExitOnForwardFailure=yes', '-L', '18081:127.0.0.1:18080', 'bastion'];
  const ssh = testbed.spawn('laptop', forward, { user: 'bob' });
  try {
    const health = ['curl', '-s', 'http://127.0.0.1:18081/health'];
    await expect
      .poll(async () => (await testbed.exec('laptop', health, { user: 'bob' })).stdout, { timeout: 30_000 })
      .toContain('ok');
    expectAllWell(await runClients('http://127.0.0.1:18081'));
  } finally {
    const ended = once(ssh, 'close');
    process.kill(-(ssh.pid ?? 0), 'SIGTERM');
    await ended;
  }
}, 180_000);
