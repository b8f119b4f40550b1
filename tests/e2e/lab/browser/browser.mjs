// Starts the system's headless Chromium or Firefox with one page. In every document that the page loads, window.lab is the measuring kit of
// readback.js, and lab.pcs holds the RTCPeerConnections that the document's own scripts made.
import fs from 'node:fs'
import puppeteer from 'puppeteer-core'

const chromium = {
  browser: 'chrome', executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
    '--disable-sync', '--autoplay-policy=no-user-gesture-required',
    '--disable-features=WebRtcHideLocalIpsWithMdns,LocalNetworkAccessChecks', '--allow-loopback-in-peer-connection']
}
const firefox = {
  browser: 'firefox', executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
  extraPrefsFirefox: {
    'media.autoplay.default': 0, 'media.autoplay.blocking_policy': 0,
    'media.peerconnection.ice.loopback': true, 'media.peerconnection.ice.obfuscate_host_addresses': false
  }
}

export async function open(name) {
  const browser = await puppeteer.launch({ headless: true, acceptInsecureCerts: true, ...(name === 'firefox' ? firefox : chromium) })
  const page = await browser.newPage()
  if (name !== 'firefox') await page.setBypassCSP(true)
  await page.setViewport({ width: 1000, height: 900 })
  await page.evaluateOnNewDocument(fs.readFileSync(new URL('readback.js', import.meta.url), 'utf8') + `
    lab.pcs = []
    window.RTCPeerConnection = new Proxy(RTCPeerConnection, { construct(target, args) { const pc = new target(...args); lab.pcs.push(pc); return pc } })`)
  return { browser, page }
}
