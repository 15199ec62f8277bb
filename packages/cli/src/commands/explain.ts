// `fairlead explain <file>…`: what a log says about its engine, or which of the logs of its ranks tells why. Reads each as a stream; needs neither bastion nor cluster.

import { constants, createReadStream, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { resolve } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

import { defaultEngine, findEngineKind } from '@fairlead/engines';
import { createLogJudge, type Diagnosis, judgeRanks, type ProcessEnd } from '@fairlead/engines/failures';
import { CodedError, createLineCutter, defined, errorText } from '@fairlead/kit';

import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { diagnosisText, type Paint, tellDiagnosis } from '../diagnosis/tell-diagnosis.ts';

export interface ExplainArgs {
  /** Logs of one engine, one for each rank. `-`: standard input, at most once. */
  files: readonly [string, ...string[]];
  /** Of the process that wrote the first log. */
  exitCode?: number;
}

/** Of a longer line the rest is not read. */
const lineChars = 8192;

type ExplainContext = Pick<Context, 'cwd' | 'output' | 'signal'> & { streams: { stdin: Readable } };

export async function runExplain({ files, exitCode }: ExplainArgs, context: ExplainContext): Promise<void> {
  const { output } = context;
  if (files.filter((file) => file === '-').length > 1) throw stdinTwice();
  const logs: ExplainedLog[] = [];
  for (const file of files) {
    const end = exitCode === undefined || logs.length > 0 ? undefined : { code: exitCode, signal: null };
    logs.push({ file, diagnosis: await diagnoseLog(readChunks(file, context), end) });
  }
  const { index, diagnosis } = judgeRanks(logs.map((log) => log.diagnosis));
  const { file } = logs[index]!;
  const facts = tellDiagnosis(diagnosis);
  const others = logs.filter((_, at) => at !== index).map(tellOther);
  const paint: Paint = (style, told) => output.style(style, told);
  const text = [
    ...(others.length > 0 ? [`${paint('bold', file)}:`] : []),
    diagnosisText(facts, paint),
    ...(others.length > 0 ? ['', 'The other logs:', ...others.map((log) => `  ${log.file}: ${log.what}`)] : []),
  ];
  const told = others.length > 0 ? { others } : {};
  output.result({ event: 'log.explained', ok: true, file, lines: diagnosis.lines, ...facts, ...told }, text.join('\n'));
}

interface ExplainedLog {
  file: string;
  diagnosis: Diagnosis;
}

function tellOther({ file, diagnosis }: ExplainedLog) {
  const { verdict, id, what } = tellDiagnosis(diagnosis);
  return { file, verdict, ...defined({ id }), what };
}

function stdinTwice(): CodedError<CliErrorCode> {
  return new CodedError('usage', 'cannot explain standard input twice', { hint: 'Name - once, and files beside it.' });
}

/** Phases are those of vLLM, which the other engines have or do not say. */
export async function diagnoseLog(chunks: AsyncIterable<Uint8Array>, end?: ProcessEnd): Promise<Diagnosis> {
  const vllm = findEngineKind(defaultEngine);
  const judge = createLogJudge({ readPhase: (line) => vllm.parsePhase(line)?.phase });
  const decoder = new StringDecoder();
  const cutter = createLineCutter({ keepChars: lineChars });
  for await (const chunk of chunks) for (const line of cutter.write(decoder.write(chunk))) judge.push(line);
  for (const line of cutter.write(decoder.end())) judge.push(line);
  const last = cutter.rest();
  if (last !== undefined) judge.push(last);
  return judge.diagnose(end);
}

async function* readChunks(
  file: string,
  { cwd, signal, streams }: ExplainContext,
): AsyncGenerator<Uint8Array, void, undefined> {
  let isFirst = true;
  try {
    const stream = file === '-' ? streams.stdin : await openLog(resolve(cwd, file));
    for await (const chunk of addAbortSignal<Readable>(signal, stream) as AsyncIterable<string | Uint8Array>) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      if (isFirst) refuseCompressed(bytes, file);
      isFirst = false;
      yield bytes;
    }
  } catch (error) {
    if (error instanceof CodedError) throw error;
    signal.throwIfAborted();
    throw new CodedError<CliErrorCode>(
      'usage',
      `cannot explain ${file} because it cannot be read: ${errorText(error)}`,
      {
        hint: 'Name a log file, or - for standard input.',
        cause: error,
      },
    );
  }
}

/**
 * The reader of the stream closes it. A named pipe is read as a socket is: opened as a file it waits for its writer in a thread
 * of Node's, which no signal ends and on which the end of the process waits.
 */
async function openLog(path: string): Promise<Readable> {
  if (!(await stat(path)).isFIFO()) return createReadStream(path);
  return new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false });
}

/** The bytes with which they begin. */
const compressed: ReadonlyArray<{ magic: readonly number[]; unpack: string }> = [
  { magic: [0x1f, 0x8b], unpack: 'zcat' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], unpack: 'zstdcat' },
  { magic: [0xfd, 0x37, 0x7a, 0x58], unpack: 'xzcat' },
  { magic: [0x42, 0x5a, 0x68], unpack: 'bzcat' },
];

function refuseCompressed(bytes: Uint8Array, file: string): void {
  const found = compressed.find(({ magic }) => magic.every((byte, index) => bytes[index] === byte));
  if (!found) return;
  throw new CodedError<CliErrorCode>('usage', `cannot explain ${file} because it is compressed`, {
    hint: `${found.unpack} ${file} | fairlead explain -`,
  });
}
