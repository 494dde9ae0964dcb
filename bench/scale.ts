/** How much a measurement does. */
export interface Scale {
  /** Users that are published to. */
  readonly users: number;
  /** Connections that publish at the same time. */
  readonly connections: number;
  /** Milliseconds of load before anything counts. */
  readonly warmUpMs: number;
  /** Milliseconds of load that count. */
  readonly measureMs: number;
  /** Publishes per second where the rate is given. */
  readonly rate: number;
  /** Sockets that are connected where connections themselves are measured. */
  readonly sockets: number;
  /** Publishes to all sockets of one user, without those that warm up. */
  readonly fanOuts: number;
  /** Notifications that each reconnecting socket missed. */
  readonly missed: number;
  /** Publishes per second where they cross from one instance to another, and milliseconds of them. */
  readonly crossingRate: number;
  readonly crossingMs: number;
  /** Devices that several instances share, one of which is killed, and publishes a second meanwhile. */
  readonly roaming: number;
  readonly roamingRate: number;
  /** Devices that listen to a topic. */
  readonly listeners: number;
  /** Notifications that are read at a stroke, and how often, without the times that warm up. */
  readonly unread: number;
  readonly readAlls: number;
  /** Devices that come and go while there are so many publishes a second to everyone, and for how long. */
  readonly roamers: number;
  readonly everyoneRate: number;
  readonly roamMs: number;
  /** Of a large topic. */
  readonly members: number;
  /** How often a page is opened. */
  readonly pageStarts: number;
}

/** What the table asks for. */
export const fullScale: Scale = {
  users: 1000,
  connections: 64,
  warmUpMs: 1000,
  measureMs: 5000,
  rate: 1000,
  sockets: 5000,
  fanOuts: 25,
  missed: 10,
  crossingRate: 200,
  crossingMs: 10_000,
  roaming: 2000,
  roamingRate: 500,
  listeners: 1000,
  unread: 1000,
  readAlls: 25,
  roamers: 1000,
  everyoneRate: 10,
  roamMs: 60_000,
  members: 100_000,
  pageStarts: 20,
};

/** Enough to see that everything works; its numbers say nothing. */
export const quickScale: Scale = {
  ...fullScale,
  users: 200,
  warmUpMs: 300,
  measureMs: 1000,
  sockets: 500,
  fanOuts: 5,
  crossingMs: 1000,
  roaming: 300,
  listeners: 200,
  readAlls: 3,
  roamers: 200,
  roamMs: 8000,
  members: 2000,
  pageStarts: 3,
};
