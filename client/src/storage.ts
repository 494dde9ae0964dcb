import type { State } from "./state.ts";

/** Keeps states from one page to the next. None of its calls rejects: without it all still works. */
export interface Storage {
  load(key: string): Promise<State | undefined>;
  save(key: string, state: State): Promise<void>;
  wipe(key: string): Promise<void>;
}

/** Keeps nothing. */
export const noStorage: Storage = {
  load: () => Promise.resolve(undefined),
  save: () => Promise.resolve(),
  wipe: () => Promise.resolve(),
};

const STORE = "states";
/** Of what is stored; another form has another one. */
const VERSION = 1;

/** Keeps states in IndexedDB. */
export function indexedDbStorage(factory: IDBFactory): Storage {
  let opened: Promise<IDBDatabase> | undefined;
  const open = () =>
    opened ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = factory.open("bellwire", VERSION);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      request.onsuccess = () => {
        const database = request.result;
        const forget = () => opened = undefined;
        database.onversionchange = () => {
          database.close();
          forget();
        };
        database.onclose = forget;
        resolve(database);
      };
      request.onerror = () => reject(request.error);
    }).catch((error) => {
      opened = undefined;
      throw error;
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
      // Private windows and full disks have none; then nothing is kept.
      return undefined;
    }
  };
  return {
    load: (key) => run("readonly", (store) => store.get(key)),
    save: (key, state) => run("readwrite", (store) => store.put(state, key)),
    wipe: (key) => run("readwrite", (store) => store.delete(key)),
  };
}
