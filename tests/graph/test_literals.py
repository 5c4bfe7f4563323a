from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.literals import is_literal, normalise

DATES = {
    # days
    "10 December 1815": "1815-12-10",
    "Dec 10, 1815": "1815-12-10",
    "Dec. 10 1815": "1815-12-10",
    "December 10th, 1815": "1815-12-10",
    "the 10th of December, 1815": "1815-12-10",
    "Thursday, December 10, 1815": "1815-12-10",
    "on 5 May 2010": "2010-05-05",
    "10-Dec-1815": "1815-12-10",
    "1815-12-10": "1815-12-10",
    "2024/5/1": "2024-05-01",
    "2024.05.01": "2024-05-01",
    "25/12/2020": "2020-12-25",
    "12/25/2020": "2020-12-25",
    "05/05/2020": "2020-05-05",
    "29 February 2024": "2024-02-29",
    "1815年12月10日": "1815-12-10",
    "2024 年 5 月 1 日": "2024-05-01",
    "２０２４年５月１日": "2024-05-01",
    "二〇二四年五月一日": "2024-05-01",
    "二零二四年十二月三十一日": "2024-12-31",
    "2024年5月1日(星期三)": "2024-05-01",
    "于1815年12月10日": "1815-12-10",
    # days without a year
    "10 December": "XXXX-12-10",
    "September 11": "XXXX-09-11",
    "12月10日": "XXXX-12-10",
    "十二月十日": "XXXX-12-10",
    "29 February": "XXXX-02-29",
    # months, years
    "December 1815": "1815-12",
    "Sept. 2001": "2001-09",
    "1815年12月": "1815-12",
    "2024-05": "2024-05",
    "December": "XXXX-12",
    "5月": "XXXX-05",
    "in 1815": "1815",
    "the year 1815": "1815",
    "1815年": "1815",
    "一九四九年": "1949",
    "公元618年": "0618",
    "公元前221年": "-0220",
    "民国三十八年": "1949",
    "44 BC": "-0043",
    "44 B.C.": "-0043",
    "March 15, 44 BC": "-0043-03-15",
    "AD 79": "0079",
    "79 CE": "0079",
    # decades, centuries, parts of years
    "1940s": "194X",
    "the 1940s": "194X",
    "1990年代": "199X",
    "20世纪40年代": "194X",
    "二十世纪八十年代": "198X",
    "the 19th century": "18XX",
    "nineteenth century": "18XX",
    "十九世纪": "18XX",
    "21世紀": "20XX",
    "Q1 2024": "2024-33",
    "the second quarter of 2020": "2020-34",
    "2024年第一季度": "2024-33",
    "2023年四季度": "2023-36",
    "first half of 2024": "2024-40",
    "2024年下半年": "2024-41",
    "spring 2001": "2001-21",
    "the winter of 1944": "1944-24",
    "2001年春": "2001-21",
    # intervals
    "1939-1945": "1939/1945",
    "1939–45": "1939/1945",
    "2003–04": "2003/2004",
    "from 1939 to 1945": "1939/1945",
    "between 1914 and 1918": "1914/1918",
    "12-15 May 2003": "2003-05-12/2003-05-15",
    "May 3-5, 2003": "2003-05-03/2003-05-05",
    "May 2003 - June 2004": "2003-05/2004-06",
    "March to May 2004": "2004-03/2004-05",
    "23 June 1912 – 7 June 1954": "1912-06-23/1954-06-07",
    "1939年至1945年": "1939/1945",
    "1939至1945年": "1939/1945",
    "1998年3月-5月": "1998-03/1998-05",
    "2020年5月3日至8日": "2020-05-03/2020-05-08",
    "3月5日至8日": "XXXX-03-05/XXXX-03-08",
    "1912年6月23日—1954年6月7日": "1912-06-23/1954-06-07",
    "since 1990": "1990/..",
    "自1990年起": "1990/..",
    "1990年以来": "1990/..",
    # approximate
    "c. 1818": "1818~",
    "circa 1818": "1818~",
    "约1818年": "1818~",
    # with a time
    "2024-05-01T10:30": "2024-05-01T10:30",
    "2001-09-11T08:46:00Z": "2001-09-11T08:46:00Z",
    "3:30 pm, 10 May 2024": "2024-05-10T15:30",
    "5 May 2010 at 10:30 am": "2010-05-05T10:30",
    "12:15 am, 10 May 2024": "2024-05-10T00:15",
    "2024年5月10日下午3时30分": "2024-05-10T15:30",
}

