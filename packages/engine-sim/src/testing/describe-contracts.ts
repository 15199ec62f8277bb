// Runs the contracts with one command, one engine after the other (it generates, embeds, compares), because two real ones need too much memory.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { describeClassificationContract } from '../classification.contract.ts';
import { describeEmbeddingContract, embeddingFlags } from '../embedding.contract.ts';
import { contractFlags, describeEngineContract } from '../engine.contract.ts';
import { crossEncoderFlags, describeScoringContract } from '../scoring.contract.ts';
import { type CommandedEngine, type ServeCommand, openCommandedEngine } from './engine-command.ts';

/** How to serve the model, or the reason why that is impossible; then every test is skipped with that reason. */
export type Prepared = { command: ServeCommand } | { lacking: string };

/** `prepare` makes a model in a folder, and an adapter in `<folder>-lora`. */
export function describeContracts(name: string, prepare: (folder: string) => Promise<Prepared>): void {
  let folder: string;
  let prepared: Prepared;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contract-'));
    prepared = await prepare(join(folder, 'tiny'));
  }, 600_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(({ skip }) => {
    if ('lacking' in prepared) skip(prepared.lacking);
  });

  describe('generating', () => {
    const engine = opened(() => prepared, contractFlags);
    describeEngineContract(name, () => ({ ...engine(), adapter: join(folder, 'tiny-lora') }));
  });

  describe('embedding', () => {
    const engine = opened(() => prepared, embeddingFlags);
    describeEmbeddingContract(name, engine);
    describeScoringContract(name, engine);
  });

  describe('reading two texts at once', () => {
    const engine = opened(() => prepared, crossEncoderFlags);
    describeScoringContract(name, engine);
    describeClassificationContract(name, engine);
  });
}

function opened(prepared: () => Prepared, flags: readonly string[]): () => { path: string; key: string } {
  let engine: CommandedEngine | undefined;
  beforeAll(async () => {
    const ready = prepared();
    if ('command' in ready) engine = await openCommandedEngine(ready.command, flags);
  }, 300_000);
  afterAll(() => engine?.[Symbol.asyncDispose]());
  return () => {
    if (!engine) throw new Error('the engine has not started');
    return { path: engine.path, key: engine.key };
  };
}
