// The commands of a researcher on the laptop, as methods for scenarios.

import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

import { watchLines } from '@fairlead/testkit/watch-lines';

import type { TestbedHandle } from '../testbed.ts';

export type Line = Record<string, unknown> & { event?: string };

export interface InstanceSeen {
  id: string;
  jobId: string;
  restart?: number;
  hostname?: string;
  state: { status: string; cause?: { code: string; message: string } };
  endpoint?: { generation: number; socket: string };
  deadlineMs?: number;
}

interface InstanceTold extends Omit<InstanceSeen, 'hostname' | 'endpoint'> {
  nodes: Array<{ host: string }>;
  endpoints: Array<{ generation: number; address: { socket: string } }>;
}

/** The only instance of a deployment, as in `status --json`. */
export function seenIn(deployment: unknown): InstanceSeen {
  const [told] = (deployment as { instances: [InstanceTold] }).instances;
  const { nodes, endpoints, ...rest } = told;
  const [node] = nodes;
  const [endpoint] = endpoints;
  return {
    ...rest,
    ...(node && { hostname: node.host }),
    ...(endpoint && { endpoint: { generation: endpoint.generation, socket: endpoint.address.socket } }),
  };
}

/** A running command whose output is read line by line. */
export interface Running {
  child: ChildProcess;
  lines: readonly string[];
  /** Resolves with the first line, already printed or later, for which `match` is true; rejects when the command ends without one. */
  line(match: (line: string) => boolean): Promise<string>;
  ended: Promise<number | null>;
  /** Sends a signal to the command. */
  signal(name: NodeJS.Signals): void;
}

export class Researcher {
  readonly #testbed: TestbedHandle;
  readonly #user: string;

  constructor(testbed: TestbedHandle, user = 'alice') {
    this.#testbed = testbed;
    this.#user = user;
  }

  /** Runs `fairlead … --json` to its end. */
  async fairlead(...args: string[]): Promise<{ code: number | null; lines: Line[]; last: Line; stderr: string }> {
    const { code, stdout, stderr } = await this.#testbed.exec('laptop', ['fairlead', ...args, '--json'], {
      user: this.#user,
    });
    const lines = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
    return { code, lines, last: lines.at(-1) ?? {}, stderr };
  }

  /** Deploys the simulator and waits until it is ready. */
  async deploy(name: string, ...args: string[]): Promise<{ instance: string; jobId: string }> {
    const { last, stderr } = await this.fairlead('deploy', 'demo', '--engine', 'sim', '--name', name, ...args);
    if (last.event !== 'deployment.ready') throw new Error(`${name} is not ready: ${JSON.stringify(last)} ${stderr}`);
    return { instance: String(last['instance']), jobId: String(last['jobId']) };
  }

  start(...args: string[]): Running {
    return runningOf(this.#testbed.spawn('laptop', ['fairlead', ...args, '--json'], { user: this.#user }));
  }

  /** Starts any long-running command on the laptop. */
  run(...argv: string[]): Running {
    return runningOf(this.#testbed.spawn('laptop', argv, { user: this.#user }));
  }

  async connect(name: string, ...args: string[]): Promise<Connected> {
    const running = this.start('connect', name, ...args);
    const first = JSON.parse(await running.line((line) => line.includes('"baseUrl"'))) as {
      baseUrl: string;
      apiKey: string;
      servedModel: string;
    };
    return new Connected(this.#testbed, this.#user, running, first);
  }

  async instance(name: string): Promise<InstanceSeen> {
    const { last } = await this.fairlead('status', name);
    return seenIn(last['deployment']);
  }

  /** Polls until the instance is as wanted; throws with the last instance seen after `limitMs`. */
  async until(name: string, wanted: (instance: InstanceSeen) => boolean, limitMs = 60_000): Promise<InstanceSeen> {
    const untilMs = Date.now() + limitMs;
    for (;;) {
      const seen = await this.instance(name);
      if (wanted(seen)) return seen;
      // Each poll is a process: a pause leaves the processor to others.
      await delay(300);
      if (Date.now() > untilMs)
        throw new Error(`${name} did not come to that in ${limitMs} ms: ${JSON.stringify(seen)}`);
    }
  }
}

/** A local port that `fairlead connect` holds. */
export class Connected {
  readonly running: Running;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
  readonly #testbed: TestbedHandle;
  readonly #user: string;

  constructor(
    testbed: TestbedHandle,
    user: string,
    running: Running,
    said: { baseUrl: string; apiKey: string; servedModel: string },
  ) {
    this.#testbed = testbed;
    this.#user = user;
    this.running = running;
    this.baseUrl = said.baseUrl;
    this.apiKey = said.apiKey;
    this.model = said.servedModel;
  }

  /** curl's arguments for a streamed completion of `tokens` tokens, one every `decodeMs`. */
  stream(options: { tokens: number; decodeMs: number }): Running {
    const body = {
      model: this.model,
      stream: true,
      max_tokens: options.tokens,
      messages: [{ role: 'user', content: 'hello' }],
      sim: { decode_ms: options.decodeMs, tokens: options.tokens },
    };
    return runningOf(this.#testbed.spawn('laptop', ['curl', '-sN', ...this.#request(body)], { user: this.#user }));
  }

  /** Sends one short completion; resolves with the status, head and body of the answer. */
  async ask(apiKey = this.apiKey): Promise<{ status: number; head: string; body: string }> {
    const body = { model: this.model, max_tokens: 1, messages: [{ role: 'user', content: 'hello' }] };
    const { stdout } = await this.#testbed.exec(
      'laptop',
      ['curl', '-si', '--max-time', '40', ...this.#request(body, apiKey)],
      {
        user: this.#user,
      },
    );
    const [head = '', ...rest] = stdout.split('\r\n\r\n');
    return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0), head, body: rest.join('\r\n\r\n') };
  }

  #request(body: unknown, apiKey = this.apiKey): string[] {
    return [
      `${this.baseUrl}/chat/completions`,
      '-H',
      `authorization: Bearer ${apiKey}`,
      '-H',
      'content-type: application/json',
      '-d',
      JSON.stringify(body),
    ];
  }

  async close(): Promise<void> {
    this.running.signal('SIGTERM');
    await this.running.ended;
  }
}

export function isToken(line: string): boolean {
  return line.startsWith('data: {') && line.includes('"content":"') && !line.includes('"content":""');
}

function runningOf(child: ChildProcess): Running {
  if (!child.stdout) throw new Error('the command has no stdout');
  const { lines, ...watched } = watchLines(child.stdout);
  let stderr = '';
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return {
    child,
    lines,
    ended,
    signal: (name) => process.kill(-(child.pid ?? 0), name),
    line: (match) =>
      watched.line(
        match,
        ended.then((code) => `it ended with ${code} before: ${lines.slice(-3).join(' | ')} ${stderr}`),
      ),
  };
}
