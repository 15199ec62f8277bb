// From typed lines to turns: a trailing backslash goes on, and what stands between two """ is one turn. Pure.

export type TurnState =
  | { mode: 'empty' }
  | { mode: 'continued'; lines: readonly string[] }
  | { mode: 'quoted'; lines: readonly string[] };

const fence = '"""';

/** `turn` is there when the line completed one. */
export function nextLine(state: TurnState, line: string): { state: TurnState; turn?: string } {
  if (state.mode === 'quoted') return quoted(state.lines, line);
  const opened = line.trimStart();
  if (state.mode === 'empty' && opened.startsWith(fence)) return quoted([], opened.slice(fence.length));
  const before = state.mode === 'continued' ? state.lines : [];
  if (line.endsWith('\\')) return { state: { mode: 'continued', lines: [...before, line.slice(0, -1)] } };
  return { state: { mode: 'empty' }, turn: [...before, line].join('\n') };
}

function quoted(before: readonly string[], line: string): { state: TurnState; turn?: string } {
  const end = line.trimEnd();
  if (!end.endsWith(fence)) return { state: { mode: 'quoted', lines: [...before, line] } };
  const lines = [...before, end.slice(0, -fence.length)];
  return { state: { mode: 'empty' }, turn: lines.join('\n').replace(/^\n|\n$/g, '') };
}
