// Searches every file, argv and environment of a world, and the output of its commands, for each secret. The search over hosts
// and users, with a real Slurm, is infra/testbed/src/scenarios/security/secrets.scenario.ts.

import { globSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

import { errnoOf } from '@fairlead/kit';
import { type CliResult, openWorld, privateHalf, processesOf, SecretFinder, type World } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const timeoutMs = 60_000;
const asked = 'how-many-roads-must-a-man-walk-down';

/** The allowed files in the world's folder: each is 0600, in a 0700 directory. */
const homes: ReadonlyArray<[kind: string, path: RegExp]> = [
  ['owner token', /^profile\.json$/],
  ["control's private key", /^bastion\/identity\.pem$/],
  ["job's private key", /^cluster\/keys\/[0-9a-f]{16}\/job-[0-9a-f]{12}$/],
  ["researcher's private key", /^id_ed25519$/],
  ['enrolment token', /^cluster\/jobs\/\w{8}\/spec\.json$/],
  ["endpoint's key", /^cluster\/jobs\/\w{8}\/spec\.json$/],
];

let world: World;
let finder: SecretFinder;
const said: Array<{ args: string } & CliResult> = [];

async function run(args: string[], options: { stdin?: string; env?: Record<string, string> } = {}): Promise<void> {
  said.push({ args: args.join(' '), ...(await world.cli(args, options)) });
}

beforeAll(async () => {
  world = await openWorld({ withProcesses: true });
  await world.deploy('a');
  const connect = world.start(['connect', 'a', '--json']);
  await connect.line((line) => line.includes('"connected"'));
  finder = new SecretFinder(await collect());
  await Promise.all([run(['chat', 'a'], { stdin: asked }), run(['open', 'a']), run(['status', 'a', '--json'])]);
  await Promise.all([run(['events', 'a', '--json']), run(['config']), run(['logs', 'a', '--source', 'agent'])]);
  await Promise.all([
    run(['exec', 'a', '--verbose', '--', 'no-such-command']),
    run(['chat', 'a', 'hi', '--model', 'nope', '--verbose']),
    run(['list', '--verbose', '--config', join(world.dir, 'id_ed25519')]),
  ]);
}, timeoutMs);
afterAll(() => world?.[Symbol.asyncDispose](), timeoutMs);

async function collect() {
  const read = (path: string) => readFile(join(world.dir, path), 'utf8');
  const [job = ''] = await readdir(join(world.dir, 'cluster/jobs'));
  const [jobKey = ''] = globSync('cluster/keys/*/job-????????????', { cwd: world.dir });
  const spec = JSON.parse(await read(`cluster/jobs/${job}/spec.json`)) as Record<string, string>;
  const identity = await read('bastion/identity.pem');
  const profile = JSON.parse(await read('profile.json')) as Record<string, string>;
  return [
    { kind: 'owner token', value: profile['ownerToken'] ?? '' },
    { kind: "control's private key", value: privateHalf(identity.split('-----BEGIN CERTIFICATE')[0] ?? '') },
    { kind: "job's private key", value: privateHalf(await read(jobKey)) },
    { kind: "researcher's private key", value: privateHalf(await read('id_ed25519')) },
    { kind: 'enrolment token', value: spec['enrolmentToken'] ?? '' },
    { kind: "endpoint's key", value: spec['apiKey'] ?? '' },
    { kind: 'what was asked', value: asked },
    ...(process.platform === 'linux' ? [{ kind: "engine's key", value: await engineKey() }] : []),
  ];
}

async function engineKey(): Promise<string> {
  const engines = (await processesOf(world.dir)).filter(({ args }) => /engine-sim\S* serve/.test(args));
  const environments = await Promise.all(engines.map(({ pid }) => environ(pid)));
  return environments.map((text) => /VLLM_API_KEY=([^\0]+)/.exec(text)?.[1]).find((key) => key !== undefined) ?? '';
}

/** Empty when the process has just ended. */
function environ(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
}

async function places(): Promise<string[]> {
  const files = (await readdir(world.dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const found = await Promise.all(files.map((entry) => kindsIn(join(entry.parentPath, entry.name))));
  return found.flat();
}

/** `<kind> in <path>`, with what is wrong with its modes. */
async function kindsIn(path: string): Promise<string[]> {
  try {
    const kinds = finder.kindsIn(await readFile(path));
    if (kinds.length === 0) return [];
    const [file, directory] = await Promise.all([stat(path), stat(dirname(path))]);
    const isPrivate = (file.mode & 0o777) === 0o600 && (directory.mode & 0o777) === 0o700;
    const name = relative(world.dir, path);
    return kinds.map((kind) => `${kind} in ${name}${isPrivate ? '' : `, which others may reach`}`);
  } catch (error) {
    // A temporary file that will be renamed.
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

const isAtHome = (place: string) =>
  homes.some(([kind, path]) => place.startsWith(`${kind} in `) && path.test(place.slice(kind.length + 4)));

describe('No secret', () => {
  it('lies in a file of the world but in its own, with mode 0600', async () => {
    const found = await places();
    expect(found.filter((place) => !isAtHome(place))).toEqual([]);
    expect(found).toHaveLength(homes.length);
  });

  it('is in the argv of a process', async () => {
    const processes = await processesOf(world.dir);
    expect(processes.some(({ args }) => args.includes('spec.json'))).toBe(true);
    expect(processes.flatMap(({ args }) => finder.kindsIn(args))).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')("is in an environment, but the engine's own in its own", async () => {
    const found = await Promise.all(
      (await processesOf(world.dir)).map(async ({ pid, args }) => {
        const kinds = finder.kindsIn(await environ(pid));
        return kinds.map((kind) => `${kind} of ${/engine-sim/.exec(args)?.[0] ?? args}`);
      }),
    );
    expect(new Set(found.flat())).toEqual(new Set(["engine's key of engine-sim"]));
  });

  it('is in what a command says, but where its user asks for it', async () => {
    expect(said).toHaveLength(9);
    for (const { args, stdout, stderr } of said) expect([args, ...finder.kindsIn(stdout + stderr)]).toEqual([args]);
    const shown = await world.cli(['open', 'a', '--show-key']);
    expect(finder.kindsIn(shown.stdout)).toEqual(["endpoint's key"]);
  });

  it('that is planted is missed', async () => {
    const profile = await readFile(world.profileFile);
    await writeFile(join(world.dir, 'notes.txt'), profile.toString('base64'), { mode: 0o644 });
    expect((await places()).filter((place) => !isAtHome(place))).toEqual([
      'owner token in notes.txt, which others may reach',
    ]);
  });
});

describe('A name that is a path', () => {
  it.each(['..%2fa', 'a/../../profile.json'])('leads nowhere: %s', async (name) => {
    const result = await world.cli(['status', name]);
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toContain(name);
  });
});
