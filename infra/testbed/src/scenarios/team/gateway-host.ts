// A gateway on the bastion, under an account that has neither a login nor a deployment.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { watchLines } from '@fairlead/testkit/watch-lines';

import type { TestbedHandle } from '../../testbed.ts';
import { asRoot } from '../break-site.ts';

export interface GatewayHost extends AsyncDisposable {
  /** `gateway <words>` to its end, as its account. */
  command(...words: string[]): Promise<Record<string, unknown>>;
  /** What one request of a member answers: its status and its body. */
  ask(key: string, model: string): Promise<{ status: number; body: string }>;
}

/** Of the machine's own accounts; its primary group has no other member. */
export const gatewayAccount = 'games';
const home = '/tmp/team';
const port = 18_080;
const asAccount = ['setpriv', `--reuid=${gatewayAccount}`, `--regid=${gatewayAccount}`, '--clear-groups', '--'];
const state = ['--state', `${home}/state`];

/** `owner` has deployed from the laptop: their Node and their bundle of the gateway serve. Disposal ends it. */
export async function openGatewayHost(testbed: TestbedHandle, owner: string): Promise<GatewayHost> {
  await copyPrograms(testbed, owner);
  const program = [...asAccount, `${home}/node`, '--disable-warning=ExperimentalWarning', `${home}/gateway.mjs`];
  const serve = ['serve', ...state, '--port', String(port), '--publishers', `${home}/publish.sock`, '--no-own'];
  const at = { user: 'root', cwd: '/' };
  const child = testbed.spawn('bastion', [...program, ...serve], at);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let stderr = '';
  child.stderr?.on('data', (piece) => (stderr += String(piece)));
  const failed = ended.then(() => `the gateway has ended: ${stderr}`);
  await watchLines(child.stdout!).line((line) => line.includes('gateway.listening'), failed);
  return {
    async command(...words) {
      const { stdout, stderr: said } = await testbed.exec('bastion', [...program, ...words, ...state], at);
      if (stdout === '') throw new Error(`gateway ${words.join(' ')}: ${said}`);
      return JSON.parse(stdout.trim()) as Record<string, unknown>;
    },
    async ask(key, model) {
      const body = JSON.stringify({ model, max_tokens: 3, prompt: 'hello' });
      const heads = ['-H', `authorization: Bearer ${key}`, '-H', 'content-type: application/json'];
      const url = `http://127.0.0.1:${port}/v1/completions`;
      const curl = ['curl', '-s', '--max-time', '40', '-w', '\n%{http_code}', ...heads, '-d', body, url];
      const { stdout } = await testbed.exec('bastion', curl, at);
      const [status = '', ...lines] = stdout.split('\n').toReversed();
      return { status: Number(status), body: lines.toReversed().join('\n') };
    },
    async [Symbol.asyncDispose]() {
      process.kill(-(child.pid ?? 0), 'SIGTERM');
      await ended;
    },
  };
}

async function copyPrograms(testbed: TestbedHandle, owner: string): Promise<void> {
  const bundle = await readBundle(testbed, owner);
  await asRoot(
    testbed,
    'bastion',
    `mkdir -m 711 ${home}; cp -L /home/${owner}/.local/share/fairlead/bin/node ${home}/node; chmod 755 ${home}/node`,
  );
  const write = `cat > ${home}/gateway.mjs && chmod 644 ${home}/gateway.mjs && chown ${gatewayAccount}: ${home}`;
  await testbed.exec('bastion', ['sh', '-c', write], { user: 'root', cwd: '/', stdin: bundle });
}

/** The gateway as the tests built it; from sources, as the first command that needs it bundles it. */
async function readBundle(testbed: TestbedHandle, owner: string): Promise<string> {
  const { FAIRLEAD_BUILT: built } = process.env;
  if (built !== undefined) return readFileSync(join(built, 'dist', 'bundles', 'gateway.mjs'), 'utf8');
  await testbed.exec('laptop', ['fairlead', 'gateway', 'limits', '--state', `/home/${owner}/none`], { user: owner });
  return asRoot(testbed, 'laptop', `cat /home/${owner}/.cache/fairlead/bundles/gateway-*.mjs`);
}
