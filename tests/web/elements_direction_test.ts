import assert from "node:assert/strict";
import { CHROMIUM } from "../drivers/chromium.ts";
import { openElementPage } from "../drivers/element_page.ts";

const ignore = CHROMIUM === undefined;

/** Where the parts of the first row are, and the text within its body. */
const PLACES = `(() => {
  const root = document.querySelector("main bellwire-inbox").shadowRoot;
  const rect = (part) => root.querySelector("[part~=" + part + "]").getBoundingClientRect();
  const text = document.createRange();
  text.selectNodeContents(root.querySelector("[part=body]"));
  const { left, right } = text.getBoundingClientRect();
  const places = { title: rect("title"), icon: rect("icon"), dot: rect("dot"), meta: rect("meta") };
  return { ...JSON.parse(JSON.stringify(places)), text: { left, right } };
})()`;

interface Place {
  readonly left: number;
  readonly right: number;
}

for (const dir of ["ltr", "rtl"] as const) {
  for (const [language, body] of [["English", "All green."], ["Hebrew", "הכול ירוק."]] as const) {
    Deno.test(
      `in a page of direction ${dir} a row begins where the page does, also with a text in ${language}`,
      { ignore },
      async () => {
        await using app = await openElementPage({ html: `lang="en" dir="${dir}"` });
        await app.publish({ title: "Build finished", body });
        await app.page.locator("main").getByText(body).waitFor();
        const { title, icon, dot, meta, text } = await app.page.evaluate(PLACES) as Record<
          "title" | "icon" | "dot" | "meta" | "text",
          Place
        >;
        const start = ({ left, right }: Place) => dir === "ltr" ? left : -right;
        assert(start(dot) < start(icon) && start(icon) < start(title), "dot, picture, title");
        for (const [name, place] of Object.entries({ text, meta })) {
          assert(Math.abs(start(place) - start(title)) < 2, `${name} begins elsewhere`);
        }
      },
    );
  }
}
