// Homes, disks, shells and key files as sites have them, and what the researcher reads where one of them prevents a deployment.

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openTestbed, type Testbed } from '../../index.ts';
import { asRoot, replaceProgram } from '../break-site.ts';
import { Researcher } from '../researcher.ts';

const timeoutMs = 180_000;
const home = '/home/alice';
const keys = `${home}/.ssh/authorized_keys`;

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
}, 120_000);
afterAll(() => testbed[Symbol.asyncDispose]());

const on = async (host: string, script: string) => (await testbed.exec(host, ['sh', '-c', script])).stdout;
const deploy = (name: string, ...args: string[]) => alice.fairlead('deploy', 'demo', '--name', name, ...args);

/** Deploys until ready, then stops. */
async function deployAndStop(name: string): Promise<void> {
  await alice.deploy(name);
  expect((await alice.fairlead('stop', name, '--now')).code).toBe(0);
}

/** Mounts another file system on the login host, until the test has ended. */
async function mount(path: string, options: string): Promise<void> {
  await asRoot(
    testbed,
    'login',
    `mkdir -p ${path}; mount -t tmpfs -o uid=20001,gid=20001,mode=700,${options} x ${path}`,
  );
  onTestFinished(async () => void (await asRoot(testbed, 'login', `umount -l ${path}; rmdir ${path}`)));
}

describe('an upload', () => {
  // This test runs first: nothing is on the cluster yet.
  test(
    'that is cut in the middle is reported, leaves no part of a file, and succeeds the next time',
    async () => {
      const deploying = alice.start('deploy', 'demo', '--name', 'cut');
      const part = `${home}/.local/share/fairlead/runtime/.node-*.part`;
      await expect.poll(() => on('login', `ls ${part}`), { timeout: 40_000, interval: 20 }).not.toBe('');
      await asRoot(testbed, 'login', 'pkill -9 -u alice sshd');
      expect(await deploying.ended).toBe(4);
      expect(JSON.parse(deploying.lines.at(-1) ?? '')).toMatchObject({
        ok: false,
        error: {
          code: 'connection_lost',
          message: expect.stringMatching(/cannot finish uploading .*node-.*alice@login/),
          hint: expect.stringContaining('Try again'),
        },
      });
      await expect.poll(() => on('login', `ls ${part}`), { timeout: 10_000 }).toBe('');
      expect((await alice.fairlead('list', '--all')).last['deployments']).toEqual([]);
      await deployAndStop('cut');
    },
    timeoutMs,
  );

  const runtime = ['--set', `paths.runtime=${home}/other`];
  test.each([
    [
      'gzip',
      `echo 'gzip: stdout: Disk quota exceeded' >&2; cat >/dev/null; exit 1`,
      /your quota there is used up/,
      /quota/,
    ],
    ['sha256sum', `cat >/dev/null; echo 0000 -`, /did not arrive as they were sent.*damaged on the way/, /Try again/],
  ])(
    'that %s spoils is reported with the cause, and leaves no part of a file',
    async (program, script, words, cure) => {
      const replaced = await replaceProgram(testbed, 'login', [program, script]);
      onTestFinished(() => replaced[Symbol.asyncDispose]());
      const { code, last } = await deploy('r', ...runtime);
      expect(code).toBe(1);
      expect(last['error']).toMatchObject({
        code: 'upload_failed',
        message: expect.stringMatching(words),
        hint: expect.stringMatching(cure),
      });
      expect(await on('login', `find ${home}/other -type f`)).toBe('');
    },
    timeoutMs,
  );

  test(
    'to a full disk, or to a file system that allows no programs, is reported with the directory and the cure',
    async () => {
      await mount(`${home}/full`, 'size=20m');
      await mount(`${home}/noexec`, 'size=300m,noexec');
      const full = await deploy('r', '--set', `paths.runtime=${home}/full`);
      expect(full.last['error']).toMatchObject({
        code: 'upload_failed',
        message: expect.stringMatching(/full\/node-.* because the disk there is full: .*No space left on device/),
        hint: expect.stringContaining('choose another directory'),
      });
      const { code, last } = await deploy('r', '--set', `paths.runtime=${home}/noexec`);
      expect(code).toBe(1);
      expect(last['error']).toMatchObject({
        code: 'remote_unfit',
        message: expect.stringMatching(/cannot run .*noexec\/node-.*Permission denied/),
        hint: expect.stringMatching(/noexec.*paths.runtime/),
      });
      // It must not stay, or the next upload would take it for verified.
      expect(await on('login', `find ${home}/full ${home}/noexec -name '*node*'`)).toBe('');
      expect((await testbed.exec('login', ['squeue', '-h'])).stdout).toBe('');
    },
    timeoutMs,
  );
});

