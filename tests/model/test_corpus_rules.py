from __future__ import annotations

from pathlib import Path

import pytest

from ingest.language import detect
from model.corpus.errors import CorpusError
from model.corpus.repair import repair
from model.corpus.rules import MEASURES, Text, judge, load_rules, strip_lines

RULES = load_rules()
ARTICLE = (
    "Prostitution was legal in the city of Vienna at that time, and the police kept a register of"
    " all the women who worked there. The novel was banned as pornography in 1929, but it has"
    " since been recognised as one of the great works of its century. Its author had been a"
    " doctor in the army, and he knew the world that he wrote about from his own experience."
)
ZH_ARTICLE = (
    "澳门的博彩业历史悠久，政府自十九世纪中叶起发放经营牌照。旅游业和会展业近年来也得到发展，"
    "游客主要来自中国内地、香港和台湾。当地的建筑融合了葡萄牙和中国的风格，历史城区于二〇〇五年"
    "被列入世界遗产名录，成为许多旅客必到的景点。"
)


def reason(text: str, **more: object) -> str | None:
    verdict = judge(Text(text, detect(text)), RULES, bool(more.get("code")))
    return verdict.reason if verdict else None


@pytest.mark.parametrize("text", [ARTICLE, ZH_ARTICLE])
def test_prose_stays(text: str) -> None:
    assert reason(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello there.", "quality: too-short"),
        ("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 the of", "quality: odd-word-length"),
        ("1995 2005 2017 2018 " * 20 + "the prices of and", "quality: few-letters"),
        ("#this #that #and #those are tags of the day " * 9, "quality: many-marks"),
        ("We sell the ♥★♦ best ♥★♦ of ♥★♦ them ♥★♦ to all ♥★♦ of you ♥★♦ " * 3,
         "quality: many-symbols"),
        ("\n".join(f"- the item number {n} is of this kind" for n in range(30)),
         "quality: bullet-list"),
        ("\n".join(f"The story {n} of one of the men who went to sea that summer ..."
         for n in range(9)),
         "quality: teasers"),
        ((ARTICLE[:100] + "\n") * 5, "quality: repeated-lines"),
        ("buy shoes " * 40 + "in the house of mine", "quality: repeated-words"),
        ("Carpets wallpaper cupboards lamps chairs tables beds sofas mirrors clocks vases"
         " cushions shelves desks stools benches", "quality: no-english-sentences"),
        ("See https://example.com/a/very/long/address/indeed/and/on/and/on/and/on.html and the"
         " rest of what is to be read there by you and me", "quality: many-addresses"),
        (ARTICLE.replace("a", "\ufffd"), "quality: broken-encoding"),
        ("澳门新葡京娱乐城，百家乐、老虎机、时时彩，注册送彩金，信誉平台，开户送88元，真人荷官在线投注，"
         "提款快速。", "harmful: gambling"),
        ("Order generic viagra and buy cialis today, without prescription, overnight delivery to"
         " all of the states, that is our online pharmacy for you.", "harmful: illegal-trade"),
        ("Hot girls and sexy babes are waiting for you in our sex chat, watch free porn and xxx"
         " of the best camgirls that there are.", "harmful: sexual-content"),
    ],
)  # fmt: skip
def test_what_is_no_prose_or_harms_is_left_out_with_the_reason(text: str, expected: str) -> None:
    assert reason(text) == expected


def test_rules_of_prose_do_not_hold_for_code() -> None:
    assert reason("x = {1, 2}\n", code=True) is None
    assert reason("x = '\ufffd\ufffd\ufffd'\n", code=True) == "quality: broken-encoding"


def test_only_the_wanted_languages_stay() -> None:
    text = Text(ZH_ARTICLE, "zh")
    assert judge(text, RULES, False, ["zh"]) is None
    verdict = judge(text, RULES, False, ["en"])
    assert verdict is not None
    assert (verdict.reason, verdict.detail) == ("language", "zh")
    assert judge(text, RULES, True, ["en"]) is None


def test_boilerplate_lines_go_and_are_counted() -> None:
    text = (
        "Home\nThis website uses cookies to improve your visit.\nThe house stood on a hill.\n\n"
        "Share this on Facebook\n分享到微信\n责任编辑：王某\n山上有一座房子。\n"
        "© 2020 Example Ltd. All rights reserved.\n* * * * *"
    )
    stripped = strip_lines(text, RULES.lines, "en", False)
    assert stripped.text == "The house stood on a hill.\n\n山上有一座房子。"
    assert stripped.lines == {
        "navigation": 1, "cookie-notice": 1, "sharing": 3, "rights-reserved": 1, "separators": 1,
    }  # fmt: skip
    long = "The regulation says that a site needs consent before it may say: we use cookies. " * 9
    assert strip_lines(long, RULES.lines, "en", False).text == long
    assert strip_lines("Home", RULES.lines, "en", True).text == "Home"


def test_measures_have_the_values_they_should() -> None:
    text = Text("ab cd, ab cd\n- x…\nab cd, ab cd\n山水画", "en")
    assert MEASURES["units"](text) == 12
    assert MEASURES["mean_word_length"](text) == pytest.approx(17 / 9)
    assert MEASURES["bullet_line_share"](text) == 0.25
    assert MEASURES["ellipsis_line_share"](text) == 0.25
    assert MEASURES["duplicate_line_share"](text) == pytest.approx(12 / 31)
    assert MEASURES["top_run_share"](text) == pytest.approx(16 / 20)
    assert MEASURES["longest_line"](text) == 12
    run = "one two three four five six seven eight nine ten "
    assert MEASURES["repeated_run_share"](Text(run + "x " + run, "en")) == pytest.approx(10 / 21)
    for measure in MEASURES.values():
        assert measure(Text("", "und")) == 0


def test_rules_can_be_changed_and_mistakes_are_named(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("version: 1\nquality:\n  - {name: long, measure: units, max: 5}\n")
    verdict = judge(Text("one two three four five six", "en"), load_rules(path), False)
    assert verdict is not None
    assert verdict.reason == "quality: long"
    for content, said in (
        ("version: 1\nquality: [{name: a, measure: words, max: 5}]", "quality.0.measure.*'words'"),
        ("version: 1\nquality: [{name: a, measure: units}]", "min or max"),
        ("version: 1\nlines: [{name: a, pattern: '('}]", "lines.0.pattern"),
        (
            "version: 1\nharmful: [{name: a, per_thousand: 1, patterns: ['(']}]",
            "harmful.0.patterns",
        ),
        ("version: 1\nqualities: []", "qualities"),
        ("version: 2", "version"),
        ("a: [", "not valid YAML"),
    ):
        path.write_text(content)
        with pytest.raises(CorpusError, match=said):
            load_rules(path)


def test_repair_undoes_mojibake_and_spares_chinese_forms() -> None:
    assert repair("schÃ¶n â€“ caf&eacute; ﬁne\u200b  a") == "schön – café fine a"
    assert repair("“你好”，（全角）：ＡＢＣ！") == "“你好”，（全角）：ＡＢＣ！"
    assert repair("e\u0301") == "é"
