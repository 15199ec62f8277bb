import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempDisposableSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failureNames, failures } from './log/failures.ts';
import { exchange, eventsOf, openExchange } from './testing/exchange.ts';
import { readGolden } from './testing/recorded-answer.ts';
import { killGroup, spawnSim } from './testing/spawned-engine.ts';
import { temporarySocket } from './testing/temporary-socket.ts';

/** The command on a unix socket; waits until it is ready, unless `ready` is false. */
async function start(args: readonly string[] = [], options: { ready?: boolean; env?: Record<string, string> } = {}) {
  const socket = temporarySocket();
  const engine = spawnSim(['--served-model-name', 'tiny', 'other', '--uds', socket.path, ...args], options.env);
  if (options.ready !== false) await engine.ready();
  return {
    engine,
    path: socket.path,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      socket[Symbol.dispose]();
    },
  };
}

const ask = (more: object = {}) => ({
  path: '/v1/chat/completions',
  body: { messages: [{ role: 'user', content: 'the quick brown fox' }], ...more },
});
const longStream = ask({ stream: true, ignore_eos: true, sim: { decode_ms: 5 } });

describe('engine-sim serve: the start', () => {
  test('refuses connections on its socket until it is ready, then answers', async () => {
    await using sim = await start(['--sim-start-ms', '700'], { ready: false });
    await sim.engine.printed('stdout', /Initializing a V1 LLM engine/);
    expect(statSync(sim.path).isSocket()).toBe(true);
    expect(await connectionError(sim.path)).toBe('ECONNREFUSED');
    await sim.engine.ready();
    expect((await exchange(sim.path, { path: '/health' })).status).toBe(200);
  });

  test('prints vLLM’s own lines on stdout, shards and uvicorn on stderr', async () => {
    await using sim = await start(['--sim-start-ms', '300', '--sim-shards', '2', '--enforce-eager']);
    const { stdout, stderr, pid } = sim.engine;
    expect(stdout).toContain(`(APIServer pid=${pid}) INFO `);
    expect(stdout).toMatch(/version 0\.32\.0\r\n.*model {3}\/models\/demo\r\n/);
    expect(stdout).toContain("'served_model_name': ['tiny', 'other']");
    expect(stdout).toContain(`Starting vLLM server on unix:${sim.path}`);
    expect(stdout).not.toMatch(/Loading safetensors|^INFO: {5}(?!\S* - ")/m);
    expect(stderr).toMatch(
      /\rLoading safetensors checkpoint shards: {3}0% Completed \| 0\/2 \[00:00<\?, \?it\/s\]\n\rLoading.* 50% Completed \| 1\/2 .*\n\rLoading.* 100% Completed \| 2\/2 .*\n\n/,
    );
    expect(stderr).toMatch(
      /Started server process \[\d+\]\nINFO: {5}Waiting for application startup\.\nINFO: {5}Application startup complete\.\n/,
    );
    expect(stderr).not.toContain('APIServer');
  });

  test('the key comes from the environment and is never printed', async () => {
    await using sim = await start(['--api-key', 'from-argv'], { env: { VLLM_API_KEY: 'from-env' } });
    const status = async (key: string) =>
      (await exchange(sim.path, { path: '/v1/models', headers: { authorization: `Bearer ${key}` } })).status;
    // The command line overrides the environment.
    expect([await status('from-argv'), await status('from-env')]).toEqual([200, 401]);
    await using other = await start([], { env: { VLLM_API_KEY: 'from-env' } });
    const answer = await exchange(other.path, { path: '/v1/models', headers: { authorization: 'Bearer from-env' } });
    expect(answer.status).toBe(200);
    for (const { engine } of [sim, other]) expect(engine.stdout + engine.stderr).not.toMatch(/from-(argv|env)/);
  });

  test('the access log is on stdout, and leaves out what it is told to', async () => {
    await using sim = await start(['--disable-access-log-for-endpoints', '/health,/metrics']);
    for (const path of ['/health', '/metrics', '/version?x=1']) await exchange(sim.path, { path });
    await sim.engine.printed('stdout', /INFO: .* - "GET \/version\?x=1 HTTP\/1\.1" 200 OK\n/);
    expect(sim.engine.stdout).not.toMatch(/GET \/(health|metrics)/);
  });

  test('the socket has the mode of the umask', async () => {
    await using sim = await start();
    expect(statSync(sim.path).mode & 0o777).toBe(0o777 & ~process.umask());
  });

  test('never-ready: the start does not end', async () => {
    await using sim = await start(['--sim-fault', 'never-ready'], { ready: false });
    await sim.engine.printed('stdout', /Available routes are/);
    expect(await connectionError(sim.path)).toBe('ECONNREFUSED');
  });
});

describe('engine-sim serve: a wrong start', () => {
  test('an unknown flag: exit 2 with argparse’s text', async () => {
    await using engine = spawnSim(['--no-such-flag', '1']);
    expect(await engine.exited).toBe(2);
    expect(readGolden('log/bad-flag.log')).toContain(engine.stderr);
  });

  test('a bad value: exit 2 with argparse’s text', async () => {
    await using engine = spawnSim(['--dtype', 'float99']);
    expect(await engine.exited).toBe(2);
    expect(readGolden('log/bad-flag-value.log')).toContain(engine.stderr);
  });

  test('an existing socket file: exit 1, and the file stays', async () => {
    using socket = temporarySocket();
    writeFileSync(socket.path, 'precious');
    await using engine = spawnSim(['--uds', socket.path]);
    expect(await engine.exited).toBe(1);
    expect(engine.stderr).toMatch(/\nOSError: \[Errno 98\] Address already in use\n$/);
    expect(readFileSync(socket.path, 'utf8')).toBe('precious');
  });

  test('a path that is too long: exit 1', async () => {
    await using engine = spawnSim(['--uds', `/tmp/${'x'.repeat(110)}`]);
    expect(await engine.exited).toBe(1);
    expect(engine.stderr).toMatch(/\nOSError: AF_UNIX path too long\n$/);
  });

  test('a directory that is missing: exit 1', async () => {
    await using engine = spawnSim(['--uds', '/nowhere/e.sock']);
    expect(await engine.exited).toBe(1);
    expect(engine.stderr).toMatch(/\nFileNotFoundError: \[Errno 2\] No such file or directory\n$/);
  });

  test('a port that is taken: exit 1', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address();
    const port = typeof address === 'object' && address ? String(address.port) : '';
    await using engine = spawnSim(['--host', '127.0.0.1', '--port', port]);
    expect(await engine.exited).toBe(1);
    expect(engine.stderr).toMatch(/\nOSError: \[Errno 98\] Address already in use\n$/);
    listener.close();
  });

  test.each(['cuda-oom', 'kv-too-small', 'gated-model', 'bad-arch', 'port-in-use'] as const)(
    'start-failure:%s prints its cause and exits with 1',
    async (name) => {
      await using sim = await start(['--sim-fault', `start-failure:${name}`], { ready: false });
      expect(await sim.engine.exited).toBe(1);
      const [line = ''] = failures[name].cause.replaceAll('{model}', '/models/demo').split('\n');
      expect(sim.engine.stderr + sim.engine.stdout).toContain(line);
      expect(sim.engine.stderr).not.toContain('Application startup complete');
    },
  );

  test.each([
    ['segfault', 'SIGSEGV'],
    ['oom-killed', 'SIGKILL'],
  ] as const)('start-failure:%s dies of %s without a line', async (name, signal) => {
    await using sim = await start(['--sim-fault', `start-failure:${name}`], { ready: false });
    expect(await sim.engine.exited).toBe(signal);
    expect(sim.engine.stdout + sim.engine.stderr).toBe('');
  });

  test('start-failure:disk-full prints its cause and does not end', async () => {
    await using sim = await start(['--sim-fault', 'start-failure:disk-full'], { ready: false });
    await sim.engine.printed('stdout', /No space left on device/);
    sim.engine.signal('SIGTERM');
    expect(await sim.engine.outlivesSignals()).toBe(true);
  });

  test('every failure of the catalogue has an end that the tests above cover', () => {
    const ends = failureNames.map((name) => failures[name].end ?? { code: 1 });
    const kinds = new Set(ends.map((end) => JSON.stringify(end)));
    expect(kinds).toEqual(new Set(['{"code":1}', '{"signal":"SIGSEGV"}', '{"signal":"SIGKILL"}', '"never"']));
  });
});

describe('engine-sim serve: signals', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s when idle: exit 0 within a second, the file stays', async (signal) => {
    await using sim = await start();
    const began = performance.now();
    sim.engine.signal(signal);
    expect(await sim.engine.exited).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(existsSync(sim.path)).toBe(true);
    expect(await connectionError(sim.path)).toBe('ECONNREFUSED');
    expect(sim.engine.stdout).toContain('[shutdown] API server: stopping engine client mode=abort timeout=0s');
    expect(sim.engine.stderr).toMatch(/Application shutdown complete\.\n$/);
  });

  test('SIGTERM with streams: they end with the error event and [DONE], exit 0', async () => {
    await using sim = await start();
    using stream = openExchange(sim.path, longStream);
    using whole = openExchange(sim.path, ask({ ignore_eos: true, sim: { decode_ms: 50 } }));
    await stream.until(/"content":"[A-Z]/);
    sim.engine.signal('SIGTERM');
    const events = eventsOf((await stream.ended).body);
    expect(events.at(-1)).toBe('[DONE]');
    expect(JSON.parse(events.at(-2) ?? '')).toMatchObject({ error: { type: 'InternalServerError', code: 500 } });
    expect(await whole.ended).toMatchObject({ status: 500 });
    expect(await sim.engine.exited).toBe(0);
    expect(sim.engine.stdout).toContain('[shutdown] EngineCore: aborting in-flight requests count=2');
  });

  test('SIGTERM with --shutdown-timeout: streams end whole, new requests get 500, /health 200, exit 0', async () => {
    await using sim = await start(['--shutdown-timeout', '60']);
    using stream = openExchange(sim.path, ask({ stream: true, sim: { decode_ms: 20, tokens: 40 } }));
    await stream.until(/"content":"[A-Z]/);
    sim.engine.signal('SIGTERM');
    await sim.engine.printed('stdout', /EngineCore: draining in-flight requests count=1 timeout=60s/);
    const late = await exchange(sim.path, ask());
    expect(late).toMatchObject({
      status: 500,
      body: expect.stringContaining('cannot schedule new futures after shutdown'),
    });
    expect((await exchange(sim.path, { path: '/health' })).status).toBe(200);
    expect((await exchange(sim.path, { path: '/v1/models' })).status).toBe(200);
    // A second one during the drain changes nothing.
    sim.engine.signal('SIGTERM');
    const answer = await stream.ended;
    expect(answer.body).toContain('"finish_reason":"stop"');
    expect(answer.body).not.toContain('error');
    expect(await sim.engine.exited).toBe(0);
  });

  test('a drain that takes too long is cut off with error events, exit 0', async () => {
    await using sim = await start(['--shutdown-timeout', '1']);
    using stream = openExchange(sim.path, longStream);
    await stream.until(/"content":"[A-Z]/);
    sim.engine.signal('SIGTERM');
    expect((await stream.ended).body).toMatch(/EngineCore encountered an issue[\s\S]*\[DONE\]\n\n$/);
    expect(await sim.engine.exited).toBe(0);
    expect(sim.engine.stdout).toContain('[shutdown] Process manager: force killing remaining processes count=1');
  });

  test('SIGTERM before the engine is spawned: dies of SIGINT with a traceback', async () => {
    await using sim = await start(['--sim-start-ms', '8000'], { ready: false });
    await sim.engine.printed('stdout', /non-default args/);
    sim.engine.signal('SIGTERM');
    expect(await sim.engine.exited).toBe('SIGINT');
    expect(sim.engine.stderr).toMatch(/\nKeyboardInterrupt: terminated\n$/);
  });

  test('SIGTERM during the engine’s handshake: neither ready nor gone; a second one is obeyed', async () => {
    await using sim = await start(['--sim-start-ms', '6000'], { ready: false });
    await sim.engine.printed('stderr', /(?:Disabling Triton\.\n[^]*){2}/);
    sim.engine.signal('SIGTERM');
    expect(await sim.engine.outlivesSignals()).toBe(true);
    sim.engine.signal('SIGTERM');
    expect(await sim.engine.exited).toBe('SIGINT');
    expect(sim.engine.stdout).not.toContain('Initializing a V1');
  });

  test('SIGTERM while it loads is lost: it becomes ready, and the next one ends it', async () => {
    await using sim = await start(['--sim-start-ms', '1000'], { ready: false });
    await sim.engine.printed('stdout', /Starting to load model/);
    sim.engine.signal('SIGTERM');
    await sim.engine.ready();
    expect((await exchange(sim.path, { path: '/health' })).status).toBe(200);
    sim.engine.signal('SIGTERM');
    expect(await sim.engine.exited).toBe(0);
  });

  test('SIGUSR1 kills it at once and opens no debugger', async () => {
    await using sim = await start();
    sim.engine.signal('SIGUSR1');
    expect(await sim.engine.exited).toBe('SIGUSR1');
    expect(sim.engine.stderr).not.toContain('Debugger');
  });

  test('killed, it leaves the number of tokens that it has generated, those of health checks apart', async () => {
    using dir = mkdtempDisposableSync(join(tmpdir(), 'fl-count-'));
    await using sim = await start(['--sim-count-dir', dir.path]);
    for (const max_tokens of [7, 1, 12])
      expect((await exchange(sim.path, ask({ max_tokens, ignore_eos: true }))).status).toBe(200);
    sim.engine.signal('SIGKILL');
    expect(await sim.engine.exited).toBe('SIGKILL');
    const count = JSON.parse(readFileSync(join(dir.path, `${sim.engine.pid}.json`), 'utf8')) as object;
    expect(count).toEqual({ tokens: 19, single: 1 });
  });

  test('lose-term: the given number of signals is lost', async () => {
    await using sim = await start(['--sim-fault', 'lose-term:2', '--sim-admin']);
    for (let lost = 0; lost < 2; lost++) {
      sim.engine.signal('SIGTERM');
      expect(await sim.engine.outlivesSignals()).toBe(true);
      expect((await exchange(sim.path, { path: '/health' })).status).toBe(200);
    }
    sim.engine.signal('SIGTERM');
    expect(await sim.engine.exited).toBe(0);
  });

  test('hang-on-stop: waits for connections for ever, and ends with 0 once the clients close', async () => {
    await using sim = await start(['--sim-fault', 'hang-on-stop']);
    using stream = openExchange(sim.path, longStream);
    await stream.until(/"content":"[A-Z]/);
    sim.engine.signal('SIGTERM');
    await sim.engine.printed('stderr', /Waiting for connections to close\. \(CTRL\+C to force quit\)\n$/);
    sim.engine.signal('SIGTERM');
    sim.engine.signal('SIGINT');
    expect(await sim.engine.outlivesSignals()).toBe(true);
    expect(await connectionError(sim.path)).toBe('ECONNREFUSED');
    expect(stream.socket.destroyed).toBe(false);
    stream.socket.destroy();
    expect(await sim.engine.exited).toBe(0);
  });
});

describe('engine-sim serve: faults while serving', () => {
  test('exit ends it with the given code after the given time', async () => {
    await using sim = await start(['--sim-fault', 'exit:3:50']);
    expect(await sim.engine.exited).toBe(3);
    expect(sim.engine.stdout).not.toContain('[shutdown]');
  });

  test('exit by the admin route: streams are cut, the code is 0', async () => {
    await using sim = await start(['--sim-admin']);
    using stream = openExchange(sim.path, longStream);
    await stream.until(/"content":"[A-Z]/);
    expect((await exchange(sim.path, { path: '/sim/fault', body: { fault: 'exit' } })).status).toBe(200);
    expect((await stream.ended).complete).toBe(false);
    expect(await sim.engine.exited).toBe(0);
  });

  test('engine-death: error events, /health 503, then exit 0', async () => {
    await using sim = await start(['--sim-admin']);
    using stream = openExchange(sim.path, longStream);
    await stream.until(/"content":"[A-Z]/);
    await exchange(sim.path, { path: '/sim/fault', body: { fault: 'engine-death' } });
    expect((await stream.ended).body).toMatch(/EngineCore encountered an issue[\s\S]*\[DONE\]\n\n$/);
    expect((await exchange(sim.path, { path: '/health' })).status).toBe(503);
    expect((await exchange(sim.path, ask())).status).toBe(500);
    expect(await sim.engine.exited).toBe(0);
    expect(sim.engine.stdout).toContain('[shutdown] MPClient: engine core exited unexpectedly; starting cleanup');
  });

  test('leave-child: a process of its group survives a clean exit, deaf to SIGTERM', async () => {
    await using sim = await start(['--sim-fault', 'leave-child']);
    sim.engine.signal('SIGTERM');
    expect(await sim.engine.exited).toBe(0);
    process.kill(-sim.engine.pid, 'SIGTERM');
    // When another process has run, the exit has had its effect on the children.
    expect(aliveInGroup(sim.engine.pid)).toHaveLength(1);
    expect(aliveInGroup(sim.engine.pid)).toHaveLength(1);
    killGroup(sim.engine.pid);
    await expect.poll(() => aliveInGroup(sim.engine.pid)).toEqual([]);
  });

  test('log prints the given size, in whole lines', async () => {
    await using sim = await start(['--sim-fault', 'log:2']);
    sim.engine.signal('SIGTERM');
    expect(await sim.engine.exited).toBe(0);
    const flood = sim.engine.stdout.split('\n').filter((line) => line.includes('flood'));
    expect(flood.join('\n').length).toBeGreaterThan(1_900_000);
    expect(flood.every((line) => line.startsWith('(EngineCore pid='))).toBe(true);
  });
});

/** Process states of a group, without zombies. */
function aliveInGroup(pgid: number): string[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pgid=,stat='], { encoding: 'utf8' }).split('\n');
  const states = lines.map((line) => line.trim().split(/\s+/)).filter(([group]) => group === String(pgid));
  return states.map(([, state = '']) => state).filter((state) => !state.startsWith('Z'));
}

async function connectionError(path: string): Promise<string | undefined> {
  const socket: Socket = connect(path);
  try {
    await once(socket, 'connect');
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  } finally {
    socket.destroy();
  }
}
