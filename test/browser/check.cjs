// Opens pages of the summary in Chromium and checks what only a browser can tell:
// check.cjs FOLDER-WITH-PAGES [FOLDER for screenshots]
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { chromium } = require('playwright-core');

const [folder, shots] = process.argv.slice(2);
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const failures = [];
let checks = 0;

function check(ok, what) {
  checks++;
  if (!ok) {
    failures.push(what);
    console.log(`FAIL  ${what}`);
  }
}

async function shoot(page, name, fullPage = true) {
  if (!shots) return;
  fs.mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: path.join(shots, name + '.png'), fullPage, timeout: 120000 });
}

// open returns the page with what it tried to do behind the reader's back.
async function open(browser, file, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable'); // counts from here on
  const noise = [];
  const url = 'file://' + path.resolve(folder, file);
  page.on('console', m => { if (['error', 'warning'].includes(m.type())) noise.push(`${m.type()}: ${m.text()}`); });
  page.on('pageerror', e => noise.push('exception: ' + e.message));
  page.on('dialog', d => { noise.push('dialog: ' + d.message()); d.dismiss(); });
  page.on('request', r => { if (r.url() !== url && !r.url().startsWith('data:') && !r.url().startsWith(url + '#')) noise.push('request: ' + r.url()); });
  await page.goto(url, { waitUntil: 'load', timeout: 120000 });
  if (options.javaScriptEnabled !== false) await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
  return { page, context, session, noise };
}

// accessible runs axe-core in a world of its own, where the page's policy does
// not hold it up.
async function accessible(page, session, name) {
  const { frameTree } = await session.send('Page.getFrameTree');
  const { executionContextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id, worldName: 'axe' });
  await session.send('Runtime.evaluate', { expression: axe, contextId: executionContextId });
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression: `axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(r => JSON.stringify(r.violations.map(v => ({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 160))}))))`,
    contextId: executionContextId, awaitPromise: true, returnByValue: true,
  });
  check(!exceptionDetails, `${name}: axe-core ran ${exceptionDetails ? JSON.stringify(exceptionDetails.exception).slice(0, 200) : ''}`);
  for (const v of exceptionDetails ? [] : JSON.parse(result.value)) {
    const text = `${name}: ${v.impact}: ${v.id}: ${v.help}\n        ${v.nodes.join('\n        ')}`;
    if (['serious', 'critical'].includes(v.impact)) check(false, text);
    else console.log(`note  ${text}`);
  }
  checks++;
}

const sideways = page => page.evaluate(() => {
  const over = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (over <= 0) return '';
  const wide = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.reader')).slice(0, 5);
  return `${over}px: ` + wide.map(e => `${e.tagName}.${e.className}`).join(' ');
});

// every page, in every dress
async function everyPage(browser, file) {
  const name = path.basename(file, '.html');
  for (const [dress, options] of Object.entries({
    light: {}, dark: { colorScheme: 'dark' }, phone: { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2 },
    'phone-dark': { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }, 'no-script': { javaScriptEnabled: false },
  })) {
    if (name === 'large' && dress !== 'light') continue;
    const { page, context, session, noise } = await open(browser, file, options);
    check(noise.length === 0, `${name}, ${dress}: ${noise.join('; ')}`);
    check(await page.locator('h1').count() === 1, `${name}, ${dress}: one h1`);
    if (dress !== 'no-script') {
      const over = await sideways(page);
      check(over === '', `${name}, ${dress}: scrolls sideways: ${over}`);
    }
    if (name !== 'large' && dress !== 'no-script') {
      await page.evaluate(() => document.querySelectorAll('details').forEach(d => { d.open = true; }));
      await accessible(page, session, `${name}, ${dress}`);
      const over = await sideways(page);
      check(over === '', `${name}, ${dress}, all opened: scrolls sideways: ${over}`);
      if (name === 'busy' && dress === 'phone') await shoot(page, `${name}-${dress}-opened`);
      await page.evaluate(() => document.querySelectorAll('details').forEach(d => { d.open = false; }));
    }
    if (['busy', 'hostile'].includes(name) && dress !== 'no-script') await shoot(page, `${name}-${dress}`);
    if (dress === 'light' || dress === 'phone') await shoot(page, `${name}-${dress}-first-screen`, false);
    if (dress === 'no-script' && await page.locator('table.data').count() > 0) {
      check(await page.locator('table.data tbody tr').first().isVisible(), `${name}: the tables are there without script`);
      check(await page.locator('th button').count() === 0, `${name}: no buttons that do nothing without script`);
    }
    await context.close();
  }
}

