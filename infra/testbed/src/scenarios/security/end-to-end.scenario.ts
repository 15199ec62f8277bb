// What root of the bastion finds of a prompt and its answer: in what passes the endpoint's socket, in files, in the memory of sshd and control.
// Without end-to-end encryption all of it, so that this search can find; with it nothing.

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { type Connected, Researcher } from '../researcher.ts';
import { type MemorySearched, searchMemory } from './secret-search/memory.ts';

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed();
  alice = new Researcher(testbed);
  await alice.deploy('open');
  await alice.deploy('closed', '--set', 'endToEnd=true', '--set', 'plain=false');
}, 300_000);

afterAll(async () => {
  await testbed[Symbol.asyncDispose]();
});

const root = { user: 'root', cwd: '/' };
const requests = 20;

/** Takes the place of a socket, passes everything on, and writes down what passes. */
const relay = `
import os, socket, sys, threading
path, log = sys.argv[1:]
owner = os.stat(path)
os.rename(path, path + '.aside')
out = open(log, 'wb', buffering=0)
server = socket.socket(socket.AF_UNIX)
server.bind(path)
os.chown(path, owner.st_uid, owner.st_gid)
server.listen(64)
print('listening', flush=True)
def pump(a, b):
    try:
        while True:
            data = a.recv(65536)
            if not data: break
            out.write(data)
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass
while True:
    near, _ = server.accept()
    far = socket.socket(socket.AF_UNIX)
    far.connect(path + '.aside')
    for pair in ((near, far), (far, near)):
        threading.Thread(target=pump, args=pair, daemon=True).start()
`;

/** Asks the same many times, with a prompt that is found nowhere else. Resolves with the beginning of the answer. */
async function askOften({ baseUrl, apiKey, model }: Connected, marker: string): Promise<string> {
  const body = {
    model,
    max_tokens: 100,
    messages: [{ role: 'user', content: Array.from({ length: 100 }, () => marker).join(' ') }],
    sim: { tokens: 100 },
  };
  const ask = `curl -s --fail-with-body --max-time 60 "$0/chat/completions" -H "authorization: Bearer $1" -H 'content-type: application/json' -d @-`;
  const often = `body=$(cat); for n in $(seq ${requests}); do printf %s "$body" | ${ask} || exit 1; echo; done`;
  const { code, stdout } = await testbed.exec('laptop', ['bash', '-c', often, baseUrl, apiKey], {
    stdin: JSON.stringify(body),
  });
  expect(code, stdout).toBe(0);
  const answers = stdout.trim().split('\n');
  expect(answers).toHaveLength(requests);
  const { choices } = JSON.parse(answers.at(-1)!) as { choices: [{ message: { content: string } }] };
  const text = choices[0].message.content.trim().slice(0, 60);
  expect(text.length).toBe(60);
  expect(JSON.stringify(text)).toBe(`"${text}"`);
  return text;
}

interface Seen {
  bytesPassed: number;
  passed: string[];
  files: string[];
  memory: MemorySearched[];
}

/** What the bastion's root finds while a consumer is connected. */
async function look(name: string): Promise<{ texts: string[]; seen: Seen }> {
  const { endpoint } = await alice.instance(name);
  const log = `/root/passed-${name}`;
  const spy = testbed.spawn('bastion', ['python3', '-c', relay, endpoint!.socket, log], root);
  await once(spy.stdout!, 'data');
  const connected = await alice.connect(name);
  const marker = `prompt-${randomUUID()}`;
  const texts = [marker, await askOften(connected, marker)];
  // Of what sshd and control hold while all connections are open.
  const memory = searchMemory(testbed, 'bastion', { match: (argv) => /^sshd|control/.test(argv), texts });
  await connected.close();
  spy.kill('SIGKILL');
  const count = await testbed.exec('bastion', ['stat', '-c', '%s', log], root);
  const bytesPassed = Number(count.stdout);
  const passed = await holding(texts, [log]);
  await testbed.exec('bastion', ['rm', log], root);
  const files = await holding(texts, ['/home/alice', '/tmp', '/run', '/var/tmp', '/var/log', '/dev/shm']);
  return { texts, seen: { bytesPassed, passed, files, memory } };
}

/** Which of the texts the files of the bastion hold, its sockets and devices apart. */
async function holding(texts: readonly string[], paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    texts.map(async (text) => {
      const { code } = await testbed.exec('bastion', ['grep', '-rqsaF', '-D', 'skip', '-e', text, ...paths], root);
      return code === 0 ? [text] : [];
    }),
  );
  return found.flat();
}

const foundIn = (memory: readonly MemorySearched[], name: RegExp) => [
  ...new Set(memory.filter(({ program }) => name.test(program)).flatMap(({ found }) => found)),
];

describe("The bastion's root", () => {
  test('reads prompt and answer of a deployment that SSH alone encrypts, as they pass and in the memory of sshd', async () => {
    const { texts, seen } = await look('open');
    expect(seen.passed).toEqual(texts);
    expect(foundIn(seen.memory, /^sshd/).toSorted()).toEqual(texts.toSorted());
  }, 300_000);

  test('finds nothing of either with end-to-end encryption, where it found both', async () => {
    const { seen } = await look('closed');
    expect(seen.bytesPassed).toBeGreaterThan(requests * 4_000);
    expect(seen.passed).toEqual([]);
    expect(seen.files).toEqual([]);
    const programs = seen.memory.map(({ program }) => program);
    expect(programs.filter((program) => program.startsWith('sshd')).length).toBeGreaterThanOrEqual(3);
    expect(programs.filter((program) => program.includes('control')).length).toBeGreaterThanOrEqual(1);
    for (const { bytes } of seen.memory) expect(bytes).toBeGreaterThan(1_000_000);
    expect(seen.memory.filter(({ found }) => found.length > 0)).toEqual([]);
  }, 300_000);
});
