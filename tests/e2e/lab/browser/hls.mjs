// One headless Chromium with players of HLS, driven by lines of JSON on stdin; each is answered by a line of JSON on stdout. It ends with stdin.
//
//   { "open": NAME, "url": URL, "how": "low" | "plain" | "native" }    plays (hls.js, or the browser by itself); answers when it has begun
//   { "read": NAME, "ms": 2000 }   { behindMs, frames, unreadable, back, size, time, rate, ended, live, target, fatal, others, latency }
//   { "tone": NAME }               { hz, heard }
//
//   node hls.mjs ORIGIN
import readline from 'node:readline'
import { open } from './browser.mjs'

const { browser, page } = await open('chromium'), file = name => new URL(name, import.meta.url).pathname
page.on('console', m => console.error('page:', m.text()))
await page.setRequestInterception(true)
page.once('request', r => r.respond({ contentType: 'text/html', body: '<!doctype html><link rel=icon href="data:,">' }))
await page.goto(new URL('/lab', process.argv[2]).href)
await page.setRequestInterception(false)
await page.addScriptTag({ path: file('node_modules/hls.js/dist/hls.js') })
await page.addScriptTag({ path: file('players.js') })

const obey = order => page.evaluate(async ({ open, url, how, read, ms = 2000, tone }) => {
  const video = document.getElementById(open ?? read ?? tone) ?? document.body.appendChild(Object.assign(document.createElement('video'), { id: open, autoplay: true, playsInline: true, width: 320 }))
  try {
    if (open) {
      if (how === 'native') { video.lab = { fatal: [], others: {} }; video.src = url } else await lab.hls(video, url, how === 'low')
      const stop = Date.now() + 30000
      while (!(video.videoWidth && video.currentTime > 0) && Date.now() < stop) await new Promise(r => setTimeout(r, 20))
      if (!video.currentTime) throw Error(`does not play: ${video.error?.message ?? JSON.stringify(video.lab.others)}`)
      return { playing: open }
    }
    if (tone) return await lab.tone(video, 2000)
    const kit = Object.assign({}, lab, { c: undefined, g: undefined, c2: undefined, g2: undefined })   // canvases of its own: reads may overlap
    const stalled = new Promise(r => setTimeout(r, ms + 1000, {}))      // then no frame comes that would end them
    const [watch, latency] = await Promise.all([kit.watch(video, ms), kit.latency(video, ms)].map(p => Promise.race([p, stalled])))
    const { player, fatal, others, live, target } = video.lab
    return { behindMs: latency.medianMs ?? null, frames: watch.n ?? 0, unreadable: watch.unreadable, back: watch.back, maxGapMs: watch.maxGapMs, size: video.videoWidth + 'x' + video.videoHeight,
      time: video.currentTime, rate: video.playbackRate, paused: video.paused, ended: video.ended, seeking: video.seeking, ready: video.readyState, live, target, fatal, others, latency: player?.latency, buffered: [...Array(video.buffered.length).keys()].map(i => [video.buffered.start(i), video.buffered.end(i)]), aim: player?.targetLatency }
  } catch (e) { return { error: String(e) } }
}, order)

console.log('"ready"')
for await (const line of readline.createInterface({ input: process.stdin })) console.log(JSON.stringify(await obey(JSON.parse(line))))
await browser.close()
