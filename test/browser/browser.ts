import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

export const needsChromium: { skip?: string } = existsSync(CHROMIUM) ? {} : { skip: `no ${CHROMIUM}` };

/** Debian's chromium, without a window; as root it has no sandbox. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}

export interface OpenedPage {
  readonly page: Page;
  /** What went wrong: script errors, console errors and warnings, dialogs, requests for anything but the page. */
  readonly troubles: string[];
}

export async function openPage(
  browser: Browser,
  file: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const troubles: string[] = [];
  const address = `file://${file}`;
  page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) troubles.push(`${message.type()}: ${message.text()}`);
  });
  page.on('dialog', (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url() !== address) troubles.push(`request: ${request.url()}`);
  });
  await page.goto(address);
  return { page, troubles };
}

export interface DrawnAxis {
  readonly from: number;
  readonly to: number;
}

/** The time axes of all plots that are drawn, in seconds of the day. */
export function drawnAxes(page: Page): Promise<DrawnAxis[]> {
  return page.locator('.canvas[data-from]').evaluateAll((places) =>
    (places as unknown as { dataset: { from: string; to: string } }[]).map(({ dataset }) => ({
      from: Number(dataset.from),
      to: Number(dataset.to),
    })),
  );
}

/** Resolves when what was asked for has been painted. */
export async function painted(page: Page): Promise<void> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))');
}
