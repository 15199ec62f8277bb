// The bash text that turns fresh namespaces into a host: its private /etc, /var, /home, /dev, /tmp and /run.
// Pure. The machine's own files are only lower layers: the script writes nothing to them.

import { shellQuote } from '@fairlead/kit';
import { controllers, type CgroupParents } from '../slurm/cgroups.ts';
import type { PlannedHost } from '../plan.ts';
import { gpusPerNode } from '../slurm/slurm-conf.ts';
import { users } from '../people/users.ts';

export interface BootFiles {
  /** The testbed's directory. */
  state: string;
  /** The directory of all testbeds, which the hosts must not see. */
  base: string;
  /** The checkout whose `fairlead` the laptop runs. */
  checkout: string;
  /** The Node that runs it. */
  node: string;
  /** The file of `fairlead`, relative to the checkout. */
  program: string;
  /** Additional directories of the machine that every host sees at the same path, read-only. */
  binds: readonly string[];
  /** Whether root is the root of a user namespace, which sees the machine's files as owned by uid nobody. */
  rootless: boolean;
  /** A compute node's own cgroups, if it has any. */
  cgroups?: CgroupParents;
}

/** Where the laptop finds the checkout and its Node. */
export const checkoutOnLaptop = '/opt/fairlead';
export const nodeOnLaptop = '/opt/fairlead-node/node';

/** Where the laptop shows the machine's own files under a layer of its own. */
export const machineLayers = ['/tmp', '/root', '/home', '/var'] as const;

/** Directories that a host's PATH has. */
export const path = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin';

