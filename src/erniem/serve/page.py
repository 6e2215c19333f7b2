"""The page of the interface: every route with an example; nothing is fetched from elsewhere."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from jinja2 import Environment
from markupsafe import Markup, escape

__all__ = ["page_routes"]

METHODS = ("get", "post")
CODE = re.compile("`([^`]+)`")


def page_routes(app: FastAPI) -> APIRouter:
    """`/docs`, and `/`, which leads there."""
    router = APIRouter(include_in_schema=False)
    text = (Path(__file__).parent / "page.html").read_text(encoding="utf-8")
    pages = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    pages.filters["code"] = _code
    template = pages.from_string(text)

    @router.get("/docs")
    @router.get("/")
    async def docs(request: Request) -> Response:
        schema = app.openapi()
        page = template.render(
            info=schema["info"],
            routes=list(_routes(schema, str(request.base_url).rstrip("/"))),
        )
        return Response(page, media_type="text/html; charset=utf-8")

    return router


def _code(text: str) -> Markup:
    """Words between backticks as code; all else as it is."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))


def _routes(schema: dict[str, Any], base: str) -> Iterator[dict[str, Any]]:
    """What the page shows of each route."""
    for path, methods in schema["paths"].items():
        for method in METHODS:
            if method in methods:
                told = methods[method]
                body = _body(schema, told)
                yield {
                    "method": method.upper(),
                    "path": path,
                    "summary": told.get("summary", ""),
                    "about": told.get("description", ""),
                    "fields": list(_fields(body)),
                    "call": _call(base, path, told),
                    "answers": {
                        status: one["description"] for status, one in told["responses"].items()
                    },
                }


def _body(schema: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """The shape of a route's body."""
    content = told.get("requestBody", {}).get("content", {})
    shape: dict[str, Any] = content.get("application/json", {}).get("schema", {})
    name = shape.get("$ref", "").rpartition("/")[2]
    return schema["components"]["schemas"][name] if name else shape


def _fields(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, one in body.get("properties", {}).items():
        yield {
            "name": name,
            "about": one.get("description", ""),
            "needed": name in body.get("required", ()),
            "default": json.dumps(one["default"]) if one.get("default") is not None else "",
        }


def _call(base: str, path: str, told: dict[str, Any]) -> str:
    """How curl asks it."""
    parts = [f"curl {base}{path}"]
    if told.get("security"):
        parts.append('-H "Authorization: Bearer $ERNIEM_TOKEN"')
    content = told.get("requestBody", {}).get("content", {}).get("application/json", {})
    if examples := content.get("schema", {}).get("examples"):
        words = json.dumps(examples[0], ensure_ascii=False).replace("'", "'\\''")
        parts += ["-H 'Content-Type: application/json'", f"-d '{words}'"]
    return " \\\n  ".join(parts)
