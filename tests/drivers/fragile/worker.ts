/**
 * A worker as it is, which dies in the way that `GET /crash/<way>` names. One of the service that is
 * given a file's path as `BELLWIRE_TEST_DOOMED` dies soon after each start while that file is there.
 *
 * @module
 */
import "./dying.ts";
import "../../../src/workers/worker.ts";
