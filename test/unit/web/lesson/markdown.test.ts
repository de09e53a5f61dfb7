// @vitest-environment happy-dom
import { render } from "lit";
import { describe, expect, test } from "vitest";
import { renderInline, renderMarkdown } from "../../../../web/lesson/markdown.ts";

function show(markdown: string): HTMLElement {
  const box = document.createElement("div");
  render(renderMarkdown(markdown), box);
  return box;
}

describe("markdown", () => {
  test("paragraphs, emphasis and code", () => {
    const box = show("One **bold** and *soft* `docker ps`.\n\nTwo.");
    expect([...box.querySelectorAll("p")].map((p) => p.textContent)).toEqual(["One bold and soft docker ps.", "Two."]);
    expect(box.querySelector("strong")?.textContent).toBe("bold");
    expect(box.querySelector("em")?.textContent).toBe("soft");
    expect(box.querySelector("code")?.textContent).toBe("docker ps");
  });

  test("lists, tables and fenced code", () => {
    const box = show("- a\n- b\n\n1. c\n\n| h |\n|---|\n| d |\n\n```sh\nls < x\n```");
    expect([...box.querySelectorAll("ul li")].map((li) => li.textContent)).toEqual(["a", "b"]);
    expect(box.querySelector("ol li")?.textContent).toBe("c");
    expect([box.querySelector("th")?.textContent, box.querySelector("td")?.textContent]).toEqual(["h", "d"]);
    expect(box.querySelector("pre code")?.textContent).toBe("ls < x");
  });

  test("HTML is shown, never made", () => {
    const box = show('Hello <img src=x onerror="alert(1)">\n\n<script>alert(1)</script>');
    expect(box.querySelector("img, script")).toBeNull();
    expect(box.textContent).toContain("<script>alert(1)</script>");
  });

  test("links lead to the web and nowhere else", () => {
    const box = show("[good](https://man7.org/) [bad](javascript:alert(1))");
    const links = [...box.querySelectorAll("a")];
    expect(links.map((a) => [a.textContent, a.getAttribute("href"), a.rel])).toEqual([
      ["good", "https://man7.org/", "noopener noreferrer"],
    ]);
    expect(box.textContent).toBe("good bad");
  });

  test("characters that HTML knows stay what they are", () => {
    expect(show("a < b && c > `d <e>`").textContent).toBe("a < b && c > d <e>");
  });

  test("hints are one line without paragraphs", () => {
    const box = document.createElement("div");
    render(renderInline("`web` is not running"), box);
    expect(box.querySelector("p")).toBeNull();
    expect(box.querySelector("code")?.textContent).toBe("web");
  });
});
