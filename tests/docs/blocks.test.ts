// Runs or checks every block of the pages, except those with a comment that says why not.

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type Block, makeProgramFolder, openWorld, readBlocks, runProgram, type World } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { checkConfig, contradictionsOf } from '@fairlead/config';
import { DocShell, notSaid, readTranscript } from './doc-shell.ts';
import { pageText, root, written } from './pages.ts';

const timeoutMs = 100_000;

const blocks = written.flatMap((page) => readBlocks(page, pageText(page)));
const here = blocks.filter(({ mark }) => mark.kind === 'none');
const of = (...languages: string[]) =>
  here
    .filter(({ language }) => languages.includes(language))
    .map((block) => ({ ...block, where: `${block.page}:${block.line}` }));

describe('Every block', () => {
  it('is of a kind that this test runs or checks, or names the test that runs it, or says why no test does', () => {
    const known = ['sh', 'console', 'yaml', 'json', 'ts'];
    const unknown = here.filter(({ language }) => !known.includes(language));
    expect(unknown.map(({ page, line, language }) => `${page}:${line} ${language}`)).toEqual([]);
    expect(here.length).toBeGreaterThan(15);
  });

  it('that is not run has a reason, and a block that another test runs names an existing test', () => {
    const wrong = blocks.filter(({ mark }) => {
      if (mark.kind === 'not run') return mark.why.split(' ').length < 2;
      return mark.kind === 'run in' && !mark.files.every(isTest);
    });
    expect(wrong.map(({ page, line, mark }) => ({ page, line, mark }))).toEqual([]);
  });

  it.each(of('yaml'))('of configuration is understood: $where', ({ text, where }) => {
    expect(contradictionsOf(checkConfig(parse(text), where))).toEqual([]);
  });

  it.each(of('json'))('of JSON can be read: $where', ({ text }) => {
    expect(() => JSON.parse(text)).not.toThrow();
  });
});

function isTest(path: string): boolean {
  return /\.(test|scenario|lane)\.ts$/.test(path) && existsSync(join(root, path));
}

/** Programs that pages use and that not every machine has. */
function missingProgram({ text }: Block): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':');
  return ['python3', 'curl'].find(
    (name) => text.includes(name) && !folders.some((folder) => existsSync(join(folder, name))),
  );
}

describe('What a reader types', () => {
  let world: World;
  let shell: DocShell;
  let failed: string | undefined;
  beforeAll(async () => {
    world = await openWorld({
      config: ({ clusters, ...config }) => ({
        ...config,
        defaultCluster: 'mycluster',
        clusters: { mycluster: clusters?.['here'] ?? {} },
      }),
    });
    shell = await DocShell.open(world);
  }, timeoutMs);
  afterAll(() => world?.[Symbol.asyncDispose](), timeoutMs);

  it.for(of('sh', 'console', 'ts'))('works: $where', { timeout: timeoutMs }, async (block, { skip }) => {
    const missing = missingProgram(block);
    skip(missing !== undefined, `this machine has no ${missing}`);
    // Later blocks use what earlier ones deployed: after a failure they are skipped, so that it is reported once.
    expect(failed, 'an earlier block failed').toBeUndefined();
    failed = block.where;
    await typed(block);
    failed = undefined;
  });

  async function typed({ language, text }: Block): Promise<void> {
    if (language === 'console') {
      for (const { command, shown } of readTranscript(text)) {
        const { code, output } = await shell.run(command);
        expect({ code, notSaid: notSaid(shown, output) }, output).toEqual({ code: 0, notSaid: [] });
      }
    } else if (language === 'ts') {
      expect(await program(text)).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/\w/) });
    } else {
      const { code, output } = await shell.run(text);
      expect(code, output).toBe(0);
    }
  }

  async function program(text: string) {
    const folder = join(world.dir, 'program');
    await mkdir(folder);
    await makeProgramFolder(folder);
    await writeFile(join(folder, 'block.ts'), text);
    return runProgram(join(folder, 'block.ts'), { env: world.env });
  }

  it('leaves the deployment that it found, after backup, restore and upgrade', async () => {
    expect((await world.json('list')).last).toMatchObject({
      deployments: [{ name: 'demo', instances: [{ state: { status: 'ready' } }] }],
    });
  });
});
