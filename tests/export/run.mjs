// Runs an exported folder as users of transformers.js do; the last line is what came out, as JSON.
// node run.mjs FOLDER_WITH_NODE_MODULES sentence|fill-mask EXPORTED NAME_OR_DTYPE TEXT...
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [home, what, folder, how, ...texts] = process.argv.slice(2);
const found = createRequire(`${home}/`).resolve("@huggingface/transformers");
const { AutoModel, AutoTokenizer, pipeline } = await import(pathToFileURL(found));
const local = { local_files_only: true };

if (what === "sentence") {
  const model = await AutoModel.from_pretrained(folder, {
    ...local,
    model_file_name: how,
    dtype: "fp32",
  });
  const tokenizer = await AutoTokenizer.from_pretrained(folder, local);
  const { sentence_embedding } = await model(tokenizer(texts, { padding: true }));
  console.log(JSON.stringify(sentence_embedding.tolist()));
} else {
  const fill = await pipeline(what, folder, { ...local, dtype: how });
  console.log(JSON.stringify(await fill(texts[0], { top_k: 3 })));
}
