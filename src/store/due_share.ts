/**
 * Which of several instances does something, told alike by each of them without asking: the one with
 * the highest hash of its id and the thing's. When one comes or goes, no more than its share moves.
 * (Rendezvous hashing, D. Thaler and C. Ravishankar, 1998.)
 *
 * @param instances at least one
 */
export function pickInstance(instances: Iterable<string>, thing: string): string | undefined {
  let winner: string | undefined;
  let highest = -1;
  for (const instance of instances) {
    const score = hash(`${instance} ${thing}`);
    if (score > highest || (score === highest && winner !== undefined && instance > winner)) {
      highest = score;
      winner = instance;
    }
  }
  return winner;
}

/** FNV-1a, then the last mixing of MurmurHash3, without which ids that differ little score alike. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
