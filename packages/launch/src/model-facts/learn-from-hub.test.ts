import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ManualClock } from '@fairlead/kit/testing';
import { createLocalRunner } from '@fairlead/scheduler';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readClusterFiles, readLocalFiles } from './folder-files.ts';
import { decodeFound, learnFromHub, recallModel } from './learn-from-hub.ts';

const config = {
  model_type: 'qwen3',
  num_hidden_layers: 36,
  hidden_size: 4096,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  max_position_embeddings: 40_960,
};

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'learn-model-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A hub that answers like this; it keeps what it was asked. */
async function openHub(answer: (path: string, response: ServerResponse) => void) {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    answer((request.url ?? '').replace('/resolve/main', ''), response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clock = new ManualClock();
  const { signal } = new AbortController();
  const learn = (env: Record<string, string> = {}) =>
    learnFromHub('org/model', {
      env: { HF_ENDPOINT: `${endpoint}/`, ...env },
      home: folder,
      cacheDir: folder,
      clock,
      signal,
    });
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { asked, clock, learn, [Symbol.dispose]: close };
}

function sendJson(response: ServerResponse, value: unknown) {
  response.end(JSON.stringify(value));
}

describe('The facts of a model on the hub', () => {
  it('are its config and index, asked for once with the token of its library', async () => {
    using hub = await openHub((path, response) => {
      if (path === '/org/model/config.json') return sendJson(response, config);
      if (path === '/api/models/org/model') return sendJson(response, { pipeline_tag: 'feature-extraction' });
      const weight_map = { 'model.layers.0': 'model-00001-of-00002.safetensors' };
      return sendJson(response, { metadata: { total_size: 16e9 }, weight_map });
    });
    await mkdir(join(folder, 'hf'));
    await writeFile(join(folder, 'hf', 'token'), 'hf_secret\n');
    const learnt = await hub.learn({ HF_HOME: join(folder, 'hf') });
    expect(learnt).toMatchObject({
      ok: true,
      model: { weights: { bytes: 16e9 }, shape: { layers: 36 }, task: 'embedding' },
    });
    expect(hub.asked.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill('Bearer hf_secret'));
    expect(await hub.learn()).toEqual(learnt);
    expect(hub.asked).toHaveLength(3);
    const here = { cacheDir: folder, clock: hub.clock };
    expect(await recallModel('org/model', here)).toEqual(learnt.ok && learnt.model);
    expect(await recallModel('org/other', here)).toBeUndefined();
    expect(await recallModel('/a/folder', here)).toBeUndefined();
    const kept = join(folder, 'models', 'org--model.json');
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    expect(await readFile(kept, 'utf8')).not.toMatch(/hf_secret|weight_map/);
  });

  it('are asked for again after a week, and where what was kept is damaged', async () => {
    using hub = await openHub((path, response) => {
      if (path.endsWith('config.json')) return sendJson(response, config);
      const isIndex = path.endsWith('index.json');
      return response.writeHead(isIndex ? 404 : 302, { 'x-linked-size': '77', location: '/elsewhere' }).end();
    });
    expect(await hub.learn()).toMatchObject({ model: { weights: { bytes: 77, how: 'the size of its files' } } });
    const path = join(folder, 'models', 'org--model.json');
    const kept = JSON.parse(await readFile(path, 'utf8')) as { readMs: number };
    await writeFile(path, JSON.stringify({ ...kept, readMs: kept.readMs - 8 * 24 * 3_600_000 }));
    hub.asked.length = 0;
    await hub.learn();
    expect(hub.asked.length).toBeGreaterThan(2);
    await writeFile(path, '{');
    expect(await hub.learn()).toMatchObject({ ok: true });
  });

  it.each([
    [401, /gated or private .* no token is there: accept its licence/],
    [404, /has no config\.json of org\/model/],
    [503, /answers 503/],
  ])('are missing in words where it answers %i', async (status, reason) => {
    using hub = await openHub((_, response) => response.writeHead(status).end());
    expect(await hub.learn()).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });

  it('are missing where its answer is no JSON, where it cannot be reached, and where it may not be asked', async () => {
    using hub = await openHub((_, response) => response.end('<html>'));
    const reasonOf = async (env: Record<string, string>) => {
      const learnt = await hub.learn(env);
      return learnt.ok ? '' : learnt.reason;
    };
    expect(await reasonOf({})).toMatch(/cannot be asked/);
    expect(await reasonOf({ HF_ENDPOINT: 'http://127.0.0.1:2' })).toMatch(
      /127\.0\.0\.1:2 cannot be asked: .*ECONNREFUSED/,
    );
    expect(await reasonOf({ HF_HUB_OFFLINE: '1' })).toBe('HF_HUB_OFFLINE is set');
  });

  it('are given up after eight seconds without an answer', async () => {
    const connected = Promise.withResolvers<void>();
    using hub = await openHub(() => connected.resolve());
    const learnt = hub.learn();
    await connected.promise;
    await hub.clock.advance(8_000);
    expect(await learnt).toMatchObject({ ok: false, reason: expect.stringMatching(/no answer for 8 s/) });
  });
});

describe('The facts of a model in a folder', () => {
  const { signal } = new AbortController();
  const cluster = (model: string, hubCache?: string) =>
    readClusterFiles(model, { runner: createLocalRunner(), hubCache, label: 'login', signal });

  it("are read from a path, and from the cache of the hub's library, on a cluster", async () => {
    const kept = join(folder, 'hub', 'models--org--model');
    const snapshot = join(kept, 'snapshots', 'abc');
    await mkdir(snapshot, { recursive: true });
    await writeFile(join(snapshot, 'config.json'), JSON.stringify(config));
    await writeFile(join(snapshot, 'model-1.safetensors'), Buffer.alloc(1000));
    await writeFile(join(snapshot, 'model-2.safetensors'), Buffer.alloc(500));
    const files = { source: `${snapshot} on login`, config };
    expect(await cluster('org/model', join(folder, 'hub'))).toEqual({
      ok: true,
      files: { ...files, weightBytes: 1500 },
    });
    expect(await cluster(snapshot)).toEqual({ ok: true, files: { ...files, weightBytes: 1500 } });
    expect(await readLocalFiles(snapshot)).toMatchObject({ ok: true, files: { config, weightBytes: 1500 } });
    expect(decodeFound('org/model', await cluster(snapshot))).toMatchObject({ ok: true });
    await mkdir(join(kept, 'blobs'));
    await writeFile(join(kept, 'blobs', 'x.incomplete'), '');
    expect(await cluster('org/model', join(folder, 'hub'))).toEqual({ ok: true, files });
  });

  it('are missing in words', async () => {
    const reason = expect.stringMatching(/has no config\.json of/);
    expect(await cluster(folder)).toEqual({ ok: false, reason });
    expect(await cluster("x/'; echo fl_folder=/; '", folder)).toEqual({ ok: false, reason });
    expect(await readLocalFiles(folder)).toMatchObject({ ok: false });
  });
});
