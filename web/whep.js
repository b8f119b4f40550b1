// One WHEP viewer (draft-ietf-wish-whep). watch() resolves once the answer is there, with { pc, refused, soundOnly, stop() }; a refusal is thrown
// as { status, body }.
const Whep = {
  // The STUN and TURN servers that the server tells of (RFC 9725 section 4.6).
  iceServers(link) {
    return [...(link ?? '').matchAll(/<((?:stun|turn)s?:[^>]*)>([^<]*)/g)].map(([, urls, rest]) => ({
      urls, username: /username="([^"]*)"/.exec(rest)?.[1], credential: /credential="([^"]*)"/.exec(rest)?.[1],
    }));
  },

  async watch(video, stream, headers = {}) {
    const pc = new RTCPeerConnection(), media = new MediaStream();
    let resource = null;
    const stop = () => {
      pc.close();
      if (resource) fetch(resource, { method: 'DELETE', keepalive: true, headers }).catch(() => {});
      resource = null;
    };
    try {
      pc.addTransceiver('audio', { direction: 'recvonly' });
      pc.addTransceiver('video', { direction: 'recvonly' });
      pc.ontrack = event => { media.addTrack(event.track); video.srcObject = media; };
      const offer = await pc.createOffer();  // without candidates: the server has no need of them
      const reply = await fetch('/whep/' + encodeURIComponent(stream), {
        method: 'POST', headers: { ...headers, 'Content-Type': 'application/sdp' }, body: offer.sdp,
      });
      const text = await reply.text();
      if (reply.status !== 201) throw { status: reply.status, body: text };
      resource = reply.headers.get('Location');
      pc.setConfiguration({ iceServers: Whep.iceServers(reply.headers.get('Link')) });
      await pc.setLocalDescription(offer);
      await pc.setRemoteDescription({ type: 'answer', sdp: text });
      return { pc, stop, refused: reply.headers.get('X-Sipcast-Refused') ?? '', soundOnly: !/^m=video [1-9]/m.test(text) };
    } catch (error) {
      stop();
      throw error;
    }
  },
};
