import { Secret } from '@fairlead/kit';
import { decodeText, encodeText, instanceSpec, type DeploymentCreated, type LaptopProfile } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import { clusterPaths } from '../cluster-paths.ts';
import { planDeployment } from '../plan/plan-deployment.ts';
import { instanceSpecOf, jobScript, routeFromCluster } from './job-files.ts';

const paths = clusterPaths({}, { home: '/home/al ice' });
const place = { instance: 'k3x9q2ab', paths, nodePath: '/opt/node', agentPath: '/opt/agent.mjs' };
const secret = new Secret('fle_secret_secret_secret');
const created = {
  instanceId: 'k3x9q2ab',
  enrolmentToken: secret,
} as unknown as DeploymentCreated;
const profile: LaptopProfile = {
  version: 1,
  bastion: {
    routes: [{ host: 'b' }],
    host: 'bastion',
    user: 'alice',
    hostKeys: ['ssh-ed25519 AAAA'],
    stateDir: '/s',
    runDir: '/r',
  },
  controlCertificate: 'PEM',
  ownerToken: new Secret('flo_x'),
};

describe("A job's script", () => {
  const cluster = {
    name: 'tb',
    config: {
      slurm: { partition: 'gpu', extra: ['--comment=llm'], omit: ['mem'] },
      gpu: { type: 'a100' },
      prologue: ['module load x'],
      env: { HF_HOME: '/scratch/a b' },
    },
  };
  const script = jobScript(planDeployment({ what: 'llama-3.1-8b' }, {}, cluster.config), cluster, place);

  it.each([
    '--job-name=fl-llama-3-1-8b-k3x9q2ab',
    '--partition=gpu',
    '--gres=gpu:a100:1',
    '--time=04:00:00',
    '--signal=B:USR2@120',
    '--comment=llm',
  ])('has %s', (line) => expect(script).toContain(line));
  it('leaves out what the site does not take', () => expect(script).not.toContain('--mem'));
  it('runs the prologue before the agent, and becomes the agent', () => {
    expect(script.indexOf('module load x')).toBeLessThan(script.lastIndexOf('exec '));
    expect(script.trimEnd().split('\n').at(-1)).toMatch(
      /^exec .*--disable-sigusr1 --max-semi-space-size=2 \/opt\/agent\.mjs --spec '\/home\/al ice\//,
    );
  });
  it('leaves out the nodes of the plan', () => {
    const plan = { ...planDeployment({ what: 'a/b' }, {}, cluster.config), exclude: ['node2', 'node7'] };
    expect(jobScript(plan, cluster, place)).toContain('#SBATCH --exclude=node2,node7\n');
  });
  it('over several nodes becomes srun, which starts an agent on each', () => {
    const several = jobScript(planDeployment({ what: 'a/b', nodes: 2 }, {}, cluster.config), cluster, place);
    expect(several).toContain('#SBATCH --nodes=2\n#SBATCH --ntasks-per-node=1');
    expect(several.trimEnd().split('\n').at(-1)).toMatch(
      /^exec srun --kill-on-bad-exit=1 --nodes=2 --ntasks=2 --ntasks-per-node=1 --cpu-bind=none --mpi=none "\$fairlead_node" /,
    );
    const elsewhere = { ...cluster, config: { slurm: { binDir: '/opt/slurm/bin' } } };
    expect(jobScript(planDeployment({ what: 'a/b', nodes: 2 }, {}, {}), elsewhere, place)).toContain(
      'exec /opt/slurm/bin/srun ',
    );
  });
  it('holds no secret', () => expect(script).not.toMatch(/fl[eio]?_/));
});

describe('The warning', () => {
  it.each([
    [240, 120],
    [2, 30],
    [0.5, 7],
  ])('of a job of %d minutes comes %d s ahead', (timeMinutes, seconds) => {
    const plan = { ...planDeployment({ what: 'demo' }, {}, {}), timeMinutes };
    expect(jobScript(plan, { name: 'tb', config: {} }, place)).toContain(`--signal=B:USR2@${seconds}\n`);
  });
});

describe('A spec', () => {
  it('is what the agent reads', () => {
    const cluster = { name: 'tb', config: {} };
    const spec = instanceSpecOf({
      plan: planDeployment({ what: 'demo' }, {}, {}),
      cluster,
      created,
      apiKey: new Secret('fl_0123456789abcdef'),
      profile,
      bastion: { routes: [{ host: 'b', port: 22, user: 'alice', hostKeys: ['ssh-ed25519 AAAA'] }] },
      paths,
      jobKeyDir: '/home/al ice/keys/0123456789abcdef',
    });
    const decoded = decodeText(instanceSpec, encodeText(instanceSpec, spec));
    expect(decoded).toMatchObject({
      ok: true,
      value: {
        instanceId: 'k3x9q2ab',
        jobKeyDir: '/home/al ice/keys/0123456789abcdef',
        bastionIdentity: { host: 'bastion' },
      },
    });
    expect(decoded.ok && decoded.value.enrolmentToken.reveal()).toBe(secret.reveal());
  });
});

describe('The log of requests in a spec', () => {
  const specWith = (logging: object) => {
    const config = { logging };
    const plan = planDeployment({ what: 'demo' }, {}, config);
    const cluster = { name: 'tb', config };
    return instanceSpecOf({
      plan,
      cluster,
      created,
      apiKey: secret,
      profile,
      bastion: { routes: [] },
      paths,
      jobKeyDir: '/k',
    }).logging;
  };

  it('is absent unless it was asked for', () => {
    expect([{}, { requests: false, maxMegabytes: 3 }].map(specWith)).toEqual([undefined, undefined]);
  });

  it('has facts alone, or contents too, with the sizes in bytes', () => {
    expect(specWith({ requests: true })).toMatchObject({ requests: 'facts', maxBytes: 64 * 2 ** 20 });
    const contents = { requests: 'contents', maxBytes: 2 ** 21, contentBytes: 1024 };
    expect(specWith({ requests: 'with-contents', maxMegabytes: 2, contentKilobytes: 1 })).toEqual(contents);
  });
});

describe('The token file in a spec', () => {
  it('is named by its path on the cluster, never by ~', () => {
    const config = { tokenFile: '~/.hf-token' };
    const spec = instanceSpecOf({
      plan: planDeployment({ what: 'demo' }, {}, config),
      cluster: { name: 'tb', config },
      created,
      apiKey: new Secret('fl_0123456789abcdef'),
      profile,
      bastion: { routes: [{ host: 'b', port: 22, user: 'alice', hostKeys: ['ssh-ed25519 AAAA'] }] },
      paths: clusterPaths(config, { home: '/home/alice' }),
      jobKeyDir: '/home/alice/keys/0123456789abcdef',
    });
    expect(spec.engine.tokenFile).toBe('/home/alice/.hf-token');
  });
});

describe('The route of jobs to the bastion', () => {
  const resolved = { host: '198.51.100.10', port: 2222, user: 'alice' };
  it('is the route of the laptop where nothing else is said', () =>
    expect(routeFromCluster(profile, undefined, resolved)).toEqual({ ...resolved, hostKeys: ['ssh-ed25519 AAAA'] }));
  it("does not take the outside's port for another name inside", () =>
    expect(routeFromCluster(profile, { host: 'inside' }, resolved)).toMatchObject({
      host: 'inside',
      port: 22,
      user: 'alice',
    }));
});
