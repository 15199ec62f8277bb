import { describe, expect, test } from 'vitest';
import { readGolden } from '../testing/recorded-answer.ts';
import { parseArgv, type ServeOptions } from './parse-argv.ts';

function parse(line: string, env: NodeJS.ProcessEnv = {}): ServeOptions {
  const parsed = parseArgv(line.split(' '), env);
  if (parsed.kind !== 'serve') throw new Error(parsed.text);
  return parsed.options;
}

test('parseArgv: a preset’s whole command line is accepted', () => {
  const options = parse(
    'serve meta-llama/Llama-3.1-8B-Instruct --served-model-name llama-3.1-8b llama --uds /run/x/e.sock ' +
      '--tensor-parallel-size 2 -pp 1 --max-model-len 32k --gpu-memory-utilization 0.9 --dtype bfloat16 --enforce-eager ' +
      '--load-format dummy --shutdown-timeout 30 --disable-access-log-for-endpoints /health,/metrics ' +
      '--enable-auto-tool-choice --tool-call-parser llama3_json --enable_prefix_caching --no-enable-log-requests ' +
      '--safetensors-load-strategy=eager --max-num-seqs 256 --seed 3 --sim-start-ms 250.5',
  );
  expect(options).toMatchObject({
    model: 'meta-llama/Llama-3.1-8B-Instruct',
    modelNames: ['llama-3.1-8b', 'llama'],
    listen: { uds: '/run/x/e.sock' },
    maxModelLen: 32_000,
    enforceEager: true,
    loadFormat: 'dummy',
    shutdownTimeoutS: 30,
    accessLogWithout: ['/health', '/metrics'],
    seed: 3,
    startMs: 250.5,
  });
});

test('parseArgv: without names it serves the model’s own name; without an address it listens on this machine only', () => {
  expect(parse('serve /models/x')).toMatchObject({
    modelNames: ['/models/x'],
    listen: { host: '127.0.0.1', port: 8000 },
  });
});

test('parseArgv: --uds overrides --host and --port', () => {
  expect(parse('serve m --uds /x.sock --host 0.0.0.0 --port 9000').listen).toEqual({ uds: '/x.sock' });
});

describe('parseArgv: keys', () => {
  const keys = (line: string, env: NodeJS.ProcessEnv) => parse(line, env).apiKeys.map((key) => key.reveal());

  test('come from the environment, or from the command line, which overrides it', () => {
    expect(keys('serve m', { VLLM_API_KEY: 'e' })).toEqual(['e']);
    expect(keys('serve m --api-key a b', { VLLM_API_KEY: 'e' })).toEqual(['a', 'b']);
    expect(keys('serve m', {})).toEqual([]);
    expect(keys('serve m', { VLLM_API_KEY: '' })).toEqual([]);
  });

  test('are in no printed text', () => {
    const options = parse('serve m --api-key hidden --hf-token secret --served-model-name x');
    expect(options.nonDefaultArgs).toBe("{'model_tag': 'm', 'served_model_name': ['x'], 'model': 'm'}");
    expect(JSON.stringify(options)).not.toMatch(/hidden|secret/);
  });
});

test('parseArgv: logs the same arguments as the recorded start', () => {
  const { nonDefaultArgs } = parse(
    'serve /models/m3 --host 127.0.0.1 --port 8622 --max-model-len 2048 --enforce-eager --served-model-name tiny',
  );
  const recorded = /non-default args: (\{.*?\})\\n/.exec(readGolden('log/startup.jsonl'))?.[1];
  // vLLM has the order of its classes, so only the pairs count.
  expect(pairs(nonDefaultArgs)).toEqual(pairs(recorded ?? ''));
});

