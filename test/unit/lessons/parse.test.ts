import { describe, expect, test } from "vitest";
import { parseLesson } from "../../../lessons/parse.ts";

const front = "---\ntitle: Volumes\nsummary: Keep data.\nminutes: 4\n---\n";
const check = "```check\nkind: container-running\nname: web\n```\n";
const solution = "```solution\ndocker run -d --name web busybox sleep 60\n```\n";
const step = `## Make one\n\nText.\n\n${check}\n${solution}`;

const failure = (text: string) => {
  try {
    parseLesson("02-volumes", text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "no error";
};

describe("parseLesson", () => {
  test("reads the front matter and the steps", () => {
    expect(parseLesson("02-volumes", front + step)).toEqual({
      slug: "02-volumes",
      title: "Volumes",
      summary: "Keep data.",
      minutes: 4,
      steps: [
        {
          id: "make-one",
          title: "Make one",
          blocks: [{ kind: "text", markdown: "Text." }],
          checks: [{ kind: "container-running", arguments: { name: "web" } }],
          solution: ["docker run -d --name web busybox sleep 60"],
        },
      ],
    });
  });

  test("text and commands keep their order, one command a line", () => {
    const text = `${front}## S\n\nFirst.\n\n\`\`\`run\ndocker ps\ndocker ps -a\n\`\`\`\n\nThen.\n\n${check}${solution}`;
    expect(parseLesson("x", text).steps[0]?.blocks).toEqual([
      { kind: "text", markdown: "First." },
      { kind: "command", command: "docker ps" },
      { kind: "command", command: "docker ps -a" },
      { kind: "text", markdown: "Then." },
    ]);
  });

  test("other fences stay in the text, and a ## in them starts no step", () => {
    const text = `${front}## S\n\n\`\`\`sh\n## a comment\n\`\`\`\n\n${check}${solution}`;
    const { steps } = parseLesson("x", text);
    expect(steps).toHaveLength(1);
    expect(steps[0]?.blocks[0]).toEqual({ kind: "text", markdown: "```sh\n## a comment\n```" });
  });

  test("line endings of Windows make no difference", () => {
    const text = front + step;
    expect(parseLesson("x", text.replace(/\n/g, "\r\n"))).toEqual(parseLesson("x", text));
  });

  test.each([
    ["no front matter", "# Volumes\n", '02-volumes/lesson.md:1: starts with "---"'],
    ["no minutes", (front + step).replace("minutes: 4\n", ""), 'says no "minutes:"'],
    ["minutes that are none", (front + step).replace("minutes: 4", "minutes: soon"), '"minutes: soon" is not a number'],
    [
      "a front line that is none",
      (front + step).replace("minutes: 4", "minutes 4"),
      'lesson.md:4: expected "key: value"',
    ],
    ["no step", front, "has no step"],
    ["text before the steps", `${front}Hello.\n${step}`, 'lesson.md:6: text before the first step: "Hello."'],
    ["no check", front + step.replace(check, ""), 'step "Make one" has no ```check'],
    ["no solution", front + step.replace(solution, ""), 'step "Make one" has no ```solution'],
    ["an open fence", `${front}## S\n\n\`\`\`run\ndocker ps\n`, "lesson.md:8: ```run is never closed"],
    [
      "an unknown check",
      (front + step).replace("container-running", "container-flying"),
      'no check of kind "container-flying"',
    ],
    ["a check without its argument", (front + step).replace("\nname: web", ""), 'check container-running needs "name"'],
    ["a check with one too many", (front + step).replace("name: web", "name: web\ncolour: red"), 'takes no "colour"'],
    ["twin steps", front + step + step, 'two steps are called "Make one"'],
  ])("says what is wrong: %s", (_name, text, message) => {
    expect(failure(text)).toContain(message);
  });
});
