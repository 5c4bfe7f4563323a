"""How a mention refers: by a proper name, by a description, or by a pronoun.

Extractors mark all three. Only names may become names in a graph: ``he`` and ``the company``
say something only through what they refer to. Told apart by surface, in English and Chinese.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from graph import names

Form = Literal["name", "nominal", "pronoun"]


@dataclass(frozen=True, slots=True)
class Reference:
    """``name`` is the part of the mention that names, empty unless ``form`` is ``name``."""

    form: Form
    name: str = ""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PRONOUNS = _words(
    """
    i me my mine myself you your yours yourself yourselves he him his himself she her hers herself
    it its itself we us our ours ourselves they them their theirs themselves themself one ones
    oneself who whom whose which what that this these those someone somebody anyone anybody
    everyone everybody no-one nobody none something anything everything nothing both all each
    either neither other others another some any many few most several such same there here here's
    he's she's it's they're we're i'm you're thou thee thy thine ye
    """
)
_PRONOUN_PHRASES = _words("each_other one_another no_one the_other the_others the_same all_of_them")
_PRONOUNS_ZH = _words(
    """
    我 我们 咱 咱们 俺 你 您 你们 他 她 它 他们 她们 它们 祂 牠 自己 其 之 谁 本人 本身 自身 双方
    两人 二人 三人 对方 前者 后者 大家 人们 有人 他人 别人 其他人 众人 某人 各方 彼此 此人 该人 这
    那 这里 那里 此 此处 该 当地 这个 那个 这些 那些 其他 其它 其中 所有人 每个人 任何人 两者 二者
    三者 多方 多人 我国 我方 本国
    """
)
_DEMONSTRATIVES = _words(
    "this that these those his her its their our my your such some any each every another no "
    "either neither both whose which what all many several few two three four five six seven eight "
    "nine ten"
)
_ARTICLES = _words("the a an")
_PREPOSITIONS = _words(
    "of in on at for from to with by as who which that whose and or but than about into under over"
)
_PARTICLES = _words(
    "van von der den de del della di da du des la le los las el al bin ibn ben abu ap of and the "
    "for in on at und et e y ter ten zu zum zur dos das do af av ur"
)
_ROLES = _words(
    """
    mother father mom mum dad mama papa mommy daddy brother sister son daughter uncle aunt grandma
    grandpa grandmother grandfather wife husband king queen prince princess pope emperor lord lady
    majesty excellency ceo cfo cto coo founder owner director president chairman boss sergeant
    professor doctor minister senator spokesman spokeswoman spokesperson editor author reporter
    """
)
_ORGANIZATION_ROLES = _words(
    """
    company corporation firm group university college school bank government ministry department
    committee commission board council court parliament congress senate agency bureau office
    administration party union association institute institution organization organisation team
    club league army police foundation society
    """
)
_PLACE_ROLES = _words("city town village country state province region county island river capital")
_NOMINALS_ZH = _words(
    """
    公司 集团 本公司 企业 机构 组织 学校 大学 学院 医院 银行 政府 法院 警方 警察 检方 媒体 球队
    团队 部门 单位 协会 委员会 董事会 国家 城市 地区 首都 省份 当局 军方 官方 国会 议会 总部
    分公司 子公司 母公司 总统 主席 总理 首相 部长 国王 皇帝 王后 女王 总裁 董事长 总经理 经理 校长
    院长 局长 市长 省长 教授 博士 记者 作者 导演 演员 歌手 作家 诗人 画家 科学家 数学家 物理学家
    化学家 医生 律师 法官 老师 教师 学生 工人 农民 士兵 男子 女子 男人 女人 男孩 女孩 孩子 儿童
    老人 青年 少年 妻子 丈夫 夫人 父亲 母亲 父母 儿子 女儿 哥哥 弟弟 姐姐 妹妹 兄弟 姐妹 祖父 祖母
    爷爷 奶奶 爸爸 妈妈 家人 朋友 同事 同学 邻居 嫌犯 嫌疑人 犯罪嫌疑人 被告 被告人 原告 受害者
    受害人 死者 伤者 员工 职工 居民 市民 村民 群众 人民 人员 顾客 用户 消费者 乘客 司机 患者 病人
    民众 创始人 负责人 发言人 股东 控股股东 实际控制人 高管 董事 监事 投资者 上市公司 凶手 歹徒
    武装分子 恐怖分子 警员 民警 官员 领导人 候选人 选手 运动员 球员 教练 主教练 船员 飞行员 游客
    旅客 上述公司 标的公司
    """
)
_DETERMINED_ZH = re.compile(
    r"^(?:该|此|这|某(?!某)|上述|前述|任何|所有|各|每|那(?=[个名位家些座所里人时])|"
    r"本(?=公司|集团|校|院|市|国|省|报|书|片|剧|台|所|人|次|届|土|地|文|研究|店|行|队)|"
    r"其(?=.{0,4}$)|[一两二三四五六七八九十几多数百千\d]+(?=[名位个家所支座群些批种者人艘架辆]))"
)


_CODE = re.compile(r"[<>={}\\`^]")
"""Signs of tags, code and formulas, whose words in lower case are no description of a name."""


def reference(text: str, family: names.Family, cased: bool = True) -> Reference:
    """How a mention with this ``text`` of a type of this ``family`` refers.

    People, organizations and places have names with capitals (in cased scripts); things of
    other families (diseases, methods, products) may have common nouns for names, unless a
    determiner points back at something. Set ``cased`` to False for a text that is all in lower
    or all in upper case, where capitals tell nothing.
    """
    shown = names.clean(text)
    if names.has_han(shown):
        return _chinese(shown)
    words = shown.split()
    lowered = [word.casefold().replace("’", "'") for word in words]
    if not words or not any(c.isalnum() for c in shown):
        return Reference("nominal")
    if (
        len(words) == 1 and lowered[0] in _PRONOUNS and not _is_name_in_capitals(shown, family)
    ) or ("_".join(lowered) in _PRONOUN_PHRASES):
        return Reference("pronoun")
    if not cased:
        return (
            Reference("name", shown) if lowered[0] not in _DEMONSTRATIVES else Reference("nominal")
        )
    if _CODE.search(shown):
        return Reference("name", shown)
    if family == "other":
        return _common(words, lowered)
    return _proper(words, lowered, family)


def _is_name_in_capitals(word: str, family: names.Family) -> bool:
    """``US``, ``IT`` and ``WHO`` are no pronouns when an organization or place is meant."""
    return len(word) > 1 and word.isupper() and family != "person"


def _chinese(shown: str) -> Reference:
    plain = names.simplified(shown)
    if plain in _PRONOUNS_ZH:
        return Reference("pronoun")
    if plain in _NOMINALS_ZH or _DETERMINED_ZH.match(plain):
        return Reference("nominal")
    return Reference("name", shown)


def _common(words: list[str], lowered: list[str]) -> Reference:
    if lowered[0] in _DEMONSTRATIVES and (words[0].islower() or words[-1].islower()):
        return Reference("nominal")
    if words[0] in _ARTICLES or lowered[0] in ("a", "an"):
        words = words[1:]
        if not words or (len(words) == 1 and words[0].islower()):
            return Reference("nominal")
    elif lowered[0] == "the" and (len(words) == 1 or (len(words) == 2 and words[1].islower())):
        return Reference("nominal")
    if len(words) > 12:
        return Reference("nominal")
    return Reference("name", names.clean(" ".join(words)))


def _proper(words: list[str], lowered: list[str], family: names.Family) -> Reference:
    if lowered[0] in _DEMONSTRATIVES or lowered[0] in _ARTICLES:
        if lowered[0] in _DEMONSTRATIVES or words[0].islower() or not _capital(words[-1]):
            words = words[1:]
    elif family == "person":
        for index, word in enumerate(words[:-1]):
            if word.endswith(("'s", "’s")):  # "Apple's Tim Cook", "Apple's CEO"
                return _proper(words[index + 1 :], lowered[index + 1 :], family)
    if family == "person" and (len(words) > 8 or ("and" in words and "," in " ".join(words))):
        return Reference("nominal")  # a clause, an enumeration
    while words and not _capital(words[0]):
        word = words[0].casefold()
        if family == "place" and len(words) > 2 and words[1] == "of" and word in _PLACE_ROLES:
            words = words[2:]  # "the city of Paris"
            continue
        if word in _PARTICLES and word not in _PREPOSITIONS and len(words) > 1:
            break  # "van Gogh"
        if word in _PREPOSITIONS:
            return Reference("nominal")  # "president of France"
        words = words[1:]  # "computer scientist Alan Turing"
    if not words or not _capital(words[-1]):
        return Reference("nominal")  # "company", "American company"
    content = [w.casefold().strip(".,") for w in words if w.casefold() not in _ARTICLES]
    roles = {
        "person": _ROLES,
        "organization": _ORGANIZATION_ROLES,
        "place": _PLACE_ROLES,
        "other": frozenset[str](),
    }[family]
    if not content or (len(content) == 1 and content[0] in roles):
        return Reference("nominal")  # "the Company"
    shown = names.clean(" ".join(words))
    if family == "person" and (
        not names.person_name(shown) or all(names.is_title(word) for word in content)
    ):
        return Reference("nominal")  # "Mr. President"
    return Reference("name", shown)


def _capital(word: str) -> bool:
    """Whether a word could be part of a name: a capital or digit in it, or no case at all."""
    return any(c.isupper() or c.isdigit() for c in word) or not any(c.islower() for c in word)
