// Decides whether only this user or root can have written a file, from the owners and modes of the file and the folders above it. Pure.

export interface PlaceEntry {
  path: string;
  uid: number;
  gid: number;
  mode: number;
}

export interface ProjectPlace {
  file: PlaceEntry;
  /** The folder of the file first, then those above it. */
  folders: readonly PlaceEntry[];
}

export interface Caller {
  uid: number;
  /** The user's primary group, if it has no other member. */
  privateGid?: number | undefined;
  /** The uid of the user who called sudo, and who can act as root anyway. */
  sudoUid?: number | undefined;
}

export interface UnsafePlace {
  why: string;
  /** How to make the place safe. */
  todo: string;
}

const sticky = 0o1000;

/** Undefined if the place is safe. */
export function judgePlace(
  { file, folders: [folder, ...above] }: ProjectPlace,
  caller: Caller,
): UnsafePlace | undefined {
  // In a sticky folder other users cannot replace a file but can add one: that is safe above the file's folder, but not for the folder itself.
  const entries = [
    { entry: file, isSticky: false },
    ...(folder ? [{ entry: folder, isSticky: false }] : []),
    ...above.map((entry) => ({ entry, isSticky: (entry.mode & sticky) !== 0 })),
  ];
  for (const { entry, isSticky } of entries) {
    const unsafe = foreignOwner(entry, caller) ?? (isSticky ? undefined : foreignWriter(entry, caller));
    if (unsafe) return unsafe;
  }
  return undefined;
}

function foreignOwner({ path, uid }: PlaceEntry, caller: Caller): UnsafePlace | undefined {
  const isOwn = uid === caller.uid || uid === 0 || (caller.uid === 0 && uid === caller.sudoUid);
  if (isOwn) return undefined;
  return { why: `${path} belongs to another user (uid ${uid})`, todo: `Keep it in a folder of your own.` };
}

/** With an ACL the group's bits are the mask, which bounds the rights of every named user and group. */
function foreignWriter({ path, gid, mode }: PlaceEntry, { privateGid }: Caller): UnsafePlace | undefined {
  const byGroup = (mode & 0o020) !== 0 && gid !== privateGid;
  const byOthers = (mode & 0o002) !== 0;
  if (!byGroup && !byOthers) return undefined;
  const who = byOthers ? 'every user' : `the group ${gid}`;
  return { why: `${who} may write ${path}`, todo: `Take that away: chmod ${byOthers ? 'go-w' : 'g-w'} ${path}` };
}
