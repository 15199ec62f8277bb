// audit.jsonl: one line per life event, 0600. Lines are written in order; a failing disk ends nothing.

import { appendFile } from 'node:fs/promises';
import { errorText, type Log } from '@fairlead/kit';

export interface Audit extends AsyncDisposable {
  append: (line: Record<string, unknown>) => void;
}

export function openAudit(path: string, log: Log): Audit {
  let last: Promise<void> = Promise.resolve();
  let failed = false;
  const write = async (text: string) => {
    try {
      await appendFile(path, text, { mode: 0o600 });
      failed = false;
    } catch (error) {
      if (!failed) log.warn({ op: 'audit.append', path, error: errorText(error) }, 'cannot write the audit file');
      failed = true;
    }
  };
  return {
    append(line) {
      const text = `${JSON.stringify(line)}\n`;
      last = last.then(() => write(text));
    },
    [Symbol.asyncDispose]: () => last,
  };
}
