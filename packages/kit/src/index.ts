export { backoffMs, type BackoffPolicy } from './backoff.ts';
export { callLater } from './call-later.ts';
export { type Clock, systemClock, systemRandom } from './clock.ts';
export { CodedError, type CodedErrorOptions, errnoOf, errorText, isCodedError } from './coded-error.ts';
export { checkOwned, connectOwned } from './connect-owned.ts';
export { countBuffersAsHeap } from './count-buffers-as-heap.ts';
export { type Defined, defined } from './defined.ts';
export { detach } from './detach.ts';
export { Guard } from './guard.ts';
export { createLineCutter, type LineCutter, linesOf } from './line-cutter.ts';
export { Listeners } from './listeners.ts';
export { type Log, type LogFields, silentLog, withFields } from './log.ts';
export { mapLimited } from './map-limited.ts';
export { markHandled } from './mark-handled.ts';
export { type Duration, durationOf, retryPassing, type RetryOptions } from './passing.ts';
export {
  isOutOfReach,
  listPids,
  mapProcesses,
  parseProcStat,
  type ProcessStat,
  readProcStat,
  readProcWords,
} from './proc.ts';
export { repeatEvery, type RepeatOptions, repeatTurns } from './repeat-turns.ts';
export { visibleColouredText, visibleText } from './visible-text.ts';
export { writeWholeFile } from './write-whole-file.ts';
export { Scope } from './scope.ts';
export { createSecret, namesSecret, Secret } from './secret.ts';
export { shellJoin, shellQuote } from './shell.ts';
export { signalProcess } from './signal-process.ts';
export {
  go,
  listTransitions,
  type Machine,
  nameWith,
  renderTransitions,
  stay,
  type Step,
  type TransitionRow,
} from './state-machine.ts';
export { anySignal, untilAborted, untilOver, withTimeLimit } from './signals.ts';
export { nearestNames } from './nearest-names.ts';
export { openTimeLimit, type TimeLimit } from './time-limit.ts';
