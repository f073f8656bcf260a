// The layers of src/ (README, "Architecture"): imports go down only. Each rule explains its refusal.

const SOURCES = 'engines|transports|kernel|recording|imports|hosts|kubernetes|lab|fleet|store';
const TOOLS = 'stats|format|codec|installation|deploy';
const ANALYSIS = 'detect|correlate|bisect|survey';
const SINKS = 'report|dashboard|exporter';
const SHELL = 'cli/|main\\.ts|bin/|single-file-main\\.ts';

/** Modules of the folders `from` may import, of ours, nothing but `allowed` and their own folder. */
function only(name, from, allowed, comment) {
  return {
    name,
    comment,
    severity: 'error',
    from: { path: `^src/(${from})/` },
    to: { path: '^src/', pathNot: [`^src/(${allowed})/`, '^src/$1/'] },
  };
}

export default {
  forbidden: [
    {
      name: 'model-imports-nothing',
      comment: 'The nouns know nothing of ours: whoever needs a noun must not get a machine with it.',
      severity: 'error',
      from: { path: '^src/model/' },
      to: { path: '^src/', pathNot: '^src/model/' },
    },
    only(
      'tools-know-nouns',
      TOOLS,
      'model',
      'Statistics, formats and the codec work on nouns alone, so that any layer can use them.',
    ),
    {
      name: 'sources-stay-apart',
      comment:
        'A source reads the world; what it found meets the rest in src/commands. The one exception is the transport port, the pipes of a helper and its run over them, through which engines and the tracer client start helpers.',
      severity: 'error',
      from: { path: `^src/(${SOURCES})/` },
      to: {
        path: '^src/',
        pathNot: [`^src/(model|${TOOLS})/`, '^src/$1/', '^src/transports/(transport|helper-run|helper-pipes)\\.ts$'],
      },
    },
    only(
      'analysis-is-pure',
      'detect|correlate|bisect',
      'model|stats',
      'Detectors and inference are functions of data; what they need from the world comes in as an argument.',
    ),
    only(
      'survey-is-pure',
      'survey',
      'model|stats|bisect|correlate',
      'The verdict on a fleet is a function of data too: it judges each suspect by the inference of a bisection, and names who held packets back by its rule.',
    ),
    {
      name: 'analysis-has-no-world',
      comment:
        'Detectors and inference neither sleep, send nor read a clock: replay and simulation must give the same as the live run.',
      severity: 'error',
      from: { path: `^src/(${ANALYSIS})/` },
      to: { dependencyTypes: ['core'] },
    },
    only(
      'sinks-show-nouns',
      SINKS,
      `model|${TOOLS}`,
      'A sink shows what it is given; it never asks a source for more.',
    ),
    {
      name: 'shell-knows-commands',
      comment: 'The shell parses words and calls commands; only commands put sources, analysis and sinks together.',
      severity: 'error',
      from: { path: '^src/(cli/|main\\.ts|bin/)' },
      to: { path: '^src/', pathNot: '^src/((cli|commands|model|format|installation)/|main\\.ts$)' },
    },
    {
      name: 'nobody-imports-the-shell',
      comment: 'The shell is the outermost layer.',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/(${SHELL})` },
      to: { path: `^src/(${SHELL})` },
    },
    {
      name: 'nobody-imports-commands',
      comment: 'Commands wire the layers together; only the shell calls them.',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/(commands/|${SHELL})` },
      to: { path: '^src/commands/' },
    },
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one file, or three.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nobody imports is dead, or its import is missing.',
      severity: 'error',
      from: { orphan: true, pathNot: '^src/main\\.ts$|\\.d\\.ts$' },
      to: {},
    },
    {
      name: 'sources-know-no-tests',
      comment: 'What ships does not need its tests; what both need is a noun or a tool of src.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^test/' },
    },
    {
      name: 'tests-import-no-tests',
      comment: 'A file of tests that another imports runs twice: put what both need into a file beside them.',
      severity: 'error',
      from: { path: '^test/' },
      to: { path: '^test/.*\\.test\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^dist/' },
  },
};
