"""What foreign tools see in a recording or a live URL: ffprobe and ffmpeg as judges."""
import array
import json
import re
import subprocess

from harness import LAB


def run(*command, timeout=60):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def streams(path, *options):
    """Codec type to the stream as ffprobe shows it."""
    status, out, err = run('ffprobe', '-v', 'error', *options, '-show_streams', '-of', 'json', path)
    assert status == 0, err
    return {stream['codec_type']: stream for stream in json.loads(out)['streams']}


def packets(path):
    """Codec type to the (dts, pts, is keyframe) of each packet, in seconds."""
    status, out, err = run('ffprobe', '-v', 'error', '-show_entries', 'packet=codec_type,dts_time,pts_time,flags', '-of', 'json', path)
    assert status == 0, err
    found = {}
    for packet in json.loads(out)['packets']:
        found.setdefault(packet['codec_type'], []).append((float(packet['dts_time']), float(packet['pts_time']), 'K' in packet['flags']))
    return found


def assert_clean(test, path):
    """Times rise within each track, sound has no hole, and a decoder complains of nothing. Returns the packets."""
    seen = packets(path)
    for kind, track in seen.items():
        for (before, *_), (dts, pts, _) in zip(track, track[1:]):
            test.assertGreater(dts, before, f'{kind} of {path}')
            test.assertGreaterEqual(pts, dts, f'{kind} of {path}')
    sound = [dts for dts, *_ in seen.get('audio', [])]
    for before, dts in zip(sound, sound[1:]):
        test.assertLess(dts - before, 0.035, f'a hole in the sound of {path} at {before}')
    status, _, err = run('ffmpeg', '-v', 'warning', '-nostdin', '-i', path, '-fps_mode', 'passthrough', '-enc_time_base', '-1', '-f', 'null', '-')
    test.assertEqual((status, err), (0, ''), path)
    return seen


def barcode(path):
    """{'frames': ..., 'unreadable': ..., 'gaps': ..., 'repeats': ...} of the test card's timecode."""
    _, _, err = run('python3', LAB / 'tools/readback.py', path)
    return {name: int(value) for name, value in re.findall(r'(\w+)=(\d+)', err)}


def tone_hz(path, seconds=None):
    """By zero crossings of what is heard; 0 when it is silence."""
    _, _, err = run('ffmpeg', '-hide_banner', '-nostdin', *(['-sseof', f'-{seconds}'] if seconds else []), '-i', path, '-vn', '-af',
                    'aformat=sample_rates=8000:channel_layouts=mono,astats', '-f', 'null', '-')
    level = re.findall(r'RMS level dB: (\S+)', err)
    crossings = re.findall(r'Zero crossings rate: (\S+)', err)
    if not level or level[-1] == '-inf' or float(level[-1]) < -60:
        return 0
    return round(float(crossings[-1]) * 4000)


def tones(path):
    """What is heard in each half second, in Hz by zero crossings; 0 is silence."""
    done = subprocess.run(['ffmpeg', '-v', 'error', '-nostdin', '-i', str(path), '-vn', '-ac', '1', '-ar', '8000', '-f', 's16le', '-'], capture_output=True, timeout=60)
    samples = array.array('h', done.stdout)
    found = []
    for at in range(0, len(samples) - 3999, 4000):
        piece = samples[at:at + 4000]
        loud = sum(abs(s) for s in piece) / len(piece) > 100
        found.append(sum((a < 0) != (b < 0) for a, b in zip(piece, piece[1:])) if loud else 0)  # two crossings a period, half a second
    return found


def av_offset_ms(path):
    """Sound after picture, of the flash and beep card: the mean, and how many flashes were matched."""
    _, out, _ = run(LAB / 'rtmp/check-av.sh', path)
    match = re.search(r'(\d+) flashes matched, beep - flash mean ([+-]\d+) ms', out)
    return (int(match[2]), int(match[1])) if match else (None, 0)
