// Uses the page of the operator in headless Chromium, as a person would, and prints as JSON what it showed. Content security policies hold here.
//
//   node dashboard.mjs ORIGIN OUT_DIR STEPS.json
//
// STEPS: [["fill", selector, text], ["click", selector], ["until", selector, text], ["gone", selector], ["text", name, selector], ["size", width, height],
//         ["dark"], ["light"], ["shot", name], ["eval", name, expression], ["reload"]]
import fs from 'node:fs'
import { open } from './browser.mjs'

const [origin, out, file] = process.argv.slice(2), result = { refused: [], errors: [] }
const { browser, page } = await open('chromium')
await page.setBypassCSP(false)
page.on('pageerror', e => result.errors.push(e.message))
page.on('console', m => { if (/Content Security Policy/.test(m.text())) result.refused.push(m.text()); else if (m.type() === 'error') result.errors.push(m.text()) })
page.on('request', r => { if (!r.url().startsWith(origin) && !r.url().startsWith('data:') && !r.url().startsWith('blob:')) result.refused.push(r.url()) })
const steps = {
  fill: (s, text) => page.$eval(s, (e, v) => { e.value = v; for (const t of ['input', 'change']) e.dispatchEvent(new Event(t, { bubbles: true })) }, text),
  click: s => page.$eval(s, e => e.click()),
  until: (s, text) => page.waitForFunction((s, t) => [...document.querySelectorAll(s)].some(e => e.textContent.includes(t)), { timeout: 20000 }, s, text),
  gone: s => page.waitForFunction(s => !document.querySelector(s), { timeout: 20000 }, s),
  text: async (name, s) => { result[name] = await page.$eval(s, e => e.innerText) },
  size: (width, height) => page.setViewport({ width, height, deviceScaleFactor: 1 }),
  dark: () => page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]),
  light: () => page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]),
  shot: name => page.screenshot({ path: `${out}/${name}.png` }),
  eval: async (name, text) => { result[name] = await page.evaluate(text) },
  reload: () => page.reload(),
}
let code = 1
try {
  await page.goto(origin + '/')
  for (const [step, ...args] of JSON.parse(fs.readFileSync(file))) {
    try { await steps[step](...args) } catch (e) { throw Error(`${step} ${args.join(' ')}: ${e.message}; the page says: ${await page.$eval('main', e => e.innerText.slice(0, 600)).catch(() => '')}`) }
  }
  console.log(JSON.stringify(result, null, 1))
  code = 0
} catch (e) {
  console.error(String(e), JSON.stringify(result))
  await page.screenshot({ path: `${out}/failed.png` }).catch(() => {})
} finally { await browser.close() }
process.exit(code)
