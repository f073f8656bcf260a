import type { PageData } from '../html/page-data.js';
import { PlotBoard } from './plot-board.js';
import { connectTools } from './tools.js';

/** Brings the page to life: everything but the plots stands in it already. */
function begin(): void {
  const data = document.querySelector('#report-data')?.textContent;
  const tools = document.querySelector<HTMLElement>('#plot-tools');
  if (!data || !tools) return;
  connectTools(tools, (onChange) => new PlotBoard(JSON.parse(data) as PageData, onChange));
}

begin();
