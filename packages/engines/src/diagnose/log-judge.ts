// Judges an engine's log line by line. The first specific cause wins over later causes and over sentences that say only that
// something failed. Keeps a few findings, never the log. Pure.

import { defined } from '@fairlead/kit';
import { stripVTControlCharacters } from 'node:util';
import type { FailureEntry, FailureRank } from '../catalogue/failure-entry.ts';
import { failureCatalogue } from '../catalogue/engine-failures.ts';
import { type Match, matchEntry } from './match-entry.ts';
import { readStatement, type Statement, type Voice, withoutForeignPrefix } from './read-statement.ts';
import { createSideTrace } from './side-trace.ts';
import type { Diagnosis, Evidence, ProcessEnd, Verdict } from './verdict.ts';

export interface LogJudgeOptions {
  /** Default: the whole catalogue. */
  entries?: readonly FailureEntry[];
  /** Names the phase of a start that a line shows. */
  readPhase?: (line: string) => string | undefined;
}

export interface LogJudge {
  /** Takes the next line, without its line end. Reads its first 4000 characters. */
  push: (line: string) => void;
  /** The diagnosis of the lines so far. `end`: how the process ended, if it has. */
  diagnose: (end?: ProcessEnd) => Diagnosis;
}

interface Finding extends Match {
  voice: Voice;
  said: string;
  evidence: Evidence;
}

/** The findings about one start of the engine. */
interface Start {
  found: Partial<Record<FailureRank, Finding>>;
  /** The first exception, or refusal of the arguments, that no entry knows. */
  unknown?: { said: string; evidence: Evidence };
  /** The line at which it became ready. */
  served?: Evidence;
  /** The line at which it was told to end. */
  asked?: Evidence;
  /** The line at which its HTTP server closed, for any reason. */
  closed?: Evidence;
  /** A process that has lost the one that started it: any other finding is nearer to the reason. */
  orphan?: Finding | undefined;
  /** Whether a line says that this start has failed. */
  isDead: boolean;
  requestErrors: number;
  requestError?: Evidence;
  phase?: { name: string; evidence: Evidence };
  hasEngineLines: boolean;
  /** How many statements were looked up so far. */
  lookedUp: number;
  /** The same for statements about requests. */
  requestsLookedUp: number;
}

const lineLimit = 4000;
const evidenceLimit = 400;
/**
 * After so many statements of one start, only lines of the programs around the engine are read: a log storm repeats its lines.
 * Statements about requests count for themselves, because clients with wrong requests do not hide the end of the engine.
 */
const maxLookedUp = 3000;

const maxRemembered = 2000;

/** The lines with which vLLM begins. */
const banner = /(?:█\s+version (\d\S*)|vLLM (?:API )?server version (\d\S*))\s*$/;
/** With which a rank without requests begins. */
const headlessBegins =
  /\[serve\.py:\d+\] Launching (?:vLLM \(v(\d[^)\s]*)\) headless|\d+ data parallel engine\(s\) in headless mode)/;
const engineVersion = /(?:Initializing a V\d (?:LLM )?engine|Launching vLLM) \(v(\d[^)\s]*)\)/;
const ready = /Application startup complete\./;
/** Lines of an engine that answers. A log may begin in the middle of a run. */
const answering =
  /^(?:\([^)]{1,80}\) )?INFO(?: .{10,120} Avg prompt throughput: |: {4,6}\S{0,80} - "(?:GET|POST) \S{1,300} HTTP\/1\.\d" 200)/;
const told =
  /\[shutdown\] API server: shutdown triggered|\[serve\.py:\d+\] Waiting up to \d+ seconds for processes to exit/;
