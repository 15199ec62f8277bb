// A login besides the first: the system's ssh must not ask a person for the same code again. Pure.

import type { SshTarget } from '@fairlead/ssh';

export function withoutQuestions(target: SshTarget): SshTarget {
  return target.system ? { ...target, system: { ...target.system, terminal: undefined } } : target;
}
