// Text of models, engines, agents and hosts as it is shown on a terminal: what would move the cursor, write the clipboard or turn the
// direction of reading is shown as a sign instead of being obeyed (CWE-150). Pure; looks at one character at a time, so that it
// does not matter where a stream is cut.

/** C0 but tab and newline, DEL, C1, and the overrides and isolates of Unicode's bidirectional algorithm. */
const controls = /(?![\t\n])[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu;

export function visibleText(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(controls, signOf);
}

/** The Control Pictures of Unicode where there is one, else the code point. */
function signOf(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x24_00 + code);
  return code === 0x7f ? '\u2421' : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}

/** ECMA-48 SGR: colours and the like. 8 hides text and is no colour. */
const sgrSequence = new RegExp(`(${'\u001B'}\\[[0-9;:]{0,64}m)`);
const reset = '\u001B[0m';

/** As `visibleText`; colours stay, and end with the text. */
export function visibleColouredText(text: string): string {
  const parts = text.split(sgrSequence);
  if (parts.length === 1) return visibleText(text);
  const shown = parts.map((part, at) => (at % 2 === 1 && !hides(part) ? part : visibleText(part)));
  return shown.join('').replace(/\n?$/, (end) => reset + end);
}

function hides(sgr: string): boolean {
  const codes = sgr.slice(2, -1).split(/[;:]/).map(Number);
  for (let at = 0; at < codes.length; at++) {
    if (codes[at] === 8) return true;
    // 38, 48 and 58 take a colour: 5 and an index, or 2 and three numbers.
    if ([38, 48, 58].includes(codes[at] ?? 0)) at += codes[at + 1] === 5 ? 2 : 4;
  }
  return false;
}