NO_DATES = [
    "",
    "yesterday",
    "last year",
    "Monday",
    "this month",
    "early 1990s",
    "mid-1980s",
    "late 2001",
    "去年",
    "昨天",
    "同年",
    "近日",
    "80年代",
    "上世纪80年代",
    "2024年底",
    "康熙二十年",
    "农历八月十五",
    "10/12/1815",
    "30 February 2020",
    "29 February 1900",
    "2020-13-01",
    "2024年2月30日",
    "13月1日",
    "32 December 1815",
    "9/11",
    "72",
    "1",
    "99999",
    "0000",
    "618",
    "five",
    "Apple",
    "ad",
    "bc",
    "ce",
    "in the",
    "1945-1939",
    "25:61, 10 May 2024",
    "13:30 pm, 10 May 2024",
    "May the force",
    "2024年第五季度",
    "5th century BC",
    "0 BC",
    "a 1815 b",
    "1815 December 10 1815",
    "一二三",
    "年",
    "世纪",
    "10:30",
    "x" * 5000,
]

NUMBERS = {
    "1,234.5": "1234.5",
    "0.50": "0.5",
    "007": "7",
    "1,000,000": "1000000",
    "-5": "-5",
    "−5": "-5",
    "minus five": "-5",
    "+3": "3",
    "3.2 million": "3200000",
    "1.2bn": "1200000000",
    "20m": "20000000",
    "5k": "5000",
    "2 dozen": "24",
    "twenty-one": "21",
    "a hundred": "100",
    "one hundred and five": "105",
    "two hundred and five thousand": "205000",
    "three million": "3000000",
    "50%": "0.5",
    "12.5 percent": "0.125",
    "five per cent": "0.05",
    "1/4": "0.25",
    "½": "0.5",
    "3½": "3.5",
    "3×10⁸": "300000000",
    "1.5e6": "1500000",
    "6.02 x 10^23": "602000000000000000000000",
    "３００": "300",
    "三千五百": "3500",
    "三千五": "3500",
    "三千零五": "3005",
    "十五": "15",
    "二十": "20",
    "一百一": "110",
    "一万五": "15000",
    "一亿二千万": "120000000",
    "六千万零五": "60000005",
    "两万亿": "2000000000000",
    "12.5万": "125000",
    "1亿": "100000000",
    "1亿2000万": "120000000",
    "3千5百": "3500",
    "壹佰贰拾叁": "123",
    "二〇二四": "2024",
    "零": "0",
    "零点五": "0.5",
    "三点一四": "3.14",
    "负五": "-5",
    "百分之五": "0.05",
    "百分之十二点五": "0.125",
    "千分之三": "0.003",
    "四分之一": "0.25",
    "5‰": "0.005",
}

NO_NUMBERS = [
    "",
    "abc",
    "1,23",
    "1,000,00",
    "1.2.3",
    "2/3",
    "三分之一",
    "1/0",
    "数千",
    "几百",
    "三百多",
    "约五百",
    "about 500",
    "more than 3 million",
    "500 employees",
    "10-20",
    "五成",
    "万",
    "百五",
    "一百十五",
    "1万5",
    "one two",
    "million",
    "and five",
    "five and",
    "twenty hundred thousand million",
    "1e400",
    "20 m",
    "third",
    "第三",
    "--5",
    "5%%",
    "%",
    "x" * 5000,
    "一" * 3000,
]

MONEY = {
    "$3.5 million": "3500000 USD",
    "US$ 20": "20 USD",
    "$1,234.56": "1234.56 USD",
    "-$5": "-5 USD",
    "$2.3-billion": "2300000000 USD",
    "£20m": "20000000 GBP",
    "€1.5bn": "1500000000 EUR",
    "A$5": "5 AUD",
    "HK$1.2bn": "1200000000 HKD",
    "USD 3.5 million": "3500000 USD",
    "3.5 million USD": "3500000 USD",
    "EUR20m": "20000000 EUR",
    "RMB 300 million": "300000000 CNY",
    "five million dollars": "5000000 USD",
    "three hundred pounds": "300 GBP",
    "1.5 trillion yuan": "1500000000000 CNY",
    "500 New Taiwan dollars": "500 TWD",
    "50 cents": "0.5 USD",
    "20 pence": "0.2 GBP",
    "300万元": "3000000 CNY",
    "一百二十万元": "1200000 CNY",
    "3.5亿美元": "350000000 USD",
    "12亿日元": "1200000000 JPY",
    "人民币5000元": "5000 CNY",
    "100万元人民币": "1000000 CNY",
    "港币1000万": "10000000 HKD",
    "１００元": "100 CNY",
}

