// Charliecloud: ch-run passes its own environment on, so the engine's variables are all that it gets (ch-run(1), ENVIRONMENT VARIABLES).
// An image has the GPU's libraries in it (ch-fromhost --nvidia); there is no flag for them.

import { formatBind, type ContainerKind } from './container-kind.ts';

const programPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Variables of the job by which ch-run is found and knows its user. */
const forTheProgram = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG'];

export const charliecloud: ContainerKind = {
  title: 'Charliecloud',
  program: 'ch-run',
  contain({ settings, argv, env, jobEnv, binds, directory }) {
    // With TMPDIR in its environment, ch-run would bind that directory at /tmp, and unset the variable.
    const { TMPDIR: temporary, PATH: path = programPath, ...inherited } = env;
    const own = Object.entries(jobEnv).filter(([name]) => forTheProgram.includes(name));
    return {
      argv: [
        settings.program ?? 'ch-run',
        `--set-env=PATH=${path}`,
        ...(temporary === undefined ? [] : [`--set-env=TMPDIR=${temporary}`]),
        // The node's /tmp is there already, and nothing can be bound inside it.
        ...binds.filter(({ target }) => !isBelow(target, '/tmp')).map((bind) => `--bind=${formatBind(bind)}`),
        `--cd=${directory}`,
        ...(settings.args ?? []),
        settings.image,
        '--',
        ...argv,
      ],
      env: { ...Object.fromEntries(own), ...inherited },
    };
  },
};

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}
