// Opens media files by their URLs, one after the other, in a headless Chromium: prints as JSON [{ url, width, duration, frames, error }].
//
//   node opens.mjs URL...
import { open } from './browser.mjs'

const { browser, page } = await open('chromium')
let code = 1
try {
  await page.setRequestInterception(true)
  page.once('request', r => r.respond({ contentType: 'text/html', body: '<!doctype html><link rel=icon href="data:,"><video muted>' }))
  await page.goto(new URL('/lab', process.argv[2]).href)
  await page.setRequestInterception(false)
  const seen = []
  for (const url of process.argv.slice(2)) {
    seen.push(await page.evaluate(url => new Promise(resolve => {
      const video = document.querySelector('video'), out = { url, frames: 0 }
      const done = error => resolve({ ...out, width: video.videoWidth, duration: video.duration, error })
      const late = setTimeout(() => done('nothing within 15 s'), 15000)
      video.onerror = () => { clearTimeout(late); done(video.error.message) }
      const one = () => { if (++out.frames < 5) video.requestVideoFrameCallback(one); else { clearTimeout(late); done() } }
      video.requestVideoFrameCallback(one)
      video.src = url
      video.play().catch(() => {})
    }), url))
  }
  console.log(JSON.stringify(seen, null, 1))
  code = 0
} catch (e) {
  console.error(String(e))
} finally {
  await browser.close()
}
process.exit(code)
