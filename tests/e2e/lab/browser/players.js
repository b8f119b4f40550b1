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
