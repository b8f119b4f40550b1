#!/bin/bash
# Starts one headless baresip (Debian package baresip-core + baresip-ffmpeg) as a SIP peer and stays in the foreground.
#
#   baresip-peer.sh DIR [name=value ...]
#
#   DIR            scratch folder for its config (made anew)
#   port=5070      SIP port on $addr (UDP and TCP); it also takes port+1 (TLS), so keep peers two ports apart
#   addr=127.0.0.1
#   user=peer      the user part it answers to: call sip:peer@127.0.0.1:5070
#   ctrl=4470      TCP control port (ctrl_tcp, netstring JSON; see baresip-ctl.py)
#   answer=auto    auto | early (183 with SDP but no sound; 200 at the "accept" command) | manual
#   audio=pcmu     comma list of pcmu pcma opus g722 (order = preference); audio=none not possible in 1.0
#   tone=440       sine frequency; or
#   wav=FILE       16-bit mono/stereo WAV, looped (8 kHz file with pcmu/pcma; 48 kHz for opus)
#   video=FILE     any file avformat opens (looped, re-encoded by x264: baseline, key frame every 10 s, or on PLI or INFO; it ignores FIR)
#                  video=fake for a still grey picture, video=none for an audio-only peer
#   pm=0           only H.264 with packetization-mode=0 (default: both modes, plus H263, MP4V-ES and H265;
#                  'video_codecs=h264' in 1.0 means mode 0 only and refuses a mode-1 offer with port 0)
#   vcodec=h264    h264 | vp8
#   size=640x360 fps=25 bitrate=600000
#   reg=           "sip:host:port" of a registrar: register there as $user with $pass
#   domain=        domain of the AOR when registering (default: host of reg)
#   pass=          digest password
#   outbound=      "sip:host:port;lr" outbound proxy (with or without reg)
#   menc=          srtp | srtp-mand | srtp-mandf | dtls_srtp
#   transport=udp  udp | tcp | tls for what it sends itself
#   record=        folder: writes what it receives there as WAV (dump-*-dec.wav) and what it sends (dump-*-enc.wav)
#   trace=1        prints every SIP message
set -eu
dir=$1; shift
port=5070 addr=127.0.0.1 user=peer ctrl=4470 answer=auto audio=pcmu tone=440 wav= video=none size=640x360 fps=25 bitrate=600000
reg= domain= pass= outbound= menc= transport=udp record= trace= cert= rtp= pm= vcodec=h264
for kv in "$@"; do declare "${kv%%=*}=${kv#*=}"; done
rm -rf "$dir"; mkdir -p "$dir"
mods=/usr/lib/baresip/modules
acs=; for c in ${audio//,/ }; do case $c in pcmu) c=PCMU/8000/1;; pcma) c=PCMA/8000/1;; opus) c=opus/48000/2;; g722) c=G722/16000/1;; esac; acs=$acs,$c; done
if [ -n "$wav" ]; then asrc=aufile,$wav; else asrc=ausine,$tone; fi
vmods='avcodec avformat fakevideo' vsrc=fakevideo,nil vc=
case $video in none) vmods=;; fake) ;; *) vsrc=avformat,$video;; esac     # without a codec module there is no video
[ "$pm" = 0 ] && vc=h264
[ "$vcodec" = vp8 ] && vmods=${vmods/avcodec/vp8} vc=vp8
host=${domain:-${reg#sip:}}; host=${host%%;*}; [ -n "$domain" ] || host=${host%:*}
p="answermode=$answer;audio_codecs=${acs#,}"
[ -n "$vc" ] && p="$p;video_codecs=$vc"
if [ -n "$reg" ]; then p="$p;regint=60"; else p="$p;regint=0"; host=$addr:$port; fi
[ -n "$outbound$reg" ] && p="$p;outbound=\"${outbound:-$reg}\""
[ -n "$pass" ] && p="$p;auth_user=$user;auth_pass=$pass"
[ -n "$menc" ] && p="$p;mediaenc=$menc"
echo "<sip:$user@$host;transport=$transport>;$p" > "$dir/accounts"
: > "$dir/contacts"
{
cat <<C
poll_method epoll
sip_listen $addr:$port
net_interface $addr
call_local_timeout 120
call_max_calls 64
audio_source $asrc
audio_player aubridge,sink$port
audio_alert aubridge,alert$port
audio_txmode thread
audio_buffer 20-160
ausrc_srate $([ -n "$wav" ] && echo 0 || echo 48000)
ausrc_channels $([ -n "$wav" ] && echo 0 || echo 2)
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
video_source $vsrc
video_display fakevideo,nil
video_size $size
video_bitrate $bitrate
video_fps $fps
video_fullscreen no
videnc_format yuv420p
rtcp_mux no
jitter_buffer_delay 5-10
rtp_stats yes
ctrl_tcp_listen 127.0.0.1:$ctrl
ringback_disabled yes
statmode_default off
opus_bitrate 64000
C
[ -n "$rtp" ] && echo "rtp_ports $rtp"
[ -n "$cert" ] && echo "sip_certificate $cert"
[ -n "$record" ] && { mkdir -p "$record"; echo "snd_path $record"; }
echo "module_path $mods"
for m in ctrl_tcp opus g711 g722 $([ -n "$record" ] && echo sndfile) ausine aufile aubridge $vmods stun turn ice srtp dtls_srtp; do
  [ -e $mods/$m.so ] && echo "module $m.so"
done
echo "module_tmp account.so"
echo "module_app menu.so"
} > "$dir/config"
exec baresip -4 -f "$dir" ${trace:+-s} -v < /dev/null
