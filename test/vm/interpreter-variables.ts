/**
 * Samples for `interpreter.test.ts`: when a let, const or class has its value, and what is said before. As text, because
 * TypeScript would not have most of them.
 */
const tried = "const tried = (what) => { try { return what(); } catch (error) { return error.name; } };";

export const VARIABLES: Readonly<Record<string, string>> = {
  "a variable has no value before its declaration, whoever asks": `() => {
    ${tried}
    const seen = [];
    seen.push(tried(() => { const a = b; const b = 1; return [a, b]; }));
    seen.push(tried(() => { a = 1; let a; return a; }));
    seen.push(tried(() => { const ask = () => a; const first = tried(ask); let a = 2; return [first, ask(), a]; }));
    seen.push(tried(() => { typeof a; let a; }));
    seen.push(tried(() => { let a = a; return a; }));
    seen.push(tried(() => { let a = (() => a)(); return a; }));
    seen.push(tried(() => { a += 1; let a = 1; return a; }));
    seen.push(tried(() => { a++; let a = 1; return a; }));
    seen.push(tried(() => { const a = 1; a = 2; return a; }));
    seen.push(tried(() => { let a = 1; { const got = tried(() => a); let b = tried(() => { b; }); { a = 5; } return [got, a, b]; } }));
    return seen;
  }`,
  "each round of a loop begins without a value": `() => {
    ${tried}
    const seen = [];
    for (let round = 0; round < 3; round++) {
      seen.push(tried(() => { if (round > 0) return before; return "none"; }));
      const before = round;
      seen.push(before);
    }
    let round = 0;
    while (round < 3) {
      if (round === 2) seen.push(tried(() => late));
      const got = [];
      try { got.push(late); } catch (error) { got.push(error.name); }
      let late = round;
      late += 1;
      got.push(late);
      seen.push(got);
      round++;
    }
    do { let inner; seen.push(inner === undefined); inner = round; seen.push(inner); round++; } while (round < 5);
    return seen;
  }`,
  "a case enters a switch behind what others declare": `() => {
    ${tried}
    const choose = (which) => tried(() => {
      switch (which) {
        case 0:
          let a = "first";
          return a;
        case 1:
          return a;
        case 2:
          a = "set";
          return a;
        default:
          return () => a;
      }
    });
    const fall = (which) => {
      const seen = [];
      for (let at = which; at < 3; at++) {
        try {
          switch (at) {
            case 0:
              const b = at;
              seen.push(b);
            case 1:
              seen.push(b);
          }
        } catch (error) { seen.push(error.name); }
      }
      return seen;
    };
    return [choose(0), choose(1), choose(2), tried(choose(3)), fall(0), fall(1)];
  }`,
  "the head of a loop sees none of its variables": `() => {
    ${tried}
    const seen = [];
    seen.push(tried(() => { for (const a of [a]) return a; }));
    seen.push(tried(() => { for (const a of [() => a]) return a; })?.constructor?.name ?? "none");
    seen.push(tried(() => { for (const { a } of [{ a: 1 }]) { const b = a + 1; seen.push(b); } return "done"; }));
    seen.push(tried(() => { for (const [a, b = a] of [[1], [2, 3]]) seen.push([a, b]); return "done"; }));
    seen.push(tried(() => { for (const [a = b, b] of [[]]) seen.push(a); return "done"; }));
    seen.push(tried(() => { for (let a in { x: a }) return a; }));
    seen.push(tried(() => { for (let a = b, b = 1; ; ) return a; }));
    seen.push(tried(() => { const asks = []; for (let a = 0; a < 3; a++) asks.push(() => a); return asks.map((ask) => ask()); }));
    seen.push(tried(() => { const asks = []; for (const a of [1, 2]) { const b = a * 2; asks.push(() => a + b); } return asks.map((ask) => ask()); }));
    return seen;
  }`,
  "what is taken apart is looked at before its parts have names": `() => {
    ${tried}
    const seen = [];
    const from = { a: 1, b: { c: 2, d: [3, 4] } };
    seen.push(tried(() => { const { a } = a; return a; }));
    seen.push(tried(() => { const { a } = { a: () => a }; return a().constructor.name; }));
    seen.push(tried(() => { const { a = b, b } = {}; return a; }));
    seen.push(tried(() => { const { a, b = a } = { a: 5 }; return [a, b]; }));
    seen.push(tried(() => { const { a, b: { c, d: [e, ...f] } } = from; return [a, c, e, f]; }));
    seen.push(tried(() => { const { x: { y } = { y: 7 }, ...rest } = from; return [y, rest]; }));
    seen.push(tried(() => { const { x: { y } = y } = from; return y; }));
    seen.push(tried(() => { const { x: { y } = { y: 1 } } = { x: { y: 2 } }; return y; }));
    seen.push(tried(() => { const [[a] = [b], b = 2] = [undefined, 3]; return [a, b]; }));
    seen.push(tried(() => { const [[a] = [9], b = a] = []; return [a, b]; }));
    seen.push(tried(() => { const { a } = null; return a; }));
    seen.push(tried(() => { const [a] = {}; return a; }));
    seen.push(tried(() => { let order = ""; const at = (n) => { order += n; return {}; }; const { [at(2)]: a = at(3) } = at(1); return order; }));
    seen.push(tried(() => { let a = 1, b = 2; [a, b] = [b, a]; ({ a, b = a } = { a: 8 }); return [a, b]; }));
    seen.push(tried(() => { let a; const c = ({ a } = { a: 4, z: 1 }); return [a, c]; }));
    seen.push(tried(() => ((({ a, b = a } = { a: 6 }, [c] = [a]) => [a, b, c])())));
    seen.push(tried(() => (({ a } = a) => a)()));
    seen.push(tried(() => ((a = b, b) => a)(undefined, 1)));
    return seen;
  }`,
  "it is given back in the middle of being taken apart": `() => {
    const seen = [];
    const source = { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: undefined }), return: () => { seen.push("closed"); return {}; } }) };
    function* steps() {
      const { a = yield "a", b = yield "b" } = yield "from";
      const [c = yield "c", { d } = yield "d"] = source;
      return [a, b, c, d];
    }
    const run = steps();
    seen.push(run.next().value, run.next({ b: 1 }).value, run.next("A").value, run.next("C").value, run.next({ d: "D" }).value);
    const left = steps();
    left.next();
    left.next({});
    left.next();
    left.next();
    seen.push(left.return("early").value);
    return seen;
  }`,
  "a class does not know itself before it is one": `() => {
    ${tried}
    const seen = [];
    seen.push(tried(() => { class A extends A {} return A.name; }));
    seen.push(tried(() => { class A { static [A.name] = 1; } return A.name; }));
    seen.push(tried(() => { class A { static own = A.name; get self() { return A.name; } } return [A.own, new A().self]; }));
    seen.push(tried(() => { new A(); class A {} }));
    seen.push(tried(() => { const B = class C { static make() { return new C(); } }; return B.make() instanceof B; }));
    seen.push(tried(() => { class Base {} class A extends Base { constructor(say) { if (say) super(); this.a = 1; } } return [new A(true).a, tried(() => new A(false))]; }));
    seen.push(tried(() => { class Base {} class A extends Base { constructor() { const ask = () => this; const before = tried(ask); super(); this.before = before; this.same = ask() === this; } } return { ...new A() }; }));
    return seen;
  }`,
  "what is left early leaves nothing behind": `() => {
    ${tried}
    const seen = [];
    outer: for (const a of [1, 2, 3]) {
      const twice = a * 2;
      inner: {
        if (a === 2) break inner;
        const b = twice + 1;
        seen.push(b);
        if (a === 3) continue outer;
      }
      try {
        if (a === 2) throw new Error("two");
        let c = a;
        seen.push(c);
      } catch (error) {
        const message = error.message;
        seen.push(message);
      } finally {
        const last = twice;
        seen.push(last);
      }
    }
    const recur = (depth) => { const own = depth; const below = depth > 0 ? recur(depth - 1) : []; return [own, ...below]; };
    seen.push(recur(3));
    seen.push(tried(() => { let count = 0; const next = () => { count += 1; return count; }; const all = [next(), next()]; count *= 10; return [all, count]; }));
    return seen;
  }`,
};
