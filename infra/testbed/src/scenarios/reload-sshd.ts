/**
 * Shell text for a host's root: makes sshd read its configuration and keys again, and waits until it has. Until then sshd has no pid
 * file, and would end if its keys were moved away.
 */
export const reloadSshd =
  'pid=$(cat /run/sshd.pid); rm /run/sshd.pid; kill -HUP "$pid"; for try in $(seq 200); do if [ -s /run/sshd.pid ]; then break; fi; sleep 0.05; done; [ -s /run/sshd.pid ]';
