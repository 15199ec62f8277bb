// The rooms and their allowed arrows as the table of docs/architecture.md. Pure.

import type { Room } from './allowed-picture.ts';

type Picture = Readonly<Record<string, Room>>;

/** When at least this many rooms share the reason of an arrow, the page gives it once, above the table. */
const sharedBy = 3;

/** Sorts by ring, tests and tools last. The picture must have no cycle. */
export function renderPicture(picture: Picture): string {
  const shared = sharedReasons(picture);
  const rooms = Object.entries(picture)
    .map(([name, room]) => ({ name, room, ring: ringOf(name, picture) }))
    .toSorted((a, b) => placeOf(a) - placeOf(b));
  const rows = rooms.map(({ name, room, ring }) => {
    const cells = [room.isTooling ? 'tools' : `${ring}`, `\`${name}\``, room.holds, arrowsOf(room, shared)];
    return `| ${[...cells, listOf(room.thirdParty)].join(' | ')} |`;
  });
  const reasons = [...shared].map((one) => {
    const [room = '', because = ''] = one.split('\n');
    return `- \`${room}\`: ${because}`;
  });
  return [
    ...reasons,
    '',
    '| ring | room | holds | may import | third-party packages |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function placeOf({ room, ring }: { room: Room; ring: number }): number {
  return room.isTooling ? 100 + ring : ring;
}

/** 0 for a room that imports no other room; else one more than the outermost room that it imports. */
function ringOf(name: string, picture: Picture): number {
  return Math.max(-1, ...Object.keys(picture[name]?.imports ?? {}).map((other) => ringOf(other, picture))) + 1;
}

/** `room\nbecause` for each arrow that many rooms have for the same reason. */
function sharedReasons(picture: Picture): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { imports, testImports } of Object.values(picture))
    for (const [room, because] of [...Object.entries(imports), ...Object.entries(testImports ?? {})])
      counts.set(`${room}\n${because}`, (counts.get(`${room}\n${because}`) ?? 0) + 1);
  return new Set([...counts].filter(([, count]) => count >= sharedBy).map(([one]) => one));
}

function arrowsOf({ imports, testImports = {}, reads = {} }: Room, shared: ReadonlySet<string>): string {
  const arrows = groupByReason(imports, shared);
  const ofTests = groupByReason(testImports, shared);
  const ofFiles = groupByReason(reads, shared);
  return [...arrows, ...ofFiles.map((arrow) => `by path: ${arrow}`), ...ofTests.map((arrow) => `tests: ${arrow}`)].join(
    '<br>',
  );
}

/** One line for each reason; rooms whose reason is given above the table share the first line. */
function groupByReason(imports: Readonly<Record<string, string>>, shared: ReadonlySet<string>): string[] {
  const groups = new Map<string, string[]>();
  for (const [room, because] of Object.entries(imports)) {
    const reason = shared.has(`${room}\n${because}`) ? '' : because;
    groups.set(reason, [...(groups.get(reason) ?? []), room]);
  }
  return [...groups].map(([reason, rooms]) => (reason === '' ? listOf(rooms) : `${listOf(rooms)}: ${reason}`));
}

function listOf(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
