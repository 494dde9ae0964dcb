/** Forgets a key, and all that go on after it with a space. */
export function wipe(disk: Map<string, unknown>, key: string): void {
  for (const other of disk.keys()) {
    if (other === key || other.startsWith(`${key} `)) disk.delete(other);
  }
}
