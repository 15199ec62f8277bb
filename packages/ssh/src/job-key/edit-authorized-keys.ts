// Adds, replaces or removes our marked line in the text of an authorized_keys file. Leaves every other byte as it is. Pure.

import { sshError } from '../ssh-error.ts';
import { markerComment } from './key-line.ts';

export type KeysEdit = { kind: 'put'; marker: string; line: string } | { kind: 'remove'; marker: string };

export interface EditedKeys {
  text: string;
  change: 'added' | 'replaced' | 'removed' | 'none';
}

/** `text` is the file read as latin1, so that bytes of any encoding pass through. */
export function editAuthorizedKeys(text: string, edit: KeysEdit): EditedKeys {
  const comment = markerComment(edit.marker);
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const isOurs = (line: string) => isMarked(line, comment);
  if (edit.kind === 'remove') {
    const kept = lines.filter((line) => !isOurs(line));
    return { text: kept.join(''), change: kept.length === lines.length ? 'none' : 'removed' };
  }
  if (!isMarked(edit.line, comment) || /[\r\n]/.test(edit.line)) {
    throw new TypeError(`cannot put a key line that does not end with its marker ${comment}`);
  }
  refuseSecondLine(
    lines.filter((line) => !isOurs(line)),
    edit.line,
  );
  const first = lines.findIndex(isOurs);
  if (first < 0) return { text: addLine(text, edit.line), change: 'added' };
  const kept = lines.filter((line, index) => index === first || !isOurs(line));
  const edited = kept.map((line) => (isOurs(line) ? edit.line + endingOf(line) : line)).join('');
  return { text: edited, change: edited === text ? 'none' : 'replaced' };
}

/** sshd obeys the first line that holds a key, so another line with the same key and fewer options would give a job more rights. */
function refuseSecondLine(others: readonly string[], line: string): void {
  const key = /\b(?:ssh|ecdsa)-\S+ (\S+) fairlead:/.exec(line)?.[1];
  if (key === undefined || !others.some((other) => !other.trimStart().startsWith('#') && other.includes(key))) return;
  throw sshError('job_key_refused', "cannot authorize the job's key because another line authorizes the same key", {
    hint: 'Make a new key for the jobs, or remove the other line from authorized_keys.',
  });
}

function isMarked(line: string, comment: string): boolean {
  const content = line.trimEnd();
  return !content.trimStart().startsWith('#') && content.endsWith(` ${comment}`);
}

/** If the last line of the file has no line end, our line goes first: so its removal restores every byte of the file. */
function addLine(text: string, line: string): string {
  const ours = line + (text.includes('\r\n') ? '\r\n' : '\n');
  return text === '' || text.endsWith('\n') ? text + ours : ours + text;
}

function endingOf(line: string): string {
  return /\r?\n$/.exec(line)?.[0] ?? '';
}
