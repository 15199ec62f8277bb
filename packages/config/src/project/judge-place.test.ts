import { describe, expect, it } from 'vitest';

import { isPrivateGroup } from './caller.ts';
import { judgePlace } from './judge-place.ts';

const ownUid = 1000;
const otherUid = 2000;
const entry = (path: string, mode: number, uid = ownUid, gid = ownUid) => ({ path, uid, gid, mode });
const file = entry('/p/fairlead.yaml', 0o100644);
const folder = entry('/p', 0o40755);
const root = entry('/', 0o40755, 0, 0);
const caller = { uid: ownUid };

describe('judgePlace', () => {
  it.each([
    ["the user's own", { file, folders: [folder, root] }],
    ["root's", { file: entry('/p/fairlead.yaml', 0o100644, 0, 0), folders: [root] }],
    [
      "the user's own below a sticky folder of all, such as /tmp",
      { file, folders: [folder, entry('/tmp', 0o41777, 0, 0), root] },
    ],
  ])('takes %s', (_what, place) => expect(judgePlace(place, caller)).toBeUndefined());

  it.each([
    ['a file of another user', { file: entry('/p/f', 0o100644, otherUid), folders: [folder, root] }, '/p/f belongs'],
    ['a file that the group may write', { file: entry('/p/f', 0o100664), folders: [folder, root] }, 'group 1000'],
    [
      'a file that all may write',
      { file: entry('/p/f', 0o100646), folders: [folder, root] },
      'every user may write /p/f',
    ],
    ['a folder of another user', { file, folders: [entry('/p', 0o40755, otherUid), root] }, '/p belongs'],
    ['a folder that the group may write', { file, folders: [entry('/p', 0o42775), root] }, 'the group'],
    [
      'a folder that all may write, sticky or not',
      { file, folders: [entry('/tmp', 0o41777, 0, 0), root] },
      'every user',
    ],
    [
      'a folder further up that all may write without the sticky bit',
      { file, folders: [folder, entry('/open', 0o40777, 0, 0), root] },
      'every user may write /open',
    ],
    [
      'a folder further up of another user',
      { file, folders: [folder, entry('/up', 0o40755, otherUid), root] },
      '/up belongs',
    ],
  ])('refuses %s', (_what, place, why) => {
    const unsafe = judgePlace(place, caller);
    expect(unsafe?.why).toContain(why);
    expect(unsafe?.todo).not.toBe('');
  });

  it("accepts a file that the user's private group may write", () => {
    const place = { file: entry('/p/f', 0o100664), folders: [entry('/p', 0o40775), root] };
    expect(judgePlace(place, { uid: ownUid, privateGid: ownUid })).toBeUndefined();
    expect(judgePlace(place, { uid: ownUid, privateGid: 50 })).toBeDefined();
  });

  it('accepts, under sudo, a file of the user who called it', () => {
    const place = { file, folders: [folder, root] };
    expect(judgePlace(place, { uid: 0, sudoUid: ownUid })).toBeUndefined();
    expect(judgePlace(place, { uid: 0 })?.why).toContain('belongs to another user');
    // The variable has no meaning if the command does not run as root.
    expect(judgePlace(place, { uid: otherUid, sudoUid: ownUid })?.why).toContain('belongs to another user');
  });
});

describe('A private group', () => {
  const me = { username: 'ann', gid: 1000 };
  const users = 'root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n';
  it.each([
    ['is named after the user and has no other member', 'ann:x:1000:\n', users, true],
    ['may name the user itself', 'ann:x:1000:ann\n', users, true],
    ['has no other member', 'ann:x:1000:ann,bob\n', users, false],
    ['is no primary group of another user', 'ann:x:1000:\n', `${users}bob:x:1001:1000::/:/bin/sh\n`, false],
    ['is not a group of a project', 'lab:x:1000:\n', users, false],
    ['is not one that a directory service alone knows', '', users, false],
  ])('%s', (_what, groups, passwd, isPrivate) => expect(isPrivateGroup(me, groups, passwd)).toBe(isPrivate));
});
