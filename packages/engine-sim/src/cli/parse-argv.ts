// Parses the command line of `vllm serve` and the simulator's own `--sim-…` flags into options, or argparse's refusal.

import { Command, CommanderError, Option } from 'commander';
import { Secret } from '@fairlead/kit';
import { type Fault, faultUsage, parseFault } from '../faults.ts';
import type { RankOptions } from '../process/meeting.ts';
import type { ListenAddress } from '../server/listener.ts';
import { type SimSettings, readEngineOptions } from './engine-options.ts';
import { pythonRepr } from './python-repr.ts';
import { flagChoices, shortFlags, vllmFlags } from './vllm-flags.ts';

export interface ServeOptions extends SimSettings {
  model: string;
  modelNames: readonly string[];
  listen: ListenAddress;
  apiKeys: readonly Secret[];
  maxModelLen: number | undefined;
  seed: number;
  enforceEager: boolean;
  loadFormat: string;
  /** Seconds; 0 ends requests in flight at once. */
  shutdownTimeoutS: number;
  loadTracking: boolean;
  requestIds: boolean;
  /** The paths that the access log leaves out; undefined if there is no access log. */
  accessLogWithout: readonly string[] | undefined;
  /** In the form of vLLM's log. */
  nonDefaultArgs: string;
  startMs: number;
  prefillMs: number;
  decodeMs: number;
  shards: number;
  /** Those of this rank. */
  faults: readonly Fault[];
  admin: boolean;
  countDir: string | undefined;
  /** Undefined on one node. */
  ranks: RankOptions | undefined;
}

export type ParsedArgv =
  | { kind: 'serve'; options: ServeOptions }
  | { kind: 'help'; text: string }
  /** `text`: argparse's output on stderr before it exits with 2. */
  | { kind: 'refused'; text: string };

type Values = Record<string, string | boolean | string[] | undefined>;

export function parseArgv(argv: readonly string[], env: NodeJS.ProcessEnv): ParsedArgv {
  const serve = createServeCommand();
  const [verb, ...rest] = argv;
  if (verb !== 'serve')
    return verb === undefined || isHelp(verb) ? help(serve) : refuse(topUsage, 'vllm', badVerb(verb));
  if (rest.some(isHelp)) return help(serve);
  try {
    const { operands, unknown } = serve.parseOptions(rest.map(normalizeFlag));
    const values: Values = serve.opts();
    const surplus = [...unknown, ...operands.slice(1)];
    const wrong = badChoice(values);
    if (wrong) return refuse(serveUsage, 'vllm serve', wrong);
    if (surplus.length > 0) return refuse(topUsage, 'vllm', `unrecognized arguments: ${surplus.join(' ')}`);
    return readOptions(operands[0] ?? 'Qwen/Qwen3-0.6B', values, env);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return refuse(serveUsage, 'vllm serve', error.message.replace(/^error: /, ''));
  }
}

const simUsage = [
  ['--sim-start-ms <ms>', 'how long the start takes, spread over its phases (0)'],
  ['--sim-prefill-ms <ms>', 'time to the first token (0)'],
  ['--sim-decode-ms <ms>', 'time between two tokens (0); per request: body field sim {prefill_ms, decode_ms, tokens}'],
  ['--sim-shards <n>', 'weight files that the start reads (4)'],
  ['--sim-count-dir <dir>', 'keep the number of generated tokens there, in a file for each process'],
  ['--sim-fault-rank <rank>', 'the rank that the faults belong to, over several nodes (all)'],
] as const;

function createServeCommand(): Command {
  const serve = new Command('engine-sim serve')
    .usage('[model_tag] [flags of vllm serve] [options]')
    .description('An engine that answers like vLLM and computes nothing.')
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  for (const [name, kind] of vllmFlags) {
    const forms = {
      switch: [`--${name}`, `--no-${name}`],
      value: [`--${name} <value>`],
      list: [`--${name} <words...>`],
    };
    for (const form of forms[kind]) serve.addOption(new Option(form).hideHelp());
  }
  for (const [flag, text] of simUsage) serve.option(flag, text);
  const add = (text: string, all: string[] | undefined) => [...(all ?? []), text];
  serve.option(
    '--sim-fault <fault>',
    `make something go wrong (may be repeated):\n${Object.values(faultUsage).join('\n')}`,
    add,
  );
  serve.option('--sim-transcribe', 'write down speech, as vLLM does for a Whisper, and do nothing else');
  serve.option('--sim-admin', 'open POST and DELETE /sim/fault and GET /sim/stats, without a key');
  return serve;
}

