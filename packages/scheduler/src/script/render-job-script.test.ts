import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parseDirectives } from './directive-line.ts';
import { type JobScriptPlan, prologueFailure, renderJobScript } from './render-job-script.ts';

const plan: JobScriptPlan = {
  jobName: 'fl-demo-1',
  command: ['/opt/fairlead/agent.mjs', '--spec', '/home/alice/a b/spec.json'],
  directives: {
    partition: 'gpu',
    account: 'lab@gpu',
    gpus: { perNode: 2, type: 'a100' },
    cpusPerTask: 8,
    mem: '64G',
    timeMinutes: 90,
    warnSeconds: 300,
    requeue: false,
  },
  stdoutPath: '/home/alice/a b/job-%j.log',
  workDir: '/home/alice/a b',
  runtime: { perArch: { x86_64: '/opt/node-x64', aarch64: '/opt/node-arm64' } },
  env: { TOKENIZERS_PARALLELISM: 'false', GREETING: "it's" },
  prologue: ['module load cuda/12.4'],
};

const optionsOf = (changes: Partial<JobScriptPlan>) =>
  parseDirectives(renderJobScript({ ...plan, ...changes })).map(({ name, value }) =>
    value ? `${name}=${value}` : name,
  );

describe('renderJobScript', () => {
  test('writes directives, environment, prologue, runtime and exec in this order', () => {
    const script = renderJobScript(plan);
    const prologue = /^fairlead_failed[\s\S]*\nmodule load cuda\/12.4\n[\s\S]*?unset -f fairlead_failed$/m;
    expect(script.replace(prologue, '<the prologue>')).toMatchInlineSnapshot(`
      "#!/bin/bash
      #SBATCH --job-name=fl-demo-1
      #SBATCH --output="/home/alice/a b/job-%j.log"
      #SBATCH --open-mode=append
      #SBATCH --chdir="/home/alice/a b"
      #SBATCH --export=NONE
      #SBATCH --partition=gpu
      #SBATCH --account=lab@gpu
      #SBATCH --nodes=1
      #SBATCH --ntasks-per-node=1
      #SBATCH --gres=gpu:a100:2
      #SBATCH --cpus-per-task=8
      #SBATCH --mem=64G
      #SBATCH --time=01:30:00
      #SBATCH --signal=B:USR2@300
      #SBATCH --no-requeue

      # Slurm's warning must not end the script before the program listens for it.
      trap '' USR1 USR2
      umask 077
      # A core would hold every secret of the job, and gigabytes.
      ulimit -S -c 0
      export TOKENIZERS_PARALLELISM=false
      export GREETING='it'\\''s'
      <the prologue>
      unset NODE_OPTIONS
      case "$(uname -m)" in
      x86_64|amd64) fairlead_node=/opt/node-x64 ;;
      aarch64|arm64) fairlead_node=/opt/node-arm64 ;;
      *)
      echo "fairlead: cannot start on $(uname -n) because there is no Node for the architecture $(uname -m)" >&2
      exit 78
      ;;
      esac
      if [ ! -x "$fairlead_node" ]; then
      echo "fairlead: cannot start on $(uname -n) because there is no Node at $fairlead_node" >&2
      exit 78
      fi
      exec "$fairlead_node" /opt/fairlead/agent.mjs --spec '/home/alice/a b/spec.json'
      "
    `);
  });

  test('asks for GPUs in the way the site wants', () => {
    const gpus = { perNode: 4, type: 'h100' };
    expect(optionsOf({ directives: { gpus } })).toContain('gres=gpu:h100:4');
    expect(optionsOf({ directives: { gpus: { ...gpus, request: 'gpus-per-node' } } })).toContain(
      'gpus-per-node=h100:4',
    );
    expect(optionsOf({ directives: { gpus: { ...gpus, request: 'none' } } }).join()).not.toContain('h100');
    expect(optionsOf({ directives: { gpus: { perNode: 0 } } }).join()).not.toContain('gpu');
  });

  test('lets a site omit, override and extend every directive', () => {
    const options = optionsOf({
      omit: ['mem', 'export', 'ntasks-per-node'],
      override: { partition: 'capella', 'mem-per-gpu': '64G', exclusive: '' },
      raw: ['#SBATCH --licenses=scratch:1', '--mail-type=END'],
    });
    expect(options).toContain('partition=capella');
    expect(options).not.toContain('partition=gpu');
    expect(options.filter((option) => /^(mem=|export|ntasks-per-node)/.test(option))).toEqual([]);
    expect(options.slice(-4)).toEqual(['mem-per-gpu=64G', 'exclusive', 'licenses=scratch:1', 'mail-type=END']);
  });

  test('puts a launcher before the runtime and gives its tasks an environment', () => {
    const script = renderJobScript({
      ...plan,
      launcher: ['srun', '--kill-on-bad-exit=1'],
      runtime: { nodePath: '/n' },
    });
    expect(script).toContain('exec srun --kill-on-bad-exit=1 "$fairlead_node" /opt/fairlead/agent.mjs');
    expect(script).toContain('export SLURM_EXPORT_ENV=ALL');
  });

  test.each<[string, Partial<JobScriptPlan>]>([
    ['jobName', { jobName: 'a\nb' }],
    ['workDir', { workDir: '/a\0b' }],
    ['stdoutPath', { stdoutPath: '/a\\b/%j' }],
    ['directives.comment', { directives: { comment: 'a\r' } }],
    ['directives.gpus.type', { directives: { gpus: { perNode: 1, type: 'a\n' } } }],
    ['override.qos', { override: { qos: 'x\n#SBATCH --uid=0' } }],
    ['env.A', { env: { A: 'x\ny' } }],
    ['env "A B"', { env: { 'A B': 'x' } }],
    ['command[1]', { command: ['a', 'b\n'] }],
    ['command', { command: [] }],
    ['launcher[0]', { launcher: ['s\n'] }],
    ['prologue[0]', { prologue: ['a\nb'] }],
    ['raw[0]', { raw: ['rm -rf ~'] }],
    ['runtime.nodePath', { runtime: { nodePath: '/n\n' } }],
    ['option "Mem Ory"', { omit: ['Mem Ory'] }],
  ])('refuses a bad %s by its name', (field, changes) => {
    const render = () => renderJobScript({ ...plan, ...changes });
    expect(render).toThrow(expect.objectContaining({ code: 'value_refused', message: expect.stringContaining(field) }));
  });

  test.each(['HF_TOKEN', 'OPENAI_API_KEY', 'apikey', 'DB_PASSWORD', 'AWS_SECRET_ACCESS_KEY'])(
    'refuses the secret %s without printing it',
    (name) => {
      const render = () => renderJobScript({ ...plan, env: { [name]: 'hunter2' } });
      expect(render).toThrow(expect.objectContaining({ code: 'secret_in_script' }));
      expect(render).not.toThrow(/hunter2/);
    },
  );
});

