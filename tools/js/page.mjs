// Looks at a report.html in Chromium: it loads nothing, complains of nothing,
// filters, opens and closes, follows the keyboard and the colours of the system,
// and passes an audit by axe in light and dark, wide and narrow.
//
//   node page.mjs REPORT.html [FOLDER]      FOLDER: for screenshots
//
// Exits with 1 if anything is wrong. The report has to hold a case that failed.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Browser, findChromium } from './browser.mjs';

const views = [
  { name: 'wide-light', width: 1280, height: 1600, scheme: 'light' },
  { name: 'wide-dark', width: 1280, height: 1600, scheme: 'dark' },
  { name: 'narrow-light', width: 400, height: 1600, scheme: 'light' },
  { name: 'narrow-dark', width: 400, height: 1600, scheme: 'dark' },
];

const faults = [];
const expect = (what, expected, got) => {
  if (expected !== got) faults.push(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
};

async function audit(page, where) {
  const found = await page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations.map((v) =>
    v.id + ': ' + v.help + ' at ' + v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).join('; ')))`);
  for (const violation of found) faults.push(`${where}: axe: ${violation}`);
}

async function look(page, url, folder) {
  await page.goto(url);
  const failed = await page.evaluate(`document.querySelectorAll('.case[data-has=fail]').length`);
  if (failed === 0) faults.push('there is no failed case to look at');

  // Nothing is drawn before it is opened.
  expect('diagrams before a case is opened', 0, await page.evaluate(`document.querySelectorAll('svg').length`));
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const opened = `document.querySelector('.case[data-has=fail]')`;
  await page.press('j');
  expect('focus after j', true, await page.evaluate(`document.activeElement.closest('.case') !== null`));
  await page.evaluate(`${opened}.querySelector('summary').click()`);
  await page.painted();
  expect('diagrams in an opened case', 1, await page.evaluate(`${opened}.querySelectorAll('svg').length`));
  expect('marked octets or a remark', true, await page.evaluate(`${opened}.querySelector('mark, .frame .bad') !== null`));

  for (const { name, width, height, scheme } of views) {
    await page.show(width, height, scheme);
    expect(`${name}: colours`, scheme, await page.evaluate('document.documentElement.dataset.theme'));
    expect(`${name}: the page is as wide as the window`, true, await page.evaluate('document.documentElement.scrollWidth <= innerWidth'));
    await audit(page, name);
    if (!folder) continue;
    for (const [part, place] of [['top', 'document.body'], ['case', opened], ['requirements', `document.querySelector('#requirements')`]]) {
      await page.evaluate(`${place}.scrollIntoView()`);
      await page.painted();
      writeFileSync(join(folder, `${name}-${part}.png`), await page.screenshot());
    }
  }

  const shown = `[...document.querySelectorAll('.case')].filter((c) => !c.hidden).length`;
  const all = await page.evaluate(shown);
  await page.evaluate(`document.querySelector('.chip[data-verdict=fail]').click()`);
  expect('cases after the filter "fail"', failed, await page.evaluate(shown));
  await page.evaluate(`document.querySelector('#reset').click()`);
  expect('cases after the reset', all, await page.evaluate(shown));
  await page.press('/');
  expect('focus after /', 'search', await page.evaluate('document.activeElement.id'));
  await page.evaluate(`document.querySelector('#theme').click()`);
  expect('the colours that were chosen', 'light', await page.evaluate('document.documentElement.dataset.theme'));

  expect('requests', JSON.stringify([url]), JSON.stringify(page.requests.filter((r) => r !== 'about:blank')));
  for (const complaint of page.complaints) faults.push(`the browser complains: ${complaint}`);
}

const [report, folder] = process.argv.slice(2);
const chromium = findChromium();
if (!report) {
  console.log('page: the name of a report.html is missing');
  process.exitCode = 1;
} else if (!chromium) {
  console.log('page skipped: no Chromium is installed');
} else {
  if (folder) mkdirSync(folder, { recursive: true });
  const browser = new Browser(chromium);
  try {
    await look(await browser.open(), pathToFileURL(resolve(report)).href, folder);
  } catch (fault) {
    faults.push(fault.message);
  } finally {
    await browser.close();
  }
  for (const fault of faults) console.log(fault);
  console.log(faults.length === 0 ? `page: ${report} is as it should be in ${views.length} views` : `page: ${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
