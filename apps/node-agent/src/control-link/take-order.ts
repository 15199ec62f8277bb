// What an order of control comes to: it is acknowledged over the connection that it came by, and handed on.

import { defined } from '@fairlead/kit';
import type { ControlMessage } from '@fairlead/protocol';
import type { AgentSession } from './agent-session.ts';
import type { LogTails } from './log-tails.ts';

export interface OrderTargets {
  session: Pick<AgentSession, 'send'>;
  tails: LogTails;
  onDrain: (order: { untilMs?: number }) => void;
  onStop: () => void;
}

export type ControlOrder = Exclude<ControlMessage, { type: 'event.recorded' | 'control.refused' }>;

export function takeOrder(order: ControlOrder, { session, tails, onDrain, onStop }: OrderTargets): void {
  switch (order.type) {
    case 'control.welcome':
      return;
    case 'instance.drain':
      session.send({ type: 'order.accepted', orderId: order.orderId });
      return onDrain(defined({ untilMs: order.untilMs }));
    case 'instance.stop':
      session.send({ type: 'order.accepted', orderId: order.orderId });
      return onStop();
    case 'log.tail':
      session.send({ type: 'order.accepted', orderId: order.orderId });
      return tails.start(order);
    case 'log.grant':
      return tails.grant(order.orderId, order.credit);
    case 'log.cancel':
      return tails.cancel(order.orderId);
  }
}