export function hostBootScript(host: PlannedHost, files: BootFiles): string {
  return [
    stage(host, files),
    host.role === 'laptop' ? laptopTrees(files) : clusterTrees(host),
    `hostname ${host.name}; rm -f /etc/hostname; echo ${host.name} > /etc/hostname`,
    logs(host),
    devices(host.role === 'node' ? gpusPerNode : 0),
    files.cgroups ? cgroupView(files.cgroups) : '',
    'mount -t tmpfs -o mode=755 run /run',
    'mkdir -p /run/sshd /run/lock /run/munge /run/slurm',
    'chown munge: /run/munge; chown slurm: /run/slurm',
    // Each boot of a host has its own boot id, which is not the machine's.
    'cat /proc/sys/kernel/random/uuid > /run/boot_id; mount --bind /run/boot_id /proc/sys/kernel/random/boot_id',
    'mount -t sysfs sysfs /sys 2>/dev/null || true',
    files.cgroups ? 'mount --rbind /mnt/cgroup /sys/fs/cgroup' : '',
    ...files.binds.map((_, index) => showBind(files, index)),
    `if [ -d ${shellQuote(files.base)} ]; then mount -t tmpfs -o mode=000,size=4k hidden ${shellQuote(files.base)}; fi`,
    'ip link set lo up',
    'umount -l /mnt',
    holdScript,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** Prints that the host is ready and becomes its init, which does nothing and lets the kernel reap orphans. */
export const holdScript = 'echo ready\nexec env --ignore-signal=CHLD sleep infinity >/dev/null 2>&1';

/** Assembles everything under /mnt, which is unmounted at the end. Binds the sources before another mount covers them. */
function stage(host: PlannedHost, files: BootFiles): string {
  const lines = [
    'umask 022',
    'mount -t tmpfs -o mode=755 stage /mnt',
    'bind() { mkdir -p "$2"; mount --rbind "$1" "$2"; }',
    // layer DIRECTORY MODE [LOWER]: a private writable layer over one of the machine's directories
    'layer() { local at=/mnt/layers$1; mkdir -p "$at/upper" "$at/work"; chmod "$2" "$at/upper"; ' +
      `mount -t overlay -o "${files.rootless ? 'userxattr,' : ''}lowerdir=\${3:-$1},upperdir=$at/upper,workdir=$at/work" layer "$1"; }`,
    // layerOrEmpty DIRECTORY MODE [LOWER]: without root, a directory with other file systems mounted below it cannot be a layer
    `layerOrEmpty() { ${files.rootless ? 'layer "$@" 2>/dev/null || mount -t tmpfs -o mode=$2 empty "$1"' : 'layer "$@"'}; }`,
    `bind ${shellQuote(files.state)} /mnt/state`,
    ...files.binds.map((each, index) => `bind ${shellQuote(each)} /mnt/binds/${index}`),
  ];
  if (host.role === 'laptop') {
    lines.push(`bind ${shellQuote(files.checkout)} /mnt/checkout`);
    lines.push(`touch /mnt/node; mount --bind ${shellQuote(files.node)} /mnt/node`);
  }
  lines.push(files.rootless ? freshTrees : 'layer /etc 755 /mnt/state/etc:/etc; layer /var 755; layer /root 755');
  lines.push('layer /usr/local/bin 755');
  return lines.join('\n');
}

/** Without root, overlayfs cannot copy up files of the machine's root: /etc is a copy, /var and /root begin empty. */
const freshTrees = `mkdir /mnt/etc; cp -a /etc/. /mnt/etc/ 2>/dev/null || true; cp -a /mnt/state/etc/. /mnt/etc/
mount --bind /mnt/etc /etc
bind /var /mnt/machine-var
mount -t tmpfs -o mode=755 var /var; mount -t tmpfs -o mode=755 root /root
mkdir -p /var/lib/slurm /var/lib/munge /var/spool /var/log /var/cache /var/tmp
chown slurm: /var/lib/slurm; chown munge: /var/lib/munge; chmod 711 /var/lib/munge; ln -s /run /var/run
layerOrEmpty /var/tmp 1777 /mnt/machine-var/tmp`;

/** The laptop sees the machine's programs and files, with their permissions, and has `fairlead`. */
function laptopTrees({ rootless, program }: BootFiles): string {
  const sources = program.endsWith('.ts') ? ['--conditions=fairlead-source'] : [];
  return [
    'layerOrEmpty /tmp 1777',
    'if [ -d /home ]; then layerOrEmpty /home 755; fi',
    ...users.map(({ name }) => `bind /mnt/state/home/laptop/${name} /home/${name}`),
    'layerOrEmpty /opt 755',
    showCheckout(rootless),
    showNode,
    `printf '%s\\n' '#!/bin/sh' 'exec ${[nodeOnLaptop, ...sources, `${checkoutOnLaptop}/${program}`].join(' ')} "$@"' > /usr/local/bin/fairlead`,
    'chmod 755 /usr/local/bin/fairlead',
  ].join('\n');
}

/**
 * Binds a world-readable checkout unchanged, so that the laptop sees edits at once. Shows a checkout that only its owner may
 * read through a layer with opened modes: with root the layer copies only metadata, and the checkout itself does not change.
 */
const showCheckout = (rootless: boolean) => `mkdir -p ${checkoutOnLaptop}
if [ -z "$(find /mnt/checkout -maxdepth 0 ! -perm -005; find /mnt/checkout/packages -maxdepth 4 -path '*/node_modules' -prune -o ! -perm -004 -print -quit)" ]; then
  mount --bind /mnt/checkout ${checkoutOnLaptop}; ${readOnly(checkoutOnLaptop)}
else
  mkdir -p /mnt/open/upper /mnt/open/work; chmod 755 /mnt/open/upper
  mount -t overlay -o ${rootless ? 'userxattr' : 'metacopy=on'},lowerdir=/mnt/checkout,upperdir=/mnt/open/upper,workdir=/mnt/open/work open ${checkoutOnLaptop}
  find ${checkoutOnLaptop} -xdev \\( -type d ! -perm -005 -o -type f ! -perm -004 \\) -exec chmod a+rX {} +
fi`;

const showNode = `mkdir -p /opt/fairlead-node
if [ -n "$(find /mnt/node -perm -005)" ]; then
  touch ${nodeOnLaptop}; mount --bind /mnt/node ${nodeOnLaptop}
else
  install -m 755 /mnt/node ${nodeOnLaptop}
fi`;

/** Bastion and cluster have their own /home and /tmp, and no Node. */
function clusterTrees(host: PlannedHost): string {
  return [
    `mkdir -p /home; mount --bind /mnt/state/home/${host.home} /home`,
    'mount -t tmpfs -o mode=1777 tmp /tmp',
    'for tool in node nodejs npm npx pnpm pnpx yarn corepack; do',
    `  for directory in $(echo ${path} | tr : ' '); do`,
    '    [ -e "$directory/$tool" ] || [ -L "$directory/$tool" ] || continue',
    '    at=$(realpath "$directory")',
    '    if [ "$(stat -f -c %T "$at")" != overlayfs ] || ! mountpoint -q "$at"; then layer "$at" 755; fi',
    '    rm -rf "$at/$tool"',
    '  done',
    'done',
  ].join('\n');
}

/** Logs are in the testbed's directory, so that they can be read from outside, also after a crash. */
function logs(host: PlannedHost): string {
  return [
    `mount --bind /mnt/state/log/${host.name} /var/log`,
    'mkdir -p /var/log/slurm /var/log/munge; chown slurm: /var/log/slurm; chown munge: /var/log/munge; chmod 700 /var/log/munge',
  ].join('\n');
}

/** A private /dev. 195 is NVIDIA's major number; Slurm only counts, constrains and names the fake GPUs. */
function devices(gpus: number): string {
  return [
    'mkdir /mnt/dev; mount -t tmpfs -o mode=755 dev /mnt/dev',
    'for name in null zero full random urandom tty fuse net/tun; do [ -e /dev/$name ] || continue; ' +
      'mkdir -p "/mnt/dev/$(dirname $name)"; touch /mnt/dev/$name; mount --bind /dev/$name /mnt/dev/$name; done',
    ...Array.from({ length: gpus }, (_, index) => fakeGpu(`/mnt/dev/nvidia${index}`, index)),
    'mkdir /mnt/dev/pts /mnt/dev/shm',
    'mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts /mnt/dev/pts',
    'mount -t tmpfs -o mode=1777 shm /mnt/dev/shm',
    'ln -s pts/ptmx /mnt/dev/ptmx; ln -s /proc/self/fd /mnt/dev/fd',
    'ln -s fd/0 /mnt/dev/stdin; ln -s fd/1 /mnt/dev/stdout; ln -s fd/2 /mnt/dev/stderr',
    'mount --rbind /mnt/dev /dev',
  ].join('\n');
}

/** Where no device may be made, /dev/zero takes its place: Slurm requires a character device, and any will do. */
function fakeGpu(device: string, index: number): string {
  return `mknod -m 666 ${device} c 195 ${index} 2>/dev/null || { touch ${device}; mount --bind /dev/zero ${device}; }`;
}

/** Shows each v1 hierarchy from the node's own cgroup, so that every slurmd has its own tree. */
function cgroupView(cgroups: CgroupParents): string {
  const lines = controllers.flatMap((each) => [
    `bind ${shellQuote(cgroups[each])} /mnt/cgroup/${each}`,
    `echo $$ > /mnt/cgroup/${each}/cgroup.procs`,
  ]);
  return ['mkdir /mnt/cgroup; mount -t tmpfs -o mode=755 cgroup /mnt/cgroup', ...lines].join('\n');
}

function showBind(files: BootFiles, index: number): string {
  const target = shellQuote(files.binds[index]!);
  return `mkdir -p ${target} && mount --bind /mnt/binds/${index} ${target}; ${readOnly(target)}`;
}

/** In a user namespace a remount must repeat the mount's flags, or the kernel refuses it. */
function readOnly(target: string): string {
  return `mount -o remount,bind,ro,$(findmnt -n -o VFS-OPTIONS --mountpoint ${target} | sed 's/^rw/ro/') ${target}`;
}
