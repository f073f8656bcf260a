// What became of the tests, and how long their files took.
import { relative } from 'node:path';

const SLOWEST = 30;

export class Tally {
  #counts = { passed: 0, failed: 0, skipped: 0, open: 0 };
  #seconds = {};
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
    if (event.details.type === 'suite') return;
    // Known, with its reason in the test: told, and no failure of today.
    if (event.todo !== undefined && event.todo !== false) this.#counts.open += 1;
    else this.#counts.failed += 1;
  }

  /** Something besides a test went wrong. */
  broke() {
    this.#counts.failed += 1;
  }

  /** As another process can read it. */
  toJSON() {
    return { counts: this.#counts, seconds: this.#seconds };
  }

  add({ counts, seconds }) {
    for (const [name, count] of Object.entries(counts)) this.#counts[name] += count;
    for (const [name, took] of Object.entries(seconds)) this.#seconds[name] = (this.#seconds[name] ?? 0) + took;
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
    return `${passed} passed, ${failed} failed, ${skipped} skipped${known}`;
  }

  #ended({ file, nesting, details }) {
    if (nesting !== 0) return;
    this.add({ counts: {}, seconds: { [relative(this.#folder, file)]: details.duration_ms / 1000 } });
  }
}
