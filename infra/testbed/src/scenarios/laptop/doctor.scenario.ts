// `fairlead doctor` on a real site: it passes where nothing is wrong, and names each fault that a script makes by one check.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openTestbed, type Testbed } from '../../index.ts';
import { reloadSshd } from '../reload-sshd.ts';
import { type Line, Researcher } from '../researcher.ts';

const timeoutMs = 120_000;

let testbed: Testbed;
let alice: Researcher;

beforeAll(async () => {
  testbed = await openTestbed({ nodes: 1 });
  alice = new Researcher(testbed);
  expect((await alice.fairlead('init', '--yes')).code).toBe(0);
}, timeoutMs);
afterAll(() => testbed[Symbol.asyncDispose]());

function checksOf(lines: readonly Line[], status: string): string[] {
  return lines.filter((line) => line.event === 'check' && line['status'] === status).map((line) => String(line['id']));
}

async function sh(host: string, script: string, user: 'root' | 'alice' = 'root'): Promise<string> {
  const { code, stdout, stderr } = await testbed.exec(host, ['sh', '-c', script], { user });
  if (code !== 0) throw new Error(`cannot do this on ${host}: ${script}: ${stderr}`);
  return stdout;
}

/** All files of alice on bastion and cluster, except logs and the files of Slurm and SSH. */
async function filesOf(host: string): Promise<string> {
  return sh(host, 'find . /tmp -user alice -not -path "*/.local/share/fairlead/control*" | sort', 'alice');
}

