// infra/bastion/gate under the usual shells of bastions, with a few lines of JavaScript as control.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, rmdir, stat, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const gateFile = fileURLToPath(new URL('../../../infra/bastion/gate', import.meta.url));
const shells: readonly (readonly string[])[] = [
  ['sh'],
  ['dash'],
  ['bash', '--posix'],
  ['busybox', 'sh'],
  ['ksh'],
  ['zsh'],
];

/** Keeps its records and a socket as control does, and records how it was started. */
const fakeControl = `
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { createServer } from 'node:net';
const [run, state] = ['--run', '--state'].map((name) => process.argv[process.argv.indexOf(name) + 1]);
writeFileSync(state + '/owner.json', JSON.stringify({ host: hostname(), bootId: 'b', pid: process.pid, runDir: run }) + '\\n');
writeFileSync(run + '/started.json', JSON.stringify({ argv: process.argv.slice(2), execArgv: process.execArgv, env: process.env }));
// Before the socket: the gate returns as soon as that is there, and tests take the file away then.
writeFileSync(run + '/control.pid', process.pid + '\\n');
createServer().listen(run + '/control.sock');
console.log('control says hello');
`;

interface Spoken {
  line: Record<string, unknown>;
  code: number | null;
  echo: string;
}

const isThere = ([shell = '']: readonly string[]): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((place) => {
    try {
      accessSync(join(place, shell), constants.X_OK);
      return true;
    } catch {
      // ENOENT: not in this directory.
      return false;
    }
  });