describe('parseArgv: refuses as argparse does', () => {
  test.each([
    ['serve m --no-such-flag 1', 'vllm: error: unrecognized arguments: --no-such-flag 1'],
    ['serve m --disable-log-requests', 'vllm: error: unrecognized arguments: --disable-log-requests'],
    ['serve m extra', 'vllm: error: unrecognized arguments: extra'],
    [
      'serve m --dtype float99',
      "vllm serve: error: argument --dtype: invalid choice: 'float99' (choose from 'auto', 'bfloat16', 'float', 'float16', 'float32', 'half')",
    ],
    ['serve m --port many', "vllm serve: error: argument --port: invalid int value: 'many'"],
    ['serve m --max-model-len 1x', "vllm serve: error: argument --max-model-len: invalid int value: '1x'"],
    ['chat', "vllm: error: argument subparser: invalid choice: 'chat' (choose from 'serve')"],
  ])('%s', (line, text) => {
    const parsed = parseArgv(line.split(' '), {});
    expect(parsed.kind).toBe('refused');
    expect('text' in parsed && parsed.text.split('\n').at(-2)).toBe(text);
  });

  test('an unknown fault', () => {
    const parsed = parseArgv(['serve', 'm', '--sim-fault', 'nope'], {});
    expect(parsed).toMatchObject({ kind: 'refused', text: expect.stringContaining("no fault is called 'nope'") });
  });
});

test('parseArgv: faults may be repeated', () => {
  const { faults } = parse('serve m --sim-fault lose-term:2 --sim-fault cut:5');
  expect(faults.map(({ name }) => name)).toEqual(['lose-term', 'cut']);
});

test('parseArgv: help names the simulator’s own flags and every fault', () => {
  const parsed = parseArgv(['serve', '--help'], {});
  expect(parsed).toMatchObject({ kind: 'help', text: expect.stringMatching(/--sim-decode-ms[\s\S]*leave-child/) });
});

function pairs(repr: string): string[] {
  return [...repr.matchAll(/'(\w+)': ('[^']*'|\[[^\]]*\]|[\w.]+)/g)].map(([pair]) => pair).toSorted();
}

describe('parseArgv: engine options', () => {
  const engineOf = (args: string[], env: NodeJS.ProcessEnv = {}) => {
    const parsed = parseArgv(['serve', 'm', ...args], env);
    if (parsed.kind !== 'serve') throw new Error('it was refused');
    return parsed.options;
  };

  test('batch, cache and queue', () => {
    expect(engineOf([]).limits).toEqual({ maxSequences: 1024, kvCapacity: 2_097_152, maxQueued: Infinity });
    const flags = ['--max-num-seqs', '4', '--max-num-queued-reqs', '9', '--num-gpu-blocks-override', '10'];
    expect(engineOf(flags).limits).toEqual({ maxSequences: 4, kvCapacity: 160, maxQueued: 9 });
    expect(engineOf(['--kv-cache-memory-bytes', '1G']).limits.kvCapacity).toBe(2_097_152);
  });

  test('tasks and tools', () => {
    expect(engineOf([])).toMatchObject({ runner: 'auto', autoTools: true });
    expect(engineOf(['--runner', 'pooling', '--no-enable-auto-tool-choice'])).toMatchObject({
      runner: 'pooling',
      autoTools: false,
    });
    expect(parseArgv(['serve', 'm', '--runner', 'x'], {}).kind).toBe('refused');
  });

  test('adapters, by name and path or as JSON; updates only by the environment', () => {
    const modules = ['a=/x=y', '{"name": "b", "path": "/z"}'];
    const env = { VLLM_ALLOW_RUNTIME_LORA_UPDATING: '1' };
    expect(engineOf(['--enable-lora', '--max-lora-rank', '8', '--lora-modules', ...modules], env).lora).toEqual({
      enabled: true,
      updates: true,
      maxRank: 8,
      adapters: [
        { name: 'a', path: '/x=y' },
        { name: 'b', path: '/z' },
      ],
    });
    expect(engineOf(['--enable-lora']).lora.updates).toBe(false);
  });
});
