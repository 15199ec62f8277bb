// A door for programs that log in and submit nothing: they load nothing of planning and Slurm.

export { hostAndPort } from './login/host-and-port.ts';
export { openRoute, resolveRoute } from './login/open-route.ts';
export { compareWithProfile, otherBastion } from './login/same-bastion.ts';
