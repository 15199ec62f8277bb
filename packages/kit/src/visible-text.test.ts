import { describe, expect, it } from 'vitest';

import { visibleColouredText, visibleText } from './visible-text.ts';

const esc = '\u001B';

describe('Text on a terminal', () => {
  it.each([
    ['an OSC sequence (clipboard, title)', `${esc}]52;c;eA==\u0007`, '␛]52;c;eA==␇'],
    ['a cursor move', `a${esc}[2Jb`, 'a␛[2Jb'],
    ['a colour', `${esc}[31mred`, '␛[31mred'],
    ['a carriage return', 'real\rfake', 'real␍fake'],
    ['backspaces', 'abc\b\b', 'abc␈␈'],
    ['NUL and DEL', '\u0000\u007F', '␀␡'],
    ['C1, which some terminals obey as well', '\u009B2J\u0085', '<U+009B>2J<U+0085>'],
    ['an override of the direction of reading', 'a\u202Eb\u2066c', 'a<U+202E>b<U+2066>c'],
    ['a vertical tab and a form feed', '\u000B\f', '␋␌'],
  ])('shows %s', (_what, text, shown) => expect(visibleText(text)).toBe(shown));

  it.each([['plain text'], ['tabs\tand\nnewlines\n'], ['日本語 שלום 🚀 e\u0301'], ['']])('leaves %j as it is', (text) =>
    expect(visibleText(text)).toBe(text),
  );

  it('ends a line of Windows as any other', () => expect(visibleText('a\r\nb\r\n')).toBe('a\nb\n'));

  it('shows the same wherever a stream is cut', () => {
    const text = `x${esc}]52;c;eA==\u0007y\u009B1Az`;
    for (let at = 0; at <= text.length; at++)
      expect(visibleText(text.slice(0, at)) + visibleText(text.slice(at))).toBe(visibleText(text));
  });
});

describe('A line of a log', () => {
  it('keeps its colours, which end with it', () =>
    expect(visibleColouredText(`${esc}[1;36m(engine)${esc}[0m ok`)).toBe(`${esc}[1;36m(engine)${esc}[0m ok${esc}[0m`));
  it('keeps colour number 8 and shows what would hide text', () => {
    expect(visibleColouredText(`${esc}[38;5;8mgrey`)).toBe(`${esc}[38;5;8mgrey${esc}[0m`);
    expect(visibleColouredText(`${esc}[8mhidden`)).toBe(`␛[8mhidden${esc}[0m`);
    expect(visibleColouredText(`${esc}[48;2;1;2;3;8mhidden`)).toContain('␛[48');
  });
  it('shows every other sequence', () =>
    expect(visibleColouredText(`${esc}[2J${esc}]0;title\u0007`)).toBe('␛[2J␛]0;title␇'));
});
