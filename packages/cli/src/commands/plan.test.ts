import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import { systemClock } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';

import { encodeJsonLine } from '../output/json-lines.ts';
import { createOutput } from '../output/output.ts';
import { type ModelsArgs, runModels } from './models.ts';
import { type PlanArgs, runPlan } from './plan.ts';

/** The command's stdout, and its exit code where it set one. */
async function shown(json: boolean, run: (context: Parameters<typeof runPlan>[1]) => Promise<void>, config?: string) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const output = createOutput(
    { stdout, stderr },
    { encodeLine: json ? encodeJsonLine : undefined, startedMs: 0, now: () => 0 },
  );
  let exitCode = 0;
  const { signal } = new AbortController();
  // No hub is asked.
  const env = { HF_HUB_OFFLINE: '1', XDG_CACHE_HOME: '/nonexistent' };
  const given = { flags: { config, verbose: false } };
  const place = { env, home: '/nonexistent', cwd: tmpdir(), clock: systemClock, signal, ...given };
  await run({ output, setExitCode: (code) => (exitCode = code), ...place });
  return { text: String(stdout.read() ?? ''), errors: String(stderr.read() ?? ''), exitCode };
}

const plan = (args: Omit<PlanArgs, 'kvCache'>, json = false, config?: string) =>
  shown(json, (context) => runPlan({ kvCache: 'auto', ...args }, context), config);
const models = (args: ModelsArgs, json = false) => shown(json, (context) => runModels(args, context));

