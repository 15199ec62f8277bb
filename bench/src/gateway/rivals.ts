// LiteLLM and Portkey's gateway, beside which ours is measured: tools of this bench alone, installed at a pinned version into a cache folder.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { errorText, type Scope, systemClock } from '@fairlead/kit';

import type { Target } from './request-worker.ts';

const run = promisify(execFile);

interface RivalPlace {
  /** Of this run. */
  dir: string;
  /** Where they are installed and stay. */
  cacheDir: string;
  /** Of the origin. */
  originPort: number;
}

interface Rivals {
  ways: Record<string, Target>;
  /** Why one is left out. */
  notes: string[];
}

interface Rival {
  name: string;
  version: string;
  install: (folder: string, version: string) => Promise<unknown>;
  start: (folder: string, place: RivalPlace & { port: number }) => Promise<StartedRival>;
}

interface StartedRival {
  command: readonly [string, ...string[]];
  env: Record<string, string>;
  key: string;
  fields: readonly string[];
}

const installTimeoutMs = 600_000;
const startTimeoutMs = 90_000;
const lookMs = 250;

const litellm: Rival = {
  name: 'litellm',
  version: '1.74.0',
  async install(folder, version) {
    await run('python3', ['-m', 'venv', folder], { timeout: installTimeoutMs });
    const wanted = `litellm[proxy]==${version}`;
    const pip = ['install', '--quiet', '--disable-pip-version-check', wanted];
    await run(join(folder, 'bin/pip'), pip, { timeout: installTimeoutMs });
  },
  async start(folder, { dir, originPort, port }) {
    const config = join(dir, 'litellm.yaml');
    const params = `{ model: openai/m, api_base: "http://127.0.0.1:${originPort}/v1", api_key: none }`;
    const settings = 'general_settings: { master_key: sk-bench }\nlitellm_settings: { telemetry: false }\n';
    await writeFile(config, `model_list: [{ model_name: m, litellm_params: ${params} }]\n${settings}`);
    const args = ['--config', config, '--host', '127.0.0.1', '--port', String(port)];
    // Its own list of prices, in place of the newest one from the network.
    const env = { LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_LOG: 'ERROR' };
    return { command: [join(folder, 'bin/litellm'), ...args], env, key: 'sk-bench', fields: [] };
  },
};

const portkey: Rival = {
  name: 'portkey',
  version: '1.15.2',
  install: (folder, version) =>
    run(
      'npm',
      ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, `@portkey-ai/gateway@${version}`],
      {
        timeout: installTimeoutMs,
      },
    ),
  start: (folder, { originPort, port }) =>
    Promise.resolve({
      command: [
        process.execPath,
        join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js'),
        `--port=${port}`,
        '--headless',
      ],
      env: { NODE_ENV: 'production' },
      key: 'none',
      fields: ['x-portkey-provider: openai', `x-portkey-custom-host: http://127.0.0.1:${originPort}/v1`],
    }),
};

/** Each serves when this resolves, or is told in the notes. The scope ends them. */
export async function openRivals(scope: Scope, place: RivalPlace): Promise<Rivals> {
  const rivals: Rivals = { ways: {}, notes: [] };
  for (const rival of [portkey, litellm]) {
    try {
      rivals.ways[rival.name] = await openRival(scope, rival, place);
      rivals.notes.push(`${rival.name} is version ${rival.version}, with its own defaults.`);
    } catch (error) {
      const [reason] = errorText(error).trim().split('\n').slice(-1);
      rivals.notes.push(`${rival.name} ${rival.version} is left out: ${reason}`);
    }
  }
  return rivals;
}

async function openRival(scope: Scope, rival: Rival, place: RivalPlace): Promise<Target> {
  const folder = join(place.cacheDir, `${rival.name}-${rival.version}`);
  if (!(await exists(folder))) await install(rival, folder);
  const port = await freePort();
  const { command, env, key, fields } = await rival.start(folder, { ...place, port });
  const [file, ...args] = command;
  const child = spawn(file, args, { env: { ...process.env, ...env }, cwd: place.dir, stdio: 'ignore' });
  const gone = once(child, 'exit');
  scope.defer(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  await Promise.race([untilOpen(port), gone.then(() => Promise.reject(new Error('it ended when it was started')))]);
  return { port, key, fields };
}

/** What is not whole is removed. */
async function install({ install: fetchIt, version }: Rival, folder: string): Promise<void> {
  await mkdir(join(folder, '..'), { recursive: true });
  try {
    await fetchIt(folder, version);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

async function untilOpen(port: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < startTimeoutMs; waitedMs += lookMs) {
    const socket = connect({ port, host: '127.0.0.1' });
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await systemClock.sleep(lookMs);
  }
  throw new Error('it did not listen in time');
}
