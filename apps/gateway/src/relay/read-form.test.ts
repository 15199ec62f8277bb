import { describe, expect, it } from 'vitest';

import { formBoundaryOf, readForm } from './read-form.ts';

const part = (name: string, content: string, more = '') =>
  `--b1\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${content}\r\n`;
const file = part('file', 'RIFF\r\n--b\r\n--b2\r\n', '; filename="a.wav"\r\nContent-Type: audio/wav');
const read = (text: string) => readForm(Buffer.from(text), 'b1');

describe('A form', () => {
  it.each([
    ['first', `${part('model', 'org/w')}${file}--b1--\r\n`],
    ['last', `${file}${part('model', 'org/w')}--b1--`],
    [
      'without quotes',
      `${file.replace('name="file"', 'name=file')}${part('model', 'org/w').replace('"model"', 'model')}--b1--\r\n`,
    ],
  ])('names its model %s', (_, text) => {
    const got = read(text);
    if (!got.ok) throw new Error(got.problem);
    expect(got.model).toBe('org/w');
    expect(text.slice(got.modelRange.start, got.modelRange.end)).toBe('org/w');
  });

  it.each([
    [`${file}--b1--`, 'it names no `model`'],
    [`${part('model', '')}--b1--`, 'it names no `model`'],
    [`${part('model', 'a')}${part('model', 'b')}--b1--`, 'it has "model" twice'],
    [`${part('model', 'a\r\nb')}--b1--`, 'its `model` is no name'],
    [`${part('model', 'a')}--b1zz`, 'a boundary of its form has no end of line'],
    [`${part('model', 'a').slice(0, -2)}`, 'its form ends before its last boundary'],
    [` ${part('model', 'a')}--b1--`, 'its form does not begin with its boundary'],
    [
      `--b1\r\nContent-Disposition: form-data; name*=utf-8''model\r\n\r\na\r\n--b1--`,
      'a part of its form has no name that can be read',
    ],
    [
      `--b1\r\nContent-Disposition: form-data; name="x"; name="model"\r\n\r\na\r\n--b1--`,
      'a part of its form has no name that can be read',
    ],
    [`--b1\r\nContent-Type: text/plain\r\n\r\na\r\n--b1--`, 'a part of its form has no name that can be read'],
    [part('x', 'y').repeat(101), 'its form has more than 100 parts'],
  ])('%j is refused: %s', (text, problem) => {
    expect(read(text)).toEqual({ ok: false, problem });
  });

  it.each([
    ['multipart/form-data; boundary=b1', 'b1'],
    ['Multipart/Form-Data;boundary="a b"', ''],
    ['multipart/form-data; boundary="a/b=c"', 'a/b=c'],
    ['multipart/form-data', ''],
    ['application/json; boundary=b1', undefined],
  ])('of type %s has the boundary %j', (type, boundary) => {
    expect(formBoundaryOf(type)).toBe(boundary);
  });
});
