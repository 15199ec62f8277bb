// Observations from outside: which host can connect to which, and what of a testbed still exists on the machine.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HeldNamespaces } from '../namespaces/namespace-members.ts';
import type { TestbedHandle } from '../testbed.ts';

/** `dropped`: no answer within 1.5 s. `refused`: the answer is a refusal. */
export type ConnectOutcome = 'connected' | 'refused' | 'dropped';

export async function tryConnect(testbed: TestbedHandle, from: string, to: string): Promise<ConnectOutcome> {
  const [host, port] = to.split(':');
  const { code } = await testbed.exec(from, ['timeout', '1.5', 'bash', '-c', `exec 3<>/dev/tcp/${host}/${port}`]);
  if (code === 0) return 'connected';
  return code === 124 ? 'dropped' : 'refused';
}

/** Listens on all addresses of a host, as a careless engine would. Resolves when it listens. */
export async function listenOnHost(testbed: TestbedHandle, host: string, port: number): Promise<void> {
  const script = `use IO::Socket::INET; $|=1; my $s = IO::Socket::INET->new(Listen=>9, LocalAddr=>"0.0.0.0", LocalPort=>${port}, ReuseAddr=>1) or die $!; print "listening\\n"; while (my $c = $s->accept) { print $c "hello\\n"; close $c }`;
  const child = testbed.spawn(host, ['perl', '-e', script]);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.stdout!.once('data', () => resolve());
  child.on('error', reject);
  child.on('exit', (code) => reject(new Error(`the listener on ${host} ended with ${code}`)));
  await promise;
}

/** Holds all namespaces of a testbed's router and hosts, which run. */
export function holdNamespaces(testbed: TestbedHandle): HeldNamespaces {
  const { router, hosts } = testbed.state();
  return new HeldNamespaces([router!, ...Object.values(hosts)].map(({ pid }) => pid));
}

/** The machine's mounts and links, as lists that can be compared. */
export function machineMounts(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n');
}

export function machineLinks(): string[] {
  return readdirSync('/sys/class/net').toSorted();
}

/** Every cgroup directory of the machine whose name holds `part`. */
export function cgroupsNamed(part: string): string[] {
  return readdirSync('/sys/fs/cgroup', { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isDirectory() && entry.name.includes(part))
    .map((entry) => join(entry.parentPath, entry.name));
}
