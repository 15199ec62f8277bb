// The bash texts that join a booted host to the networks and start its daemons. Pure.

import { startAccounting } from '../slurm/accounting.ts';
import { hostKeyName } from '../people/etc-tree.ts';
import { cutRules, nodeRules, routerRules } from './firewall.ts';
import {
  gateways,
  gateways6,
  linkName,
  nodesOf,
  type PlannedHost,
  type NetworkInterface,
  type NetworkName,
  type Plan,
} from '../plan.ts';

/** For `ip -batch` in the router: makes the host's links. `pid` is the host's init as the caller sees it. */
export function linkBatch(host: PlannedHost, pid: number): string {
  return host.interfaces
    .map((each, index) => {
      const link = linkName(host, index);
      return `link add ${link} type veth peer name eth${index} address ${macOf(each.address)} netns ${pid}\nlink set ${link} master br-${each.network} up\n`;
    })
    .join('');
}

/** A host that boots again keeps its hardware address, so that ARP caches stay valid. */
function macOf(address: string): string {
  const bytes = address.split('.').map((each) => Number(each).toString(16).padStart(2, '0'));
  return `02:00:${bytes.join(':')}`;
}

export interface StartScriptOptions {
  /** Hosts that are cut off from the bastion. */
  cut: readonly PlannedHost[];
  rootless: boolean;
  accounting: boolean;
}

export function startScript(host: PlannedHost, plan: Plan, { cut, rootless, accounting }: StartScriptOptions): string {
  return [
    'umask 022',
    daemonFunction,
    network(host, plan),
    firewall(host, plan, cut),
    sshd(host),
    munged(host, rootless),
    slurm(host, accounting),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** daemon LOG COMMAND…: starts a daemon that goes into the background; prints its output when that fails. */
const daemonFunction = `daemon() {
  local log=$1; shift
  "$@" </dev/null >>"$log" 2>&1 || { echo "$1: $(tail -n 3 "$log")" >&2; exit 1; }
}`;

function network(host: PlannedHost, plan: Plan): string {
  const lines = host.interfaces.flatMap((each, index) => [
    ...addressesOn(host, each, plan).map(
      ([address, ...how]) => `addr add ${[address, `dev eth${index}`, ...how].join(' ')}`,
    ),
    `link set eth${index} up`,
    ...(index === 0 ? routesOf(host, each, plan).map((gateway) => `route add default via ${gateway}`) : []),
  ]);
  // One packet tells the router that the host is up, in case its ARP entry has failed.
  const greeting = `echo > /dev/udp/${routesOf(host, host.interfaces[0]!, plan)[0]}/9`;
  return `ip -batch - <<'END'\n${lines.join('\n')}\nEND\n${greeting}`;
}

function isOnlyIpv6(host: PlannedHost, plan: Plan): boolean {
  return plan.ipv6Bastion && host === plan.bastion;
}

/** `nodad`: without it the kernel looks for a duplicate for a second, during which the IPv6 address cannot be used. */
function addressesOn(host: PlannedHost, { address, address6 }: NetworkInterface, plan: Plan): string[][] {
  return [
    ...(isOnlyIpv6(host, plan) ? [] : [[`${address}/24`]]),
    ...(address6 === undefined ? [] : [[`${address6}/64`, 'nodad']]),
  ];
}

function routesOf(host: PlannedHost, { network: name, address6 }: NetworkInterface, plan: Plan): string[] {
  return [...(isOnlyIpv6(host, plan) ? [] : [gateways[name]]), ...(address6 === undefined ? [] : [gateways6[name]])];
}

function firewall(host: PlannedHost, plan: Plan, cut: readonly PlannedHost[]): string {
  const rules =
    (host.role === 'node' ? nodeRules(plan) : '') + (host === plan.bastion && cut.length > 0 ? cutRules(cut) : '');
  return rules === '' ? '' : `nft -f - <<'END'\n${rules}END`;
}

/** sshd forks before it listens; its pid file shows that it listens. */
function sshd(host: PlannedHost): string {
  const key = hostKeyName(host);
  if (key === undefined) return '';
  return `daemon /var/log/sshd.out /usr/sbin/sshd -f /etc/ssh/sshd_config -h /etc/ssh/host_key_${key} -E /var/log/sshd.log
until [ -e /run/sshd.pid ]; do sleep 0.01; done`;
}

/** Without root, munged's directories are below a directory of uid nobody; `--force` makes munged accept that. */
function munged(host: PlannedHost, rootless: boolean): string {
  if (host.role === 'laptop' || host.role === 'bastion') return '';
  const force = rootless ? ' --force' : '';
  return `daemon /var/log/munged.out setpriv --reuid=munge --regid=munge --clear-groups /usr/sbin/munged --num-threads=2${force}`;
}

function slurm(host: PlannedHost, accounting: boolean): string {
  if (host.role === 'ctl') {
    return `${accounting ? startAccounting : ''}
mkdir -p /var/lib/slurm/slurmctld; chown -R slurm: /var/lib/slurm
daemon /var/log/slurm/slurmctld.out /usr/sbin/slurmctld -i`;
  }
  if (host.role !== 'node') return '';
  return 'mkdir -p /var/spool/slurmd; daemon /var/log/slurm/slurmd.out /usr/sbin/slurmd';
}

/** `ip -batch` and `nft -f` load each text as a whole. */
export function routerScript(plan: Plan): string {
  const bridges = Object.entries(gateways).map(
    ([network, address]) =>
      `link add br-${network} type bridge\naddr add ${address}/24 dev br-${network}\nlink set br-${network} up${bridge6(plan, network as NetworkName)}`,
  );
  return `umask 022
hostname router
mount -t tmpfs run /run
echo 1 > /proc/sys/net/ipv4/ip_forward
${plan.ipv6Bastion ? 'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding' : ''}
# With br_netfilter, frames between neighbours would be judged by the forward chain.
for file in /proc/sys/net/bridge/bridge-nf-call-*; do if [ -e "$file" ]; then echo 0 > "$file"; fi; done
ip -batch - <<'END'
link set lo up
${bridges.join('\n')}
END
nft -f - <<'END'
${routerRules(plan)}END`;
}

function bridge6(plan: Plan, network: NetworkName): string {
  return plan.ipv6Bastion ? `\naddr add ${gateways6[network]}/64 dev br-${network} nodad` : '';
}

/** Prints the state of every node, one per line, when Slurm knows each. */
export function nodeStatesArgv(plan: Plan): string[] {
  return [
    'sinfo',
    '-h',
    '-N',
    '-p',
    'gpu',
    '-n',
    nodesOf(plan)
      .map((node) => node.name)
      .join(','),
    '-o',
    '%N %t',
  ];
}
