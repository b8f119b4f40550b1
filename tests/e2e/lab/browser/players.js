// The player that check.mjs and join.mjs put into a page. It resolves when the answer is set, and throws what the server answered otherwise.
// `only`: the one video codec that the offer holds, such as H264.
lab.whep = async (video, url, watcher, only) => {                                  // RFC draft-ietf-wish-whep: POST the offer, 201 with the answer and a Location
  const pc = new RTCPeerConnection(), stream = new MediaStream()
  watcher?.(pc)
  for (const kind of ['audio', 'video']) {
    const transceiver = pc.addTransceiver(kind, { direction: 'recvonly' })
    if (only && kind === 'video') transceiver.setCodecPreferences(RTCRtpReceiver.getCapabilities(kind).codecs.filter(c => [`video/${only}`, 'video/rtx'].includes(c.mimeType)))
  }
  pc.ontrack = e => { stream.addTrack(e.track); video.srcObject = stream }
  await pc.setLocalDescription(await pc.createOffer())
  while (pc.iceGatheringState !== 'complete') await new Promise(r => pc.addEventListener('icegatheringstatechange', r, { once: true }))
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: pc.localDescription.sdp })
  if (answer.status !== 201) throw Error(`WHEP: ${answer.status} ${await answer.text()}`)
  lab.resource = new URL(answer.headers.get('location'), url).href
  await pc.setRemoteDescription({ type: 'answer', sdp: await answer.text() })
}
// HLS with hls.js: low latency or plain. lab.hlsErrors are its fatal errors, and the details of others counted.
lab.hls = (video, url, low) => new Promise((done, failed) => {
  const player = new Hls({ lowLatencyMode: low, maxLiveSyncPlaybackRate: low ? 1.5 : 1 })
  video.lab = { player, fatal: [], others: {}, ended: false }
  player.on(Hls.Events.ERROR, (_, e) => { if (e.fatal) { video.lab.fatal.push(`${e.details} ${e.response?.code ?? e.error?.message ?? ''} ${video.error?.message ?? ''}`); failed(Error(e.details)) } else { if (e.details !== 'fragGap') console.log(e.details, e.reason, e.error?.message, e.frag?.sn, e.part?.index, e.frag?.initSegment?.url); video.lab.others[e.details] = (video.lab.others[e.details] ?? 0) + 1 } })
  player.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => { video.lab.live = details.live; video.lab.target = details.targetduration })
  player.on(Hls.Events.MANIFEST_PARSED, () => done())
  player.loadSource(url)
  player.attachMedia(video)
})
// The same with the npm package whip-whep, which trickles and reads Link headers.
lab['whip-whep'] = async (video, url, relay) => {
  const pc = new RTCPeerConnection(relay ? { iceTransportPolicy: 'relay' } : {}), stream = new MediaStream(), client = new WHEPClient()
  for (const kind of ['audio', 'video']) pc.addTransceiver(kind, { direction: 'recvonly' })
  pc.ontrack = e => { stream.addTrack(e.track); video.srcObject = stream }
  await client.view(pc, url)
  lab.resource = client.resourceURL.href
}
