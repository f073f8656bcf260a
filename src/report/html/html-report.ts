import { headlineOf } from '../document/headline.js';
import type { ReportDocument } from '../document/report-document.js';
import { culpritSection } from './culprit-section.js';
import { html, scriptJson } from './escape.js';
import { evidenceSection } from './evidence-section.js';
import { findingSection, incidentSection } from './finding-section.js';
import { flowMapSection } from './flow-map-section.js';
import { pageData } from './pack-page-data.js';
import { pageContext } from './page-context.js';
import { pageShell } from './page-shell.js';
import { plotSection } from './plot-section.js';
import { qualitySection } from './quality-section.js';
import { requestSection } from './request-section.js';
import { runSection } from './run-section.js';
import { verdictSection } from './verdict-section.js';

/** Script and style of the page, as the build bundles them from src/report/page. */
export interface PageAssets {
  readonly script: string;
  readonly style: string;
}

const SECTIONS = [
  ['evidence', 'Evidence', evidenceSection],
  ['requests', 'Requests', requestSection],
  ['plots', 'Plots', plotSection],
  ['flows', 'Flows', flowMapSection],
  ['incidents', 'Incidents', incidentSection],
  ['stalls', 'Stalls', findingSection],
  ['culprits', 'Culprits', culpritSection],
  ['quality', 'Quality', qualitySection],
  ['run', 'Run', runSection],
] as const;

/**
 * One page that needs nothing else: script, style and data stand in it, and its own policy forbids it the network and
 * every script but the one it was made with.
 *
 * @param zone IANA name; default that of the machine
 */
export function htmlReport(document: ReportDocument, assets: PageAssets, zone?: string): string {
  const context = pageContext(document, zone);
  const headline = headlineOf(document).title;
  const began = context.dateTime(document.fromNs);
  const title = `${headline} · rxray ${document.command} · ${began}`;
  const sections = SECTIONS.map(([id, name, section]) => ({ id, name, body: section(context) })).filter(
    ({ body }) => body.markup !== '',
  );
  const data = pageData(document, zoneName(began), offsetMinutes(began));
  return pageShell({
    title,
    kind: 'report',
    began,
    version: document.version,
    file: document.file,
    style: assets.style,
    skip: html`<a class="skip" href="#evidence">Skip to the evidence</a>\n`,
    navigation: html`<nav aria-label="sections">${sections.map(({ id, name }) => html`<a href="#${id}">${name}</a>`)}</nav>`,
    main: html`${verdictSection(context)}\n${sections.map(({ body }) => body)}`,
    script: { id: 'report-data', data: scriptJson(data), program: assets.script },
  });
}

function zoneName(dateTime: string): string {
  return dateTime.split(' ').at(-1) ?? 'UTC';
}

function offsetMinutes(dateTime: string): number {
  const [, sign, hours = '0', minutes = '0'] = /([+-])(\d\d):(\d\d)$/.exec(dateTime) ?? [];
  return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (60 * Number(hours) + Number(minutes));
}
