# ruff: noqa: E501
"""Files that are broken, or made to break what reads them. All are made here, none is kept."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

#: What the harmless one among them says.
GOOD = "Jane Smith founded Acme Company in 1901."
SECRET = "root:x:0:0"  # of /etc/passwd, which none of them may get at

_TYPES = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
_RELATIONS = b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="%s"/></Relationships>'
_W = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "haha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b"]>"
)
_EXTERNAL = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


def hostile_files() -> Iterator[tuple[str, bytes]]:
    """Names and contents; what is wrong is in the name."""
    yield "good.txt", GOOD.encode()
    yield from _texts()
    yield from _records()
    yield from _markup()
    yield from _pdfs()
    yield from _archives()


def _texts() -> Iterator[tuple[str, bytes]]:
    yield "one-long-line.txt", b"a" * 3_000_000
    yield "one-long-line-zh.txt", "知识".encode() * 500_000
    yield "nul.txt", b"Jane\0Smith\0founded Acme Company." * 100
    yield "one-nul.txt", b"Jane Smith founded\0 Acme Company in 1901. " * 40
    yield "surrogate-halves.txt", b"Jane \xed\xa0\x80 Smith \xed\xbf\xbf founded Acme Company."
    yield (
        "mixed-encodings.txt",
        (
            "居里夫人出生于华沙。".encode("gb18030")
            + "naïve café".encode("latin-1")
            + "居里夫人".encode()
            + b"\xff\xfe\x00"
        )
        * 20,
    )
    yield "utf16-odd.txt", "Jane Smith founded Acme.".encode("utf-16") + b"x"
    yield "bom-only.txt", b"\xef\xbb\xbf"
    yield "blank.txt", b" \n\t\r\n" * 1000
    yield "right-to-left.txt", "Jane \u202eynapmoC emcA\u202c \u2066Smith\u2069.".encode()
    yield "controls.txt", b"Jane \x1b[31mSmith\x1b[0m \x07 founded \x08Acme Company."
    yield "combining.txt", ("Jane" + "\u0301" * 100_000 + " Smith").encode()
    yield "binary.txt", b"\x7fELF" + bytes(range(256)) * 100
    yield "no-break.txt", b"Mr. " * 200_000
    yield "all-quotes.txt", "「『（“‘".encode() * 100_000
    yield "end-marks.txt", b".!?" * 300_000


def _records() -> Iterator[tuple[str, bytes]]:
    yield "deep.json", b'{"text":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    yield "deep-objects.json", b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    yield "huge-number.json", b'{"text": "Jane", "n": ' + b"9" * 100_000 + b"}"
    yield "infinite.json", b'[{"text": "Jane", "n": NaN}, {"text": "Ann", "n": 1e999999}]'
    yield "half-pair.json", b'{"text": "Jane \\ud800 Smith", "title": "\\udfff"}'
    yield "half-pair-metadata.json", b'{"text": "Jane", "\\ud800": "\\udfff"}'
    yield "same-keys.json", b'{"text": "a", "text": "b", "text": 3}'
    yield "scalars.json", b"3"
    yield "deep.jsonl", b'{"text": "Jane"}\n{"text":' + b"[" * 100_000 + b"\n" + b'{"text": "Ann"}'
    yield "fragment-tricks.jsonl", b'{"text": "Jane", "id": "../../x#y?z%00\\n"}'
    yield "open-quote.csv", b'a,b\n"Jane,Smith\n' * 1000
    yield "many-columns.csv", b",".join(b"c%d" % i for i in range(50_000)) + b"\n" + b"x," * 49_999
    yield "nul.csv", b"a,b\nJane\0,Smith\n"
    yield "formula.csv", b"text\n\"=cmd|'/c calc'!A1\"\n"
    yield "same-columns.csv", b"a,a,a\n1,2,3\n"


def _markup() -> Iterator[tuple[str, bytes]]:
    yield "deep.html", b"<div>" * 100_000 + b"Jane" + b"</div>" * 100_000
    yield "deep-inline.html", b"<p>" + b"<b><i>" * 50_000 + b"Jane Smith"
    yield "many-attributes.html", b"<p " + b"".join(b"a%d=1 " % i for i in range(50_000)) + b">Jane"
    yield "open-tags.html", b"<p><a href='" * 50_000
    yield "many-tables.html", b"<table><tr><td>" * 5_000 + b"Jane"
    yield (
        "entity-bomb.html",
        _LAUGHS + b"<html><body><p>Jane &i; Smith founded Acme.</p></body></html>",
    )
    yield (
        "external-entity.xhtml",
        (
            b'<?xml version="1.0"?>'
            + _EXTERNAL
            + b"<html><body><p>Jane &e; Smith.</p></body></html>"
        ),
    )
    yield "script.html", b"<p>Jane</p><script>alert('Smith')</script><img src=x onerror=alert(1)>"
    for codec in ("punycode", "idna", "unicode_escape", "zlib", "utf-7", "undefined", "rot13"):
        yield (
            f"charset-{codec}.html",
            (f'<meta charset="{codec}"><p>Jane \\x41 Smith'.encode() + b" xn--" * 20_000),
        )
    yield "quotes.md", b">" * 20_000 + b" Jane"
    yield "brackets.md", b"[" * 20_000 + b"Jane" + b"](" * 20_000
    yield "stars.md", b"*a **b " * 20_000
    yield "backticks.md", b"".join(b"`" * (i % 300) + b" " for i in range(5_000))
    yield "lists.md", b"".join(b" " * (2 * i) + b"- x\n" for i in range(2_000))
    yield "links.md", b"".join(b"[%d]: /x\n" % i for i in range(5_000)) + b"[a]" * 20_000
    anchors = b"".join(
        b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 10)) for i in range(9)
    )
    yield "front-matter-bomb.md", b"---\na: &a [x,x]\n" + anchors + b"---\nJane Smith."
    yield (
        "front-matter-python.md",
        b"---\na: !!python/object/apply:os.system ['touch /tmp/x']\n---\nJane",
    )


def _pdfs() -> Iterator[tuple[str, bytes]]:
    yield "page-tree-loop.pdf", _pdf(b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 1000000 >>")
    yield "many-pages.pdf", _pdf(b"<< /Type /Pages /Kids [3 0 R] /Count 2147483647 >>")
    yield (
        "form-loop.pdf",
        _pdf(
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >>"
            b" /Length 5 >>\nstream\n/X Do\nendstream",
        ),
    )
    yield (
        "table-loop.pdf",
        (
            b"%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer << /Size 1 /Prev 9 >>\nstartxref\n9\n%%EOF"
        ),
    )
    yield "cut.pdf", _pdf(b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>")[:200]
    yield "header-only.pdf", b"%PDF-1.7\n"
    yield "image.pdf", b"\x89PNG\r\n\x1a\n" + bytes(500)
    yield "pdf.txt", _pdf(b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>")


def _pdf(pages: bytes, form: bytes = b"<< >>") -> bytes:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Outlines << /First 1 0 R /Last 1 0 R >> >>",
        pages,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 1e30 1e30] /Contents 4 0 R"
        b" /Resources << /XObject << /X 5 0 R >> >> >>",
        b"<< /Length 5 >>\nstream\n/X Do\nendstream",
        form,
    ]
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj %s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        out
        + b"xref\n0 6\n0000000000 65535 f \n"
        + table
        + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % len(out)
    )


def _archives() -> Iterator[tuple[str, bytes]]:
    body = (
        b"<w:document %s><w:body><w:p><w:r><w:t>Jane</w:t></w:r></w:p></w:body></w:document>" % _W
    )
    yield "bomb.docx", _zip({"[Content_Types].xml": _TYPES, "word/document.xml": bytes(1 << 25)})
    yield (
        "many-parts.docx",
        _zip({"[Content_Types].xml": _TYPES, **{f"word/{i}.xml": b"" for i in range(20_001)}}),
    )
    yield "entity-bomb.docx", docx_of(_LAUGHS + body.replace(b"Jane", b"&i;"))
    yield "external-entity.docx", docx_of(_EXTERNAL + body.replace(b"Jane", b"&e;"))
    yield "entity-utf16.docx", docx_of((_LAUGHS + body).decode().encode("utf-16"))
    yield "outside.docx", docx_of(body, target=b"../../../../../etc/passwd")
    yield (
        "deep.docx",
        docx_of(
            b"<w:document %s><w:body>" % _W
            + b"<w:p><w:r>" * 20_000
            + b"</w:r></w:p>" * 20_000
            + b"</w:body></w:document>"
        ),
    )
    yield "cut.docx", docx_of(body)[:-200]
    lying = bytearray(docx_of(body))
    place = lying.rfind(b"PK\x01\x02")
    lying[place + 24 : place + 28] = (7).to_bytes(4, "little")
    yield "lying-size.docx", bytes(lying)
    yield "no-word.docx", _zip({"a.txt": b"x"})
    yield "image.docx", b"\x89PNG\r\n\x1a\n" + bytes(500)
    yield "no-slides.pptx", _zip({"[Content_Types].xml": _TYPES, "ppt/presentation.xml": b"<x/>"})
    container = (
        b'<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        b'<rootfile full-path="%s"/></rootfiles></container>'
    )
    package = (
        b'<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="a"'
        b' href="../../../../etc/passwd" media-type="application/xhtml+xml"/></manifest>'
        b'<spine><itemref idref="a"/></spine></package>'
    )
    yield "outside.epub", _zip({"META-INF/container.xml": container % b"p.opf", "p.opf": package})
    yield (
        "entity-bomb.epub",
        _zip({"META-INF/container.xml": _LAUGHS + container % b"&i;", "p.opf": package}),
    )
    yield "missing.epub", _zip({"META-INF/container.xml": container % b"../../../etc/passwd"})


def docx_of(document: bytes, target: bytes = b"word/document.xml") -> bytes:
    """A Word file with this main part, which is at ``target``."""
    return _zip(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _RELATIONS % target,
            "word/document.xml": document,
        }
    )


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


#: Names of files that try to be more than names. Each holds ``GOOD``.
NAMES = (
    b"line\nINFO forged.txt",
    b"\x1b[31mred.txt",
    b"$(touch owned).txt",
    b"; rm -rf *.txt",
    b"-rf.txt",
    b"--prune.txt",
    b"'}) DETACH DELETE (n) //.txt",
    b"`) MATCH (n) DETACH DELETE n.txt",
    b"<script>alert(1)<.txt",
    b"'); DROP TABLE file; --.txt",
    b'" } INSERT DATA { <a> <b> <c> }.txt',
    b"a..%2f..%2fetc%2fpasswd.txt",
    b"a#row=3?x=y&z%.txt",
    b"\xff\xfe invalid.txt",
    "\u202egnp.txt".encode(),
    b"{{7*7}} %s %(x)s {0}.txt",
    b"x" * 251 + b".txt",
    b" .txt",
    b"C:\\windows\\x.txt",
)
