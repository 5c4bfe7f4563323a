"""Names made comparable: what two spellings of one name have in common.

The functions here are pure and know nothing of documents or graphs. English and Chinese get
their own rules, told apart by script; other scripts get the general ones (Unicode
compatibility, case, punctuation).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, Literal

from graph.common_names import GIVEN_NAMES, SURNAMES
from graph.countries import country

Family = Literal["person", "organization", "place", "other"]
"""What kind of thing an entity type is; it decides which parts of a name do not count."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- families of types -----------------------------------------------------------------------

_FAMILY_WORDS: tuple[tuple[Family, frozenset[str]], ...] = (
    (
        "person",
        _words(
            "person people human per individual politician scientist artist author character "
            "athlete musician writer actor 人 人物 人名 历史人物 虚构人物"
        ),
    ),
    (
        "organization",
        _words(
            "organization organisation org company corporation institution business firm agency "
            "university school government party team club band 组织 机构 组织机构 公司 企业 学校 "
            "大学 政府 团体 球队 政党 组织机构名"
        ),
    ),
    (
        "place",
        _words(
            "place location loc gpe city country state region facility town village province "
            "geographical geography 地点 地区 地名 国家 城市 行政区 省份 地理地区 地理 位置"
        ),
    ),
)


def family_of_words(words: str) -> Family:
    """The family that a type's name speaks of: ``political party`` -> ``organization``.

    The last word counts first, since it is the head of an English name.
    """
    folded = unicodedata.normalize("NFKC", words).casefold()
    tokens = re.findall(r"[^\W_]+", folded)
    for token in reversed(tokens):
        for family, known in _FAMILY_WORDS:
            if token in known:
                return family
    return "other"


# --- characters ------------------------------------------------------------------------------

HAN = r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
"""A Chinese character, as a regular expression."""