/** A rank without requests says no more of an order to end. */
const executorEnds = /\[shutdown\] Executor: workers still running after grace period/;
/** vLLM logs it when its parent process is gone. Where the engine was told to end, it is no sign of a failure. */
const orphaned = /^\(\w+ pid=\d+\) INFO .{10,80}\] (Parent process exited, terminating worker queues)/;
/** uvicorn's line, which vLLM 0.10 to 0.17 names its process in. vLLM before 0.18 logs no other line when it is told to end. */
const closing = /^(?:\((?:APIServer|ApiServer_\d+) pid=\d+\) )?INFO: {4,6}Shutting down$/;
const requestTrace = /^ERROR: {4}Exception in ASGI application/;
const plainRecord = /^(?:\([A-Za-z][\w: ,.=-]*\) )?(?:INFO|DEBUG)(?: \d|:)/;
/** With copies of the model there are several. */
const apiServer = /^(?:APIServer|ApiServer_\d+)$/;
const requestFiles =
  /^(?:serving|api_server|protocol|async_llm|launcher|renderer|preprocess|chat_utils|error_handl|exception)/;
const around = /slurmstepd|srun:|oom|Xid|Killed/;

export function createLogJudge(options: LogJudgeOptions = {}): LogJudge {
  return new LineByLine(options);
}

class LineByLine implements LogJudge {
  readonly #entries: readonly FailureEntry[];
  readonly #readPhase: LogJudgeOptions['readPhase'];
  readonly #matches = new Map<string, Match | undefined>();
  readonly #sideTrace = createSideTrace();
  #start = newStart();
  /** The verdict on the start before this one. */
  #before: Verdict | undefined;
  #starts = 0;
  /** Whose starts are counted. */
  #kind: 'server' | 'headless' | undefined;
  #lines = 0;
  #version: string | undefined;
  /** The lines belong to the trace of a failed request. */
  #inRequest = false;

  constructor({ entries = failureCatalogue, readPhase }: LogJudgeOptions) {
    this.#entries = entries;
    this.#readPhase = readPhase;
  }