describe.each(shells.filter(isThere).map((argv) => ({ shell: argv.join(' '), argv })))(
  'the gate under $shell',
  ({ argv }) => {
    let base: string;
    let state: string;
    let run: string;
    const [shell = 'sh', ...shellArgs] = argv;

    beforeEach(async () => {
      base = await mkdtemp(join(tmpdir(), 'fl-gate-'));
      // No backslash: Node starts no module from such a path.
      state = join(base, `st"ate of 'alice'`);
      run = join(base, 'r"un \\x');
      await mkdir(join(state, 'bin'), { recursive: true, mode: 0o700 });
      await copyFile(gateFile, join(state, 'gate'));
      await writeFile(join(state, 'run-dir'), `${run}\n`);
    });
    afterEach(async () => {
      const pid = await readFile(join(run, 'control.pid'), 'utf8').catch(() => '');
      if (pid !== '' && Number(pid) !== process.pid) process.kill(Number(pid), 'SIGKILL');
      await rm(base, { recursive: true, force: true });
    });

    const speak = async (env: Record<string, string> = {}, gate = join(state, 'gate')): Promise<Spoken> => {
      const child = spawn(shell, [...shellArgs, gate], {
        cwd: base,
        env: { PATH: process.env['PATH'], ...env },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      child.stdin.on('error', () => undefined);
      child.stdin.end('ping 1\n');
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      const [code] = (await once(child, 'close')) as [number | null];
      const [first = '', ...rest] = said.split('\n');
      return { line: JSON.parse(first) as Spoken['line'], code, echo: rest.join('\n') };
    };
    const installControl = async (source = fakeControl) => {
      await rm(join(state, 'bin', 'node'), { force: true });
      await symlink(process.execPath, join(state, 'bin', 'node'));
      await writeFile(join(state, 'bin', 'control.mjs'), source);
    };
    const started = async () =>
      JSON.parse(await readFile(join(run, 'started.json'), 'utf8')) as {
        argv: string[];
        execArgv: string[];
        env: NodeJS.ProcessEnv;
      };

    it('prints the directory of the sockets, makes it, and echoes', async () => {
      const { line, code, echo } = await speak();
      expect(line).toEqual({
        fairlead: 2,
        host: expect.stringMatching(/./) as string,
        bootId: expect.stringMatching(/./) as string,
        run,
        control: 'absent',
      });
      expect({ code, echo }).toEqual({ code: 0, echo: 'ping 1\n' });
    });

    it("ignores the client's command", async () => {
      const witness = join(base, 'ran');
      const { echo } = await speak({ SSH_ORIGINAL_COMMAND: `touch ${witness}`, ENV: witness, BASH_ENV: witness });
      expect(echo).toBe('ping 1\n');
      await expect(readFile(witness)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it("reports control's own words when control does not start", async () => {
      const error = { code: 'store_corrupt', message: `cannot use "${'x'.repeat(300)}"\\`, hint: "Don't." };
      const line = (why: object) => JSON.stringify({ level: 50, op: 'control.start', ok: false, error: why });
      await writeFile(join(state, 'control.log'), `${line({ code: 'old', message: 'long ago' })}\n`);
      await installControl(`console.log(${JSON.stringify(line(error))}); process.exitCode = 1;`);
      expect((await speak()).line).toMatchObject({ control: 'absent', why: error });
      await installControl('process.exitCode = 1;');
      expect((await speak()).line).not.toHaveProperty('why');
    });

    it('starts control outside of this session, and finds it running afterwards', async () => {
      await installControl();
      expect((await speak({ NODE_OPTIONS: '--inspect', SSH_CONNECTION: 'x' })).line['control']).toBe('started');
      const { argv: given, execArgv, env } = await started();
      expect(given).toEqual(['serve', '--state', state, '--run', run]);
      expect(execArgv).toEqual(['--disable-sigusr1', '--max-semi-space-size=4']);
      expect(env).not.toHaveProperty('NODE_OPTIONS');
      expect(env).not.toHaveProperty('SSH_CONNECTION');
      expect(await readFile(join(state, 'control.log'), 'utf8')).toContain('control says hello');
      expect((await speak()).line['control']).toBe('running');
    });

    it('starts control again when its pid belongs to another program', async () => {
      await installControl();
      await mkdir(run, { mode: 0o700 });
      await writeFile(join(run, 'control.pid'), `${process.pid}\n`);
      expect((await speak()).line['control']).toBe('started');
    });

    it('reports that control is absent when it ends at once', async () => {
      await installControl('process.exit(1)');
      expect((await speak()).line['control']).toBe('absent');
    });

    it.each([
      ['a link', async () => symlink(base, run)],
      ['a file', async () => writeFile(run, '')],
      ['open to others', async () => mkdir(run).then(() => chmod(run, 0o755))],
    ])('refuses a run directory that is %s', async (_, make) => {
      await make();
      const { line, code } = await speak();
      expect(line).toEqual({ error: 'run_dir_unsafe', message: expect.stringContaining(run) as string });
      expect(code).toBe(1);
    });

    it('refuses a run directory that cannot be made, or is not absolute', async () => {
      await writeFile(join(state, 'run-dir'), join(base, 'no', 'such', 'place'));
      expect((await speak()).line).toMatchObject({ error: 'run_dir_unavailable' });
      await writeFile(join(state, 'run-dir'), 'relative');
      expect((await speak()).line).toMatchObject({ error: 'run_dir_invalid' });
      await writeFile(join(state, 'run-dir'), `/tmp/${'ü'.repeat(38)}`);
      const message = expect.stringContaining('80 bytes long at most: got 81') as string;
      expect((await speak()).line).toMatchObject({ error: 'run_dir_too_long', message });
    });

    it('finds control where it lives, though its pid file is gone and the record names another directory', async () => {
      await installControl();
      await speak();
      await rm(join(run, 'control.pid'));
      await writeFile(join(state, 'run-dir'), `${join(base, 'elsewhere')}\n`);
      try {
        expect((await speak()).line).toMatchObject({ control: 'running', run });
      } finally {
        const { pid } = JSON.parse(await readFile(join(state, 'owner.json'), 'utf8')) as { pid: number };
        process.kill(pid, 'SIGKILL');
      }
    });

    describe('without a directory of the user’s choice', () => {
      const record = async () => (await readFile(join(state, 'run-dir'), 'utf8')).split('\n');
      /** A session of systemd, with a `loginctl` that reports whether the user lingers. */
      const session = async (lingers: boolean) => {
        const bin = join(base, lingers ? 'lingers' : 'leaves');
        await mkdir(bin);
        await writeFile(join(bin, 'loginctl'), `#!/bin/sh\necho Linger=${lingers ? 'yes' : 'no'}\n`, { mode: 0o755 });
        // A user of another name, so that the machine's own answer about this user does not count.
        await writeFile(join(bin, 'id'), `#!/bin/sh\n[ "$1" = -un ] && echo another-name || exec /usr/bin/id "$@"\n`, {
          mode: 0o755,
        });
        const runtime = join(base, 'xdg');
        await mkdir(runtime, { recursive: true, mode: 0o700 });
        return { PATH: `${bin}:${process.env['PATH'] ?? ''}`, XDG_RUNTIME_DIR: runtime };
      };

      beforeEach(async () => {
        await rm(join(state, 'run-dir'));
        run = join(base, 'xdg', 'fairlead');
      });
      afterEach(async () => {
        // Removes the directory with the usual name if it is empty.
        await rmdir(`/tmp/fairlead-${process.getuid?.()}`).catch(() => undefined);
      });

      it('chooses once and writes the choice down, whatever later sessions are like', async () => {
        const lasting = await session(true);
        expect((await speak(lasting)).line).toMatchObject({ run });
        expect(await record()).toEqual([run, hostname(), '']);
        expect((await stat(join(state, 'run-dir'))).mode & 0o777).toBe(0o600);
        expect((await speak()).line).toMatchObject({ run });
        expect((await speak(await session(false))).line).toMatchObject({ run });
      });

      it('makes one choice for several logins at once', async () => {
        const lasting = await session(true);
        const spoken = await Promise.all([speak(), speak(lasting), speak(), speak(lasting)]);
        const [chosen] = await record();
        const others = spoken.filter(({ line }) => line['run'] !== chosen);
        expect(others).toEqual([]);
      });

      it('takes another name where another user has the usual one, and stays with it', async () => {
        // A directory that is not this user's alone, as another user would have made it.
        await mkdir(join(base, 'xdg', 'fairlead'), { recursive: true, mode: 0o755 });
        const lasting = await session(true);
        const { line } = await speak(lasting);
        run = String(line['run']);
        try {
          expect(run).toMatch(/^\/tmp\/fairlead-\d+-\w{6}$/);
          expect((await stat(run)).mode & 0o777).toBe(0o700);
          expect(await record()).toEqual([run, hostname(), '']);
          expect((await speak()).line).toMatchObject({ run });
        } finally {
          await rm(run, { recursive: true });
        }
      });

      it('chooses anew where what it chose before can be used no more', async () => {
        const gone = join(base, 'no', 'such', 'place');
        await writeFile(join(state, 'run-dir'), `${gone}\n${hostname()}\n`);
        expect((await speak(await session(true))).line).toMatchObject({ run });
        expect(await record()).toEqual([run, hostname(), '']);
      });

      it('stays where an older control lives, which wrote down less', async () => {
        await installControl(fakeControl.replace(', runDir: run', ''));
        const lasting = await session(true);
        expect((await speak(lasting)).line).toMatchObject({ run, control: 'started' });
        await rm(join(state, 'run-dir'));
        expect((await speak({ ...(await session(false)) })).line).toMatchObject({ run, control: 'running' });
        expect(await record()).toEqual([run, hostname(), '']);
      });

      it('leaves the record of another host alone unless control lives here now', async () => {
        const theirs = `/run/theirs\nother-host\n`;
        const lasting = await session(true);
        await writeFile(join(state, 'run-dir'), theirs);
        const owner = (host: string) =>
          writeFile(join(state, 'owner.json'), `{"host":"${host}","bootId":"b","pid":0}\n`);
        await owner('other-host');
        expect((await speak(lasting)).line).toMatchObject({ run });
        expect(await readFile(join(state, 'run-dir'), 'utf8')).toBe(theirs);
        await owner(hostname());
        expect((await speak(lasting)).line).toMatchObject({ run });
        expect(await record()).toEqual([run, hostname(), '']);
      });
    });

    it('refuses a state directory that others may write', async () => {
      await chmod(state, 0o770);
      expect((await speak()).line).toMatchObject({ error: 'state_dir_unsafe' });
    });

    it('finds its directory from a relative path', async () => {
      expect((await speak({}, join('.', state.slice(base.length + 1), 'gate'))).line).toMatchObject({ run });
    });
  },
);
