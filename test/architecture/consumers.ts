import type { Handles } from '#libs/events';
import { logHandles } from '../../libs/event-store/src/prepare-append.ts';
import { schedulerHandles } from '../../libs/scheduling/src/handles.ts';
import { gatewayHandles } from '../../services/api/src/executors/executor-messages.ts';
import { metricsHandles } from '../../services/api/src/server/event-counts.ts';
import { wakingHandles } from '../../services/standalone/src/process-life.ts';

/** Who acts on events in other streams or in the world, with the types that each handles. */
export const consumers: readonly { readonly name: string; readonly handles: Handles }[] = [
  { name: 'scheduler', handles: schedulerHandles },
  { name: 'executor gateway', handles: gatewayHandles },
  { name: 'process', handles: wakingHandles },
  { name: 'the log', handles: logHandles },
  { name: 'metrics', handles: metricsHandles },
];
