// What a leaked job key can do, what another user of the same hosts can, and where secrets lie: against real sshd and real Slurm.

import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestbed, type Testbed } from '../index.ts';

const STATE = '/home/alice/.local/share/fairlead';
const RUN = '/tmp/fairlead-20001';
/** Forward requests that sshd refuses end the client at once. */
const SSH = [
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
const LEAKED = '/home/alice/leaked_key';

let testbed: Testbed;
let instance: string;

beforeAll(async () => {
  testbed = await openTestbed();
  const deployed = await testbed.exec('laptop', ['fairlead', 'deploy', 'demo', '--name', 'a', '--json']);
  expect(deployed.stderr).toBe('');
  instance = (JSON.parse(deployed.stdout.trim().split('\n').at(-1) ?? '') as { instance: string }).instance;
  const key = await testbed.exec('login', ['cat', `${STATE}/keys/job_ed25519`]);
  await testbed.exec('laptop', ['sh', '-c', `umask 077; cat > ${LEAKED}`], { stdin: key.stdout });
}, 120_000);

afterAll(async () => {
  await testbed[Symbol.asyncDispose]();
});

const withKey = (...args: string[]) => [...SSH, '-i', LEAKED, ...args];

describe("with the job's private key in hand", () => {
  test.each([
    ['a shell', withKey('-T', 'bastion')],
    ['a command', withKey('bastion', 'id')],
    ['a command through its login shell', withKey('bastion', '; id;')],
  ])('nobody gets %s, only the gate and an echo', async (_what, argv) => {
    const { stdout } = await testbed.exec('laptop', argv, { stdin: 'id\n' });
    const [line = '', ...rest] = stdout.trim().split('\n');
    expect(JSON.parse(line)).toMatchObject({ fairlead: 1, host: 'bastion' });
    expect(rest.join('').replaceAll('\r', '')).toMatch(/^(id)?$/);
    expect(stdout).not.toContain('uid=');
  });

  test('nobody gets sftp', async () => {
    const { code, stdout } = await testbed.exec(
      'laptop',
      ['sftp', '-F', 'none', '-o', 'BatchMode=yes', '-i', LEAKED, '-b', '-', 'bastion'],
      { stdin: 'ls\n' },
    );
    expect(code).not.toBe(0);
    expect(stdout).not.toContain('.ssh');
  });

  test('nobody gets an agent, X11 or a remote TCP port', async () => {
    const { code, stderr } = await testbed.exec('laptop', withKey('-N', '-R', '0:127.0.0.1:22', 'bastion'));
    expect(code).toBe(255);
    expect(stderr).toMatch(/remote port forwarding failed/);
  });

  test.each([
    ['a port of the bastion', '127.0.0.1:22'],
    ['a port of another host', 'login:22'],
    ["control's socket", `${RUN}/control.sock`],
    ["an endpoint's socket", () => `${RUN}/${instance}-1.sock`],
  ])('nobody dials %s', async (_what, target) => {
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
    // The laptop's own key does reach it: the way is there, the job's key is not let through.
    const own = await testbed.exec('laptop', [
      'bash',
      '-c',
      dial.replace(` -i ${LEAKED}`, '').replace('-o IdentitiesOnly=yes', ''),
    ]);
    if (to.endsWith(':22')) expect(own.stdout).toContain('SSH-2.0');
  });

  test("nobody takes a socket's place while it is there", async () => {
    for (const socket of [`${RUN}/control.sock`, `${RUN}/${instance}-1.sock`]) {
      const { code, stderr } = await testbed.exec('laptop', withKey('-N', '-R', `${socket}:127.0.0.1:9`, 'bastion'));
      expect(code).toBe(255);
      expect(stderr).toMatch(/remote port forwarding failed/);
    }
  });

  test('nobody is taken for control, even at its place, and no token reaches an impostor', async () => {
    // Control is gone and cannot come back; its socket is an impostor's, who speaks TLS and writes down what he hears.
    await testbed.exec('bastion', [
      'sh',
      '-c',
      `mv ${STATE}/bin/control.mjs ${STATE}/bin/away; kill -9 "$(cat ${RUN}/control.pid)"; rm -f ${RUN}/control.sock`,
    ]);
    const impostor = testbed.spawn('laptop', ['bash', '-c', IMPOSTOR]);
    await heard(impostor.stdout, 'listening');
    const forward = testbed.spawn(
      'laptop',
      withKey('-N', '-v', '-R', `${RUN}/control.sock:/tmp/impostor.sock`, 'bastion'),
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
        `mv ${STATE}/bin/away ${STATE}/bin/control.mjs; rm -f ${RUN}/control.sock`,
      ]);
    }
    expect((await testbed.exec('laptop', ['fairlead', 'list', '--json'])).code).toBe(0);
  });
});

