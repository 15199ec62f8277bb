// Searches every host for each secret, after a run in which every program ran and most of them failed.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type KnownSecret, SecretFinder } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { type FileFound, searchFiles } from './secret-search/files.ts';
import { environments, secretFiles, kinds, leaks, outputs, unseen } from './secret-search/homes.ts';
import { HardDay } from './secret-search/load.ts';
import { RecordingTestbed } from './secret-search/outputs.ts';
import { ProcessRecorder } from './secret-search/processes.ts';
import { collectSecrets } from './secret-search/secrets.ts';

const timeoutMs = 300_000;

let testbed: Testbed;
let recorder: ProcessRecorder;
let recording: RecordingTestbed;
let day: HardDay;
let known: KnownSecret[];
let finder: SecretFinder;
let startedMs: number;
let files: FileFound[];

beforeAll(async () => {
  startedMs = Date.now();
  testbed = await openTestbed({ nodes: 1 });
  recorder = new ProcessRecorder(testbed);
  recording = new RecordingTestbed(testbed.name, testbed.directory);
  const token = `hf_${randomBytes(24).toString('hex')}`;
  const asked = `a question with the word ${randomBytes(12).toString('hex')}`;
  day = new HardDay(recording, asked);
  await day.begin(token);
  known = [
    ...(await collectSecrets(testbed)),
    { kind: 'Hugging Face token', value: token },
    { kind: 'what was asked', value: asked.slice(-24) },
  ];
  finder = new SecretFinder(known);
  await day.work();
  await day.crash();
  files = await searchFiles(testbed, finder, startedMs);
}, timeoutMs);

afterAll(async () => {
  recorder?.[Symbol.dispose]();
  await day?.end();
  await testbed?.[Symbol.asyncDispose]();
});

describe('no secret', () => {
  test('is left out of the search, and the commands from the start still run', () => {
    expect(finder.kinds.toSorted()).toEqual(kinds.toSorted());
    expect(day.isServing).toBe(true);
  });

  test('is in a file on laptop, bastion, login, controller or node, except in its own 0600 file in a 0700 directory', () => {
    expect(leaks(files, secretFiles)).toEqual([]);
    expect(unseen(files, secretFiles)).toEqual([]);
  });

  test('is in an argv, or in an environment except that of the program that needs it', () => {
    const processes = recorder.find(finder);
    expect(leaks(processes, environments)).toEqual([]);
    expect(unseen(processes, environments)).toEqual([]);
    expect(processes.every(({ uid }) => uid === 20_001)).toBe(true);
  });

  test('was printed by a command, in an error, a log, an event or a configuration, except where its user asked for it', () => {
    const said = recording.find(finder);
    expect(leaks(said, outputs)).toEqual([]);
    expect(unseen(said, outputs)).toEqual([]);
  });

  test("is in Slurm's record of a job", async () => {
    const record = 'for j in $(squeue -h -o %i); do scontrol -dd show job $j; scontrol write batch_script $j -; done';
    const { stdout } = await testbed.exec('login', ['sh', '-c', record]);
    expect(stdout).toContain('--spec');
    expect(finder.kindsIn(stdout)).toEqual([]);
  });

  test('is in a core, because no core is written', async () => {
    const find = 'find /home /tmp /var/tmp /var/crash /var/lib/systemd -name "core*" -type f -size +1000k 2>/dev/null';
    const hosts = ['bastion', 'login', 'node1'];
    const looked = await Promise.all(hosts.map((host) => testbed.exec(host, ['sh', '-c', find], { user: 'root' })));
    expect(looked.map(({ stdout }) => stdout)).toEqual(hosts.map(() => ''));
  });
});

describe('a planted secret is found', () => {
  const planted = (kind: string) => Buffer.from(known.find((secret) => secret.kind === kind)?.value ?? '');
  const write = (host: string, path: string, text: string) =>
    testbed.exec(host, ['sh', '-c', 'cat > "$0"; chmod 644 "$0"', path], { stdin: text });
  /** Names host, kind and place, and never the secret. */
  const told = <Found extends object>(found: readonly Found[], expected: readonly object[]) => {
    expect(found).toEqual(expected.map((each) => expect.objectContaining(each)));
    expect(finder.kindsIn(JSON.stringify(found))).toEqual([]);
  };

  test('in files that every user may read', async () => {
    const sinceMs = Date.now();
    await write('laptop', '/home/alice/notes.txt', `see ${planted('owner token').toString('base64')}`);
    await write('node1', '/tmp/part.log', `${planted("endpoint's key").toString().slice(0, 16)}...`);
    await write('bastion', '/tmp/dump.hex', planted("control's private key").toString('hex'));
    const found = await searchFiles(testbed, finder, sinceMs);
    const isPlanted = ({ path }: FileFound) => /notes\.txt|part\.log|dump\.hex/.test(path);
    told(leaks(found, secretFiles).filter(isPlanted), [
      { host: 'laptop', kind: 'owner token', path: '/home/alice/notes.txt', file: '644 alice' },
      { host: 'bastion', kind: "control's private key", path: '/tmp/dump.hex' },
      { host: 'node1', kind: "endpoint's key", path: '/tmp/part.log' },
    ]);
  });

  test('in an argv, in an environment, and in the output of a command', async () => {
    const token = planted('enrolment token').toString();
    const sleeper = testbed.spawn('bastion', ['perl', '-e', '$| = 1; print "up"; sleep 60', token], {
      env: { NOTE: encodeURIComponent(planted("job's private key").toString('base64')) },
    });
    try {
      if (sleeper.stdout) await once(sleeper.stdout, 'data');
      const isPlanted = ({ program }: { program: string }) => program.startsWith('perl');
      told(leaks(recorder.find(finder), environments).filter(isPlanted), [
        { host: 'bastion', kind: 'enrolment token', where: 'argv' },
        { host: 'bastion', kind: "job's private key", where: 'NOTE' },
      ]);
    } finally {
      sleeper.kill('SIGKILL');
    }
    await recording.exec('login', ['cat'], { stdin: `error: cannot use ${planted("engine's key").toString('hex')}` });
    told(leaks(recording.find(finder), outputs), [
      { host: 'login', kind: "engine's key", command: 'cat', where: 'stdout' },
    ]);
  });
});