describe('the rendered script', () => {
  async function runScript(changes: Partial<JobScriptPlan>, base = plan) {
    const dir = await mkdtemp(join(tmpdir(), 'fl job ü '));
    try {
      const path = join(dir, 'job.sh');
      await writeFile(path, renderJobScript({ ...base, prologue: [], ...changes }));
      const env = { ...process.env, NODE_OPTIONS: '--no-warnings' };
      return await promisify(execFile)('bash', [path], { env }).catch(
        (error: { code: number; stdout: string; stderr: string }) => error,
      );
    } finally {
      await rm(dir, { recursive: true });
    }
  }
  const show = [
    '-e',
    'console.log(JSON.stringify([process.argv.slice(1), process.env.NODE_OPTIONS, process.env.GREETING]))',
  ];

  test('hands odd arguments and values over unchanged', async () => {
    const odd = ['a b', "it's", '$HOME', '`id`', 'ü', '', '*', '\\n'];
    const { stdout } = await runScript({ runtime: { nodePath: process.execPath }, command: [...show, ...odd] });
    expect(JSON.parse(stdout)).toEqual([odd, null, "it's"]);
  });

  test('picks the runtime of this architecture', async () => {
    const { stdout } = await runScript({
      runtime: { perArch: { x86_64: process.execPath, aarch64: process.execPath } },
      command: show,
    });
    expect(JSON.parse(stdout)[0]).toEqual([]);
  });

  test('says where a runtime is missing', async () => {
    const missing = await runScript({ runtime: { nodePath: '/nowhere/node' } });
    expect(missing).toMatchObject({ code: 78, stderr: expect.stringContaining('there is no Node at /nowhere/node') });
    const none = await runScript({ runtime: { perArch: {} } });
    expect(none).toMatchObject({ code: 78, stderr: expect.stringContaining('no Node for the architecture') });
  });

  test.skipIf(process.platform !== 'linux')('becomes the program, ignoring USR1 and USR2 until it does', async () => {
    const { runtime: _, ...native } = plan;
    const { stdout } = await runScript(
      {},
      { ...native, command: ['sh', '-c', 'echo $$ $PPID; grep SigIgn /proc/self/status'] },
    );
    const [, mask] = /SigIgn:\s+([0-9a-f]+)/.exec(stdout) ?? [];
    expect(BigInt(`0x${mask}`) & 0xa00n).toBe(0xa00n);
    expect(Number(stdout.split(' ')[1]?.split('\n')[0])).toBe(process.pid);
  });

  test.each([
    [
      'a function that fails',
      ['module() { false; return 3; }', 'module load nothing', 'echo later'],
      '3 module load nothing',
    ],
    ['a pipeline', ['true', 'echo x | grep -q y'], '1 echo x | grep -q y'],
    ['a line that ends the shell', ['exit 4'], '4 exit 4'],
    [
      'lines that fail where that is no failure',
      [
        'false || true',
        '[ -d /nowhere ] && echo there',
        'if false; then echo; fi',
        'eval "true"',
        '. /dev/stdin <<< "false; true"',
      ],
      'none',
    ],
  ])('starts the program with the first failed line of the prologue: %s', async (_what, prologue, failed) => {
    const { runtime: _, ...native } = plan;
    const command = ['sh', '-c', `echo "\${${prologueFailure}-none}"`];
    const { stdout } = await runScript({ prologue }, { ...native, command });
    expect(stdout).toBe(`${failed}\n`);
  });

  test('is valid for bash', async () => {
    const checked = execFile('bash', ['-n']);
    checked.stdin?.end(renderJobScript(plan));
    expect(await once(checked, 'close')).toEqual([0, null]);
  });
});
