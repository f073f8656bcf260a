import type { PlotBoard } from './plot-board.js';

const CLOSER = 0.5;
const STEP = 0.25;

type Action = (board: PlotBoard) => void;

const ACTIONS: Readonly<Record<string, Action>> = {
  previous: (board) => board.go(-1),
  next: (board) => board.go(1),
  in: (board) => board.zoom(CLOSER),
  out: (board) => board.zoom(1 / CLOSER),
  all: (board) => board.all(),
  scale: (board) => board.toggleScale(),
  left: (board) => board.move(-STEP),
  right: (board) => board.move(STEP),
};

const KEYS: Readonly<Record<string, string>> = {
  p: 'previous',
  n: 'next',
  '+': 'in',
  '=': 'in',
  '-': 'out',
  _: 'out',
  '0': 'all',
  Home: 'all',
  Escape: 'all',
  l: 'scale',
  ArrowLeft: 'left',
  ArrowRight: 'right',
};

/** Buttons, keys, links from the tables, and what changes from outside: colours, paper. */
export function connectTools(tools: HTMLElement, open: (onChange: (board: PlotBoard) => void) => PlotBoard): void {
  const windowWords = tools.querySelector('#window');
  const stopWords = tools.querySelector('#stop');
  const scale = tools.querySelector('[data-do="scale"]');
  const tell = (board: PlotBoard): void => {
    if (windowWords) windowWords.textContent = board.windowWords;
    if (stopWords) stopWords.textContent = board.stopWords;
    scale?.setAttribute('aria-pressed', String(board.logarithmic));
  };
  const board = open(tell);
  tell(board);
  for (const hidden of document.querySelectorAll<HTMLElement>('#plot-tools, #plot-keys, button.show'))
    hidden.hidden = false;
  tools.addEventListener('click', (event) => {
    const wanted = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('[data-do]') : null;
    ACTIONS[wanted?.dataset.do ?? '']?.(board);
  });
  document.addEventListener('click', (event) => {
    const shown = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('button.show') : null;
    if (!shown) return;
    board.goTo(Number(shown.dataset.start), Number(shown.dataset.release));
    document.querySelector('#plots')?.scrollIntoView();
  });
  connectKeys(board);
  connectMedia(board);
}

function connectKeys(board: PlotBoard): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof HTMLElement)) return;
    const plot = event.target.closest('.plot .canvas');
    if (!plot) return;
    const sideways = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (event.shiftKey && sideways !== 0) board.step(plot, sideways);
    else {
      const action = ACTIONS[KEYS[event.key] ?? ''];
      if (!action) return;
      action(board);
    }
    event.preventDefault();
  });
}

/** On paper the colours are those of light, whatever the screen has. */
function connectMedia(board: PlotBoard): void {
  const paper = matchMedia('print');
  const restyle = (onPaper: boolean): void => {
    document.documentElement.classList.toggle('paper', onPaper);
    // Nobody can open a stack on paper.
    if (onPaper)
      for (const stack of document.querySelectorAll<HTMLDetailsElement>('#culprits details')) stack.open = true;
    board.restyle(onPaper);
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => restyle(paper.matches));
  paper.addEventListener('change', () => restyle(paper.matches));
  addEventListener('beforeprint', () => restyle(true));
  addEventListener('afterprint', () => restyle(false));
}
