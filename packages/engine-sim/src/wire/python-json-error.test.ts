import { expect, test } from 'vitest';
import { pythonJsonError } from './python-json-error.ts';

// Each line was checked with Python 3.11: json.loads(text) → error.msg, error.pos.
test.each([
  ['{"model": "tiny", ', 'Expecting property name enclosed in double quotes', 18],
  ['{"a": }', 'Expecting value', 6],
  ['{"a" 1}', "Expecting ':' delimiter", 5],
  ['{"a": 1 "b": 2}', "Expecting ',' delimiter", 8],
  ['[1, 2', "Expecting ',' delimiter", 5],
  ['[1, ]', 'Expecting value', 4],
  ['{} {}', 'Extra data', 3],
  ['{"a": "b', 'Unterminated string starting at', 6],
  ['{"a": "b\n"}', 'Invalid control character at', 8],
  ['{"a": "\\x"}', 'Invalid \\escape', 7],
  ['nope', 'Expecting value', 0],
])('pythonJsonError: %j is refused as Python does', (text, reason, position) => {
  expect(pythonJsonError(text)).toEqual({ reason, position });
});
