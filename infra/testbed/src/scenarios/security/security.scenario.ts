// What the holder of a leaked job key, another user of the same hosts, and another job can do: against real sshd
// and real Slurm. secrets.scenario.ts searches the places of secrets.

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { Researcher } from '../researcher.ts';

const state = '/home/alice/.local/share/fairlead';
const run = '/tmp/fairlead-20001';
/** With these options the client ends at once when sshd refuses a forward. */
const ssh = [
  'ssh',
  '-F',
  'none',
  '-o',
  'BatchMode=yes',
  '-o',
  'IdentitiesOnly=yes',
  '-o',
  'ExitOnForwardFailure=yes',
  '-o',
  'ConnectTimeout=10',
];
const leaked = '/home/alice/leaked_key';

let testbed: Testbed;
let alice: Researcher;
let instance: string;

beforeAll(async () => {
  testbed = await openTestbed();
  alice = new Researcher(testbed);
  ({ instance } = await alice.deploy('a', '--set', 'slurm.extra=["--nodelist=node1"]'));
  const key = await testbed.exec('login', ['sh', '-c', `cat ${state}/keys/*/job-????????????`]);
  await testbed.exec('laptop', ['sh', '-c', `umask 077; cat > ${leaked}`], { stdin: key.stdout });
}, 120_000);

afterAll(async () => {
  await testbed[Symbol.asyncDispose]();
});

const withKey = (...args: string[]) => [...ssh, '-i', leaked, ...args];

describe("The holder of the job's private key", () => {
  test.each([
    ['a shell', withKey('-T', 'bastion')],
    ['a command', withKey('bastion', 'id')],
    ['a command through its login shell', withKey('bastion', '; id;')],
  ])('does not get %s, only the gate and an echo', async (_what, argv) => {
    const { stdout } = await testbed.exec('laptop', argv, { stdin: 'id\n' });
    const [line = '', ...rest] = stdout.trim().split('\n');
    expect(JSON.parse(line)).toMatchObject({ fairlead: 2, host: 'bastion' });
    expect(rest.join('').replaceAll('\r', '')).toMatch(/^(id)?$/);
    expect(stdout).not.toContain('uid=');
  });

  test('gets no sftp', async () => {
    const { code, stdout } = await testbed.exec(
      'laptop',
      ['sftp', '-F', 'none', '-o', 'BatchMode=yes', '-i', leaked, '-b', '-', 'bastion'],
      { stdin: 'ls\n' },
    );
    expect(code).not.toBe(0);
    expect(stdout).not.toContain('.ssh');
  });

  test('gets no agent, X11 or remote TCP port', async () => {
    const { code, stderr } = await testbed.exec('laptop', withKey('-N', '-R', '0:127.0.0.1:22', 'bastion'));
    expect(code).toBe(255);
    expect(stderr).toMatch(/remote port forwarding failed/);
  });

  test.each([
    ['a port of the bastion', '127.0.0.1:22'],
    ['a port of another host', 'login:22'],
    ["control's socket", `${run}/control.sock`],
    ["an endpoint's socket", () => `${run}/${instance}-1.sock`],
  ])('cannot dial %s', async (_what, target) => {
    const to = typeof target === 'function' ? target() : target;
    const local = `/tmp/l-${randomUUID().slice(0, 8)}`;
    const dial = `${withKey('-N', '-f', '-o', 'StreamLocalBindUnlink=yes', '-L', `${local}:${to}`, 'bastion').join(' ')} && python3 - <<'P'
import socket
s = socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect('${local}')
try: s.send(b'hello\\n'); print('got', s.recv(100))
except ConnectionError: print('got', b'')
P
pkill -f -- '-L ${local}'`;
    const { stdout } = await testbed.exec('laptop', ['bash', '-c', dial]);
    expect(stdout.trim()).toBe("got b''");
    // The laptop's own key reaches it: the server forwards, but refuses the job's key.
    const own = await testbed.exec('laptop', [
      'bash',
      '-c',
      dial.replace(` -i ${leaked}`, '').replace('-o IdentitiesOnly=yes', ''),
    ]);
    if (to.endsWith(':22')) expect(own.stdout).toContain('SSH-2.0');
  });

  test('cannot replace a socket that exists', async () => {
    for (const socket of [`${run}/control.sock`, `${run}/${instance}-1.sock`]) {
      const { code, stderr } = await testbed.exec('laptop', withKey('-N', '-R', `${socket}:127.0.0.1:9`, 'bastion'));
      expect(code).toBe(255);
      expect(stderr).toMatch(/remote port forwarding failed/);
    }
  });

  test('gets no token and is not accepted as control, even at its socket', async () => {
    // Control has ended and cannot start again; an impostor holds its socket, speaks TLS and records what it receives.
    await testbed.exec('bastion', [
      'sh',
      '-c',
      `mv ${state}/bin/control.mjs ${state}/bin/away; kill -9 "$(cat ${run}/control.pid)"; rm -f ${run}/control.sock`,
    ]);
    const impostor = testbed.spawn('laptop', ['bash', '-c', impostorScript]);
    await heard(impostor.stdout, 'listening');
    const forward = testbed.spawn(
      'laptop',
      withKey('-N', '-v', '-R', `${run}/control.sock:/tmp/impostor.sock`, 'bastion'),
    );
    await heard(forward.stderr, 'remote forward success');
    try {
      const listed = await testbed.exec('laptop', ['fairlead', 'list', '--json']);
      expect(listed.code).not.toBe(0);
      expect(JSON.parse(listed.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
        ok: false,
        error: { code: 'control_untrusted' },
      });
      const told = await testbed.exec('laptop', ['cat', '/tmp/impostor.heard']);
      expect(told.stdout).toContain('connection');
      expect(told.stdout).not.toMatch(/flo_|Bearer/);
    } finally {
      forward.kill('SIGTERM');
      impostor.kill('SIGTERM');
      await testbed.exec('bastion', [
        'sh',
        '-c',
        `mv ${state}/bin/away ${state}/bin/control.mjs; rm -f ${run}/control.sock`,
      ]);
    }
    expect((await testbed.exec('laptop', ['fairlead', 'list', '--json'])).code).toBe(0);
  });
});

