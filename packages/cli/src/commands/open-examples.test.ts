import { expect, it } from 'vitest';

import { firstExamples, openExamples, renderExamples } from './open-examples.ts';
import { examplesText } from './ready-text.ts';

const FACTS = { name: 'mine', model: 'org/model', baseUrl: 'http://127.0.0.1:9000/v1' };
const textOf = (apiKey?: string) => openExamples({ ...FACTS, apiKey }).map(({ text }) => text);

it('openExamples has the values of the deployment in every example that needs them', () => {
  for (const text of textOf()) {
    expect(text).toContain('http://127.0.0.1:9000/v1');
    expect(text).toContain('org/model');
  }
});

it('openExamples names the key and shows it only when it is given', () => {
  expect(textOf().join('\n')).toMatch(/OPENAI_API_KEY/);
  expect(textOf().join('\n')).not.toContain('fl_secret');
  expect(textOf('fl_secret').join('\n')).toContain('export OPENAI_API_KEY=fl_secret');
});

it('openExamples and the text of a ready deployment say the same', () => {
  const first = renderExamples(firstExamples(FACTS));
  expect(first).toMatch(/^curl\n {4}curl [^]*\n\nPython [^]*\n\n {4}client = [^]*\n\nTypeScript /);
  expect(examplesText(FACTS)).toContain(first);
  expect(renderExamples(openExamples(FACTS))).toContain(first);
});