NO_MONEY = [
    "",
    "¥100",
    "￥100",
    "$",
    "元",
    "usd",
    "美元",
    "10 million",
    "about $3",
    "$5-10",
    "10%",
    "300",
    "$%5",
    "five million",
    "dollars",
    "$ five five",
    "数百万元",
    "100 francs",
    "100 rupees",
    "A$",
    "EURope",
    "x" * 5000,
]

QUANTITIES = {
    "12 km": "12000 m",
    "3.5 公里": "3500 m",
    "1.5万公里": "15000000 m",
    "三百米": "300 m",
    "20 m": "20 m",
    "120mm": "0.12 m",
    "3-mile": "4828.032 m",
    "two miles": "3218.688 m",
    "5 ft 11 in": "1.8034 m",
    "10 light-years": "94607304725808000 m",
    "20 kg": "20 kg",
    "500 grams": "0.5 kg",
    "5 million tonnes": "5000000000 kg",
    "3斤": "1.5 kg",
    "1,200 square kilometres": "1200000000 m²",
    "300平方公里": "300000000 m²",
    "10 m²": "10 m²",
    "20亩": "13333.3333333 m²",
    "2.5 L": "0.0025 m³",
    "100 km/h": "27.7777777778 m/s",
    "30 m/s": "30 m/s",
    "25 °C": "298.15 K",
    "36℃": "309.15 K",
    "25摄氏度": "298.15 K",
    "摄氏25度": "298.15 K",
    "零下5摄氏度": "268.15 K",
    "98.6 °F": "310.15 K",
    "100 MW": "100000000 W",
    "100 mW": "0.1 W",
    "10 GB": "10000000000 B",
    "90 minutes": "5400 s",
    "2 hours 30 minutes": "9000 s",
    "3小时20分钟": "12000 s",
    "18 years": "P18Y",
    "18岁": "P18Y",
    "三年": "P3Y",
    "6-month": "P6M",
    "三个月": "P3M",
    "50%": "0.5",
    "500": "500",
    "20 million": "20000000",
}

NO_QUANTITIES = [
    "",
    "km",
    "12 tons",
    "5 gallons",
    "500 employees",
    "10-20 km",
    "12 km km",
    "-300 °C",
    "about 5 km",
    "two and a half hours",
    "2.5 years",
    "11 in 5 ft",
    "5 ft 20 kg",
    "℃",
    "百公里",
    "5 Km/s/s",
    "Apple",
    "x" * 5000,
]


@pytest.mark.parametrize(("text", "value"), DATES.items())
def test_dates_become_iso_8601(text: str, value: str) -> None:
    assert normalise(text, "date") == value


@pytest.mark.parametrize("text", NO_DATES)
def test_relative_vague_and_wrong_dates_have_no_value(text: str) -> None:
    assert normalise(text, "date") is None


@pytest.mark.parametrize(("text", "value"), NUMBERS.items())
def test_numbers_become_decimals(text: str, value: str) -> None:
    assert normalise(text, "number") == value


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_vague_and_malformed_numbers_have_no_value(text: str) -> None:
    assert normalise(text, "number") is None


@pytest.mark.parametrize(("text", "value"), MONEY.items())
def test_money_becomes_amount_and_currency(text: str, value: str) -> None:
    assert normalise(text, "money") == value


@pytest.mark.parametrize("text", NO_MONEY)
def test_amounts_without_clear_currency_have_no_value(text: str) -> None:
    assert normalise(text, "money") is None


@pytest.mark.parametrize(("text", "value"), QUANTITIES.items())
def test_quantities_become_si_units(text: str, value: str) -> None:
    assert normalise(text, "quantity") == value


