// The table of `fairlead top`, and one line for an instance where there is no terminal. Pure.

import { table } from '../../output/table.ts';
import { clockTime, placeWords, progressWords, stateWords } from '../instance-words.ts';
import { visibleText } from '@fairlead/kit';
import type { InstanceLoad } from '../../output/lines/observe-lines.ts';

const head = ['NAME', 'STATE', 'IN FLIGHT', 'WAITING', 'TOKENS/S', 'PROMPT/S', 'KV', 'GPU', 'GPU MEMORY', 'LEFT'];
const stateWidth = 36;

/** `nowMs` is told above the table. */
export function topText(loads: readonly InstanceLoad[], nowMs: number): string {
  const title = `fairlead top  ${clockTime(nowMs)}`;
  if (loads.length === 0) return `${title}\n\nNothing is deployed. Start with: fairlead deploy demo`;
  const problems = loads.flatMap(({ name, problem }) =>
    problem === undefined ? [] : [`${name}: ${oneLine(problem)}`],
  );
  return [`${title}\n`, table(head, loads.flatMap(rowsOf)), ...(problems.length > 0 ? ['', ...problems] : [])].join(
    '\n',
  );
}

/** `2026-11-30 14:05:06  demo  ready  2 in flight  …`: the same facts, for a file or a pipe. */
export function topLine(load: InstanceLoad, nowMs: number): string {
  const [name, state, inFlight, waiting, tokens, prompt, kv, gpu, memory, left] = cellsOf(load);
  const words = [`${inFlight} in flight`, `${waiting} waiting`, `${tokens} tokens/s`, `${prompt} prompt tokens/s`];
  const more = [`KV ${kv}`, `GPU ${gpu}`, `GPU memory ${memory}`, `${left} left`];
  return [clockTime(nowMs), name, state, ...words, ...more].join('  ');
}

/** Each node of several has a row of its own below that of the instance. */
function rowsOf(load: InstanceLoad): string[][] {
  const own = cellsOf(load);
  const blank = Array.from({ length: 5 }, () => '');
  const nodes = (load.nodes ?? []).map((node) => {
    const { rank, host, state, pressure, gpus } = node;
    const words =
      pressure ?? (state.status === 'starting' && state.progress ? progressWords(state.progress) : state.status);
    return [
      `  ${host} (rank ${rank})`,
      shortened(oneLine(words)),
      ...blank,
      percent(busyShare(gpus)),
      memoryWords(gpus),
      '',
    ];
  });
  return [own, ...nodes];
}

function busyShare(gpus: InstanceLoad['gpus']): number | undefined {
  return mean(gpus.map(({ utilization }) => utilization));
}

function cellsOf(load: InstanceLoad): string[] {
  return [
    `${load.name}${placeWords(load)}`,
    shortened(oneLine(stateWords(load.state))),
    whole(load.inFlight),
    whole(load.waiting),
    rate(load.generationTokensPerSecond),
    rate(load.promptTokensPerSecond),
    percent(load.kvCacheUsage),
    percent(busyShare(load.gpus)),
    memoryWords(load.gpus),
    load.secondsLeft === undefined ? '-' : secondsWords(load.secondsLeft),
  ];
}

function oneLine(text: string): string {
  return visibleText(text).replaceAll(/\s+/g, ' ');
}

function shortened(text: string): string {
  return text.length <= stateWidth ? text : `${text.slice(0, stateWidth - 1)}…`;
}

function whole(value: number | undefined): string {
  return value === undefined ? '-' : String(Math.round(value));
}

function rate(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(value < 100 ? 1 : 0);
}

function percent(value: number | undefined): string {
  return value === undefined ? '-' : `${(value * 100).toFixed(value < 0.1 && value > 0 ? 1 : 0)} %`;
}

function mean(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
}

const bytesPerGib = 1024 ** 3;

/** Over all GPUs of the instance. */
function memoryWords(gpus: InstanceLoad['gpus']): string {
  const known = gpus.filter((gpu) => gpu.memoryUsedBytes !== undefined && gpu.memoryTotalBytes !== undefined);
  if (known.length === 0) return '-';
  const gib = (field: 'memoryUsedBytes' | 'memoryTotalBytes') =>
    (known.reduce((sum, gpu) => sum + (gpu[field] ?? 0), 0) / bytesPerGib).toFixed(0);
  return `${gib('memoryUsedBytes')} of ${gib('memoryTotalBytes')} GiB`;
}

function secondsWords(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.floor(seconds)} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
