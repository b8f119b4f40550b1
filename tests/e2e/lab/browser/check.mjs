// Opens a stream in a real headless browser and prints as JSON what was seen and heard. Exit status 0: it played.
//
//   node check.mjs whep URL        plays a WHEP endpoint; whip-whep URL does so with the npm package of that name
//   node check.mjs page URL        opens a page that has a <video> of its own; steps drive it, in the order given:
//        --fill SELECTOR=VALUE   --click SELECTOR   --until SELECTOR=TEXT (waits up to 30 s)   --press SELECTOR (a click on what is not in sight)   --wait SECS   --measure (here, not at the end)
//        --no-video (only the steps)
//
//   default     every frame for --secs (8): barcode, gaps, repeats, freezes; the tone; WebRTC figures
//   --relay       whip-whep: by a TURN server alone
//   --sound-only  the tone of a stream without a picture
//   --avsync    offset of beep and flash (fixture flashbeep)            --latency   glass to glass (live-ffmpeg.sh ... ms, same machine)
//   --leave SECS    closes the tab, without a word to the server, and ends SECS later
//   --require-frames N, --require-hz N       fails when fewer frames were seen, or another tone (or none) was heard
//   --frames    every WebSocket message of the page, as [direction, text]
//   --firefox   Firefox instead of Chromium        --shot OUT.png       --text SELECTOR   prints the element's text at the end
import fs from 'node:fs'
import { open } from './browser.mjs'

const [mode, url, ...args] = process.argv.slice(2)
const has = flag => args.includes(flag), value = (flag, otherwise) => has(flag) ? args[args.indexOf(flag) + 1] : otherwise
const secs = +value('--secs', 8), { browser, page } = await open(has('--firefox') ? 'firefox' : 'chromium')
page.on('console', m => console.error('page:', m.text()))
page.on('pageerror', e => console.error('page error:', e.message))

async function drive() {
  for (const [i, flag] of args.entries()) {
    const [, selector, text] = /^((?:\[[^\]]*\]|[^=[])*)=?(.*)$/s.exec(args[i + 1] ?? '')
    if (flag === '--fill') await page.$eval(selector, (e, v) => { e.value = v; for (const t of ['input', 'change']) e.dispatchEvent(new Event(t, { bubbles: true })) }, text)
    if (flag === '--click') await page.click(selector)
    if (flag === '--press') await page.$eval(selector, e => e.click())
    if (flag === '--wait') await new Promise(r => setTimeout(r, selector * 1000))
    if (flag === '--measure') await measure()
    if (flag === '--until') await page.waitForFunction((s, t) => document.querySelector(s)?.textContent.includes(t), { timeout: 30000 }, selector, text)
  }
}
async function play() {
  const top = new URL('/lab', url).href                               // a page of ours at the origin of the stream, so that CORS is not in the way
  await page.setRequestInterception(true)
  page.once('request', r => r.respond({ contentType: 'text/html', body: '<!doctype html><link rel=icon href="data:,"><video autoplay playsinline style="width:640px;height:360px;background:#222">' }))
  await page.goto(top)
  await page.setRequestInterception(false)
  await page.addScriptTag({ path: new URL('players.js', import.meta.url).pathname })
  if (mode === 'whip-whep') {
    const module = fs.readFileSync(new URL('node_modules/whip-whep/whep.js', import.meta.url), 'utf8')
    await page.addScriptTag({ type: 'module', content: `${module}\nwindow.WHEPClient = WHEPClient` })
  }
  await page.evaluate((mode, url, relay) => lab[mode](document.querySelector('video'), url, relay), mode, url, has('--relay') || undefined)
}
async function leave() {                                              // the tab goes; the browser stays, and says when
  await page.evaluate(() => delete lab.resource)
  result.leftMs = Date.now()
  await page.close()
  await new Promise(r => setTimeout(r, +value('--leave') * 1000))
}
const result = {}
if (has('--frames')) {
  result.frames = []
  const cdp = await page.createCDPSession()
  await cdp.send('Network.enable')
  cdp.on('Network.webSocketFrameSent', e => result.frames.push(['>', e.response.payloadData]))
  cdp.on('Network.webSocketFrameReceived', e => result.frames.push(['<', e.response.payloadData]))
}
async function measure() {
  await page.waitForFunction(() => lab.video = [...document.querySelectorAll('video')].find(v => v.videoWidth && v.currentTime > 0), { timeout: 20000 })
  Object.assign(result, await page.evaluate(async (secs, what, stays) => {
    const out = { size: lab.video.videoWidth + 'x' + lab.video.videoHeight }
    if (what) out[what] = await lab[what](lab.video, secs * 1000)
    else { out.watch = await lab.watch(lab.video, secs * 1000); out.tone = await lab.tone(lab.video) }
    if (lab.pcs.length) out.stats = await lab.stats(lab.pcs.at(-1))
    if (lab.resource && !stays) out.deleted = (await fetch(lab.resource, { method: 'DELETE' })).status
    return out
  }, secs, has('--avsync') ? 'avsync' : has('--latency') ? 'latency' : '', has('--leave')))
}
async function listen() {                                              // a stream without a picture
  await page.waitForFunction(() => lab.video = [...document.querySelectorAll('video, audio')].find(v => v.srcObject?.getAudioTracks().length && v.currentTime > 0), { timeout: 20000 })
  Object.assign(result, await page.evaluate(async () => ({ tone: await lab.tone(lab.video, 3000), stats: await lab.stats(lab.pcs.at(-1)) })))
}
let code = 1
try {
  if (mode === 'page') { await page.goto(url); await drive() } else await play()
  if (has('--sound-only')) await listen()
  else if (!has('--no-video') && !has('--measure')) await measure()
  if (has('--require-frames') && !(result.watch.n >= +value('--require-frames'))) throw Error(`only ${result.watch.n} frames`)
  if (has('--require-hz') && !(Math.abs(result.tone.hz - value('--require-hz')) <= 20)) throw Error(`tone of ${result.tone.hz} Hz`)
  if (has('--text')) result.text = await page.$eval(value('--text'), e => e.textContent.trim())
  if (has('--leave')) await leave()
  console.log(JSON.stringify(result, null, 1))
  code = 0
} catch (e) {
  console.error(String(e))
  console.error(await page.evaluate(async () => lab.pcs.length ? JSON.stringify(await lab.stats(lab.pcs.at(-1))) : '').catch(() => ''))
} finally {
  if (has('--shot')) await page.screenshot({ path: value('--shot') }).catch(() => {})
  await browser.close()
}
process.exit(code)