test(
  'a line of the prologue that fails is the reason, with what it printed',
  async () => {
    const { code, last } = await deploy('r', '--set', 'prologue=["module load cuda || exit 7"]');
    expect(code).toBe(1);
    expect(last['error']).toMatchObject({
      code: 'deploy_failed',
      message: expect.stringMatching(
        /this line of the prologue failed with exit code 7: exit 7\n.*module: command not found/,
      ),
      hint: expect.stringContaining('--source job'),
    });
    expect(await on('login', `cat ${home}/.local/share/fairlead/jobs/*/job.log`)).toMatch(/module: command not found/);
  },
  timeoutMs,
);

describe.each(['login', 'bastion'])('the login shell on %s', (host) => {
  test(
    'may print a banner, but not become another program',
    async () => {
      await on(host, `echo 'echo Welcome; echo "all is well" >&2' > .bashrc`);
      await deployAndStop('banner');
      // tmux does this without a terminal.
      await on(host, `echo "exec sh -c 'echo open terminal failed: not a terminal >&2; exit 1'" > .bashrc`);
      const { code, last } = await deploy('r');
      await testbed.exec(host, ['rm', `${home}/.bashrc`]);
      expect(code).toBe(1);
      expect(last['error']).toMatchObject({
        message: expect.stringContaining(host),
        hint: expect.stringMatching(/login shell.*exec tmux.*without a terminal/),
      });
    },
    timeoutMs,
  );
});

describe('authorized_keys on the bastion', () => {
  const checksum = () => on('bastion', `cksum ${keys}; ls -l ${keys} | cut -c1-10`);
  const left = () => on('bastion', 'ls .ssh');
  const usual = (text: string) => on('bastion', `cp ${keys} keys.orig; ${text}`);

  test.each([
    [
      'of 5 MB',
      `yes '# ssh-ed25519 AAAA nobody' | head -c 5000000 > ${keys}; echo >> ${keys}; cat keys.orig >> ${keys}`,
    ],
    ['with CRLF', `sed 's/$/\\r/' keys.orig > ${keys}`],
    ['without a last newline', `head -c -1 keys.orig > ${keys}`],
  ])(
    '%s works, and has its original bytes again after the last stop',
    async (_what, script) => {
      await usual(script);
      const before = await checksum();
      await alice.deploy('keys');
      expect(await checksum()).not.toBe(before);
      await alice.fairlead('stop', 'keys', '--now');
      expect(await checksum()).toBe(before);
      expect(await left()).not.toMatch(/lock|part/);
      await on('bastion', `cp keys.orig ${keys}`);
    },
    timeoutMs,
  );

  test(
    'that another program changes meanwhile keeps both changes',
    async () => {
      // Each of the first two times that Fairlead reads the file, an administrator has just added a line.
      const racing = `n=$(cat ${home}/turns 2>/dev/null || echo 0)
case $(readlink /proc/$$/fd/0) in */authorized_keys) ;; *) exec $REAL ;; esac
if [ "$n" -lt 2 ]; then echo $((n + 1)) > ${home}/turns; $REAL; echo "# admin was here $n" >> ${keys}; else exec $REAL; fi`;
      const replaced = await replaceProgram(testbed, 'bastion', ['cksum', racing]);
      onTestFinished(() => replaced[Symbol.asyncDispose]());
      await deployAndStop('raced');
      const text = await on('bastion', `cat ${keys}`);
      expect(text).toContain('# admin was here 0');
      expect(text).toContain('# admin was here 1');
      expect(text).toContain('alice@laptop');
      expect(text).not.toContain('fairlead:');
    },
    timeoutMs,
  );

  test(
    'that Fairlead may not edit: the command shows the line, the same one each time, and works after the user has added it',
    async () => {
      await asRoot(testbed, 'bastion', `chown root: ${keys}; chmod 644 ${keys}`);
      const lineOf = async () => {
        const { code, last } = await deploy('byhand');
        expect(code).toBe(1);
        const error = last['error'] as { code: string; hint: string };
        expect(error.code).toBe('authorized_keys_not_writable');
        const [what, line = ''] = error.hint.split('\n');
        expect(what).toContain('Add this line to the file');
        return line;
      };
      const line = await lineOf();
      expect(line).toMatch(/^restrict,port-forwarding,.*,command=".*\/gate",.* ssh-ed25519 \S+ fairlead:job-/);
      expect(await lineOf()).toBe(line);
      const added = await testbed.exec('bastion', ['sh', '-c', `cat >> ${keys}`], { user: 'root', stdin: `${line}\n` });
      expect(added.code).toBe(0);
      await deployAndStop('byhand');
      await deployAndStop('byhand');
    },
    timeoutMs,
  );
});
