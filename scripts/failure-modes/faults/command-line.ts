import { type FoundFault, places } from '../failure-mode.ts';

export const commandLineFaults: readonly FoundFault[] = [
  {
    finding: '5 planted-config',
    what: "a `fairlead.yaml` that another user could have put above the working directory; a pipe of that name; a cloned project's own file",
    seen: 'the file does not count, and the command says why; a pipe is refused at once; settings that run commands count only after the user has trusted the file, until it changes',
    tests: places(
      [
        'packages/cli/src/config/project-config.test.ts',
        'does not count in a folder that all may write, such as /tmp, and is said once',
      ],
      ['packages/cli/src/config/project-config.test.ts', 'does not count where it belongs to another user'],
      ['packages/cli/src/config/project-config.test.ts', 'counts whole once it was trusted, until it changes'],
      ['packages/cli/src/config/project-config.test.ts', 'is refused at once: a pipe called %s'],
      ['packages/config/src/project/judge-place.test.ts', 'refuses %s'],
      [
        'packages/config/src/project/project-settings.test.ts',
        'count if they choose a model or resources; all others are withheld',
      ],
    ),
  },
  {
    finding: '6 token-file',
    what: '`~` or `$VAR` in a path of the cluster; a token file that others may read',
    seen: 'the path is expanded once, as a login there would; `deploy` refuses the file before it queues a job, and the agent refuses it too (`token_file_exposed`), with the `chmod` to run',
    tests: places(
      [
        'packages/launch/src/site/expand-cluster.test.ts',
        'has ~ and variables expanded there, wherever it stands in the configuration',
      ],
      ['packages/launch/src/job/job-files.test.ts', 'is named by its path on the cluster, never by ~'],
      ['apps/node-agent/src/engine/read-token-file.test.ts', 'that others may use is refused with the cure (mode %o)'],
      ['packages/launch/src/plan/check-token-file.test.ts', 'is refused before anything is queued, with the reason'],
    ),
  },
  {
    finding: '12 terminal-escapes',
    what: 'control characters in the output of a model, an engine, a job or a host',
    seen: 'signs such as `␛` on a terminal; every byte unchanged in a pipe and in JSON; colours only in `logs`',
    tests: places(
      ['packages/cli/src/output/output.test.ts', 'is shown on a terminal and never obeyed, whatever it is said with'],
      ['packages/cli/src/output/output.test.ts', 'cannot imitate the colours of the command'],
      ['packages/cli/src/output/output.test.ts', 'reaches a pipe as it came'],
      ['packages/kit/src/visible-text.test.ts', 'shows the same wherever a stream is cut'],
      ['packages/cli/src/output/asker.test.ts', 'shows what a host put into it, and obeys none of it'],
    ),
  },
  {
    finding: '16 local-cluster-shared-home',
    what: 'a local cluster whose directory of jobs is shared by two machines',
    seen: "the other machine's jobs are unknown here, refuse orders (`job_elsewhere`) and keep their GPUs; their files stay unchanged",
    tests: places(
      ['packages/scheduler/src/local/shared-home.test.ts', '%s is unknown here, and stays as it was'],
      ['packages/scheduler/src/local/shared-home.test.ts', 'takes no order here, where its number is another process'],
      [
        'packages/scheduler/src/local/gpu-claims.test.ts',
        'machines that share a state directory give out their own GPUs, and free only those',
      ],
    ),
  },
  {
    finding: "22 the demo's clean-up",
    what: "another user's process names the folder of the demo",
    seen: "that process runs on; all processes of the demo end, and the demo's folder is removed",
    tests: places([
      'packages/cli/src/demo/reaper.test.ts',
      "leaves another user's process alone that names its folder",
    ]),
  },
  {
    finding: '22 examples to paste',
    what: 'a model whose name means something to a shell, Python, TypeScript or YAML',
    seen: 'the name stays one value of a variable, one string, one field of JSON',
    tests: places(
      ['packages/cli/src/commands/open-examples.test.ts', 'is one value of the variable that a shell exports'],
      ['packages/cli/src/commands/open-examples.test.ts', 'is in the body that curl sends'],
      [
        'apps/node-agent/src/job/write-connection-files.test.ts',
        'can be pasted into a shell whatever the model is called',
      ],
    ),
  },
  {
    finding: '22 a reader slower than a log',
    what: 'a pager that stands still under `logs -f`; `events -f | head -2` while nothing happens',
    seen: 'the command reads the log no faster than the pager shows it, and ends within seconds of its reader',
    tests: places(
      [
        'packages/cli/src/commands/logs.test.ts',
        'is read no faster than it is shown: a pager that stands still holds it up',
      ],
      ['tests/scenarios/cli-use.test.ts', 'ends soon, also where nothing happens any more'],
    ),
  },
  {
    finding: '13 many processes on the machine of a local cluster',
    what: 'listing all processes needs more open files than the limit allows',
    seen: 'the list is complete: at most 32 processes are read at a time',
    tests: places([
      'packages/scheduler/src/local/process-table.test.ts',
      'processes are listed where fewer files may be open than there are processes',
    ]),
  },
];
