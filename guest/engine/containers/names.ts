import { EngineError } from "../../api/contract/errors.ts";
import type { Sys } from "../../sys/sys.ts";

const ADJECTIVES = (
  "able amber ample apt bold brave breezy bright brisk calm candid cheery clear clever cosy crisp curious daring deft dry " +
  "eager early even fair fearless fine fleet fond frank free fresh gentle glad golden grand hardy hearty honest humble " +
  "jolly keen kind level lively loyal lucid lucky mellow merry mild modest neat nimble noble patient placid plucky polite " +
  "proud quick quiet ready robust salty sane sharp silver sleek smart snug sober solid sound spry stable steady sturdy " +
  "sunny swift tall tidy trim true upbeat valiant vivid warm wise witty zesty"
).split(" ");

/** People who built ships, engines, networks and the theory under them. */
const SURNAMES = (
  "alcott amdahl anning archimedes babbage banneker bardeen bazalgette bell bellman bernerslee boole borg brahmagupta " +
  "brunel carnot cerf chen church clarke codd cormack cray curie daedalus darby davies dijkstra dirac eckert eiffel engelbart " +
  "erlang euler fairbairn faraday feinler fermat fourier franklin froude galileo gauss gilbreth goldstine grace gray hamilton " +
  "harrison hedy hertz hollerith hooke hopper huffman hypatia jacquard joule kahn karp kelvin kepler khayyam kleinrock knuth " +
  "lamport lee leibniz licklider liskov lovelace maudslay maxwell mccarthy metcalfe milner moore nasmyth newcomen noether " +
  "nyquist olson pascal perlman planck postel pythagoras ritchie russell shannon stephenson stokes stroustrup tarjan telford " +
  "tesla thompson torricelli trevithick turing vauban volta watt wheeler wiener wilkes wirth zuse"
).split(" ");

const ATTEMPTS = 6;
const VALID = /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const ALLOWED = "[a-zA-Z0-9][a-zA-Z0-9_.-]";

/** Names without their leading slash, and whose they are. */
export class NameIndex {
  readonly #sys: Sys;
  readonly #owners = new Map<string, string>();

  constructor(sys: Sys) {
    this.#sys = sys;
  }

  ownerOf(name: string): string | undefined {
    return this.#owners.get(name);
  }

  /** Gives the name without slash. Throws Docker's refusals; without a name one is made up. */
  reserve(name: string, id: string): string {
    const chosen = name === "" ? this.#invent(id) : checkName(name);
    const owner = this.#owners.get(chosen);
    if (owner !== undefined) throw conflict(chosen, owner);
    this.#owners.set(chosen, id);
    return chosen;
  }

  release(name: string, id: string): void {
    if (this.#owners.get(name) === id) this.#owners.delete(name);
  }

  #invent(id: string): string {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const [a = 0, b = 0, c = 0, d = 0, e = 0] = this.#sys.getrandom(5);
      const adjective = ADJECTIVES[(a * 256 + b) % ADJECTIVES.length] ?? "";
      const surname = SURNAMES[(c * 256 + d) % SURNAMES.length] ?? "";
      const name = `${adjective}_${surname}${attempt === 0 ? "" : e % 10}`;
      if (!this.#owners.has(name)) return name;
    }
    return id.slice(0, 12);
  }
}

function checkName(name: string): string {
  if (!VALID.test(name)) {
    throw new EngineError("invalid", `Invalid container name (${name}), only ${ALLOWED} are allowed`);
  }
  return name.startsWith("/") ? name.slice(1) : name;
}

function conflict(name: string, owner: string): EngineError {
  return new EngineError(
    "conflict",
    `Conflict. The container name "/${name}" is already in use by container "${owner}". ` +
      "You have to remove (or rename) that container to be able to reuse that name.",
  );
}