  push(whole: string): void {
    this.#lines += 1;
    const line = cleanLine(whole);
    if (line === '') return;
    if (line.includes('pplication startup complete') && ready.test(line)) return this.#serve(line);
    const start = this.#start;
    const own = withoutForeignPrefix(line);
    if (plainRecord.test(own)) {
      this.#inRequest = false;
      start.hasEngineLines = true;
      this.#readRecord(line, own);
      if (!this.#start.served) this.#notePhase(line);
      return;
    }
    if (banner.test(line)) return this.#readRecord(line, own);
    if (line.includes('[shutdown] Executor') && executorEnds.test(line)) start.asked ??= this.#evidenceOf(line);
    if (!start.served && line.includes('%')) this.#notePhase(line);
    if (this.#sideTrace.covers(line)) return;
    if (requestTrace.test(own)) this.#inRequest = true;
    if (start.lookedUp > maxLookedUp && !around.test(line)) return;
    const statement = readStatement(line);
    if (statement?.file !== undefined || statement?.process !== undefined) start.hasEngineLines = true;
    if (statement?.process !== undefined) this.#inRequest = false;
    if (statement) this.#take(statement, line);
  }

  diagnose(end?: ProcessEnd): Diagnosis {
    const verdict = judge(this.#start, end, this.#entries);
    const before = verdict.kind === 'failed' || verdict.kind === 'unknown' ? undefined : this.#before;
    return {
      verdict,
      starts: Math.max(this.#starts, this.#start.hasEngineLines ? 1 : 0),
      ...defined({ before, version: this.#version }),
      lines: this.#lines,
    };
  }

  /** `own`: without what another program has put before it. */
  #readRecord(line: string, own: string): void {
    const begun = banner.exec(line);
    if (begun) return this.#beginServer(begun[1] ?? begun[2]!);
    const other = line.includes('headless') ? headlessBegins.exec(line) : null;
    if (other && this.#kind !== 'server') return this.#begin(other[1] ?? this.#version ?? '', 'headless');
    this.#version ??= engineVersion.exec(line)?.[1];
    if (!this.#start.served && answering.test(own)) this.#serve(line);
    const start = this.#start;
    if (told.test(line)) start.asked ??= this.#evidenceOf(line);
    if (start.served && closing.test(own)) start.closed ??= this.#evidenceOf(line);
    const lost = orphaned.exec(own);
    if (lost && !start.asked && !start.closed) start.orphan ??= this.#orphanOf(lost[1]!, line);
  }

  #orphanOf(said: string, line: string): Finding | undefined {
    const match = this.#remembered({ voice: 'error', text: said });
    return match && { ...match, voice: 'error', said, evidence: this.#evidenceOf(line) };
  }

  /** Where the log has the lines of a rank without requests too, the server's own beginning is no new start of that one. */
  #beginServer(seenVersion: string): void {
    const isMixed = this.#kind === 'headless';
    if (!isMixed) return this.#begin(seenVersion, 'server');
    this.#kind = 'server';
    this.#version = seenVersion;
  }

  #begin(seenVersion: string, kind: 'server' | 'headless'): void {
    this.#kind = kind;
    if (this.#version !== seenVersion) this.#matches.clear();
    if (seenVersion !== '') this.#version = seenVersion;
    this.#starts += 1;
    // Lines before the first banner, such as a warning of the loader, belong to the first start.
    if (this.#starts === 1) return this.#forgetShell();
    const former = judge(this.#start);
    this.#before = former.kind === 'failed' || former.kind === 'unknown' ? former : undefined;
    this.#start = { ...newStart(), hasEngineLines: true };
  }

  /** A command that the shell did not find did not keep the engine from starting. */
  #forgetShell(): void {
    const start = this.#start;
    for (const [rank, { voice, entry }] of Object.entries(start.found)) {
      if (voice !== 'outer' || (entry.topic !== 'software' && entry.topic !== 'container')) continue;
      delete start.found[rank as FailureRank];
      start.isDead = false;
    }
  }

  #serve(line: string): void {
    const start = this.#start;
    start.served ??= this.#evidenceOf(line);
    // Earlier findings did not keep the engine from serving.
    start.found = {};
    delete start.unknown;
    start.isDead = false;
  }

  #take(statement: Statement, line: string): void {
    const start = this.#start;
    // SIGINT is an order to end.
    if (start.served && statement.text.startsWith('KeyboardInterrupt')) start.asked ??= this.#evidenceOf(line);
    if (start.asked && statement.voice !== 'outer') return;
    const isRequest =
      start.served !== undefined && statement.voice !== 'outer' && isOfRequest(statement, this.#inRequest);
    if (isRequest) start.requestsLookedUp += 1;
    else start.lookedUp += 1;
    const match = start.requestsLookedUp > maxLookedUp && isRequest ? undefined : this.#remembered(statement);
    const rank = match ? rankOf(match, statement) : 'cause';
    if (isRequest && !(match && rank !== 'cause')) {
      start.requestErrors += 1;
      start.requestError ??= this.#evidenceOf(line);
      return;
    }
    if (match) {
      const evidence = this.#evidenceOf(line);
      start.found[rank] ??= { ...match, voice: statement.voice, said: statement.text, evidence };
      start.isDead ||=
        statement.voice !== 'warning' && (!start.served || rank !== 'cause' || statement.voice === 'outer');
    } else if (statement.voice === 'exception' || statement.voice === 'usage') {
      start.unknown ??= { said: statement.text, evidence: this.#evidenceOf(line) };
      start.isDead ||= !start.served;
    }
  }

  /** Caches lookups: starts that fail in the same way print the same statements. */
  #remembered(statement: Statement): Match | undefined {
    const key = `${statement.voice} ${statement.text}`;
    if (!this.#matches.has(key)) {
      if (this.#matches.size >= maxRemembered) this.#matches.clear();
      this.#matches.set(key, matchEntry(statement, this.#entries, this.#version));
    }
    return this.#matches.get(key);
  }

  #notePhase(line: string): void {
    const name = this.#readPhase?.(line);
    if (name !== undefined) this.#start.phase = { name, evidence: this.#evidenceOf(line) };
  }

  #evidenceOf(text: string): Evidence {
    return { line: this.#lines, text: shorten(text) };
  }
}

function newStart(): Start {
  return { found: {}, isDead: false, requestErrors: 0, hasEngineLines: false, lookedUp: 0, requestsLookedUp: 0 };
}

/** What a program only warns of while it tries again counts least. */
function rankOf({ entry: { rank = 'cause' } }: Match, { voice }: Statement): FailureRank {
  return voice === 'warning' && rank === 'consequence' ? 'wrapper' : rank;
}

/** Whether a statement is about one request: the server answers that with an error and goes on. */
function isOfRequest({ process, file }: Statement, inRequest: boolean): boolean {
  return (
    inRequest ||
    (process !== undefined && apiServer.test(process)) ||
    (file !== undefined && requestFiles.test(file.split('/').at(-1)!))
  );
}

function judge(start: Start, end?: ProcessEnd, entries?: readonly FailureEntry[]): Verdict {
  const { found, unknown, asked = start.closed, served, phase } = start;
  const isOver = start.isDead || end !== undefined;
  if (isOver) {
    const oom = end?.oomKills ? exitFinding(`the cgroup counted ${end.oomKills} oom_kill`, entries) : undefined;
    const cause = found.cause ?? oom;
    if (cause) return failed(cause, isKill(cause) ? found.consequence : undefined);
    const consequence = found.consequence ?? (unknown ? undefined : exitOf(end, entries));
    const isFirst = consequence && (unknown === undefined || lineOf(consequence.evidence) <= lineOf(unknown.evidence));
    if (consequence && isFirst) return failed(consequence);
    if (unknown) return { kind: 'unknown', said: unknown.said, evidence: [unknown.evidence] };
    if (found.wrapper && !start.asked) return failed(found.wrapper);
  }
  if (asked) return { kind: 'stopped', evidence: [asked] };
  if (start.orphan) return failed(start.orphan);
  if (served)
    return {
      kind: 'serving',
      requestErrors: start.requestErrors,
      evidence: [served, ...(start.requestError ? [start.requestError] : [])],
    };
  if (phase) return { kind: 'unfinished', phase: phase.name, evidence: [phase.evidence] };
  return start.hasEngineLines ? { kind: 'unfinished', evidence: [] } : { kind: 'empty' };
}

function failed({ entry, names, said, evidence }: Finding, besides?: Finding): Verdict {
  const more = besides && besides.evidence.line !== evidence.line ? [besides.evidence] : [];
  const all = [evidence, ...more].toSorted((a, b) => lineOf(a) - lineOf(b));
  return { kind: 'failed', entry, names, said, evidence: all };
}

/** Whether a cause explains the death of a process that the engine has reported. */
function isKill({ entry }: Finding): boolean {
  return entry.topic === 'limits' || entry.topic === 'slurm';
}

function exitOf(end: ProcessEnd | undefined, entries?: readonly FailureEntry[]): Finding | undefined {
  if (end === undefined) return undefined;
  const signal = end.signal ?? (end.code === null ? undefined : signalsByCode[end.code]);
  return signal === undefined ? undefined : exitFinding(`killed by ${signal}`, entries);
}

/** The exit code of a shell or a container for a signal: 128 plus its number. */
const signalsByCode: Readonly<Record<number, string>> = {
  132: 'SIGILL',
  134: 'SIGABRT',
  135: 'SIGBUS',
  137: 'SIGKILL',
  139: 'SIGSEGV',
  153: 'SIGXFSZ',
};

function exitFinding(text: string, entries: readonly FailureEntry[] = failureCatalogue): Finding | undefined {
  const match = matchEntry({ voice: 'exit', text }, entries);
  return match && { ...match, voice: 'exit', said: text, evidence: { text } };
}

function lineOf({ line = Infinity }: Evidence): number {
  return line;
}

function shorten(text: string): string {
  const line = text.trimEnd();
  return line.length > evidenceLimit ? `${line.slice(0, evidenceLimit)}…` : line;
}

/** The line without colours. Of a line that a progress bar has overwritten, the last state. */
function cleanLine(whole: string): string {
  const cut = whole.length > lineLimit ? whole.slice(0, lineLimit) : whole;
  const plain = cut.includes('\u001B') ? stripVTControlCharacters(cut) : cut;
  const line = plain.endsWith('\r') ? plain.slice(0, -1) : plain;
  return line.includes('\r') ? line.slice(line.lastIndexOf('\r') + 1) : line;
}
