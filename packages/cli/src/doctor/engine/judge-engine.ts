// What the engine's environment is worth: program found, version known, prologue without failures. Pure.

import { containerKinds, type ContainerSettings, type EngineKind } from '@fairlead/engines';
import { imageCure, type ImageFound } from '@fairlead/launch';

import type { Answers } from '../ask-host.ts';
import { fail, type Finding, passed, warn } from '../check.ts';

export interface ProgramWanted {
  kind: EngineKind;
  /** With `container` the program that runs the container. */
  command: readonly string[];
  container?: ContainerSettings;
  /** Whether the configuration or the named model says that this engine is used here. */
  isNamed: boolean;
  /** Whether a compute node will be asked too. */
  hasLastWord: boolean;
}

/** `fl_failed` comes from the shell's ERR trap. */
export function judgePrologue(lines: readonly string[], answers: Answers, stderr: string): Finding {
  const todo = 'Try the lines of `prologue` by hand in a fresh login there, and correct them in the configuration.';
  const said = stderr.trim().split('\n').slice(-3).join(' ').slice(0, 300);
  if (answers.get('fl_end') !== 'yes')
    return fail(`the prologue ends the shell, so no job would begin: ${said || 'it said nothing'}`, todo);
  const failed = answers.get('fl_failed');
  if (failed !== undefined) return fail(`this line of the prologue fails: ${failed}${said ? ` (${said})` : ''}`, todo);
  return passed(lines.length === 0 ? 'there is none' : `${lines.length} lines ran without a failure`);
}

/** Of the image alone: a login host may lack the program that runs containers. */
export function judgeImage(container: ContainerSettings, found: ImageFound): Finding {
  const { image } = container;
  if (found === 'ready') return passed(`it runs in ${image}, which is there`);
  if (found === 'elsewhere') return passed(`it runs in ${image}, which only a compute node can find`);
  const why = found === 'missing' ? 'is not there' : 'cannot be read by this account';
  return fail(`the image ${image} ${why}`, imageCure(container, found));
}

export function judgeEngine(
  { kind, command, container, isNamed, hasLastWord }: ProgramWanted,
  answers: Answers,
): Finding {
  const [program = ''] = command;
  const exe = answers.get('fl_exe') ?? '';
  if (container) {
    const { title } = containerKinds[container.kind];
    if (exe !== '') return passed(`${exe} runs ${container.image}`);
    return fail(
      `${title} (${program}) is not there`,
      `Load its module in \`prologue\`, or name its path in engines.${kind.name}.container.program.`,
    );
  }
  const words = kind.examples.command.slice(1).join(' ');
  const install = kind.program.kind === 'installed' ? `Install ${kind.title} in an environment` : `Put ${program}`;
  const todo = `${install} there, and say how it is found: \`prologue\` (module load, source venv/bin/activate) or engines.${kind.name}.command (its absolute path, then ${words}).`;
  if (exe === '') {
    const found = `${program} is not there`;
    if (isNamed && (!hasLastWord || program.startsWith('/'))) return fail(found, todo);
    return warn(`${found}: only other engines can be deployed, such as the simulator`, todo);
  }
  if (kind.version === undefined) return passed(`${exe} is there`);
  const version = versionIn(answers.get('fl_version') ?? '');
  if (version === undefined) {
    const said = (answers.get('fl_version') ?? '').slice(0, 200);
    return warn(`${exe} is there and says no version: ${said || 'nothing'}`, 'Try it by hand there: it may not start.');
  }
  return passed(`${exe} is version ${version}`);
}

function versionIn(text: string): string | undefined {
  return /(?:^|\s|v)(\d+\.\d+(?:\.\w+)*)\S*$/.exec(text.trim())?.[1];
}
