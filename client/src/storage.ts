import type { State } from "./state.ts";

/** Keeps states from one page to the next. None of its calls rejects: without it all still works. */
export interface Storage {
  load(key: string): Promise<State | undefined>;
  save(key: string, state: State): Promise<void>;
  /** Also all whose keys go on after this one with a space. */
  wipe(key: string): Promise<void>;
}

const STORE = "states";
/** Of what is stored; another form has another one. */
const VERSION = 1;

/** Keeps states in IndexedDB; nothing where there is none, as outside of browsers. */
export function indexedDbStorage(factory: IDBFactory | undefined): Storage {
  let opened: Promise<IDBDatabase> | undefined;
  const open = () =>
    opened ??= new Promise((resolve, reject) => {
      const request = (factory as IDBFactory).open("bellwire", VERSION);
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
    act: (store: IDBObjectStore) => IDBRequest,
  ) => {
    try {
      const transaction = (await open()).transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = reject;
      });
      return request.result;
    } catch {
      // Private windows and full disks have none, and browsers close one; it may be there next time.
      opened = undefined;
    }
  };
  return {
    load: (key) => run("readonly", (store) => store.get(key)),
    save: (key, state) => run("readwrite", (store) => store.put(state, key)),
    wipe: (key) => run("readwrite", (store) => store.delete(IDBKeyRange.bound(key, `${key} ~`))),
  };
}