_HAN = re.compile(HAN)
_DOT = "·"
_DOTS = str.maketrans(dict.fromkeys("•‧・･∙⋅●", _DOT))
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ`´′ʹ", "'"))
_UNFOLDED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
_FULL_WIDTH = frozenset(map(chr, range(0xFF01, 0xFF5F))) - frozenset("（），：；！？")
_OPENING = "([{《〈「『【〔“\"'‘"
_CLOSING = ")]}》〉」』】〕”\"'’"
_PLAIN = re.compile(r"[A-Za-z]+(?: [A-Za-z]+)*")
"""Names with nothing to clean or fold but case: most of those in English."""
_CAPITALIZED = re.compile(r"[A-Z][a-z]*(?: [A-Z][a-z]*)*")
"""Plain names that hold no initials written together."""
_EDGE = re.compile(r"^[\s,;:!?。，、；：！？…\-–—]+|[\s,;:。，、；：…\-–—]+$")
_SIGNS = "|/*_~"
"""Signs around a name that a table or emphasis has left there; inside one they are a part of it."""


def has_han(text: str) -> bool:
    """Whether ``text`` has a Chinese character."""
    return _HAN.search(text) is not None


@lru_cache(maxsize=1)
def _converter() -> Any:
    from opencc import OpenCC  # tables are read on first use

    return OpenCC("t2s")


@lru_cache(maxsize=1)
def _beginnings() -> frozenset[str]:
    """The first characters of all that the converter's tables hold. Most texts have none, and are
    spared it: it is slow."""
    tables = (part for held in _converter().dict_cache.values() for part in held)
    return frozenset(key[0] for table in tables if isinstance(table, dict) for key in table)


@lru_cache(maxsize=65536)
def simplified(text: str) -> str:
    """``text`` with traditional Chinese characters replaced by simplified ones."""
    if not has_han(text) or _beginnings().isdisjoint(text):
        return text
    return str(_converter().convert(text))


@lru_cache(maxsize=65536)
def clean(text: str) -> str:
    """A mention's text as a name to show.

    White space collapsed (none between Chinese characters), unbalanced or enclosing quotes and
    brackets and edge punctuation gone, full-width letters and digits made plain. Case, accents
    and the Chinese variant stay as written, and so does what is no running text: tags, paths, code.
    """
    if _PLAIN.fullmatch(text):
        return text
    text = "".join(
        unicodedata.normalize("NFKC", c) if c in _FULL_WIDTH else c
        for c in unicodedata.normalize("NFC", text)
        if unicodedata.category(c) not in ("Cf", "Cc") or c.isspace()
    )
    text = unclean = re.sub(r"\s+", " ", text).strip()
    text = re.sub(rf"(?<={_HAN.pattern}) (?={_HAN.pattern})", "", text)
    while True:
        before = text
        text = _EDGE.sub("", text)
        for sign in _SIGNS:
            inner = text.strip(sign)
            text = text if sign in inner else inner
        for opening, closing in zip(_OPENING + "（", _CLOSING + "）", strict=True):
            if opening == closing:
                if text.count(opening) == 1 and opening == '"':
                    text = text.strip(opening)
                elif len(text) > 1 and text[0] == opening == text[-1] and text.count(opening) == 2:
                    text = text[1:-1]
            elif len(text) > 1 and text[0] == opening and text.find(closing) == len(text) - 1:
                text = text[1:-1]
            elif text.startswith(opening) and closing not in text and opening not in "'‘":
                text = text[1:]
            elif text.endswith(closing) and opening not in text and closing not in "'’":
                text = text[:-1]
        if text == before:
            return text or unclean


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """``text`` in the form in which spellings are compared.

    Compatibility forms, case, accents of Latin and Greek letters, punctuation, hyphens and the
    Chinese variant do not count: ``fold("Müller–Lüdenscheidt") == "muller ludenscheidt"``,
    ``fold("臺灣") == "台湾"``. The signs in ``C++``, ``C#`` and ``AT&T`` do. A name of nothing
    but punctuation folds to itself.
    """
    if _PLAIN.fullmatch(text):
        return text.lower()
    plain = unicodedata.normalize("NFKC", text.translate(_DOTS)).translate(_APOSTROPHES)
    plain = simplified(plain).casefold().translate(_UNFOLDED)
    letters: list[str] = []
    latin = False
    for char in unicodedata.normalize("NFD", plain):
        if unicodedata.combining(char):
            if not latin:
                letters.append(char)
        else:
            latin = char < "\u0400"
            letters.append(char)
    plain = unicodedata.normalize("NFC", "".join(letters))
    plain = re.sub(r"\b((?:[^\W\d_]\.){2,}[^\W\d_]?)(?!\w)", lambda m: m[1].replace(".", ""), plain)
    plain = re.sub(r"(?<=[^\W\d_])[-‐‑–](?=\d)", "", plain)
    plain = re.sub(r"(?<=\d)[.,](?=\d)", lambda m: "\0" if m[0] == "." else "", plain)
    plain = plain.replace("'", "")
    plain = re.sub(r"(?<=\w)\s*&\s*(?=\w)", " and ", plain) if " & " in plain else plain
    plain = re.sub(r"[^\w\s+#&\0]|_", " ", plain)
    plain = re.sub(r"(?<![\w+#])[+#&]+|&(?!\w)", " ", plain)
    plain = re.sub(r"\s+", " ", plain).strip().replace("\0", ".")
    plain = re.sub(rf"(?<={_HAN.pattern}) (?={_HAN.pattern})", "", plain)
    return plain or unicodedata.normalize("NFKC", text).casefold().strip()


# --- what does not count in a name -----------------------------------------------------------

_HONORIFICS = _words(
    "mr mrs ms miss mx dr doctor prof professor sir dame madam madame mme mlle monsieur herr frau "
    "senor senora signor president vice deputy senator sen congressman congresswoman rep "
    "representative governor gov mayor general gen colonel col captain capt lieutenant lt sergeant "
    "sgt major maj admiral adm judge justice reverend rev hon honorable honourable chancellor "
    "premier minister secretary ambassador ceo chairman chairwoman chairperson director detective "
    "officer inspector coach former speaker chief attorney prime regent"
)
_HONORIFIC_PHRASES = tuple(
    phrase.split()
    for phrase in ("prime minister", "vice president", "secretary of state", "rt hon")
)
_POSTNOMINALS = _words("phd md esq obe mbe cbe kbe frs mba jd dds ba bsc msc ma frcp qc kc")
_NOBLE = _words(
    "the king queen prince princess duke duchess earl count countess baron baroness lord lady"
)
_SUFFIXES = _words("jr sr ii iii iv junior senior")
_TITLES_MALE = _words("mr sir herr monsieur signor senor")
_TITLES_FEMALE = _words("mrs ms miss dame madam madame mme mlle frau senora")
_INITIALS = re.compile(r"(?!(?:[IVX]+|MD|JD|QC|KC|OBE|MBE|CBE|FRS|MBA|BA|MA)\.?$)[A-Z]{2,3}\.?")
_HONORIFICS_ZH = re.compile(
    r"(?:先生|女士|小姐|太太|夫人|博士|教授|院士|同志|老师|医生|总统|主席|总理|首相|部长|市长|省长|"
    r"州长|议员|法官|律师|将军|上校|上将|爵士|董事长|总裁|总经理|经理|记者|局长|书记|主任|校长)$"
)
_LEGAL = _words(
    "inc incorporated ltd limited corp corporation co company llc llp lp plc ag gmbh sa sas sarl "
    "nv bv ab as asa oy oyj spa srl kk pty pte bhd sdn kg kgaa se cv"
)
_LEGAL_ZH = re.compile(
    r"(?:控股)?(?:股份有限公司|有限责任公司|股份公司|有限公司|有限合伙|公司|株式会社)$"
)
_PLACE_ZH = re.compile(r"(?<=[^\s]{2})[市省]$")
_PLACES_KEPT = frozenset({"吉林市", "吉林省"})  # a city and the province around it
_ABBREVIATIONS = {
    "us": "united states",
    "america": "united states",
    "usa": "united states",
    "united states of america": "united states",
    "uk": "united kingdom",
    "united kingdom of great britain and northern ireland": "united kingdom",
    "britain": "united kingdom",
    "great britain": "united kingdom",
    "un": "united nations",
    "eu": "european union",
    "uae": "united arab emirates",
    "ussr": "soviet union",
    "prc": "china",
    "peoples republic of china": "china",
    "中华人民共和国": "中国",
    "美利坚合众国": "美国",
    "大不列颠及北爱尔兰联合王国": "英国",
    "欧洲联盟": "欧盟",
}
"""Names that stand for one thing wherever they are written, as folded forms."""


def without_possessive(name: str) -> str:
    """``name`` without a final possessive: ``Byron's`` -> ``Byron``, ``James'`` -> ``James``."""
    return re.sub(r"(?<=\w)(?:['’]s|(?<=s)['’])$", "", name)


def person_name(name: str) -> str:
    """A person's name folded, without honorifics and letters after the name.

    Initials stand alone (``J.K. Rowling`` -> ``j k rowling``), ``Lovelace, Ada`` is turned
    round, parts of a transliterated Chinese name are joined by ``·``. Empty when nothing but a
    title or a Chinese surname with a title (``王先生``) is left.
    """
    if _CAPITALIZED.fullmatch(name):  # most of those in English: none of the steps below matter
        return _without_titles(name.lower().split(" "))
    name = without_possessive(clean(name))
    if has_han(name):
        return _person_name_zh(name)
    inverted = re.fullmatch(r"([^,]+), *([^,]+)", name)
    if inverted and fold(inverted[2]) not in _POSTNOMINALS | _SUFFIXES:
        head, tail = inverted.groups()
        if tail[0].islower():  # "Tim Cook, chief executive"
            name = head
        elif len(head.split()) <= 2 and len(tail.split()) <= 3 and not is_title(tail):
            name = f"{tail} {head}"
    words = name.replace(".", ". ").split()
    mixed_case = any(c.islower() for c in name)
    spread: list[str] = []
    for word in words:
        if mixed_case and len(words) > 1 and _INITIALS.fullmatch(word):
            spread.extend(word.strip("."))
        else:
            spread.append(word)
    return _without_titles(fold(" ".join(spread)).split())


def _without_titles(tokens: list[str]) -> str:
    """The words of a person's folded name without honorifics and letters after the name."""
    for parts in _HONORIFIC_PHRASES:
        if len(tokens) > len(parts) and tokens[: len(parts)] == parts:
            tokens = tokens[len(parts) :]
    while len(tokens) > 1 and tokens[0] in _HONORIFICS:
        tokens = tokens[1:]
    if tokens and tokens[0] == "of":
        return ""  # "President of Germany" is an office, not one person
    while len(tokens) > 1 and tokens[-1] in _POSTNOMINALS:
        tokens = tokens[:-1]
    if len(tokens) == 1 and tokens[0] in _HONORIFICS:
        return ""
    if len(tokens) > 1 and tokens[0] == "the":
        tokens = tokens[1:]
    return " ".join({"junior": "jr", "senior": "sr"}.get(t, t) for t in tokens)


def is_common_person_name(form: str) -> bool:
    """Whether a folded one-word name is a given name or surname of very many people."""
    return form in SURNAMES or form in GIVEN_NAMES


def title_gender(name: str) -> Literal["m", "f", ""]:
    """What the form of address in front of ``name`` says: ``Mrs. Verloc`` -> ``f``."""
    first = fold(clean(name)).split(" ", 1)[0]
    return "m" if first in _TITLES_MALE else "f" if first in _TITLES_FEMALE else ""


def is_generic(form: str) -> bool:
    """Whether a folded name tells what a thing is rather than which: ``house``, ``最高法院``."""
    return form in _GENERIC_NAMES


def is_title(words: str) -> bool:
    """Whether ``words`` begin with a form of address or an office (``Dr.``, ``President``)."""
    tokens = fold(words).split()
    return bool(tokens) and (tokens[0] in _HONORIFICS or tokens[0] in _NOBLE)


def _person_name_zh(name: str) -> str:
    parts = re.split(rf"[{_DOT}.．\-–—]|\s+", simplified(name.translate(_DOTS)))
    folded = [fold(part) for part in parts if part.strip()]
    if not folded:
        return ""
    while True:
        stripped = _HONORIFICS_ZH.sub("", folded[-1])
        if stripped == folded[-1]:
            break
        folded[-1] = stripped
    folded = [part for part in folded if part]
    joined = _DOT.join(folded)
    if re.fullmatch(r".|[小老阿].|.某{1,2}|某.*|.家|.姓.*", joined):
        return ""
    return joined


def organization_name(name: str) -> str:
    """An organization's name folded, without a leading article and legal form.

    ``The Apple Computer Co., Ltd.`` -> ``apple computer``, ``华为技术有限公司`` -> ``华为技术``.
    """
    plain = _in_full(general_name(name))
    if has_han(plain):
        stripped = _LEGAL_ZH.sub("", plain)
        return stripped if len(stripped) > 1 else plain
    tokens = plain.split()
    kept = list(tokens)
    while len(kept) > 1 and (kept[-1] in _LEGAL or kept[-1] == "and"):
        kept.pop()
    return " ".join(kept)


def place_name(name: str) -> str:
    """A place's name folded: no leading article, no 市 or 省 (``北京市`` -> ``北京``).

    A country has one name in English and Chinese: ``德国`` -> ``germany``.
    """
    plain = _in_full(general_name(name))
    known = country(plain)
    if known:
        return known
    if has_han(plain) and plain not in _PLACES_KEPT:
        plain = _PLACE_ZH.sub("", plain)
    return plain


def general_name(name: str) -> str:
    """Any name folded, without a leading article and a final possessive."""
    plain = fold(without_possessive(clean(name)))
    return re.sub(r"^(?:the|an?) (?=\S)", "", plain)


def _in_full(plain: str) -> str:
    return _ABBREVIATIONS.get(plain, plain)


@lru_cache(maxsize=65536)
def normalise(name: str, family: Family) -> str:
    """``name`` in the form that is equal for all spellings of it; may be empty for a person."""
    if family == "person":
        return person_name(name)
    if family == "organization":
        return organization_name(name)
    if family == "place":
        return place_name(name)
    return general_name(name)


_GENERIC_NAMES = _words(
    """
    house senate congress parliament government court council cabinet assembly committee commission
    board department ministry administration university college school institute academy church
    hospital library museum bank company corporation group union association society foundation
    club team army navy police army nation republic state states kingdom empire federation province
    county city town village district downtown center centre north south east west capital island
    river lake bay park constitution bible treaty internet web president minister speaker god lord
    world_cup olympics supreme_court high_court ministry_of_finance ministry_of_defence
    department_of_defense foreign_ministry central_bank national_assembly house_of_representatives
    市政府 省政府 政府 国会 议会 众议院 参议院 法院 最高法院 宪法
    教育部 财政部 国防部 外交部 卫生部 警察局 公安局
    大学 学校 医院 教会 共和国 王国 帝国 委员会 市委 省委 董事会
    协会 基金会 银行 中央银行 央行 上帝 世界杯 奥运会
    """
)
_GENERIC_NAMES |= {form.replace("_", " ") for form in _GENERIC_NAMES}

# --- shorter forms ---------------------------------------------------------------------------

_GENERIC = _words(
    """
    university college institute school bank group holding holdings technology technologies systems
    international industries motor motors airline airlines airways pictures entertainment studios
    studio records press foundation association organization organisation party club fc company
    corporation laboratories labs pharmaceuticals energy media software computer electronics
    insurance church hospital museum library
    """
)
# Heads that tell what kind of body a name means, and those of bodies that others have beside them.
_BODY = re.compile(
    r"\b(?:university|college|institute|school|bank|group|company|corporation|foundation|"
    r"association|museum|hospital|church|library|club)\b"
)
_OFFSHOOT = re.compile(
    r"\b(?:press|museum|hospital|library|foundation|college|institute|school|church|club)\b"
)
_BODY_ZH = re.compile("大学|学院|研究院|研究所|集团|公司|银行|医院|博物馆")
_OFFSHOOT_ZH = re.compile(
    "附属|出版社|大学|学院|研究院|研究所|医院|博物馆|图书馆|基金会|俱乐部|中学|小学"
)
_GENERIC_ZH = re.compile(
    r"(?:科技|技术|集团|控股|股份|银行|大学|学院|电器|汽车|电子|通信|通讯|网络|信息|投资|证券|保险|药业|制药|"
    r"医药|实业|软件|传媒|医院|博物馆|图书馆|电视台|日报|足球俱乐部|俱乐部|有限|责任|公司)+"
)


def short_person_forms(form: str) -> set[str]:
    """The shorter forms (as of `person_name`) that may stand for a person's full ``form``.

    First and last name alone, ends of the name (``van gogh``), the name without middle names
    or with initials for given names.
    """
    if form.endswith(("#m", "#f")):
        return {form[:-2]}
    if has_han(form):
        return set(form.split(_DOT)) - {form, ""} if _DOT in form else set()
    every = form.split()
    parts = every[:-1] if len(every) > 1 and every[-1] in _SUFFIXES else every
    found = {" ".join(parts)}
    if len(parts) > 1:
        first, *middle, last = parts
        found |= {" ".join(parts[i:]) for i in range(1, len(parts))}
        found |= {first, f"{first} {last}", f"{first[0]} {last}"}
        initials = [name[0] for name in middle]
        found |= {" ".join((first, *initials, last)), " ".join((first[0], *initials, last))}
        if middle:
            found |= {f"{first} {middle[0]} {last}", f"{first} {initials[0]} {last}"}
    return found - {form}


def short_organization_forms(form: str) -> set[str]:
    """The beginnings of an organization's ``form`` that only generic words complete.

    None that leaves out what makes it a body beside the one that its name begins with.
    """
    if has_han(form):
        generic = (form[:i] for i in range(2, len(form)) if _GENERIC_ZH.fullmatch(form[i:]))
        return {short for short in generic if not _second_body(form, short)}
    parts = form.split()
    starts = (
        " ".join(parts[:i])
        for i in range(1, len(parts))
        if all(part in _GENERIC for part in parts[i:]) and len(parts[0]) > 2
    )
    return {short for short in starts if not _second_body(form, short)}


def is_offshoot(form: str, of: str) -> bool:
    """Whether ``form`` is the name of an organization ``of`` and what it has: its press, say."""
    return form.startswith(of) and _has_body(of) and _second_body(form, of)


def _second_body(form: str, start: str) -> bool:
    """Whether behind ``start`` stands the head of a body, and that of another one before it."""
    return any(
        match.start() >= len(start) and _has_body(form[: match.start()])
        for match in (_OFFSHOOT_ZH if has_han(form) else _OFFSHOOT).finditer(form)
    )


def _has_body(form: str) -> bool:
    return (_BODY_ZH if has_han(form) else _BODY).search(form) is not None


def surname_with_title(name: str) -> str:
    """The Chinese surname of a mention that is nothing but surname and title (``王先生``)."""
    plain = fold(name)
    stripped = _HONORIFICS_ZH.sub("", plain)
    return stripped if stripped != plain and len(stripped) == 1 else ""


# --- showing ---------------------------------------------------------------------------------

_POSSESSIVE_NAMES = _words(
    "mcdonald sotheby christie macy levi lloyd wendy kellogg moody domino kohl lowe sainsbury "
    "hershey denny harrod trader sloan king queen"
)


def display(name: str, family: Family) -> str:
    """``name`` as it is shown: without the article and possessive that its sentence gave it."""
    shown = re.sub(r"^the (?=\S)", "", clean(name))
    base = without_possessive(shown)
    if family == "other" or (family == "organization" and fold(base) in _POSSESSIVE_NAMES):
        return shown
    return base


def is_partial(name: str, family: Family) -> bool:
    """Whether ``name`` tells less than a full one would: an acronym, a lone surname, a title."""
    if family == "person":
        if has_han(name):
            return False
        form = person_name(name)
        parts = form.split()
        return len(parts) < 2 or len(parts[0]) == 1 or form != fold(name)
    return is_acronym(name)


# --- acronyms --------------------------------------------------------------------------------

_SMALL_WORDS = _words("of the and for in on at to de la du des der die das et und & a an")


def is_acronym(name: str) -> bool:
    """Whether ``name`` looks like an acronym: 2 to 8 letters or digits, mostly capitals."""
    letters = name.replace(".", "").replace("&", "").replace("-", "").strip()
    if not 2 <= len(letters) <= 8 or not letters.isalnum() or not letters.isascii():
        return False
    capitals = sum(c.isupper() for c in letters)
    return capitals >= 2 and capitals >= len(letters) / 2 and letters[0].isupper()


def acronyms(full: str) -> set[str]:
    """The acronyms, folded, that the initials of ``full`` make, with and without small words."""
    words: list[str] = re.findall(r"[^\W_]+", fold(full.replace("&", " ")))
    content = [w for w in words if w not in _SMALL_WORDS]
    if len(content) < 2 or has_han(full):
        return set()
    plain = [w for w in content if w not in _LEGAL]
    return {"".join(w[0] for w in chosen) for chosen in (words, content, plain) if len(chosen) > 1}


def acronym_of(short: str, full: str) -> bool:
    """Whether ``short`` is made of the initials of ``full`` (small words may be skipped)."""
    if not is_acronym(short):
        return False
    return re.sub(r"[.&-]", "", short).casefold() in acronyms(full)
