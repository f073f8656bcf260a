import { plannedTrials } from '../verdicts/planned-trials.js';

plannedTrials(['verdict-b', 'verdict-c', 'verdict-d'], false);
