// A socket's file stays when its process was killed, and stands in the way of the next one.

import { once } from 'node:events';
import { lstatSync, rmSync } from 'node:fs';
import { connect } from 'node:net';

import { errnoOf } from '@fairlead/kit';

/** Resolves when the file is gone, or is to stay: a socket that answers, and any file that is no socket. Listening will say that the path is in use. */
export async function removeDeadSocket(path: string): Promise<void> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return;
  const socket = connect(path);
  try {
    await once(socket, 'connect');
  } catch (error) {
    if (errnoOf(error) === 'ECONNREFUSED') rmSync(path, { force: true });
  } finally {
    socket.destroy();
  }
}
