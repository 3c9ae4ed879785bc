const NOTE_SECONDS = 0.12;
const LOUDNESS = 0.04;

let context: AudioContext | undefined;

/** Two quiet notes, up or down. Silent where nobody has touched the page: no browser lets it make a sound. */
export async function chime(kind: 'done' | 'trouble'): Promise<void> {
  if (!navigator.userActivation.hasBeenActive) return;
  context ??= new AudioContext();
  await context.resume();
  const pitches = kind === 'done' ? [660, 880] : [440, 330];
  for (const [index, pitch] of pitches.entries()) playNote(context, pitch, index * NOTE_SECONDS);
}

function playNote(audio: AudioContext, pitch: number, after: number): void {
  const begin = audio.currentTime + after;
  const [tone, volume] = [audio.createOscillator(), audio.createGain()];
  tone.frequency.value = pitch;
  volume.gain.setValueAtTime(LOUDNESS, begin);
  volume.gain.exponentialRampToValueAtTime(0.001, begin + NOTE_SECONDS);
  tone.connect(volume).connect(audio.destination);
  tone.start(begin);
  tone.stop(begin + NOTE_SECONDS);
}