describe('plan', () => {
  it('on a site shows each partition with its numbers, their reasons, cost and command', async () => {
    const { text, exitCode } = await plan({ model: 'qwen3-32b-awq', site: 'curc-alpine', concurrency: 1 });
    expect(text).toContain('partition aa100 (3 × a100:40 a node): fits with 1 GPU\n');
    expect(text).toMatch(/ {2}KV cache {2}8\.0 GiB for 1 × 32768 tokens, 256\.0 KiB a token/);
    expect(text).toMatch(/ {2}cost {6}109 SU an hour, 434 SU for the whole time/);
    expect(text).toContain(
      '  command   vllm serve Qwen/Qwen3-32B-AWQ --max-model-len 32768 --gpu-memory-utilization 0.92 --max-num-seqs 64 ',
    );
    expect(text).toMatch(
      /partition ami100 .*: does not fit\n {2}why {7}mi100:32 has no kernel of vLLM for AWQ weights/,
    );
    expect(exitCode).toBe(0);
  });

  it('that fits nowhere says why, offers the smallest change first, and ends with 1', async () => {
    const { text, exitCode } = await plan({ model: 'llama-3.1-70b', gpu: 'h100:94', gpus: 1, concurrency: 1 });
    expect(text).toMatch(
      /h100:94: does not fit\n {2}why {7}even 1 GPU of h100:94 .*\n {2}change {4}take llama-3\.1-70b-fp8/,
    );
    expect(exitCode).toBe(1);
  });

  it('over several nodes warns that deploy takes one, and says what would fit one', async () => {
    const { text } = await plan({ model: 'llama-3.1-405b-fp8', site: 'tud-capella' });
    expect(text).toMatch(/fits with 8 GPUs on 2 nodes \(tensor-parallel 4 × pipeline 2\)/);
    expect(text).toMatch(
      / {2}warning {3}over 2 nodes each step of the model waits for the network between them; deploy it with --nodes 2\n {2}instead {3}take a node with/,
    );
  });

  it('is for the site of the cluster that is named, or of the default cluster, unless GPUs are named', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fl-plan-'));
    const file = join(folder, 'fairlead.yaml');
    const clusters = 'clusters: { here: { site: tud-capella }, there: { site: curc-alpine }, bare: {} }';
    try {
      await writeFile(file, `defaultCluster: here\n${clusters}\n`);
      const places = async (args: Omit<PlanArgs, 'kvCache' | 'model'>) =>
        (await plan({ model: 'qwen3-8b', ...args }, false, file)).text.match(/(?<=^partition )\S+/gm) ?? [];
      expect(await places({})).toEqual(['capella']);
      expect(await places({ on: 'there' })).toEqual(['aa100', 'al40', 'ami100']);
      expect(await places({ gpu: 'h100:94' })).toEqual([]);
      await expect(places({ on: 'bare' })).rejects.toMatchObject({ code: 'usage', message: /names no site profile/ });
      await expect(places({ on: 'nowhere' })).rejects.toMatchObject({ code: 'cluster_unknown' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('without a place has a line for each GPU type', async () => {
    const { text } = await plan({ model: 'qwen3-8b' });
    expect(text).toMatch(/^a100:40 +1 GPU +1\.0 GiB$/m);
    expect(text).toMatch(/^t4:16 +4 GPUs \(tensor-parallel 4\) .* no bf16/m);
  });

  it('without a place says for which node it plans', async () => {
    const headOf = async (args: { gpus?: number; nodes?: number }) =>
      (await plan({ model: 'qwen3-8b', ...args })).text.split('\n')[0];
    expect(await headOf({})).toMatch(/ on a node of 8 GPUs$/);
    expect(await headOf({ gpus: 2, nodes: 3 })).toMatch(/ on 3 nodes of 2 GPUs$/);
  });

  it('with --json is one object with the bytes', async () => {
    const { text } = await plan({ model: 'meta-llama/Llama-3.1-8B-Instruct', gpu: 'a100:40', gpus: 1 }, true);
    expect(JSON.parse(text)).toMatchObject({
      event: 'plan',
      ok: true,
      fits: true,
      name: 'llama-3.1-8b',
      wish: { context: 32_768, concurrency: 4 },
      places: [
        {
          gpu: 'a100:40',
          fits: true,
          layout: { nodes: 1, gpusPerNode: 1, tp: 1, pp: 1 },
          memory: { kvCache: 4 * 32_768 * 131_072 },
          args: expect.arrayContaining(['--max-num-seqs']),
        },
      ],
    });
  });

  it('takes the profile of a site from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plan-'));
    const path = join(folder, 'site.yaml');
    await writeFile(
      path,
      'name: mine\ntitle: Mine\nlogin: [a]\nsources: [https://example.org]\npartitions: [{ name: gpu, gpu: a100:80, gpusPerNode: 4, cpusPerNode: 8, memoryGbPerNode: 64 }]\n',
    );
    const { text } = await plan({ model: 'qwen3-8b', site: path });
    await rm(folder, { recursive: true });
    expect(text).toContain('partition gpu (4 × a100:80 a node): fits with 1 GPU');
  });

  it('reads a model that is no preset from a folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plan-'));
    const config = { model_type: 'llama', num_hidden_layers: 4, hidden_size: 512, num_attention_heads: 8 };
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, max_position_embeddings: 4096 }));
    await writeFile(join(folder, 'model.safetensors'), Buffer.alloc(1024 * 1024));
    const { text } = await plan({ model: folder, gpu: 'l4', gpus: 1 });
    await rm(folder, { recursive: true });
    expect(text).toMatch(
      /for 4 × 4096 tokens\n\nl4:24: fits with 1 GPU\n {2}weights {3}0\.0 GiB \(the size of its files\)/,
    );
  });

  it("takes the size of a site's GPUs that the profile does not know", async () => {
    const { text } = await plan({ model: 'llama-3.1-70b', site: 'curc-alpine', gpu: 'a100:80' });
    expect(text).toContain('partition aa100');
    expect(text).not.toContain('al40 (');
    expect(text).toContain('of 72.9 GiB');
  });

  it.each([
    ['an unknown model', { model: 'lama-3.1-8b' }, 'preset_unknown', /Did you mean llama-3\.1-8b\?/],
    [
      'a model that no hub can be asked for',
      { model: 'some/model' },
      'model_facts_missing',
      /HF_ENDPOINT names a mirror/,
    ],
    ['a folder without a model', { model: './nothing' }, 'model_facts_missing', /config\.json/],
    ['an unknown GPU', { model: 'qwen3-8b', gpu: 'a100:64' }, 'usage', /a100:40/],
    ['a GPU of two sizes', { model: 'qwen3-8b', gpu: 'a100' }, 'usage', /a100:40, a100:80\.$/],
    ['an unknown site', { model: 'qwen3-8b', site: 'alpine' }, 'usage', /curc-alpine, tud-capella/],
    [
      'a site file that is not there',
      { model: 'qwen3-8b', site: './none.yaml' },
      'config_unreadable',
      /path of a site/,
    ],
    ['a GPU that the site lacks', { model: 'qwen3-8b', site: 'tud-capella', gpu: 'l40' }, 'usage', /It has h100:94/],
    ['more tokens than the model reads', { model: 'qwen3-8b', context: 50_000 }, 'usage', /--context 40960 or less/],
    ['more GPUs than a node has', { model: 'qwen3-8b', gpus: 999_999_999 }, 'usage', /at most 64/],
    ['more requests than a plan counts on', { model: 'qwen3-8b', concurrency: 1025 }, 'usage', /wait for their turn/],
    ['nodes beside a site', { model: 'qwen3-8b', site: 'tud-capella', nodes: 2 }, 'usage', /Leave them out/],
  ])('of %s is refused with what to do', async (_, args, code, hint) => {
    await expect(plan(args)).rejects.toMatchObject({ code, hint: expect.stringMatching(hint) });
  });
});