describe('A healthy site', () => {
  it(
    'passes all checks, those of the compute node too, and the checks leave nothing behind',
    async () => {
      const before = [await filesOf('bastion'), await filesOf('login'), await filesOf('node1')];
      const { code, lines, last, stderr } = await alice.fairlead('doctor', '--yes');
      expect(checksOf(lines, 'fail')).toEqual([]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(last).toMatchObject({ event: 'doctor.done', ok: true, failed: [] });
      expect(checksOf(lines, 'skipped')).toEqual([]);
      // The testbed has neither a GPU driver nor an engine.
      expect(checksOf(lines, 'warn')).toEqual(['engine.vllm', 'compute.gpus', 'compute.engine']);
      expect(checksOf(lines, 'ok')).toContain('compute.hop');
      expect([await filesOf('bastion'), await filesOf('login'), await filesOf('node1')]).toEqual(before);
      expect(await sh('login', 'squeue -h')).toBe('');
    },
    timeoutMs,
  );

  it('gets no test job from a program without --yes', async () => {
    const { code, lines } = await alice.fairlead('doctor');
    expect(code).toBe(0);
    expect(lines.find((line) => line['id'] === 'compute.job')).toMatchObject({
      status: 'skipped',
      found: expect.stringContaining('--yes'),
    });
  });
});

interface Fault {
  what: string;
  /** The checks that name the fault; checks that need these may be skipped. */
  checks: string[];
  args?: string[];
  /** Host, the script that breaks it, the script that repairs it; as root. */
  broken?: [host: string, breaking: string, mending: string];
}

const sshd = (line: string): [string, string, string] => [
  'bastion',
  `cp /etc/ssh/sshd_config /run/kept; sed -i '1i ${line}' /etc/ssh/sshd_config; ${reloadSshd}`,
  `cp /run/kept /etc/ssh/sshd_config; ${reloadSshd}`,
];
const keys = '/home/alice/.ssh/authorized_keys';
const hostKey = '/etc/ssh/host_key_bastion';
const state = '/home/alice/.local/share/fairlead';
const set = (...settings: string[]) => settings.flatMap((setting) => ['--set', setting]);

/** Several independent faults at a time: none hides another. */
const rounds: Fault[][] = [
  [
    {
      what: 'a bastion that forbids socket forwarding',
      checks: ['bastion.listen'],
      broken: sshd('AllowStreamLocalForwarding no'),
    },
    {
      what: 'authorized_keys read-only',
      checks: ['bastion.authorized-keys'],
      broken: ['bastion', `chmod 400 ${keys}`, `chmod 600 ${keys}`],
    },
    {
      what: 'a clock that is off',
      checks: ['bastion.clock'],
      broken: replaced('bastion', '/usr/bin/date', 'echo 1e9'),
    },
    {
      what: 'a full directory of job files',
      checks: ['login.state-dir', 'login.runtime-dir'],
      broken: mounted('size=100k'),
    },
    {
      what: 'a wrong partition',
      checks: ['slurm.partition'],
      args: set('slurm.partition=gpus'),
    },
    {
      what: 'a prologue that fails',
      checks: ['engine.prologue'],
      args: set('prologue=["module load nowhere"]'),
    },
    { what: 'a token that others may read', checks: ['engine.token'], args: set('tokenFile=/etc/hostname') },
  ],
  [
    {
      what: 'a bastion that forwards only from sockets',
      checks: ['bastion.dial'],
      broken: sshd('AllowStreamLocalForwarding remote'),
    },
    { what: 'a directory of programs that is noexec', checks: ['login.runtime-dir'], broken: mounted('noexec') },
    { what: 'a wrong GPU type', checks: ['slurm.gpu', 'slurm.test-only'], args: set('gpu.type=h100') },
    { what: 'a time limit above that of the partition', checks: ['slurm.time'], args: set('slurm.time=3-00:00:00') },
    {
      what: 'an engine that is not there',
      checks: ['engine.vllm'],
      args: set('engines.vllm.command=[/opt/vllm/bin/vllm, serve]'),
    },
    {
      what: "the bastion's name unknown inside",
      checks: ['login.bastion'],
      args: set('bastion.fromCluster.host=gone'),
    },
  ],
  [
    {
      what: 'a bastion with another host key',
      checks: ['bastion.host-key'],
      broken: [
        'bastion',
        `mv ${hostKey} ${hostKey}.kept; ssh-keygen -q -t ed25519 -N "" -f ${hostKey}; ${reloadSshd}`,
        `mv ${hostKey}.kept ${hostKey}; ${reloadSshd}`,
      ],
    },
    {
      what: 'sbatch missing',
      checks: ['slurm.commands'],
      broken: ['login', 'mount --bind /dev/null /usr/bin/sbatch', 'umount /usr/bin/sbatch'],
    },
  ],
  [
    {
      what: "a bastion's name that does not resolve",
      checks: ['bastion.name'],
      args: set('bastion.fromLaptop.host=gone'),
    },
    { what: 'a login host that refuses the user', checks: ['login.login'], args: set('login.user=nobody') },
  ],
  [
    {
      what: "a directory of control's sockets that others may enter",
      checks: ['bastion.run-dir'],
      broken: ['bastion', 'chmod 755 /tmp/fairlead-20001', 'chmod 700 /tmp/fairlead-20001'],
    },
    {
      what: 'a login shell that runs something else',
      checks: ['login.shell'],
      broken: ['login', 'echo "exec cat" > /home/alice/.bashrc', 'rm /home/alice/.bashrc'],
    },
  ],
  [
    {
      what: 'a controller that is down',
      checks: ['slurm.answers'],
      broken: [
        'ctl',
        'kill $(cat /run/slurm/slurmctld.pid); while pgrep -x slurmctld >/dev/null; do sleep 0.1; done',
        // Until the node is back, Slurm would say that it has none.
        '/usr/sbin/slurmctld </dev/null >/dev/null 2>&1; until sinfo -h -t idle -p gpu -o %D | grep -q 1; do sleep 0.1; done',
      ],
    },
  ],
];

function replaced(host: string, program: string, script: string): [string, string, string] {
  return [
    host,
    `printf '#!/bin/sh\n${script}\n' > /run/instead; chmod 755 /run/instead; mount --bind /run/instead ${program}`,
    `umount ${program}`,
  ];
}

function mounted(options: string): [string, string, string] {
  return [
    'login',
    `mkdir -p ${state}; chown -R alice: /home/alice/.local; mount -t tmpfs -o mode=777,${options} small ${state}`,
    `umount ${state}`,
  ];
}

describe('Faults that a script makes', () => {
  it.each(rounds.map((faults) => ({ faults, what: faults.map((fault) => fault.what).join('; ') })))(
    'are named: $what',
    async ({ faults }) => {
      for (const { broken } of faults) if (broken) await sh(broken[0], broken[1]);
      try {
        const args = faults.flatMap((fault) => fault.args ?? []);
        const { code, lines, last } = await alice.fairlead('doctor', '--no-job', ...args);
        const failed = checksOf(lines, 'fail');
        expect(failed.toSorted()).toEqual([...new Set(faults.flatMap(({ checks }) => checks))].toSorted());
        expect(last).toMatchObject({ event: 'doctor.done', ok: false, failed });
        for (const line of lines.filter(({ status }) => status === 'fail'))
          expect(line, String(line['id'])).toMatchObject({
            tried: expect.stringMatching(/\w/),
            found: expect.stringMatching(/\w/),
            todo: expect.stringMatching(/\w/),
          });
        expect(code).toBe(1);
      } finally {
        for (const { broken } of faults.toReversed()) if (broken) await sh(broken[0], broken[2]);
      }
    },
    timeoutMs,
  );

  it(
    'are named: a firewall between compute node and bastion, which only the test job can find',
    async () => {
      await sh('node1', 'nft insert rule inet firewall output ip daddr 198.51.100.10 reject');
      const { code, lines } = await alice.fairlead('doctor', '--yes');
      expect(checksOf(lines, 'fail')).toEqual(['compute.port']);
      expect(code).toBe(1);
      expect(await sh('bastion', 'cat .ssh/authorized_keys', 'alice')).not.toContain('fairlead');
    },
    timeoutMs,
  );

  it('that do no harm are warnings: a bastion that replaces sockets, an account on a site without accounting', async () => {
    const [host, breaking, mending] = sshd('StreamLocalBindUnlink yes');
    await sh(host, breaking);
    try {
      const { code, lines } = await alice.fairlead('doctor', '--no-job', ...set('slurm.account=nobody'));
      expect(checksOf(lines, 'warn')).toEqual(['bastion.unlink', 'slurm.account', 'engine.vllm']);
      expect(code).toBe(0);
    } finally {
      await sh(host, mending);
    }
  });
});
