// The firewall as nftables text: the router between the networks, each compute node, and the cut that a test makes.

import { addressesOf, clusterSubnet, type PlannedHost, nodesOf, type Plan } from '../plan.ts';

/** The router passes SSH to the entry hosts and, where the bastion is outside the cluster, from nodes to its port 22. */
export function routerRules(plan: Plan): string {
  const entries = plan.hosts.filter((host) => host.role === 'bastion' || host.role === 'login');
  const outside = entries.map((host) => host.interfaces[0]!.address).join(', ');
  const nodes = nodesOf(plan).flatMap(addressesOf).join(', ');
  const nodesToBastion =
    plan.profile === 'separate'
      ? `iifname "br-int" ip saddr { ${nodes} } ip daddr ${plan.bastion.interfaces[0]!.address} tcp dport 22 ct state new counter accept`
      : '# the bastion is inside the cluster: nothing has to leave it';
  return `table inet firewall {
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname "br-wan" ip daddr { ${outside} } tcp dport 22 ct state new counter accept
    ${nodesToBastion}
    ${ipv6Ways(plan)}
    counter comment "dropped"
  }
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    iif lo accept
    ip protocol icmp accept
    ${plan.ipv6Bastion ? 'meta l4proto ipv6-icmp accept' : ''}
    counter
  }
}
`;
}

/** nft's arguments: people outside also reach this port of the bastion, as a site does it for its web server. */
export function openPortArgs(plan: Plan, port: number): string[] {
  const to = ['ip', 'daddr', plan.bastion.interfaces[0]!.address, 'tcp', 'dport', String(port)];
  return ['insert', 'rule', 'inet', 'firewall', 'forward', 'iifname', 'br-wan', ...to, 'accept'];
}

/** The same two rules by IPv6, for a bastion that has only an IPv6 address. */
function ipv6Ways(plan: Plan): string {
  if (!plan.ipv6Bastion) return '';
  const bastion = plan.bastion.interfaces[0]!.address6;
  return ['br-wan', 'br-int']
    .map((from) => `iifname "${from}" ip6 daddr ${bastion} tcp dport 22 ct state new counter accept`)
    .join('\n    ');
}

/** A node may connect to the cluster and, where the bastion is outside of it, to the bastion's port 22; it refuses everything else at once. */
export function nodeRules(plan: Plan): string {
  const toBastion =
    plan.profile === 'separate' ? `ip daddr ${plan.bastion.interfaces[0]!.address} tcp dport 22 accept` : '';
  return `table inet firewall {
  chain input {
    type filter hook input priority 0; policy drop;
    iif lo accept
    ct state established,related accept
    ip saddr ${clusterSubnet} accept
    ${plan.ipv6Bastion ? 'meta l4proto ipv6-icmp accept' : ''}
    counter comment "refused"
  }
  chain output {
    type filter hook output priority 0; policy drop;
    oif lo accept
    ct state established,related accept
    ip daddr ${clusterSubnet} accept
    ${toBastion}
    ${plan.ipv6Bastion ? `meta l4proto ipv6-icmp accept\n    ip6 daddr ${plan.bastion.interfaces[0]!.address6} tcp dport 22 accept` : ''}
    counter reject with icmpx admin-prohibited
  }
}
`;
}

/**
 * Loaded on the bastion: silently drops everything between it and the hosts, established connections too.
 * The rules are on the bastion because login and bastion, or node and login, are on one network, where no router sees their frames.
 */
export function cutRules(hosts: readonly PlannedHost[]): string {
  const reset = 'table inet cut\ndelete table inet cut\n';
  const addresses = hosts.flatMap(addressesOf).join(', ');
  if (addresses === '') return reset;
  return `${reset}table inet cut {
  chain prerouting {
    type filter hook prerouting priority -400; policy accept;
    ip saddr { ${addresses} } counter drop
  }
  chain postrouting {
    type filter hook postrouting priority 400; policy accept;
    ip daddr { ${addresses} } counter drop
  }
}
`;
}