it('A folder without weights is planned by its config.json, with a warning that it cannot be deployed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'plan-folder-'));
  const config = { model_type: 'qwen3', num_hidden_layers: 36, hidden_size: 4096, num_attention_heads: 32 };
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, max_position_embeddings: 40_960 }));
  const { text, errors } = await plan({ model: folder.replace(tmpdir(), '.'), gpu: 'a100:80', context: 4096 });
  await rm(folder, { recursive: true });
  expect(text).toMatch(/a100:80: fits/);
  expect(errors).toMatch(/cannot be deployed as it is: every file of weights is missing/);
});

it('A GPU type of several sizes is not called unknown', async () => {
  await expect(plan({ model: 'qwen3-8b', gpu: 'A100' })).rejects.toThrow(/because it comes in several sizes/);
  await expect(plan({ model: 'qwen3-8b', gpu: 'a10' })).rejects.toThrow(/because it is no GPU type/);
});

describe('models', () => {
  it('lists each with its format, weights, window and where it fits', async () => {
    const { text } = await models({});
    expect(text).toMatch(/^NAME +TASK +FORMAT +WEIGHTS +CONTEXT +FITS$/m);
    expect(text).toMatch(/^glm-4\.7-fp8 +chat +fp8 +337 GiB +202752 +2 nodes of 4 × h100:94$/m);
  });

  it('explains one with its sources', async () => {
    const { text } = await models({ name: 'glm-4.7-flash' });
    expect(text).toMatch(
      /^shape +47 layers of 2048, 20 heads, latent KV of 512 \+ 64, 64 experts, 4 for a token\n +https:/m,
    );
  });

  it('lists those that fit given GPUs', async () => {
    const { text } = await models({ fits: 'a100:40', gpus: 2 });
    expect(text).toMatch(/^qwen3-32b-awq +awq +2 GPUs \(tensor-parallel 2\)/m);
    expect(text).not.toContain('llama-3.1-70b');
    const none = await models({ fits: 'a100:40', gpus: 2 }, true);
    expect(JSON.parse(none.text).models).toContainEqual(
      expect.objectContaining({ name: 'llama-3.1-8b', layout: { nodes: 1, gpusPerNode: 1, tp: 1, pp: 1 } }),
    );
  });

  it('refuses a number of GPUs without a type', async () => {
    await expect(models({ gpus: 2 })).rejects.toMatchObject({ code: 'usage', hint: expect.stringMatching(/--fits/) });
  });
});
