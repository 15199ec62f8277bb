import { expect, it } from 'vitest';
import { EventQueue } from './event-queue.ts';

const event = (kind: string) => ({ kind, message: 'm', atMs: 1 });

it('EventQueue keeps events in order until they are recorded', async () => {
  const queue = new EventQueue();
  const [first, second] = [queue.add(event('a')), queue.add(event('b'))];
  expect(queue.waiting.map(({ kind }) => kind)).toEqual(['a', 'b']);
  let empty = false;
  const whenEmpty = queue.empty().then(() => (empty = true));
  queue.recorded(second.id);
  await Promise.resolve();
  expect(empty).toBe(false);
  queue.recorded(first.id);
  await whenEmpty;
  expect(queue.waiting).toEqual([]);
});

it('EventQueue never uses an id twice, also when it gives up the oldest', () => {
  const queue = new EventQueue();
  const ids = Array.from({ length: 1500 }, () => queue.add(event('a')).id);
  expect(new Set(ids).size).toBe(1500);
  expect(queue.waiting).toHaveLength(1000);
  expect(queue.waiting[0]?.id).toBe(501);
});

it('EventQueue cuts a message to what the protocol takes', () => {
  expect(new EventQueue().add({ ...event('a'), message: 'x'.repeat(10_000) }).message.length).toBeLessThanOrEqual(4096);
});
