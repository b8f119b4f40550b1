// Viewers that join a WHEP stream at given moments, all in one headless Chromium; prints as JSON what each of them saw.
//
//   node join.mjs URL --at 1,3,5,7,9 [--epoch MS] [--gop 10] [--until 12]
//
//   --epoch   wall clock of the stream's first keyframe in ms (default: now); the moments are seconds into the next GOP of --gop seconds that begins
//             late enough for the browser to be ready. --until: seconds into that GOP when all viewers are read and leave.
//
// For each: { at, iceMs (offer sent to ICE connected), firstFrameMs (ICE connected to the first decoded frame), behindMs (median delay of the picture
// 2 s after that frame; needs a timecode of the wall clock), freezes, freezeMs, decoded, fps, longestGapMs (between two frames of the page) }
import { open } from './browser.mjs'

const [url, ...args] = process.argv.slice(2), value = (flag, otherwise) => args.includes(flag) ? args[args.indexOf(flag) + 1] : otherwise
const moments = value('--at', '0').split(',').map(Number), gop = +value('--gop', 10) * 1000, until = +value('--until', 12) * 1000
const { browser, page } = await open('chromium')
page.on('console', m => console.error('page:', m.text()))
let code = 1
try {
  await page.setRequestInterception(true)
  page.once('request', r => r.respond({ contentType: 'text/html', body: '<!doctype html><link rel=icon href="data:,">' }))
  await page.goto(new URL('/lab', url).href)
  await page.setRequestInterception(false)
  await page.addScriptTag({ path: new URL('players.js', import.meta.url).pathname })
  const epoch = +value('--epoch', Date.now()), ready = Date.now() + 300
  const start = epoch + Math.max(0, Math.ceil((ready - epoch) / gop)) * gop
  const joined = await page.evaluate((url, moments, start, until) => {
    const wait = t => new Promise(r => setTimeout(r, Math.max(0, t - Date.now())))
    async function join(at) {
      await wait(start + at * 1000)
      const video = document.body.appendChild(Object.assign(document.createElement('video'), { autoplay: true, playsInline: true, muted: true, width: 320 }))
      const sent = performance.now()
      let pc, connected, first, last, longest = 0
      const one = now => { first ??= performance.now(); if (last) longest = Math.max(longest, now - last); last = now; video.requestVideoFrameCallback(one) }
      video.requestVideoFrameCallback(one)
      const ice = new Promise(r => lab.whep(video, url, made => {
        pc = made
        pc.addEventListener('iceconnectionstatechange', () => { if (!connected && ['connected', 'completed'].includes(pc.iceConnectionState)) r(connected = performance.now()) })
      }).catch(e => console.log(String(e))))
      await Promise.race([ice, wait(start + until)])
      while (!first && Date.now() < start + until) await wait(Date.now() + 5)
      const out = { at, iceMs: Math.round(connected - sent), firstFrameMs: first ? Math.round(first - connected) : null }
      await wait(Date.now() + 2000)
      const l = await lab.latency(video, 800)
      out.behindMs = l.n ? l.medianMs : null
      await wait(start + until)
      for (const s of (await pc.getStats()).values())
        if (s.type === 'inbound-rtp' && s.kind === 'video') Object.assign(out, { freezes: s.freezeCount, freezeMs: Math.round(s.totalFreezesDuration * 1000), decoded: s.framesDecoded, received: s.framesReceived, dropped: s.framesDropped, keys: s.keyFramesDecoded, packets: s.packetsReceived, resent: s.retransmittedPacketsReceived ?? 0, lost: s.packetsLost, fps: s.framesPerSecond, nack: s.nackCount, pli: s.pliCount })
      out.longestGapMs = Math.round(longest)
      pc.close()
      return out
    }
    return Promise.all(moments.map(join))
  }, url, moments, start, until)
  console.log(JSON.stringify(joined, null, 1))
  code = 0
} catch (e) { console.error(String(e)) } finally { await browser.close() }
process.exit(code)