describe('Another user, bob, on the same hosts', () => {
  test("can open none of alice's sockets on the bastion", async () => {
    const sockets = (await testbed.exec('bastion', ['ls', run])).stdout
      .split('\n')
      .filter((name) => /\.(sock|ctl)$/.test(name));
    expect(sockets.length).toBeGreaterThanOrEqual(3);
    for (const name of sockets) {
      const tried = await testbed.exec(
        'bastion',
        ['perl', '-MIO::Socket::UNIX', '-e', `IO::Socket::UNIX->new(Peer => "${run}/${name}") or die "$!"`],
        { user: 'bob' },
      );
      expect(tried.stderr).toContain('Permission denied');
    }
  });

  test("can open neither the engine's socket nor alice's directory on the node", async () => {
    const found = await testbed.exec(
      'node1',
      ['sh', '-c', 'find / -xdev -type s -user alice 2>/dev/null; find /tmp -type s -user alice'],
      { user: 'root' },
    );
    const sockets = [...new Set(found.stdout.trim().split('\n'))];
    expect(sockets.length).toBeGreaterThanOrEqual(1);
    for (const path of sockets) {
      const tried = await testbed.exec(
        'node1',
        ['perl', '-MIO::Socket::UNIX', '-e', `IO::Socket::UNIX->new(Peer => "${path}") or die "$!"`],
        { user: 'bob' },
      );
      expect(tried.stderr).toContain('Permission denied');
    }
    const listed = await testbed.exec('node1', ['sh', '-c', `ls ${state}/jobs /tmp/fl-* 2>&1`], { user: 'bob' });
    expect(listed.stdout).not.toContain(instance);
  });

  test.each(['laptop', 'bastion', 'login', 'node1'])(
    'can neither read nor change a file of Fairlead on %s',
    async (host) => {
      // Other users may traverse homes and read programs: a cache holds only what every package of ours holds.
      const ours =
        'find /tmp/f* /run /dev/shm /var/tmp /home/alice/.local/* /home/alice/.config/* -user alice ! -type l';
      const listed = await testbed.exec(host, ['sh', '-c', `${ours} 2>/dev/null`], { user: 'root' });
      expect(listed.stdout).toContain(host === 'laptop' ? 'profile.json' : state);
      const tried = await testbed.exec(
        host,
        ['bash', '-c', 'while read -r f; do [ ! -r "$f" ] && [ ! -w "$f" ] || echo "$f"; done'],
        { user: 'bob', stdin: listed.stdout },
      );
      expect(tried.stdout).toBe('');
    },
  );

  test('cannot read the environment or memory of a process of Fairlead', async () => {
    for (const [host, program] of [
      ['bastion', '[c]ontrol.mjs serve'],
      ['node1', '[a]gent.mjs'],
      ['node1', '[e]ngine-sim.mjs'],
    ] as const) {
      const script = `pid=$(pgrep -o -f '${program}'); cat /proc/$pid/environ /proc/$pid/mem /proc/$pid/maps; ls /proc/$pid/fd`;
      const { stdout, stderr } = await testbed.exec(host, ['sh', '-c', script], { user: 'bob' });
      expect({ host, program, stdout }).toEqual({ host, program, stdout: '' });
      expect(stderr.match(/Permission denied/g)?.length).toBeGreaterThanOrEqual(4);
    }
  });

  test('finds no process of Fairlead that listens on TCP, on bastion or node', async () => {
    for (const host of ['bastion', 'node1']) {
      const { stdout } = await testbed.exec(
        host,
        ['sh', '-c', 'cat /proc/net/tcp /proc/net/tcp6 | awk \'$4 == "0A" { print $8 }\' | sort -u'],
        { user: 'root' },
      );
      expect(stdout.split('\n')).not.toContain('20001');
    }
  });
});

