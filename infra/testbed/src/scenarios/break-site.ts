// Breaks a host of the testbed as real sites are broken: a program that answers something else or is missing, other settings of Slurm.

import type { TestbedHandle } from '../testbed.ts';

/** Runs a shell text as root of a host. Returns its stdout; throws when it fails. */
export async function asRoot(testbed: TestbedHandle, host: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await testbed.exec(host, ['sh', '-euc', script], { user: 'root', cwd: '/' });
  if (code === 0) return stdout;
  throw new Error(`${host} ended with ${code}: ${stderr}`);
}

/** Replaces a program by a shell text, until disposed. `$REAL` is the path of the program. */
export async function replaceProgram(
  testbed: TestbedHandle,
  host: string,
  [program, script]: readonly [program: string, script: string],
): Promise<AsyncDisposable> {
  const path = `/usr/local/bin/${program}`;
  const text = `#!/bin/sh\nREAL=/usr/bin/${program}\n${script}\n`;
  await testbed.exec(host, ['sh', '-c', `cat > ${path}; chmod 755 ${path}`], { user: 'root', stdin: text });
  return { [Symbol.asyncDispose]: async () => void (await asRoot(testbed, host, `rm ${path}`)) };
}

/** Moves programs of /usr/bin to a directory that is on no PATH, until disposed. */
export async function moveAway(
  testbed: TestbedHandle,
  host: string,
  { programs, to }: { programs: readonly string[]; to: string },
): Promise<AsyncDisposable> {
  const layer = 'lowerdir=/usr/bin,upperdir=/run/away/upper,workdir=/run/away/work';
  const hide = programs.map((program) => `mv /usr/bin/${program} ${to}/`).join('; ');
  await asRoot(
    testbed,
    host,
    `mkdir -p /run/away/upper /run/away/work ${to}; mount -t overlay -o ${layer} away /usr/bin; ${hide}`,
  );
  return {
    [Symbol.asyncDispose]: async () => void (await asRoot(testbed, host, 'umount -l /usr/bin; rm -rf /run/away')),
  };
}

/** Adds lines to slurm.conf and makes the controller read it. */
export async function configureSlurm(testbed: TestbedHandle, ...lines: string[]): Promise<void> {
  const { code, stderr } = await testbed.exec(
    'ctl',
    ['sh', '-c', 'cat >> /etc/slurm/slurm.conf && scontrol reconfigure'],
    {
      user: 'root',
      stdin: `${lines.join('\n')}\n`,
    },
  );
  if (code !== 0) throw new Error(`Slurm does not take ${lines.join(', ')}: ${stderr}`);
}