function readOptions(model: string, values: Values, env: NodeJS.ProcessEnv): ParsedArgv {
  const faults: Fault[] = [];
  for (const text of list(values.simFault)) {
    const parsed = parseFault(text);
    if (!parsed.ok) return refuse(serveUsage, 'vllm serve', `argument --sim-fault: ${parsed.reason}`);
    faults.push(parsed.fault);
  }
  const numbers = readNumbers(values);
  if (typeof numbers === 'string') return refuse(serveUsage, 'vllm serve', numbers);
  const keys = list(values.apiKey).length > 0 ? list(values.apiKey) : [env.VLLM_API_KEY ?? ''];
  const names = list(values.servedModelName);
  const ranks = ranksOf(values, numbers);
  const rank = ranks?.rank ?? 0;
  const options: ServeOptions = {
    ...readEngineOptions(values, numbers, env),
    model,
    modelNames: names.length > 0 ? names : [model],
    listen:
      typeof values.uds === 'string'
        ? { uds: values.uds }
        : { host: text(values.host) ?? '127.0.0.1', port: numbers.port ?? 8000 },
    apiKeys: keys.filter((key) => key !== '').map((key) => new Secret(key)),
    maxModelLen: numbers.maxModelLen,
    seed: numbers.seed ?? 0,
    enforceEager: values.enforceEager === true,
    loadFormat: text(values.loadFormat) ?? 'auto',
    shutdownTimeoutS: numbers.shutdownTimeout ?? 0,
    loadTracking: values.enableServerLoadTracking === true,
    requestIds: values.enableRequestIdHeaders === true,
    accessLogWithout:
      values.disableUvicornAccessLog === true
        ? undefined
        : (text(values.disableAccessLogForEndpoints) ?? '').split(','),
    nonDefaultArgs: nonDefaultArgs(model, values),
    startMs: numbers.simStartMs ?? 0,
    prefillMs: numbers.simPrefillMs ?? 0,
    decodeMs: numbers.simDecodeMs ?? 0,
    shards: numbers.simShards ?? 4,
    faults: (numbers.simFaultRank ?? rank) === rank ? faults : [],
    admin: values.simAdmin === true,
    countDir: text(values.simCountDir),
    ranks,
  };
  return { kind: 'serve', options };
}

function ranksOf(values: Values, numbers: Numbers): RankOptions | undefined {
  const { nnodes: nodes = 1, nodeRank: rank = 0, masterPort: port = 29501, distributedTimeoutSeconds } = numbers;
  const headless = values.headless === true;
  const copies = copiesOf(numbers);
  if (copies) return { kind: 'copies', ...copies, host: text(values.dataParallelAddress) ?? '127.0.0.1', headless };
  if (nodes === 1) return undefined;
  const host = text(values.masterAddr) ?? '127.0.0.1';
  return { kind: 'group', nodes, rank, host, port, headless, timeoutS: distributedTimeoutSeconds ?? 1800 };
}

/** A rank without requests waits five minutes for the server, and the server waits for ever for its copies. */
const serverLimitSeconds = 300;
const noLimitSeconds = 1_000_000;

/** Undefined where one process has all copies of the model. */
function copiesOf(numbers: Numbers): Pick<RankOptions, 'nodes' | 'rank' | 'port' | 'timeoutS'> | undefined {
  const { dataParallelSize: size = 1, dataParallelStartRank: start = 0, dataParallelRpcPort: port = 29550 } = numbers;
  const local = numbers.dataParallelSizeLocal ?? size;
  if (local >= size) return undefined;
  const timeoutS = start === 0 ? noLimitSeconds : serverLimitSeconds;
  return { nodes: Math.ceil(size / local), rank: Math.floor(start / local), port, timeoutS };
}

type Numbers = Partial<Record<(typeof integerFlags)[number], number>>;

