// Both contracts for one command: an engine that generates, and after it one that embeds (a real one fills the machine).

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { describeEmbeddingContract, embeddingFlags } from '../embedding.contract.ts';
import { contractFlags, describeEngineContract } from '../engine.contract.ts';
import { type CommandedEngine, type EngineCommand, openCommandedEngine } from './engine-command.ts';

/** `prepare` makes a model in a folder, and an adapter in `<folder>-lora`, and says how to serve it. */
export function describeContracts(name: string, prepare: (folder: string) => Promise<EngineCommand>): void {
  let folder: string;
  let command: EngineCommand;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contract-'));
    command = await prepare(join(folder, 'tiny'));
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  describe('generating', () => {
    const engine = opened(() => openCommandedEngine(command, contractFlags));
    describeEngineContract(name, () => ({ ...engine(), adapter: join(folder, 'tiny-lora') }));
  });

  describe('embedding', () => {
    const engine = opened(() => openCommandedEngine(command, embeddingFlags));
    describeEmbeddingContract(name, engine);
  });
}

function opened(open: () => Promise<CommandedEngine>): () => { path: string; key: string } {
  let engine: CommandedEngine | undefined;
  beforeAll(async () => {
    engine = await open();
  }, 300_000);
  afterAll(() => engine?.[Symbol.asyncDispose]());
  return () => {
    if (!engine) throw new Error('the engine has not started');
    return { path: engine.path, key: engine.key };
  };
}
