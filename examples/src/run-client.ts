// Runs one client as a user would, against the endpoint that the environment names, and checks its output.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';

import { type Client } from './clients.ts';

export interface ClientRun {
  ok: boolean;
  /** What did not match, and the output. */
  why?: string;
}

export interface RunClientOptions {
  /** With OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL. */
  env: Readonly<Record<string, string | undefined>>;
  /** The `bin` of the Python environment. */
  pythonBin?: string | undefined;
  /** Time limit of the whole run. */
  limitMs?: number;
}

export async function runClient(client: Client, options: RunClientOptions): Promise<ClientRun> {
  const { env, pythonBin, limitMs = 120_000 } = options;
  const path = pythonBin ? `${pythonBin}${delimiter}${env['PATH'] ?? ''}` : env['PATH'];
  const [program, ...args] = commandOf(client, pythonBin);
  const child = spawn(program, args, {
    env: { ...env, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.timeout(limitMs),
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  const missing = client.says.filter((pattern) => !pattern.test(stdout)).map(String);
  if (code === 0 && missing.length === 0) return { ok: true };
  return { ok: false, why: `ended with ${code}; missing ${missing.join(' ') || 'nothing'}\n${stdout}${stderr}` };
}

function commandOf({ kind, file }: Client, pythonBin: string | undefined): [string, ...string[]] {
  if (kind === 'node') return [process.execPath, '--conditions=fairlead-source', file];
  if (kind === 'shell') return ['sh', file];
  return [pythonBin ? join(pythonBin, 'python') : 'python3', file];
}
