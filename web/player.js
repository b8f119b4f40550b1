'use strict';
// Plays /player?stream=NAME by WHEP: waits for a stream that is not there yet, reconnects by itself, and says
// in plain words what is wrong.
const $ = id => document.getElementById(id);
const stream = new URLSearchParams(location.search).get('stream') ?? '';
const video = $('video');
const kRetryMs = 2000;
let peer = null, resource = null;

function say(message, detail = '') {
  $('message').textContent = message;
  $('detail').textContent = detail;
  $('cover').hidden = !message;
}

async function leave() {
  peer?.close();
  if (resource) fetch(resource, { method: 'DELETE', keepalive: true }).catch(() => {});
  peer = resource = null;
}

function retry(message, detail) {
  say(message, detail);
  leave();
  setTimeout(play, kRetryMs);
}

async function play() {
  const pc = peer = new RTCPeerConnection();
  const media = new MediaStream();
  pc.addTransceiver('audio', { direction: 'recvonly' });
  pc.addTransceiver('video', { direction: 'recvonly' });
  pc.ontrack = event => { media.addTrack(event.track); video.srcObject = media; };
  pc.onconnectionstatechange = () => {
    if (pc !== peer) return;
    if (pc.connectionState === 'failed') retry('The connection was lost', 'UDP may be blocked between you and the server. Trying again…');
    if (pc.connectionState === 'closed' || pc.connectionState === 'disconnected') setTimeout(() => {
      if (pc === peer && pc.connectionState !== 'connected') retry('The stream has ended', 'Waiting for it to come back…');
    }, 1500);
  };
  try {
    await pc.setLocalDescription(await pc.createOffer());
    const reply = await fetch('/whep/' + encodeURIComponent(stream), {
      method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: pc.localDescription.sdp,
    });
    if (pc !== peer) return;
    const text = await reply.text();
    if (reply.status === 404) return retry('This stream is not there yet', 'It starts by itself as soon as the call does.');
    if (reply.status === 503) return retry('The phone has not answered yet', 'Trying again…');
    if (reply.status !== 201) return retry('The server refuses this stream', reason(text));
    resource = reply.headers.get('Location');
    $('status').textContent = reply.headers.get('X-Sipcast-Refused') ?? '';
    await pc.setRemoteDescription({ type: 'answer', sdp: text });
    if (!/^m=video [1-9]/m.test(text)) { say(''); $('status').textContent ||= 'This stream has sound only.'; }
  } catch (error) {
    if (pc === peer) retry('The server does not answer', error.message);
  }
}

function reason(body) {
  try { return JSON.parse(body).message; } catch { return body.slice(0, 200); }
}

video.addEventListener('playing', () => { say(''); $('sound').hidden = !video.muted; });
$('sound').addEventListener('click', () => { video.muted = false; $('sound').hidden = true; video.play(); });
addEventListener('pagehide', leave);
$('name').textContent = stream;
document.title = stream ? stream + ' – sipcast' : 'sipcast player';
if (stream) play(); else say('No stream is named', 'Open /player?stream=NAME');