const integerFlags = [
  'port',
  'dataParallelSize',
  'dataParallelSizeLocal',
  'dataParallelStartRank',
  'dataParallelRpcPort',
  'nnodes',
  'nodeRank',
  'masterPort',
  'distributedTimeoutSeconds',
  'simFaultRank',
  'seed',
  'shutdownTimeout',
  'maxModelLen',
  'simShards',
  'maxNumSeqs',
  'maxNumQueuedReqs',
  'numGpuBlocksOverride',
  'blockSize',
  'kvCacheMemoryBytes',
  'maxLoraRank',
] as const;
const floatFlags = ['simStartMs', 'simPrefillMs', 'simDecodeMs'] as const;

/** Flags whose value may be written as `32k`. */
const humanFlags: ReadonlySet<string> = new Set(['maxModelLen', 'kvCacheMemoryBytes']);

/** The refusal of a value that is no number. */
function readNumbers(
  values: Values,
): Partial<Record<(typeof integerFlags)[number] | (typeof floatFlags)[number], number>> | string {
  const numbers: Partial<Record<string, number>> = {};
  for (const name of [...integerFlags, ...floatFlags]) {
    const given = text(values[name]);
    if (given === undefined) continue;
    const value = humanFlags.has(name) ? humanInteger(given) : Number(given);
    const whole = integerFlags.some((flag) => flag === name);
    if (given === '' || !Number.isFinite(value) || value < 0 || (whole && !Number.isInteger(value)))
      return `argument --${kebab(name)}: invalid ${whole ? 'int' : 'float'} value: '${given}'`;
    numbers[name] = value;
  }
  return numbers;
}

/** `32k` is 32000, `32K` is 32768; `auto` and -1 mean the longest that fits, which is the default here. */
function humanInteger(given: string): number {
  if (given === 'auto' || given === '-1') return 8192;
  const match = /^(\d+(?:\.\d+)?)([kKmMgG]?)$/.exec(given);
  const factor: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
  return match ? Number(match[1]) * (factor[match[2] ?? ''] ?? Number.NaN) : Number.NaN;
}

/** The `non-default args` of the log, without the keys. */
function nonDefaultArgs(model: string, values: Values): string {
  const given: Record<string, unknown> = { model_tag: model };
  for (const [name, kind] of vllmFlags) {
    const value = values[camel(name)];
    if (value === undefined || name === 'api-key' || name === 'hf-token') continue;
    given[name.replaceAll('-', '_')] =
      kind === 'value' && /^-?\d+(\.\d+)?$/.test(String(value)) ? Number(value) : value;
  }
  return pythonRepr({ ...given, model });
}

function badChoice(values: Values): string | undefined {
  for (const [name, choices] of Object.entries(flagChoices)) {
    const value = text(values[camel(name)]);
    if (value === undefined || choices.includes(value)) continue;
    return `argument --${name}: invalid choice: '${value}' (choose from ${choices.map((choice) => `'${choice}'`).join(', ')})`;
  }
  return undefined;
}

/** `--max_model_len` is the same as `--max-model-len`; `-tp 2` as `--tensor-parallel-size 2`. */
function normalizeFlag(word: string): string {
  const short = shortFlags[word];
  if (short) return short;
  if (!word.startsWith('--')) return word;
  const [name = '', ...value] = word.split('=');
  return [name.replaceAll('_', '-'), ...value].join('=');
}

const topUsage = `usage: vllm [-h] [-v]
            {chat,complete,serve,launch,bench,collect-env,download-kernels,preload,run-batch,snapshot}
            ...`;
const serveUsage = 'usage: vllm serve [model_tag] [options]';

function refuse(usage: string, program: string, message: string): ParsedArgv {
  return { kind: 'refused', text: `${usage}\n${program}: error: ${message}\n` };
}

function help(serve: Command): ParsedArgv {
  return { kind: 'help', text: serve.helpInformation() };
}

function isHelp(word: string): boolean {
  return word === '-h' || word.startsWith('--help');
}

function badVerb(verb: string): string {
  return `argument subparser: invalid choice: '${verb}' (choose from 'serve')`;
}

function text(value: Values[string]): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function list(value: Values[string]): string[] {
  return Array.isArray(value) ? value : [];
}

function camel(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
