/** Back-off without a clock. */
import * as assert from "node:assert/strict";
import { Backoff, GIVE_UP_AFTER } from "../backoff";

export function backoffTests(): void {
  suite("back-off", () => {
    test("waits longer and longer, then gives up", () => {
      const backoff = new Backoff();
      backoff.started(0);
      const waits = Array.from({ length: GIVE_UP_AFTER + 1 }, () => backoff.ended(10));
      assert.equal(waits[0], 0);
      assert.equal(waits.at(-1), undefined);
      const between = waits.slice(1, -1) as number[];
      assert.ok(between.every((wait, n) => wait > 0 && wait >= (between[n - 1] ?? 0)));
    });

    test("a healthy time, or somebody's wish, makes it forget", () => {
      const backoff = new Backoff();
      backoff.started(0);
      backoff.ended(10);
      assert.notEqual(backoff.ended(20), 0);
      backoff.started(30);
      assert.equal(backoff.ended(30 + 120_000), 0);
      backoff.ended(40);
      backoff.forget();
      backoff.started(50);
      assert.equal(backoff.ended(60), 0);
    });
  });
}
