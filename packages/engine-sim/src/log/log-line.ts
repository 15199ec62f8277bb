// One line of vLLM's log as data, and its bytes. vLLM's own records go to stdout, everything else to stderr.

export type LogProcess = 'APIServer' | 'MainProcess' | 'EngineCore' | 'Worker' | 'VllmWorker-0';

export interface LogLine {
  stream: 'out' | 'err';
  /** Written as it is; may hold `{pid}` of the server, `{pid+1}` EngineCore's, `{pid+2}` Worker's. A record's continuation lines are separated by `\n`. */
  text: string;
  /** The prefix of a record. */
  prefix?: { process: LogProcess; level: 'INFO' | 'WARNING' | 'ERROR'; source: string };
}

type Level = 'INFO' | 'WARNING' | 'ERROR';

export function record(process: LogProcess, level: Level, source: string, text: string): LogLine {
  return { stream: 'out', text, prefix: { process, level, source } };
}

export const api = (source: string, text: string): LogLine => record('APIServer', 'INFO', source, text);
export const core = (source: string, text: string): LogLine => record('EngineCore', 'INFO', source, text);
export const worker = (source: string, text: string): LogLine => record('Worker', 'INFO', source, text);

/** Python's own output: tracebacks, warnings, tqdm, uvicorn's lifecycle. */
export const err = (text: string): LogLine => ({ stream: 'err', text });

export interface RenderContext {
  pid: number;
  now: Date;
}

/** With its newline; continuation lines of a record repeat the prefix and end with `\r\n` (measured.md, Log). */
export function renderLine(line: LogLine, { pid, now }: RenderContext): string {
  const { prefix } = line;
  const text = line.text.replaceAll(/\{pid(?:\+(\d))?\}/g, (_, offset = '0') => String(pid + Number(offset)));
  if (!prefix) return `${text}\n`;
  const start = `(${prefix.process} pid=${pid + pidOffset[prefix.process]}) ${prefix.level} ${stamp(now)} [${prefix.source}] `;
  return `${start}${text.replaceAll('\n', `\r\n${start}`)}\n`;
}

/** Invented process ids: the engine's other processes are not simulated, and their ids only have to differ. */
const pidOffset: Record<LogProcess, number> = {
  APIServer: 0,
  MainProcess: 0,
  EngineCore: 1,
  Worker: 2,
  'VllmWorker-0': 2,
};

function stamp(now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${day} ${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
}