describe('A job of the same account', () => {
  let other: string;
  const specOf = async (id: string) => {
    const { stdout } = await testbed.exec('node1', ['cat', `${state}/jobs/${id}/spec.json`]);
    return JSON.parse(stdout) as { instanceId: string; enrolmentToken: string; jobDir: string };
  };
  /**
   * Runs the agent's own program, as the job of `id` does, with a forged spec; on the other node, because on the job's
   * node it would take the engine for a leftover and end it, which every process of the account may do.
   */
  const impersonate = async (id: string, forged: { jobDir: string }) => {
    const write =
      'umask 077; mkdir -p "$0"; cat > "$0/spec.json"; sed "s#--spec .*#--spec $0/spec.json#" "$1" > "$0/job.sh"';
    const ofJob = `${state}/jobs/${id}/job.sh`;
    await testbed.exec('node2', ['sh', '-c', write, forged.jobDir, ofJob], { stdin: JSON.stringify(forged) });
    const env = { SLURM_JOB_ID: (await alice.instance('b')).jobId };
    return testbed.spawn('node2', ['bash', `${forged.jobDir}/job.sh`], { env });
  };
  const serves = async () => {
    expect(await alice.instance('b')).toMatchObject({ state: { status: 'ready' }, endpoint: { generation: 1 } });
    const { code, stdout } = await testbed.exec('laptop', ['fairlead', 'chat', 'b', 'hi', '--max-tokens', '2']);
    expect({ code, isAnswered: stdout.trim() !== '' }).toEqual({ code: 0, isAnswered: true });
  };

  beforeAll(async () => {
    other = (await alice.deploy('b', '--set', 'slurm.extra=["--nodelist=node1"]')).instance;
  }, 60_000);

  test('cannot register as another instance with its own token, and that instance keeps its requests', async () => {
    const [own, theirs] = [await specOf(instance), await specOf(other)];
    const forged = { ...theirs, enrolmentToken: own.enrolmentToken, jobDir: '/home/alice/forged' };
    const events = alice.start('events', 'b', '-f');
    const thief = await impersonate(other, forged);
    try {
      const refused = await events.line((line) => line.includes('agent.refused'));
      expect(JSON.parse(refused)).toMatchObject({
        deployment: 'b',
        message: expect.stringContaining('(unauthorized)'),
      });
      await serves();
    } finally {
      for (const child of [thief, events.child]) process.kill(-(child.pid ?? 0), 'SIGTERM');
      await Promise.all([once(thief, 'close'), events.ended]);
    }
  }, 60_000);

  test("cannot take a running instance over, even with that instance's own spec", async () => {
    const thief = await impersonate(other, { ...(await specOf(other)), jobDir: '/home/alice/stolen' });
    const [code] = (await once(thief, 'close')) as [number];
    expect(code).not.toBe(0);
    const { stdout } = await testbed.exec('node1', ['cat', '/home/alice/stolen/agent.log']);
    expect(stdout).toContain('"code":"fenced"');
    await serves();
  }, 60_000);

  test('can read the specs of other jobs of the account, as no other user can', async () => {
    const path = `${state}/jobs/${other}/spec.json`;
    const [alices, bobs] = await Promise.all(
      ['alice', 'bob'].map((user) => testbed.exec('node1', ['cat', path], { user })),
    );
    expect(alices?.code).toBe(0);
    expect(bobs?.stderr).toContain('Permission denied');
  });
});

/** A TLS server with its own certificate on a unix socket; writes what it receives after the handshake into a file. */
const impostorScript = `
cd /tmp && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout impostor.key -out impostor.crt -subj /CN=control -days 2 2>/dev/null
exec python3 -u - <<'P'
import os, socket, ssl
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); context.load_cert_chain('impostor.crt', 'impostor.key')
if os.path.exists('/tmp/impostor.sock'): os.unlink('/tmp/impostor.sock')
server = socket.socket(socket.AF_UNIX); server.bind('/tmp/impostor.sock'); server.listen(9)
print('listening')
while True:
    raw, _ = server.accept()
    with open('/tmp/impostor.heard', 'a', buffering=1) as heard:
        heard.write('connection\\n')
        try:
            raw.settimeout(10)
            with context.wrap_socket(raw, server_side=True) as tls:
                while data := tls.recv(4096): heard.write(repr(data) + '\\n')
        except OSError as error: heard.write(f'{error}\\n')
P`;

/** Keeps reading afterwards: a program whose output is not read would end. */
async function heard(stream: Readable | null, word: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let text = '';
  stream?.on('data', (chunk) => {
    text += String(chunk);
    if (text.includes(word)) resolve();
  });
  stream?.on('close', () => reject(new Error(`it ended without saying ${word}: ${text}`)));
  await promise;
}
