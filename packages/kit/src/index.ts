export { backoffMs, type BackoffPolicy } from './backoff.ts';
export { type Clock, systemClock } from './clock.ts';
export { CodedError, type CodedErrorOptions, errnoOf, errorText, isCodedError } from './coded-error.ts';
export { Listeners } from './listeners.ts';
export { type Log, type LogFields, silentLog, withFields } from './log.ts';
export { Scope } from './scope.ts';
export { createSecret, namesSecret, Secret } from './secret.ts';
export { shellJoin, shellQuote } from './shell.ts';
export { anySignal, untilAborted, withTimeLimit } from './signals.ts';
