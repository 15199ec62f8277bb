import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Context } from '../context.ts';
import { offerTrust } from './offer-trust.ts';
import { readProjectConfig } from '@fairlead/config';

let home: string;
let cwd: string;
beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'fl-offer-')));
  cwd = join(home, 'project');
  await mkdir(cwd);
  await chmod(cwd, 0o755);
  await writeFile(join(cwd, 'fairlead.yaml'), 'clusters: { hpc: { prologue: [id] } }\n', { mode: 0o644 });
});
afterEach(() => rm(home, { recursive: true }));

function terminal(answer: boolean, config?: string) {
  const questions: string[] = [];
  const confirm = (question: string, fallback: boolean) => {
    expect(fallback).toBe(false);
    questions.push(question);
    return Promise.resolve(answer);
  };
  const context = { env: {}, home, cwd, flags: { config }, ask: { confirm } } as unknown as Context;
  return { context, questions };
}

describe('"Trust this file?"', () => {
  it('is asked once, with the settings that it is about; after a change again', async () => {
    const { context, questions } = terminal(true);
    await offerTrust(context);
    await offerTrust(context);
    expect(questions).toHaveLength(1);
    expect(questions[0]).toContain('clusters.hpc.prologue');
    expect((await readProjectConfig(context)).source?.value).toEqual({ clusters: { hpc: { prologue: ['id'] } } });
    await writeFile(join(cwd, 'fairlead.yaml'), 'clusters: { hpc: { prologue: [other] } }\n');
    await offerTrust(context);
    expect(questions).toHaveLength(2);
  });

  it('leaves everything as it was after a no', async () => {
    const { context } = terminal(false);
    await offerTrust(context);
    expect(await readProjectConfig(context)).toMatchObject({ withheld: ['clusters.hpc.prologue'] });
  });

  it('is not asked where a file was named, or no terminal is there', async () => {
    const { context, questions } = terminal(true, 'named.yaml');
    await offerTrust(context);
    const { ask: _, ...alone } = context;
    await offerTrust({ ...alone, flags: { verbose: false } });
    expect(questions).toEqual([]);
  });
});
