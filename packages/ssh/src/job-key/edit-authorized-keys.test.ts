import { describe, expect, it } from 'vitest';
import { createJobKey } from './create-job-key.ts';
import { editAuthorizedKeys } from './edit-authorized-keys.ts';
import { formatExpiryTime, renderKeyLine } from './key-line.ts';

const { publicKey, privateKey } = createJobKey();
const expiresAt = new Date('2030-01-02T03:04:05Z');
const line = renderKeyLine({ publicKey, gatePath: '/home/a/.fairlead/gate', expiresAt, marker: 'one' });
const put = (text: string, newLine = line) => editAuthorizedKeys(text, { kind: 'put', marker: 'one', line: newLine });
const remove = (text: string, marker = 'one') => editAuthorizedKeys(text, { kind: 'remove', marker });
const own = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOYRwejl8EAO3OsSkfZXEyPvDCaE+7MQXg3lgWdsNhxq me';

describe('a key line', () => {
  it('allows nothing but the gate and sockets', () => {
    expect(line).toBe(
      'restrict,port-forwarding,permitopen="127.0.0.1:1",permitlisten="127.0.0.1:1",' +
        `command="/home/a/.fairlead/gate",expiry-time="203001021704" ${publicKey} fairlead:one`,
    );
  });

  it('quotes a path for the shell', () => {
    const spaced = renderKeyLine({ publicKey, gatePath: "/home/a b/it's/gate", expiresAt, marker: 'one' });
    expect(spaced).toContain(String.raw`command="'/home/a b/it'\''s/gate'"`);
  });

  it.each(['/home/a"b/gate', 'gate', '/home/a\nb/gate'])('refuses the path %j', (gatePath) => {
    expect(() => renderKeyLine({ publicKey, gatePath, expiresAt, marker: 'one' })).toThrow(/path/);
  });

  it.each(['', 'a b', 'a"b', 'a\nb'])('refuses the marker %j', (marker) => {
    expect(() => renderKeyLine({ publicKey, gatePath: '/g', expiresAt, marker })).toThrow(/mark/);
  });

  it('refuses a text that is no public key', () => {
    const options = { gatePath: '/g', expiresAt, marker: 'one' };
    expect(() => renderKeyLine({ ...options, publicKey: `command="x" ${publicKey}` })).toThrow(/public key/);
  });

  it('is valid until its time in every time zone', () => {
    expect(formatExpiryTime(new Date('2029-12-31T23:00:00Z'))).toBe('203001011300');
  });

  it('belongs to a key that prints as ***', () => {
    expect(`${String(privateKey)}${JSON.stringify({ privateKey })}`).not.toContain('OPENSSH');
    expect(privateKey.reveal()).toContain('BEGIN OPENSSH PRIVATE KEY');
  });
});

describe('editAuthorizedKeys', () => {
  it.each([
    ['an empty file', '', `${line}\n`],
    ['a file with lines', `${own}\n`, `${own}\n${line}\n`],
    ['a file without a last newline', own, `${line}\n${own}`],
    ['a file with CRLF', `${own}\r\n# x\r\n`, `${own}\r\n# x\r\n${line}\r\n`],
    ['a file of odd bytes', `# caf\u00e9\u00ff\n\n\n  ${own}`, `${line}\n# caf\u00e9\u00ff\n\n\n  ${own}`],
  ])('adds to %s', (_, before, after) => {
    expect(put(before)).toEqual({ text: after, change: 'added' });
  });

  it('replaces the marked line in its place, and removes its copies', () => {
    const old = line.replace('203001021704', '202001021704');
    expect(put(`# top\n${old}\r\n${own}\n${old}\n`)).toEqual({
      text: `# top\n${line}\r\n${own}\n`,
      change: 'replaced',
    });
  });

  it('changes nothing when the file has the line already', () => {
    expect(put(`${own}\n${line}\n`)).toMatchObject({ change: 'none' });
  });

  it('removes the marked line and no other', () => {
    const two = line.replace('fairlead:one', 'fairlead:one-more');
    expect(remove(`${own}\n${line}\n${two}\n#${line}\n`)).toEqual({
      text: `${own}\n${two}\n#${line}\n`,
      change: 'removed',
    });
    expect(remove(`${own}\n`)).toEqual({ text: `${own}\n`, change: 'none' });
  });

  it('restores the file when it removes the line that it added', () => {
    for (const before of [`${own}\n`, own, `${own}\r\n`, '', '# only a comment\n\n']) {
      expect(remove(put(before).text).text).toBe(before);
    }
  });

  it('refuses a line without its marker, and two lines', () => {
    expect(() => put('', own)).toThrow(/marker/);
    expect(() => put('', `${own}\n${line}`)).toThrow(/marker/);
  });

  it('refuses a key that another line authorizes', () => {
    expect(() => put(`${publicKey} other\n`)).toThrow(/another line/);
  });

  it('passes a large file through', () => {
    const large = `${own}\n`.repeat(20_000);
    expect(put(large).text).toBe(`${large}${line}\n`);
  });
});
