import { execFileSync, spawnSync } from 'node:child_process';

import { systemClock } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';

import { taskOf } from './model-task.ts';
import { openExamples, renderExamples } from './open-examples.ts';
import { examplesText, readyText } from './ready-text.ts';
import { requestExamples } from './request-examples.ts';

const facts = { name: 'mine', model: 'org/model', baseUrl: 'http://127.0.0.1:9000/v1', task: 'chat' as const };
const here = { env: { XDG_CACHE_HOME: '/nonexistent' }, home: '/nonexistent', clock: systemClock };
const textOf = (apiKey?: string) => openExamples({ ...facts, apiKey }).map(({ text }) => text);

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
  const first = renderExamples(requestExamples(facts));
  expect(first).toMatch(/^curl\n {4}curl [^]*\n\nPython [^]*\n\n {4}client = [^]*\n\nTypeScript /);
  expect(examplesText(facts)).toContain(first);
  expect(renderExamples(openExamples(facts))).toContain(first);
});

describe('A model that does not chat', () => {
  it.each([
    ['bge-m3', 'embedding', /\/v1\/embeddings/, /client\.embeddings\.create/],
    ['BAAI/bge-reranker-v2-m3', 'reranker', /\/v1\/rerank/, /client\.post\(.\/rerank/],
    ['openai/whisper-large-v3', 'speech', /\/v1\/audio\/transcriptions/, /client\.audio\.transcriptions\.create/],
  ] as const)('%s is shown with requests that it answers', async (model, task, route, call) => {
    expect(await taskOf([model], here)).toBe(task);
    const examples = openExamples({ ...facts, model, task });
    const text = renderExamples(examples);
    expect(text).toMatch(route);
    expect(text).toMatch(call);
    const ready = readyText({ name: 'mine', model, task }, undefined, 0);
    expect(ready).toContain('fairlead exec mine');
    for (const shown of [text, ready]) expect(shown).not.toMatch(/chat/i);
  });

  it('has its odd name as one value of the form that curl sends', () => {
    const model = `a'b"c;type=x <$(echo run)`;
    const [curl] = requestExamples({ ...facts, model, task: 'speech' });
    const said = execFileSync('sh', ['-c', `say() { printf '<%s>\\n' "$@"; }\n${curl?.text.replace(/^curl/, 'say')}`]);
    expect(said.toString()).toContain(`<--form-string>\n<model=${model}>\n`);
  });
});

it('A model that the catalogue does not know, and one that chats, are offered chat', async () => {
  expect([await taskOf(['org/unknown'], here), await taskOf(['qwen3-8b'], here)]).toEqual(['chat', 'chat']);
  expect(readyText({ ...facts }, undefined, 0)).toContain('fairlead chat mine Hello');
});

describe('A model with an odd name, as a job may report one', () => {
  const model = `a'b"c $(echo run) \`echo run\`; echo run\nEND\n- x: "\\`;
  const example = (title: string) => {
    const found = openExamples({ ...facts, model }).find((one) => one.title.startsWith(title));
    if (!found) throw new Error(`no example ${title}`);
    return found.text;
  };
  // Prints each argument on a line of its own, as JSON.
  const inShell = (text: string) =>
    execFileSync('sh', ['-c', `say() { for word in "$@"; do printf '<%s>\\n' "$word"; done; }\n${text}`]).toString();

  it('is one value of the variable that a shell exports', () => {
    const line = example('Environment')
      .split('\n')
      .findIndex((each) => each.startsWith('export OPENAI_MODEL='));
    const rest = example('Environment').split('\n').slice(line).join('\n');
    expect(inShell(`${rest}\nprintf %s "$OPENAI_MODEL"`)).toBe(model);
  });

  it('is in the body that curl sends', () => {
    const said = inShell(example('curl').replace(/^curl/, 'say'));
    const body = /^<(\{.*\})>$/m.exec(said)?.[1] ?? '';
    expect(JSON.parse(body)).toMatchObject({ model });
    expect(said).not.toMatch(/^run$/m);
  });

  it.skipIf(spawnSync('python3', ['--version']).error !== undefined)('is one string of Python', () => {
    for (const title of ['Python', 'LangChain']) {
      const literal = /model=("(?:[^"\\]|\\.)*")/.exec(example(title))?.[1] ?? '';
      const code = 'import ast, sys; print(ast.literal_eval(sys.argv[1]), end="")';
      expect(execFileSync('python3', ['-c', code, literal]).toString()).toBe(model);
    }
  });

  it('is one string of TypeScript', () => {
    const literal = /model: ("(?:[^"\\]|\\.)*"),/.exec(example('TypeScript'))?.[1] ?? '';
    expect(JSON.parse(literal)).toBe(model);
  });

  it.each([model, 'no', '1', '~', 'a: b', '*x', 'null'])('is one string of YAML: %j', (name) => {
    const text = openExamples({ ...facts, model: name }).find(({ title }) => title.startsWith('Continue'))?.text ?? '';
    expect(parseYaml(text)).toMatchObject({ models: [{ model: name }] });
  });
});
