// The small log interface that everything inside takes; pino implements it in the roots.

export interface Log {
  debug(fields: LogFields, message?: string): void;
  info(fields: LogFields, message?: string): void;
  warn(fields: LogFields, message?: string): void;
  error(fields: LogFields, message?: string): void;
}

export type LogFields = Record<string, unknown>;

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A log whose every line carries `fields`. */
export function withFields(log: Log, fields: LogFields): Log {
  const add = (level: keyof Log) => (more: LogFields, message?: string) => log[level]({ ...fields, ...more }, message);
  return { debug: add('debug'), info: add('info'), warn: add('warn'), error: add('error') };
}
