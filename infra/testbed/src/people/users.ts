// The two users of the testbed. They exist only in the hosts' own /etc, not on the machine.

export interface User {
  name: string;
  uid: number;
}

export const users: readonly User[] = [
  { name: 'alice', uid: 20001 },
  { name: 'bob', uid: 20002 },
];
