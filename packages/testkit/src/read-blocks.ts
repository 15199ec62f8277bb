// Finds the blocks of a page, fenced and indented, and what the comment before each says about who runs it. Pure.

export interface Block {
  page: string;
  /** Of its first line, counted from 1. */
  line: number;
  /** `sh` of an indented one; empty where a fence names none. */
  language: string;
  text: string;
  mark: Mark;
}

export type Mark = { kind: 'none' } | { kind: 'not run'; why: string } | { kind: 'run in'; files: string[] };

const keepAliveComment = /^<!-- (not run|run in|blocks run in): (.+) -->$/;
const fence = /^```(\w*)$/;
const indent = /^ {4}/;

/** A page may say once, at its top, where all its shell blocks run: `<!-- blocks run in: path -->`. */
export function readBlocks(page: string, text: string): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  let ofPage: Mark = { kind: 'none' };
  let mark: Mark = { kind: 'none' };
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line.trim() === '') continue;
    const said = keepAliveComment.exec(line);
    if (said) {
      if (said[1] === 'blocks run in') ofPage = markOf(said);
      else mark = markOf(said);
      continue;
    }
    const found = fenced(lines, at) ?? indented(lines, at);
    if (found) {
      const { language, text: body, end } = found;
      const isOfPage = mark.kind === 'none' && language === 'sh';
      blocks.push({ page, line: at + 1, language, text: body, mark: isOfPage ? ofPage : mark });
      at = end;
    }
    mark = { kind: 'none' };
  }
  return blocks;
}

function markOf([, kind, rest = '']: readonly (string | undefined)[]): Mark {
  return kind === 'not run' ? { kind, why: rest } : { kind: 'run in', files: rest.split(/,\s*/) };
}

interface Found {
  language: string;
  text: string;
  /** The index of its last line. */
  end: number;
}

function fenced(lines: readonly string[], at: number): Found | undefined {
  const language = fence.exec(lines[at] ?? '')?.[1];
  if (language === undefined) return undefined;
  const end = lines.indexOf('```', at + 1);
  if (end < 0) throw new Error(`the fence in line ${at + 1} is not closed`);
  return { language, text: lines.slice(at + 1, end).join('\n'), end };
}

/** Only after a blank line: elsewhere it is the rest of a paragraph or a list. */
function indented(lines: readonly string[], at: number): Found | undefined {
  if (!indent.test(lines[at] ?? '') || (lines[at - 1] ?? '').trim() !== '') return undefined;
  let end = at;
  for (let next = at; next < lines.length && (indent.test(lines[next] ?? '') || lines[next]?.trim() === ''); next++)
    if (lines[next]?.trim() !== '') end = next;
  const text = lines.slice(at, end + 1).map((line) => line.replace(indent, ''));
  return { language: 'sh', text: text.join('\n'), end };
}

/** Everything in a page that is set as code, in blocks and in lines. */
export function codeOf(text: string): string[] {
  const blocks = readBlocks('', text).map((block) => block.text);
  const prose = text.replaceAll(/^```[^]*?^```$/gm, '');
  return [...blocks, ...[...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)];
}
