// What became of the tests, and how long their files took.
import { relative } from 'node:path';

const SLOWEST = 30;
/** Of what a failure says. */
const MOST_WORDS = 600;

export class Tally {
  #counts = { passed: 0, failed: 0, skipped: 0, open: 0 };
  #seconds = {};
  /** Of each test that failed: its file, its title, and the first words of why. */
  #failures = [];
  /** Those that passed when they ran by themselves. */
  #passedAlone = [];
  #folder;

  /** @param folder of the built tests */
  constructor(folder) {
    this.#folder = folder;
  }

  // Suites and files are counted by node as tests of their own: only what has no tests inside counts here.
  passed(event) {
    this.#ended(event);
    if (event.details.type === 'suite' || /\.test\.m?js$/.test(event.name)) return;
    if (event.skip !== undefined && event.skip !== false) this.#counts.skipped += 1;
    else this.#counts.passed += 1;
  }

  failed(event) {
    this.#ended(event);
    // A suite fails with each of its tests, which count, or by what it does before and after them.
    if (event.details.type === 'suite' && event.details.error.failureType === 'subtestsFailed') return;
    // Known, with its reason in the test: told, and no failure of today.
    if (event.todo !== undefined && event.todo !== false) this.#counts.open += 1;
    else {
      this.#counts.failed += 1;
      const { message, cause } = event.details.error;
      const words = String(cause?.message ?? message).slice(0, MOST_WORDS);
      this.#failures.push({ file: event.file, title: event.name, words });
    }
  }

  /** Something besides a test went wrong. */
  broke() {
    this.#counts.failed += 1;
  }

  /** As another process can read it. */
  toJSON() {
    return { counts: this.#counts, seconds: this.#seconds, failures: this.#failures };
  }

  add({ counts, seconds, failures = [] }) {
    this.#failures.push(...failures);
    for (const [name, count] of Object.entries(counts)) this.#counts[name] += count;
    for (const [name, took] of Object.entries(seconds)) this.#seconds[name] = (this.#seconds[name] ?? 0) + took;
  }

  /** Of tests, unless something besides them failed too: then there is no more to find out. */
  get failures() {
    return this.#failures.length === this.#counts.failed ? this.#failures : [];
  }

  /**
   * All failures were of files that ran once more, by themselves.
   *
   * @param again what became of them then
   */
  ranAgain(again) {
    if (again.#counts.failed > 0 || again.#counts.passed === 0) return;
    this.#passedAlone = this.#failures.splice(0);
    this.#counts.passed += this.#counts.failed;
    this.#counts.failed = 0;
  }

  isGood() {
    return this.#counts.failed === 0 && this.#counts.passed > 0;
  }

  slowest() {
    const lines = Object.entries(this.#seconds)
      .sort((a, b) => b[1] - a[1])
      .slice(0, SLOWEST)
      .map(([path, took]) => `${took.toFixed(1).padStart(7)} s  ${path}`);
    return ['the slowest files:', ...lines].join('\n');
  }

  toString() {
    const { passed, failed, skipped, open } = this.#counts;
    const known = open === 0 ? '' : `, ${open} known to be open`;
    const alone = this.#passedAlone.length;
    const second = alone === 0 ? '' : ` (${alone} of them only at the second try, by themselves)`;
    return [
      ...this.#told('failed:', this.#failures),
      ...this.#told('failed beside others, and passed by themselves:', this.#passedAlone),
      `${passed} passed${second}, ${failed} failed, ${skipped} skipped${known}`,
    ].join('\n');
  }

  #told(heading, failures) {
    if (failures.length === 0) return [];
    return [
      heading,
      ...failures.flatMap(({ file, title, words }) => [
        `  ${relative(this.#folder, file)}: ${title}`,
        ...words.split('\n').map((line) => `    ${line}`),
      ]),
      '',
    ];
  }

  #ended({ file, nesting, details }) {
    if (nesting !== 0) return;
    this.add({ counts: {}, seconds: { [relative(this.#folder, file)]: details.duration_ms / 1000 } });
  }
}
