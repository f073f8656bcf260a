/** One thing that `rxray doctor` looked at. */
export interface HostCheck {
  /** What it belongs to: `probe`, `clock`, `time stamps`, `trace`, `kernel`, `lab`, `portable engine`. */
  readonly area: string;
  readonly what: string;
  /** `works`; `limited`: works with a loss that is told; `missing`: does not work here. */
  readonly state: 'works' | 'limited' | 'missing';
  /** The finding itself, and for what does not work the reason. */
  readonly detail: string;
  /** What to do about it, where something can be done. */
  readonly remedy?: string;
}
