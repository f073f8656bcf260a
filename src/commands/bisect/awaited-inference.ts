import type { Inference, InferenceOptions } from '../../bisect/inference.js';

/** Which machines are watched, and how they receive. */
export type LearntMachines = Pick<InferenceOptions, 'heartbeats' | 'receivers'>;

/** The inference of a bisection. It is made when it is known which machines are watched; what comes before waits for it. */
export class AwaitedInference {
  #made: Inference | undefined;
  #waiting: ((inference: Inference) => void)[] = [];

  constructor(private readonly make: (learnt: LearntMachines) => Inference) {}

  /** Absent until it is made. */
  get made(): Inference | undefined {
    return this.#made;
  }

  /** Makes it, unless it is there, and tells it all that waited. */
  create(learnt: LearntMachines = {}): Inference {
    this.#made ??= this.make(learnt);
    for (const told of this.#waiting.splice(0)) told(this.#made);
    return this.#made;
  }

  /** Now, or as soon as it is made. */
  tell(what: (inference: Inference) => void): void {
    if (this.#made) what(this.#made);
    else this.#waiting.push(what);
  }
}
