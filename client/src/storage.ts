import type { State } from "./state.ts";

/**
 * Keeps states from one page to the next. None of its calls rejects: without it all still works. A call
 * may never resolve, as some browsers open their database and never answer: wait with a deadline.
 */
export interface Storage {
  /** What lies there may be of another version, or nothing that makes sense. */
  load(key: string): Promise<unknown>;
  save(key: string, state: State): Promise<void>;
  /** Also all whose keys go on after this one with a space. */
  wipe(key: string): Promise<void>;
}

const STORE = "states";
/** Of what is stored; another form has another one. */
const VERSION = 1;

/**
 * Keeps states in IndexedDB; nothing where there is none, as outside of browsers.
 *
 * @param getFactory may throw, as it does where the page may not store anything
 */
export function indexedDbStorage(getFactory: () => IDBFactory | undefined): Storage {
  let opened: Promise<IDBDatabase> | undefined;
  /** What is to be stored. A database that does not answer holds up one state for each key, not all. */
  const unsaved = new Map<string, State>();
  let isSaving = false;
  const open = () =>
    opened ??= new Promise((resolve, reject) => {
      const request = (getFactory() as IDBFactory).open("bellwire", VERSION);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      request.onsuccess = () => {
        // Another page wants another version, or to delete it.
        request.result.onversionchange = () => request.result.close();
        resolve(request.result);
      };
      request.onerror = reject;
    });
  const run = async (
    mode: IDBTransactionMode,
    act: (store: IDBObjectStore) => IDBRequest | void,
  ) => {
    try {
      const transaction = (await open()).transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = reject;
      });
      return (request as IDBRequest | undefined)?.result;
    } catch {
      // Private windows and full disks have none, and browsers close one; it may be there next time.
      opened = undefined;
    }
  };
  return {
    load: (key) => run("readonly", (store) => store.get(key)),
    async save(key, state) {
      unsaved.set(key, state);
      if (isSaving) return;
      isSaving = true;
      await run("readwrite", (store) => {
        isSaving = false;
        for (const [key, state] of unsaved) store.put(state, key);
        unsaved.clear();
      });
      isSaving = false;
    },
    wipe(key) {
      unsaved.clear();
      return run("readwrite", (store) => store.delete(IDBKeyRange.bound(key, `${key} \uffff`)));
    },
  };
}
