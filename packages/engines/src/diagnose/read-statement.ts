// Reads the statement of one log line about a failure, if it has one. Lines that only mention an error have none: source lines
// of a traceback, INFO records, prompts, quotations. Pure.

/**
 * The origin of a statement:
 * - `exception`: the last line of a traceback, or the text of a pydantic error;
 * - `error`, `warning`: a record of the engine that is no exception;
 * - `usage`: the parser of the engine's arguments;
 * - `outer`: shell, loader, container runtime, Slurm, kernel or C++ runtime;
 * - `exit`: the end of the process, as its parent saw it.
 */
export type Voice = 'exception' | 'error' | 'warning' | 'usage' | 'outer' | 'exit';

export interface Statement {
  voice: Voice;
  /** The text without prefixes. An exception begins with its class, without the module. */
  text: string;
  /** The engine's process, such as `EngineCore_DP0`; absent if the line has no prefix. */
  process?: string;
  /** The engine's source file, such as `serving_chat.py`. */
  file?: string;
}

/**
 * The prefixes that `srun --label`, mpirun, `docker compose`, CI, `ts`, Kubernetes, the journal and `fairlead events` put before a line; names of
 * hosts, blanks and marks of a quotation before a line of the engine.
 */
const foreignPrefix =
  /^(?: {0,4}\d{1,5}: |\[\d+,\d+\]<std(?:out|err)>:|[\w.-]{1,40} +\| |\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]? {1,2}(?:std(?:out|err) [FP] )?|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]{1,60} (?!kernel)[\w.@-]{1,60}(?:\[\d+\])?: |(?: |> ?){1,4}(?=\([A-Z]\w{0,60} pid=|(?:INFO|WARNING|ERROR|CRITICAL|DEBUG) \d\d-\d\d |\[rank\d)|(?:[\w.-]{1,60}:|\[[\w.-]{1,60}\]) (?=\([A-Z]|(?:INFO|WARNING|ERROR|CRITICAL|DEBUG)[ :]|\[rank\d|\[\d{4}-))/;

export function withoutForeignPrefix(line: string): string {
  const foreign = foreignPrefix.exec(line);
  return foreign ? line.slice(foreign[0].length) : line;
}

/** `(EngineCore_DP0 pid=7) `, `(VllmWorker rank=1 pid=7) `, `(RayWorkerWrapper pid=7, ip=10.0.0.1) `, `(raylet, ip=10.0.0.1) `. */
const processPrefix =
  /^\(([A-Za-z][\w:-]{0,60})(?: rank=\d+)?(?: pid=\d+(?:, ip=[\w.:]+)?|(?<=\(raylet)(?:, ip=[\w.:]+)?)\)(?: |$)/;
const levelPrefix =
  /^(DEBUG|INFO|WARNING|ERROR|CRITICAL) \d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \[?([\w./-]{1,120}):\d+\](?: |$)/;
/** The file of vLLM that prints settings and requests, as errors, before a traceback. */
const dumpFile = /(?:^|\/)dump_input\.py$/;
/** vLLM's record of one try to ask the hub for a list of files; it tries again, or goes on without. */
const attempt = /^Error retrieving (?:file list|safetensors): /;
/** torch's reason why it sees no GPU, as a Python warning. */
const torchWarning = /^\S{1,300}\.py:\d+: UserWarning: ((?:CUDA|HIP) initialization: .+)/;
const rankPrefix = /^\[rank\d+\]: ?/;
/** torch's C++ log: `[rank0]:[E1121 02:00:21.123 ProcessGroupNCCL.cpp:607] text`; `W` is a warning. */
const torchRecord = /^(?:\[rank\d+\]:)?\[([EWF])[\d: .]{0,30}[\w./-]{1,80}:\d+\] (.+)/;
/** Ray's C++ log: `[2026-11-21 02:00:21,123 E 77 77] (raylet) rpc_client.h:153: text`; `W` is a warning, and `I` and `D` say no failure. */
const rayRecord =
  /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{1,6} ([A-Z]) \d+ \d+\] (?:\(\w[\w ]{0,40}\) )?[\w./-]{1,80}:\d+: {1,4}(.+)/;
/** Ray's Python log: `2026-11-21 02:00:21,123 WARNING node.py:1465 -- text`. */
const rayPythonRecord =
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{1,6}\t? ?(DEBUG|INFO|WARNING|ERROR|CRITICAL) [\w./-]{1,80}:\d+ -- (.+)/;
/** `(autoscaler +34s) Error: text`, which Ray says while it goes on waiting. */
const rayAutoscaler = /^\(autoscaler \+[\dhms]{1,12}\) (?:Error|Warning): (.+)/;
/** The left border of an exception group. */
const groupEdge = /^ {2,12}[|+-]+ (?=\S)/;

const exception =
  /^(?:[A-Za-z_]\w{0,80}\.){0,8}([A-Za-z_]\w{0,80}(?:Error|Exception|Interrupt|NotFound|Timeout|Failure|Expired|OutOfResources|Error_\w{1,60})(?:\(\w{1,60}\))?|Exception|OutOfResources): (.+)/;
const bareException =
  /^(?:[A-Za-z_]\w{0,80}\.){0,8}(AssertionError|NotImplementedError|MemoryError|KeyboardInterrupt|TimeoutError|RuntimeError|CancelledError)$/;
const pydantic = /^ {2}(?:Value error, (.+)|(Input should be .+))/;
const worker = /^Worker failed with error '(.+?)(?:', please check the stack trace.*)?$/;
const usage = /^(?:usage: )?[\w.-]{1,40}(?: \w{1,20})?: error: (.+)/;
/** Programs around the engine that print `<name>: error: `, such as slurmstepd. */
const usageLike = /^(?:slurmstepd|srun|sbatch|salloc|scontrol|ch-run|ch-image|slurmd|enroot|pyxis)\b/;

/** The lines of programs around the engine. The first group is the text. */
const outerForms: readonly RegExp[] = [
  // How a task ended, in the words of a shell.
  /^srun: error: [\w.,[\]-]{1,200}: tasks? [\d,-]{1,80}: ((?:Killed|Bus error|Segmentation fault|Illegal instruction|Aborted)(?: \(core dumped\))?)$/,
  /^(?:slurmstepd|srun|sbatch|slurm_script)(?:-[\w.-]+)?: (?:error|fatal): (.+)/,
  /^((?:srun|ch-run|apptainer|singularity): unrecognized option .+)/,
  /^((?:ch-run|enroot|pyxis)(?:\[\d+\])?: .+)/,
  /^(\[ERROR\] .+)/,
  /^((?:docker|podman): Error .+)/,
  /^(Error: setting up CDI .+)/,
  /^(?:\S{1,200}: )?(?:line \d{1,6}: )?(\S{1,200}: \S{1,200}: bad interpreter: .+)/,
  /^(?:\S{1,200}: )?(?:line \d{1,6}: |\d{1,6}: )?(?:exec: )?(\S{1,200}: (?:command not found|not found|No such file or directory|Permission denied|cannot execute.*|Exec format error))$/,
  /^(\S{1,200}: No module named .+)/,
  /^((?:Killed|Bus error|Segmentation fault|Illegal instruction|Aborted)(?: {0,40}\(core dumped\))?)$/,
  /^\S{1,200}: line \d{1,6}: +\d{1,8} ((?:Killed|Bus error|Segmentation fault|Illegal instruction|Aborted)(?: {0,40}\(core dumped\))?)(?: .*)?$/,
  /^(Fatal Python error: .+)/,
  /^\S{1,200}:\d{1,6}:\d{1,4}: (fatal error: .+)/,
  /^(?:\S{0,200}\/)?ld: (cannot find .+)/,
  /^(!{3,} Segfault encountered !{3,})$/,
  /^(the engine hangs: .+)/,
  /^(Failed: Cuda error .+)/,
  // NCCL's last error, after PyTorch's exception.
  /^(socket[A-Z]\w{3,30}: (?:Connect|Connection|Call|Accept)\b.+)/,
  /^(The node with node id: .+ has been marked dead .+|\d* ?Workers? .{0,200}killed due to memory pressure.*|Task was killed due to the node running low on memory.*)/,
  /^(Ray: (?:the nodes|its first node) did not .+)/,
  /^ERROR: (Unexpected bus error encountered in worker\. .+)/,
  /^(Memory access fault by GPU .+)/,
  /^ptxas(?:-\w+)? fatal {1,4}: (.+)/,
  /^(OpenBLAS blas_thread_init: pthread_create failed .+)/,
  /^ ?((?:\w{1,80} )?requires the [\w-]{1,80} library but it was not found in your environment.*)/,
  /^ {2}what\(\): {1,2}(.+)/,
  /^(?:\[[\d. ]+\] ?)?(?:\w{3} +\d+ [\d:]+ \S+ kernel: )?(NVRM: Xid .+)/,
  /^(?:\[[\d. ]+\] ?)?(?:\w{3} +\d+ [\d:]+ \S+ kernel: )?((?:Memory cgroup out of memory|Out of memory): Killed process .+)/,
  /^(?:\S{1,200}: )?(\S{1,200}: version `(?:GLIBC|GLIBCXX|CXXABI)_[\d.]+' not found.*)/,
  /^(?:\S{1,200}: )?(error while loading shared libraries: .+)/,
  /^(Lmod has detected the following error: .+)/,
  /^(?:ModuleCmd_\w+\.c\(\d+\):)?(ERROR:\d+: Unable to locate a modulefile for .+)/,
  /^(EnvironmentLocationNotFound: .+|EnvironmentNameNotFound: .+|CondaError: .+)/,
  /^(The following module\(s\) are unknown: .+)/,
  /^(?:[\w.-]{1,80}:\d+:\d+ \[\d+\] )(?:[\d: -]{0,25})(?:[\w./-]{1,80}:\d{1,6} )?NCCL WARN (.+)/,
];

/** Each line that one of `outerForms` matches has one of these words: most lines have none, and one search is faster than all forms. */
const outerWords =
  /rror|\[ERROR\]|atal|unrecognized option|pyxis|enroot|ch-run|CDI|interpreter|ot found|No such file|denied|cannot |Exec format|No module|Killed|Aborted|Bus|Seg|Illegal|hangs|Memory|OpenBLAS|requires the|what\(\)|Xid|ut of memory|version `|modulefile|Environment|following module|NCCL WARN|^socket|^Ray: |marked dead|killed due to/;

/** Undefined if the line states no failure. Reads the first 2000 characters. */
export function readStatement(whole: string): Statement | undefined {
  let line = whole.length > lineLimit ? whole.slice(0, lineLimit) : whole;
  const own = withoutForeignPrefix(line);
  const ofRay = rayStatement(line) ?? (own === line ? undefined : rayStatement(own));
  if (ofRay) return ofRay.statement;
  line = own;
  const prefix = processPrefix.exec(line);
  if (prefix) line = line.slice(prefix[0].length);
  const torch = torchRecord.exec(line);
  if (torch)
    return { voice: torch[1] === 'W' ? 'warning' : 'error', text: torch[2]!, ...(prefix && { process: prefix[1]! }) };
  const rank = rankPrefix.exec(line);
  if (rank) line = line.slice(rank[0].length);
  const level = levelPrefix.exec(line);
  if (level) line = line.slice(level[0].length);
  if (level && dumpFile.test(level[2]!)) return undefined;
  const from = { ...(prefix && { process: prefix[1]! }), ...(level && { file: level[2]! }) };
  switch (level?.[1]) {
    case undefined: {
      const edge = groupEdge.exec(line);
      return bare(edge ? line.slice(edge[0].length) : line, from);
    }
    case 'ERROR':
    case 'CRITICAL':
      if (attempt.test(line)) return { voice: 'warning', text: line, ...from };
      return exceptionIn(line, from) ?? (/^\S/.test(line) ? { voice: 'error', text: line, ...from } : undefined);
    case 'WARNING':
      return /^\S/.test(line) ? { voice: 'warning', text: line, ...from } : undefined;
    default:
      return undefined;
  }
}

/** Undefined if the line is not of Ray's own logs. */
function rayStatement(line: string): { statement: Statement | undefined } | undefined {
  const told = line.startsWith('(a') ? rayAutoscaler.exec(line) : undefined;
  if (told) return { statement: { voice: 'warning', text: told[1]! } };
  if (!/^\[?\d{4}-/.test(line)) return undefined;
  const record = rayRecord.exec(line) ?? rayPythonRecord.exec(line);
  if (!record) return undefined;
  const [, level = '', text = ''] = record;
  if (/^(?:I|D|INFO|DEBUG)$/.test(level)) return { statement: undefined };
  // Ray warns of a time limit that is over too, and then tries again.
  return { statement: { voice: level.startsWith('W') && !text.includes('TimedOut') ? 'warning' : 'error', text } };
}

const lineLimit = 2000;

type From = Pick<Statement, 'process' | 'file'>;

/** Apptainer and Singularity. */
const refusal = /^(FATAL|ERROR {2}): {1,8}(.+)/;

/** Statements that begin with blanks; other indented lines are source lines of a traceback. */
const indented = /^(?: {2,12}(?:Value error,|Input should be |what\(\):|[|+-])| requires the )/;

function bare(line: string, from: From): Statement | undefined {
  if (/^\s/.test(line) && !indented.test(line)) return undefined;
  const refused = refusal.exec(line);
  if (refused) return { voice: 'outer', text: `${refused[1]!.trimEnd()}: ${refused[2]}`, ...from };
  const raised = exceptionIn(line, from);
  if (raised) return raised;
  const warned = torchWarning.exec(line);
  if (warned) return { voice: 'warning', text: warned[1]!, ...from };
  for (const form of outerWords.test(line) ? outerForms : []) {
    const match = form.exec(line);
    if (match) return { voice: 'outer', text: match[1]!, ...from };
  }
  const wrong = usageLike.test(line) ? undefined : usage.exec(line);
  return wrong ? { voice: 'usage', text: wrong[1]!, ...from } : undefined;
}

function exceptionIn(line: string, from: From): Statement | undefined {
  const validation = pydantic.exec(line);
  if (validation) return { voice: 'exception', text: validation[1] ?? validation[2]!, ...from };
  const raised = exception.exec(line);
  if (raised) {
    const inner = worker.exec(raised[2]!);
    return { voice: 'exception', text: inner ? inner[1]! : `${raised[1]}: ${raised[2]}`, ...from };
  }
  const empty = bareException.exec(line);
  return empty ? { voice: 'exception', text: empty[1]!, ...from } : undefined;
}