describe('bob, on the same hosts,', () => {
  test("can open none of alice's sockets on the bastion", async () => {
    const sockets = (await testbed.exec('bastion', ['ls', RUN])).stdout
      .split('\n')
      .filter((name) => /\.(sock|ctl)$/.test(name));
    expect(sockets.length).toBeGreaterThanOrEqual(3);
    for (const name of sockets) {
      const tried = await testbed.exec(
        'bastion',
        ['perl', '-MIO::Socket::UNIX', '-e', `IO::Socket::UNIX->new(Peer => "${RUN}/${name}") or die "$!"`],
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
    const listed = await testbed.exec('node1', ['sh', '-c', `ls ${STATE}/jobs /tmp/fl-* 2>&1`], { user: 'bob' });
    expect(listed.stdout).not.toContain(instance);
  });

  test('finds nothing of ours that listens on TCP, on bastion or node', async () => {
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

describe('no secret', () => {
  /** Runs as root on a host: who mentions it in argv or environment, and which files hold it. */
  const SEARCH = `
    secret=$(cat); me=$$
    for p in /proc/[0-9]*; do
      [ "\${p#/proc/}" = "$me" ] && continue
      tr '\\0' ' ' <"$p/cmdline" 2>/dev/null | grep -qF -e "$secret" && echo "argv $(tr '\\0' ' ' <"$p/cmdline" | cut -c1-80)"
      tr '\\0' '\\n' <"$p/environ" 2>/dev/null | grep -qF -e "$secret" && echo "environment $(stat -c %U "$p") $(tr '\\0' ' ' <"$p/cmdline" | cut -c1-200)"
    done
    # The laptop sees the machine's own /tmp and homes too: what our people own there, and what daemons wrote.
    { find /home /tmp /run /dev/shm -type f '(' -user alice -o -user bob ')'; find /var/log /var/spool /var/lib/slurm /etc/slurm -type f; } 2>/dev/null |
      xargs -d '\\n' -r grep -lF -e "$secret" 2>/dev/null | while read -r f; do echo "file $(stat -c '%a %U' "$f") $f"; done`;

  async function whereIs(secret: string): Promise<string[]> {
    const hosts = ['laptop', 'bastion', 'login', 'ctl', 'node1'];
    const found = await Promise.all(
      hosts.map((host) => testbed.exec(host, ['bash', '-c', SEARCH], { user: 'root', stdin: secret })),
    );
    return found.flatMap(({ stdout }, index) =>
      stdout
        .trim()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => `${hosts[index]}: ${line}`),
    );
  }

  const spec = async () =>
    JSON.parse((await testbed.exec('login', ['cat', `${STATE}/jobs/${instance}/spec.json`])).stdout) as {
      apiKey: string;
      enrolmentToken: string;
    };
  const middleOf = (pem: string) => pem.trim().split('\n')[3] ?? '';

  test.each([
    ["endpoint's key", async () => (await spec()).apiKey, /spec\.json$/],
    ['enrolment token', async () => (await spec()).enrolmentToken, /spec\.json$/],
    [
      'owner token',
      async () =>
        (
          JSON.parse((await testbed.exec('laptop', ['cat', '.local/state/fairlead/profile.json'])).stdout) as {
            ownerToken: string;
          }
        ).ownerToken,
      /profile\.json$/,
    ],
    [
      "job's private key",
      async () => middleOf((await testbed.exec('login', ['cat', `${STATE}/keys/job_ed25519`])).stdout),
      /job_ed25519$|leaked_key$/,
    ],
    [
      "control's private key",
      async () =>
        middleOf(
          (
            await testbed.exec('bastion', [
              'sh',
              '-c',
              `cat ${STATE}/*.pem ${STATE}/*key* 2>/dev/null | sed -n '/PRIVATE/,$p'`,
            ])
          ).stdout,
        ),
      /\/identity\.pem$/,
    ],
  ] as const)('lies anywhere but in its 0600 file: the %s', async (_what, read, home) => {
    const secret = await read();
    expect(secret.length).toBeGreaterThan(15);
    const places = await whereIs(secret);
    expect(places.length).toBeGreaterThan(0);
    for (const place of places) {
      expect(place).toMatch(/: file 600 alice /);
      expect(place).toMatch(home);
    }
  });

  test("lies anywhere but in the engine's environment: the engine's key", async () => {
    const pid = (await testbed.exec('node1', ['pgrep', '-f', 'engine-sim.mjs'], { user: 'root' })).stdout
      .trim()
      .split('\n')[0];
    const environment = await testbed.exec(
      'node1',
      ['sh', '-c', `tr '\\0' '\\n' < /proc/${pid}/environ | sed -n 's/^VLLM_API_KEY=//p'`],
      { user: 'root' },
    );
    const key = environment.stdout.trim();
    expect(key.length).toBeGreaterThan(15);
    const places = await whereIs(key);
    expect(places.length).toBeGreaterThan(0);
    for (const place of places) expect(place).toMatch(/^node1: environment alice .*engine-sim\.mjs/);
  });

  test("is in Slurm's record of the job", async () => {
    const { apiKey, enrolmentToken } = await spec();
    const record = await testbed.exec('login', [
      'sh',
      '-c',
      'for j in $(squeue -h -o %i); do scontrol -d show job $j; scontrol write batch_script $j -; done',
    ]);
    expect(record.stdout).toContain('--spec');
    expect(record.stdout).not.toContain(apiKey);
    expect(record.stdout).not.toContain(enrolmentToken);
  });
});

/** A TLS server of his own certificate on a unix socket; what he hears after the handshake goes into a file. */
const IMPOSTOR = `
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

/** Goes on reading afterwards: a program whose output nobody takes would end. */
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
