/** Folding without a picture. */
import * as assert from "node:assert/strict";
import { around, boxOf, draw, opened, packagesOf } from "../graph/folding";
import type { GraphEdge, GraphModule } from "../protocol";

function moduleOf(name: string, knot: number | null = 0): GraphModule {
  return { name, uri: `file:///${name}`, isPackage: false, knot };
}

function edgeOf(importer: string, imported: string, code: string | null = null): GraphEdge {
  return { importer, imported, kind: "runtime", flags: [], code, location: null };
}

export function foldingTests(): void {
  suite("folding", () => {
    const modules = ["a", "a.b", "a.b.x", "a.b.y", "a.c", "d"].map((name) => moduleOf(name));

    test("packages around a module keep its root", () => {
      assert.deepEqual(around("a.b@libs/x"), ["a@libs/x", "a.b@libs/x"]);
    });

    test("the box of a module is the outermost package that is not open", () => {
      const packages = packagesOf(modules);
      assert.deepEqual([...packages].sort(), ["a", "a.b"]);
      assert.equal(boxOf("a.b.x", new Set(), packages), "a");
      assert.equal(boxOf("a.b.x", new Set(["a"]), packages), "a.b");
      assert.equal(boxOf("a.b.x", new Set(["a", "a.b"]), packages), "a.b.x");
      assert.equal(boxOf("a.b", new Set(["a", "a.b"]), packages), "a.b");
    });

    test("small graphs are open, large ones are not", () => {
      assert.deepEqual([...opened(modules)].sort(), ["a", "a.b"]);
      assert.deepEqual([...opened(modules, 2)], []);
      assert.equal(draw(modules, [], opened(modules, 2)).boxes.length, 2);
      assert.equal(draw(modules, [], opened(modules)).boxes.length, 6);
    });

    test("there is never more than there is room for", () => {
      const many = Array.from({ length: 2000 }, (_, n) => moduleOf(`p.q${n % 40}.m${n}`));
      for (const room of [1, 10, 60, 400]) {
        assert.ok(draw(many, [], opened(many, room)).boxes.length <= Math.max(room, 1), String(room));
      }
    });

    test("lines between boxes stand for their edges, the loudest first", () => {
      const edges = [
        edgeOf("a.b.x", "d"), edgeOf("a.b.y", "d", "cycle-crash"), edgeOf("a.b.x", "a.b.y"), edgeOf("d", "a.c", "cycle"),
      ];
      const picture = draw(modules, edges, new Set(["a"]), new Set(["a.b.x d"]));
      assert.equal(picture.hidden, 1);
      assert.deepEqual(picture.lines.map((line) => [line.from, line.to, line.code, line.edges.length, line.isCut]), [
        ["a.b", "d", "cycle-crash", 2, true], ["d", "a.c", "cycle", 1, false],
      ]);
      assert.equal(picture.lines[0]?.edges[0]?.importer, "a.b.y");
    });

    test("a box is of a knot when all in it are", () => {
      const mixed = [moduleOf("a.b", 0), moduleOf("a.c", null)];
      assert.equal(draw(mixed, [], new Set()).boxes[0]?.knot, null);
      assert.equal(draw(mixed, [], new Set(["a"])).boxes[0]?.knot, 0);
    });
  });
}
