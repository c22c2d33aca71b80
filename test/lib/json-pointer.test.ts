import { expect, it } from "vitest";
import { jsonPointer } from "../../src/lib/json.ts";

it.each([
  [[], ""],
  [["text", "body"], "/text/body"],
  [["rows", 0], "/rows/0"],
  [["a/b~c", "~1", ""], "/a~1b~0c/~01/"],
])("points to %j", (path, pointer) => {
  expect(jsonPointer(path)).toBe(pointer);
});
