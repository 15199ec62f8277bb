/**
 * Shell text, for root of a host: its sshd reads its configuration and keys anew, and has done so at the end. Until then it has no pid
 * file, and keys that were moved away meanwhile would end it.
 */
export const reloadSshd =
  'pid=$(cat /run/sshd.pid); rm /run/sshd.pid; kill -HUP "$pid"; for try in $(seq 200); do if [ -s /run/sshd.pid ]; then break; fi; sleep 0.05; done; [ -s /run/sshd.pid ]';
