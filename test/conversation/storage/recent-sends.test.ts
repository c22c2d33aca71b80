import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  asStored,
  type RecentSend,
  RecentSends,
} from "../../../src/conversation/storage/recent-sends.ts";
import { idBehind } from "../../../src/lib/ids.ts";
import { outgoingMessage } from "../../support/conversation-messages.ts";

function recentSend(changes: Partial<RecentSend> = {}): RecentSend {
  const message = outgoingMessage();
  return {
    message_id: message.id,
    stage: "done",
    message,
    report: { state: "accepted", wamid: "wamid.A", at: 0 },
    revision: 3,
    attempts: 1,
    created_at: 0,
    recorded: false,
    key: null,
    claimed: true,
    ...changes,
  };
}

/** A row in memory: what was set is in its text, what was noted is not. */
function rowOf(sends: readonly RecentSend[] = []) {
  const row = { now: sends, written: sends };
  const part = {
    get: () => row.now,
    set: (value: readonly RecentSend[]) => {
      row.now = value;
      row.written = value;
    },
    note: (value: readonly RecentSend[]) => {
      row.now = value;
    },
  };
  return { row, sends: new RecentSends(part) };
}

describe("the sends in an object's row", () => {
  test("are stored as calling until they are done: nobody knows later whether Meta was called", () => {
    expect(asStored(recentSend({ stage: "waiting" }))).toMatchObject({ stage: "calling" });
    const done = recentSend();
    expect(asStored(done)).toBe(done);
  });

  test("are known at any place", () => {
    const send = recentSend();
    const { sends } = rowOf([send]);
    expect(sends.find(idBehind(send.message_id, send.message_id))).toBe(send);
    expect(sends.find(outgoingMessage().id)).toBeNull();
  });

  test("lose their content once D1 has it and another one comes", () => {
    const { sends } = rowOf([recentSend({ recorded: true }), recentSend()]);
    sends.add(recentSend());
    expect(sends.all.map(({ message }) => message === null)).toEqual([true, false, false]);
  });

  test("write the row only where a change must survive", () => {
    const send = recentSend({ stage: "waiting" });
    const { row, sends } = rowOf([send]);
    sends.note(send.message_id, { stage: "calling" });
    expect(row).toMatchObject({ now: [{ stage: "calling" }], written: [{ stage: "waiting" }] });
    sends.change(send.message_id, { stage: "done" });
    expect(row.written).toMatchObject([{ stage: "done" }]);
    sends.remove(send.message_id);
    expect(row.written).toEqual([]);
  });

  test("are few, but none is forgotten before D1 has it (I7)", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), (recorded) => {
        const all = recorded.map((each) => recentSend({ recorded: each }));
        const { sends } = rowOf(all);
        sends.add(recentSend());
        const left = new Set(sends.all.map(({ message_id }) => message_id));
        const forgotten = all.filter(({ message_id }) => !left.has(message_id));
        expect(forgotten).toEqual(all.filter((send) => send.recorded).slice(0, -4));
      }),
    );
  });
});