@pytest.mark.parametrize("text", NO_QUANTITIES)
def test_unclear_quantities_have_no_value(text: str) -> None:
    assert normalise(text, "quantity") is None


def test_strings_are_made_uniform() -> None:
    assert normalise("  ＡＢ\n c ", "string") == "AB c"
    assert normalise(" ", "string") is None


@pytest.mark.parametrize(
    ("text", "datatype"),
    [
        ("yesterday", "date"),
        ("last 3 years", "date"),
        ("去年", "date"),
        ("80年代", "date"),
        ("1815", "date"),
        ("more than $3 million", "money"),
        ("超过300万元", "money"),
        ("about 500", "number"),
        ("约3公里", "quantity"),
    ],
)
def test_a_literal_without_normal_form_is_a_literal(text: str, datatype: str) -> None:
    assert is_literal(text, datatype)


@pytest.mark.parametrize(
    ("text", "datatype"),
    [
        ("the company", "date"),
        ("Apple", "money"),
        ("他", "date"),
        ("about", "number"),
        ("", "date"),
    ],
)
def test_other_words_are_no_literals(text: str, datatype: str) -> None:
    assert not is_literal(text, datatype)


DAYS = st.dates(datetime.date(1000, 1, 1), datetime.date(2999, 12, 31))


@settings(max_examples=150, deadline=None)
@given(DAYS)
def test_every_way_to_write_a_day_gives_its_iso_form(day: datetime.date) -> None:
    iso = day.isoformat()
    english = f"{day:%B}"
    for text in (
        iso,
        f"{day.day} {english} {day.year}",
        f"{english} {day.day}, {day.year}",
        f"{day:%b}. {day.day}, {day.year}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}/{day.month}/{day.day}",
    ):
        assert normalise(text, "date") == iso, text


@settings(max_examples=150, deadline=None)
@given(DAYS, DAYS)
def test_intervals_keep_their_ends_and_run_forward(one: datetime.date, two: datetime.date) -> None:
    text = f"{one.day} {one:%B} {one.year} – {two.day} {two:%B} {two.year}"
    expected = f"{one.isoformat()}/{two.isoformat()}" if one <= two else None
    assert normalise(text, "date") == expected


@settings(max_examples=200, deadline=None)
@given(st.decimals(-(10**12), 10**12, places=3, allow_nan=False, allow_infinity=False))
def test_decimals_come_back(value: Decimal) -> None:
    for text in (format(value, "f"), format(value, ",f")):
        assert Decimal(normalise(text, "number") or "nan") == value
    assert Decimal((normalise(f"{abs(value):f}万元", "money") or "nan").split()[0]) == (
        abs(value) * 10000
    )


def chinese(number: int) -> str:
    """The numeral of ``number`` by the school rules, written apart from the code under test."""
    if number == 0:
        return "零"
    digits, units = "零一二三四五六七八九", ["", "十", "百", "千"]
    sections = []
    rest = number
    while rest:
        rest, section = divmod(rest, 10000)
        sections.append(section)
    out = ""
    for power in range(len(sections) - 1, -1, -1):
        section = sections[power]
        if section == 0:
            continue
        if out and (section < 1000 or sections[power + 1] == 0):
            out += "零"
        text = ""
        for place in range(3, -1, -1):
            digit = section // 10**place % 10
            if digit:
                if text and section // 10 ** (place + 1) % 10 == 0:
                    text += "零"
                text += digits[digit] + units[place]
        out += text + ["", "万", "亿"][power]
    return out.removeprefix("一") if out.startswith("一十") else out


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**12 - 1))
def test_chinese_numerals_come_back(number: int) -> None:
    assert normalise(chinese(number), "number") == str(number), chinese(number)


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet="0123456789年月日一二十百千万亿-/.,%$元 kmMay世纪至到c点分之", max_size=14),
    st.sampled_from(["date", "number", "money", "quantity"]),
)
def test_any_text_has_a_wellformed_value_or_none(text: str, datatype: str) -> None:
    value = normalise(text, datatype)
    assert value is None or (value == value.strip() and value)
    assert normalise(text, datatype) == value


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30), st.sampled_from(["date", "number", "money", "quantity", "string"]))
def test_no_text_raises(text: str, datatype: str) -> None:
    normalise(text, datatype)
    is_literal(text, datatype)