// sorting and searching with nothing but the keyboard
async function keyboard(browser) {
  const { page, context, noise } = await open(browser, 'busy.html');
  await page.keyboard.press('Tab');
  check(await page.evaluate(() => document.activeElement.className) === 'skip', 'the first stop is the link that skips to the report');
  const column = (table, n) => page.locator(`table.${table} tbody tr:not([hidden]) td:nth-child(${n})`).allTextContents();
  const tabTo = async wanted => {
    for (let i = 0; i < 300; i++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(w => { const e = document.activeElement; return (e.closest('th, label') || e).textContent.trim().startsWith(w) && !!e.closest('#principals'); }, wanted)) return true;
    }
    return false;
  };
  check(await tabTo('Search principals'), 'Tab reaches the search');
  await page.keyboard.type('notify');
  await page.waitForTimeout(300);
  const found = await column('people', 1);
  check(found.length === 12 && found.every(t => t.includes('notify')), `the search shows 12 principals, not ${found.length}`);
  check((await page.locator('#principals [role=status]').textContent()) === '12 of 28', 'the search says how many it shows');
  for (let i = 0; i < 6; i++) await page.keyboard.press('Backspace');
  await page.waitForTimeout(300);
  check(await tabTo('Denials'), 'Tab reaches the column');
  const number = t => Number(t.replace(/,/g, ''));
  for (const [key, order] of [['Enter', (a, b) => b - a], ['Space', (a, b) => a - b]]) {
    await page.keyboard.press(key);
    const numbers = (await column('people', 2)).map(number);
    check(JSON.stringify(numbers) === JSON.stringify([...numbers].sort(order)), `${key} sorts by denials: ${numbers.slice(0, 6)}`);
  }
  check(await page.locator('.people th[aria-sort]').count() === 1, 'one column says how it is sorted');
  // from a number to what is behind it
  await page.locator('#rules a[data-filter="denial-burst"]').focus();
  await page.keyboard.press('Enter');
  await page.waitForTimeout(200);
  const rules = await column('findings', 2);
  check(rules.length === 13 && rules.every(t => t === 'denial-burst'), `a rule leads to its 13 findings: ${rules.length}`);
  check(await page.locator('table.findings tbody tr:not([hidden]) a[href^="https://us-east-1.console.aws.amazon.com/cloudtrailv2/"]').count() === 13, 'every finding leads to an event');
  await page.locator('#operations a[data-filter="UpdateChannelMessage"]').focus();
  await page.keyboard.press('Enter');
  await page.waitForTimeout(200);
  check((await column('people', 1)).join().startsWith('role/moderation-worker'), 'an operation leads to who was refused it');
  await page.locator('#heat summary').first().focus();
  await page.keyboard.press('Enter');
  check(await page.locator('#heat details').first().evaluate(d => d.open), 'Enter opens the details');
  check(noise.length === 0, `the keyboard: ${noise.join('; ')}`);
  await context.close();
}

async function print(browser) {
  const { page, context } = await open(browser, 'busy.html', { colorScheme: 'dark' });
  await page.emulateMedia({ media: 'print' });
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  check(await page.evaluate(() => getComputedStyle(document.body).backgroundColor) === 'rgb(255, 255, 255)', 'paper is white, also from a dark screen');
  check(await page.locator('.search').first().isHidden(), 'no search on paper');
  check(await page.locator('#decide details').first().evaluate(d => d.open), 'the evidence is on paper');
  if (shots) await page.pdf({ path: path.join(shots, 'busy.pdf'), format: 'A4' });
  const pdf = await page.pdf({ format: 'A4' });
  const pages = (pdf.toString('latin1').match(/\/Type\s*\/Page[^s]/g) || []).length;
  check(pages > 0 && pages <= 8, `a busy week takes ${pages} pages of paper`);
  await context.close();
}

async function large(browser) {
  const size = fs.statSync(path.join(folder, 'large.html')).size;
  check(size < 2e6, `the large page has ${size} bytes`);
  // Processor time of the page's thread: what it takes where nothing else runs.
  const opened = [], sorted = [], searched = [];
  for (let i = 0; i < 3; i++) {
    const { page, context, session } = await open(browser, 'large.html');
    const time = async () => (await session.send('Performance.getMetrics')).metrics.find(m => m.name === 'ThreadTime').value * 1000;
    const spend = async action => {
      const before = await time();
      await page.evaluate(action);
      await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
      return await time() - before;
    };
    opened.push(await time());
    sorted.push(
      await spend(() => document.querySelectorAll('.people th button')[0].click()),
      await spend(() => document.querySelectorAll('.people th button')[1].click()),
      await spend(() => { document.querySelector('#principals').scrollIntoView(); document.querySelectorAll('.people th button')[5].click(); }));
    searched.push(await spend(() => document.querySelector('table.people').search('worker 99 ListChannels')));
    await context.close();
  }
  const best = list => Math.round(Math.min(...list));
  const worst = list => Math.round(Math.max(...list));
  console.log(`large page: ${(size / 1e6).toFixed(2)} MB; processor time: opens in ${best(opened)} to ${worst(opened)} ms, sorts in ${best(sorted)} to ${worst(sorted)} ms, searches in ${best(searched)} to ${worst(searched)} ms`);
  check(best(opened) < 1000, `the large page opens in ${best(opened)} ms`);
  check(best(sorted) < 1000, `the large page sorts in ${best(sorted)} ms`);
  check(best(searched) < 1000, `the large page searches in ${best(searched)} ms`);
}

async function main() {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'chimewatch-browser-'));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM, headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    env: { ...process.env, HOME: profile },
  });
  try {
    for (const file of fs.readdirSync(folder).filter(f => f.endsWith('.html')).sort()) await everyPage(browser, file);
    await keyboard(browser);
    await print(browser);
    await large(browser);
  } finally {
    await browser.close();
    fs.rmSync(profile, { recursive: true, force: true });
  }
  console.log(failures.length ? `${failures.length} of ${checks} checks failed` : `all ${checks} checks passed`);
  process.exitCode = failures.length ? 1 : 0;
}

main().catch(error => { console.error(error); process.exitCode = 1; });
