// The door for programs that start an SSH server on this machine: the demo, tests and measurements.

export { type BuiltinSshServerOptions, openBuiltinSshServer } from './local-server/builtin/open-builtin-ssh-server.ts';
export type { LocalSshServer, LocalSshServerOptions } from './local-server/local-ssh-server.ts';
export { findSshd, openUserSshd, type UserSshdOptions } from './local-server/user-sshd.ts';
