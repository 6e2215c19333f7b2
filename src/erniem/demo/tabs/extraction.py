"""Tab: spans of a text that a schema asks for, with UIE-M."""

import gradio as gr
from markupsafe import Markup

from erniem.demo.drawings.extraction import marked_answers
from erniem.demo.settings import PARAGRAPH, SENTENCE, checked
from erniem.demo.tabs.form import MODEL, about, answer, answering, examples, sentence_box
from erniem.tasks.extract import Extractor

__all__ = ["extraction_tab"]

ASKED = (
    ("中文：人物、地点", "张三昨天从北京坐火车到上海，和李四一起参观了博物馆。", "人物,地点,时间"),
    (
        "English: person, place",
        "Marie Curie was born in Warsaw and worked in Paris.",
        "person,place",
    ),
    ("中文：关系", "李华是一家软件公司的工程师，住在广州。", '{"人物": ["职业", "居住地"]}'),
)
"""Examples: what a button says, a text, a schema."""


def extraction_tab(extractor: Extractor) -> None:
    """Builds the tab."""

    @answering
    def run(text: str, schema: str) -> Markup:
        read = checked(text, PARAGRAPH, "text")
        asked = checked(schema, SENTENCE, "schema")
        if asked.lower().endswith((".json", ".yaml", ".yml")):
            raise ValueError("Write the schema itself: this page opens no files.")
        (answers,) = extractor([read], asked)
        return marked_answers(read, answers)

    about(
        "Write a text and what is to be found in it: names with commas between them, or JSON where "
        "answers have relations of their own. UIE-M marks the spans that answer."
    )
    rows = [(shown, (text, schema)) for shown, text, schema in ASKED]
    start = rows[0][1]
    with gr.Row(elem_classes="em-form"):
        with gr.Column(scale=3, min_width=260):
            text = sentence_box("Text", start[0], name="extract-text", lines=3)
        with gr.Column(scale=2, min_width=220):
            schema = sentence_box("What to find", start[1], name="extract-schema", lines=3)
    button = gr.Button("Extract", variant="primary", elem_id="extract-run")
    found = answer(run(*start))
    examples(rows, [text, schema], run, found)
    asked = [button.click, text.submit, schema.submit]
    gr.on(asked, run, [text, schema], found, api_name="extract", **MODEL)
