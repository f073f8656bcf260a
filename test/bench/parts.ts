import { accuracy } from './accuracy.js';
import { cost } from './cost.js';
import { coverage } from './coverage.js';
import { dashboard } from './dashboard.js';
import { detectors } from './detectors.js';
import { imports } from './imports.js';
import { inference } from './inference.js';
import { noise } from './noise.js';
import { none } from './none.js';
import { pacing } from './pacing.js';
import type { Part } from './part.js';
import { replaying } from './replaying.js';
import { report } from './report.js';
import { scale } from './scale.js';
import { slowCalls } from './slow-calls.js';
import { startup } from './startup.js';
import { syscalls } from './syscalls.js';
import { tracer } from './tracer.js';
import { unrelated } from './unrelated.js';

/** All that the bench measures, in this order. */
export const PARTS: readonly Part[] = [
  startup,
  accuracy,
  pacing,
  cost,
  scale,
  unrelated,
  none,
  coverage,
  detectors,
  inference,
  noise,
  dashboard,
  imports,
  replaying,
  report,
  syscalls,
  slowCalls,
  tracer,
];
