import { describe, expect, it } from 'vitest';
import { Listeners } from './listeners.ts';

describe('Listeners', () => {
  it('calls in the order of registration until a listener is removed', () => {
    const heard: string[] = [];
    const listeners = new Listeners<string>();
    const remove = listeners.add((value) => heard.push(`first ${value}`));
    listeners.add((value) => heard.push(`second ${value}`));
    listeners.emit('a');
    remove();
    listeners.emit('b');
    expect(heard).toEqual(['first a', 'second a', 'second b']);
    expect(listeners.size).toBe(1);
  });

  it('calls the others when one throws, and then throws all that was thrown', () => {
    const heard: string[] = [];
    const listeners = new Listeners<string>();
    const fault = new Error('a fault');
    listeners.add(() => {
      throw fault;
    });
    listeners.add((value) => heard.push(value));
    expect(() => listeners.emit('a')).toThrow(expect.objectContaining({ errors: [fault] }));
    expect(heard).toEqual(['a']);
  });
});
