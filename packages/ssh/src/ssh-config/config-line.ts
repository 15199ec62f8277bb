// One line of an ssh_config, split as OpenSSH 9 splits it (readconf.c, argv_split in misc.c). Pure.

import { isCodedError } from '@fairlead/kit';

import { sshError } from '../ssh-error.ts';

/** The place of a line, for messages. */
export interface LinePlace {
  file: string;
  line: number;
}

export interface ConfigLine {
  place: LinePlace;
  /** In lower case. */
  keyword: string;
  /** Everything after the keyword, unchanged: the argument of commands and of ProxyJump. */
  rest: string;
  /** The arguments without quotes and comments, for every other keyword. */
  words: string[];
}

const refusal = 'cannot use line';

/** Throws `ssh_config_invalid`, which names the line. */
export function refuseLine({ file, line }: LinePlace, why: string): never {
  throw sshError('ssh_config_invalid', `${refusal} ${line} of ${file} because ${why}`, {
    hint: "Correct the line, or write it in another way. Fairlead reads the file itself only if it cannot ask OpenSSH (`ssh -G`), which understands every line: without `ssh` on the PATH, on Windows, or with a HOME that is not the account's.",
  });
}

/** Adds the place of the line to an error about its value. */
export function onLine<T>(line: ConfigLine | undefined, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!line || !isCodedError(error, 'ssh_config_invalid') || error.message.startsWith(refusal)) throw error;
    return refuseLine(line.place, error.message);
  }
}

/** Undefined for an empty line or a comment. */
export function splitConfigLine(text: string, place: LinePlace): ConfigLine | undefined {
  const line = text.replace(/[ \t\r\f]+$/, '').replace(/^[ \t\r]+/, '');
  if (line === '' || line.startsWith('#')) return undefined;
  const match = /^([^ \t\r="']+)([ \t\r]*=[ \t\r]*|[ \t\r]+|$)(.*)$/s.exec(line);
  const [, keyword = '', , rest = ''] = match ?? [];
  if (!match) refuseLine(place, 'it does not begin with a keyword');
  if (rest === '') refuseLine(place, `${keyword} has no argument`);
  return { place, keyword: keyword.toLowerCase(), rest, words: splitWords(rest, place) };
}

/** Understands both kinds of quotes, a backslash before a quote, a backslash or a blank, and a comment after a blank. */
function splitWords(text: string, place: LinePlace): string[] {
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === ' ' || text[at] === '\t') at += 1;
    else if (text[at] === '#') break;
    else {
      const { word, end } = readWord(text, at, place);
      words.push(word);
      at = end;
    }
  }
  return words;
}

function readWord(text: string, start: number, place: LinePlace): { word: string; end: number } {
  let word = '';
  let quote = '';
  let at = start;
  for (; at < text.length; at += 1) {
    const char = text[at] ?? '';
    const next = text[at + 1] ?? '';
    if (char === '\\' && (/["'\\]/.test(next) || (quote === '' && next === ' '))) {
      word += next;
      at += 1;
    } else if (quote === '' && (char === ' ' || char === '\t')) break;
    else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (char === quote) quote = '';
    else word += char;
  }
  if (quote !== '') refuseLine(place, 'a quote in it is not closed');
  return { word, end: at };
}
