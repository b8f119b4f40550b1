// One headless Chromium that looks at many WHEP streams, some at once. Each line of stdin is a JSON list [{ "id", "url", "video": true }, ...] of streams
// to look at together; each line of stdout the list of what was seen and heard, in the same order:
//   { id, frames, unreadable, back, maxGapMs, hz, heard, audio, video (codecs), error }
// With "keep": true the viewer stays until the end, and the next look at its id goes on with it; with "only": "H264" its offer has no other video codec.
// It ends with stdin.
//
//   node cells.mjs ORIGIN [--secs 2]
import readline from 'node:readline'
import { open } from './browser.mjs'

const [origin, ...args] = process.argv.slice(2), secs = args[0] === '--secs' ? +args[1] : 2
const { browser, page } = await open('chromium')
page.on('console', m => console.error('page:', m.text()))
await page.setRequestInterception(true)
page.once('request', r => r.respond({ contentType: 'text/html', body: '<!doctype html><link rel=icon href="data:,">' }))
await page.goto(new URL('/lab', origin).href)
await page.setRequestInterception(false)
await page.addScriptTag({ path: new URL('players.js', import.meta.url).pathname })

const look = cells => page.evaluate((cells, ms) => {
  const within = (promise, what) => Promise.race([promise, new Promise((_, no) => setTimeout(no, 12000, Error(`not within 12 s: ${what}`)))])
  const kept = window.kept ??= new Map()
  async function look({ id, url, video: pictures, keep, only }) {
    const old = kept.get(id), video = old?.video ?? document.body.appendChild(Object.assign(document.createElement('video'), { autoplay: true, playsInline: true, width: 320 }))
    let pc = old?.pc
    try {
      if (!old) await within(lab.whep(video, url, made => { pc = made }, only), 'answer')
      if (keep) kept.set(id, { video, pc })
      await within(new Promise(r => { const t = setInterval(() => video.currentTime > 0 && (!pictures || video.videoWidth) && (clearInterval(t), r()), 20) }), 'playing')
      const [watch, tone] = await Promise.all([pictures ? lab.watch(video, ms) : {}, lab.tone(video, ms)]), stats = await lab.stats(pc)
      return { id, frames: watch.n ?? 0, unreadable: watch.unreadable ?? 0, back: watch.back ?? 0, maxGapMs: watch.maxGapMs ?? 0, ...tone, audio: stats.audio?.codec ?? '', video: stats.video?.codec ?? '' }
    } catch (e) { return { id, error: String(e) } } finally { if (!kept.has(id)) { pc?.close(); video.remove() } }
  }
  return Promise.all(cells.map(look))
}, cells, secs * 1000)

console.log('"ready"')
for await (const line of readline.createInterface({ input: process.stdin })) console.log(JSON.stringify(await look(JSON.parse(line))))
await browser.close()
