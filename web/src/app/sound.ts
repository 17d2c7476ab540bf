/** Two short tones. One page of several plays them. */
const TONES = [[660, 0], [880, 0.11]] as const;
const LASTS_S = 0.16;
const LOUD = 0.08;
let audio: AudioContext | undefined;

async function play(): Promise<void> {
  audio ??= new AudioContext();
  await audio.resume();
  for (const [hertz, after] of TONES) {
    const begin = audio.currentTime + after;
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(LOUD, begin);
    volume.gain.exponentialRampToValueAtTime(0.001, begin + LASTS_S);
    tone.connect(volume).connect(audio.destination);
    tone.start(begin);
    tone.stop(begin + LASTS_S);
  }
  // Held for as long as others may want to play the same.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
}

export function playSound(): void {
  // Without locks (a page that came over plain HTTP) each page plays for itself.
  const played = navigator.locks ? navigator.locks.request("chatmesh.sound", { ifAvailable: true }, (lock) => (lock ? play() : undefined)) : play();
  played.catch(() => undefined);
}
