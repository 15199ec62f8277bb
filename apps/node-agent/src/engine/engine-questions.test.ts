import { findEngineKind } from '@fairlead/engines';
import { expect, it } from 'vitest';
import type { EngineClient } from './engine-client.ts';
import { createEngineQuestions } from './engine-questions.ts';

const { signal } = new AbortController();

/** Asks an engine that answers 200 at these paths and 404 elsewhere. */
function asking(engine: string, paths: Record<string, string>, options: Record<string, unknown> = {}) {
  const asked: string[] = [];
  const get = async (path: string) => {
    asked.push(path);
    return Object.hasOwn(paths, path) ? { status: 200, body: paths[path]! } : { status: 404, body: '' };
  };
  const client: EngineClient = { get, getWithoutKey: get, post: get, postForm: get };
  const wanted = { model: 'm', servedModel: 'm', gpus: 0, nodes: 1, args: [], env: {}, options };
  const address = () => ({ path: '/d/e.sock' });
  return { asked, questions: createEngineQuestions({ kind: findEngineKind(engine), wanted, client, address }) };
}

it('An engine is asked for its health where its kind says, and is not up where that is not there', async () => {
  const up = asking('command', { '/up': '' }, { health: '/up' });
  await expect(up.questions.checkHealth(signal)).resolves.toBeUndefined();
  await expect(asking('vllm', {}).questions.checkHealth(signal)).rejects.toThrow('/health answers 404');
  const plain = asking('command', { '/v1/models': '' });
  await plain.questions.checkHealth(signal);
  expect([up.asked, plain.asked]).toEqual([['/up'], ['/v1/models']]);
});

it('An engine is asked for its load by the names of its kind, and not at all where there are none', async () => {
  const metrics = 'vllm:num_requests_running{engine="0"} 3.0\n';
  const vllm = asking('vllm', { '/metrics': metrics });
  expect(await vllm.questions.readMetrics(signal)).toMatchObject({ running: 3 });
  const command = asking('command', { '/metrics': metrics });
  expect([await command.questions.readMetrics(signal), command.asked]).toEqual([undefined, []]);
});
