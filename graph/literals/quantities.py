"""Measured quantities: a number and a unit, in SI units."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, localcontext

from graph.literals.numbers import canonical, normalise_number, parse_number, plain


@dataclass(frozen=True, slots=True)
class _Unit:
    """A value in this unit times ``factor`` plus ``offset`` is the value in ``base``."""

    base: str
    factor: Decimal
    offset: Decimal = Decimal(0)


def _table(rows: str) -> dict[str, _Unit]:
    """Lines of ``base factor name, name, ...``."""
    table: dict[str, _Unit] = {}
    for row in rows.strip().splitlines():
        base, factor, spelled = row.strip().split(" ", 2)
        above, _, below = factor.partition("/")
        with localcontext() as context:
            context.prec = 40
            value = Decimal(above) / Decimal(below or 1)
        table.update({name.strip(): _Unit(base, value) for name in spelled.split(",")})
    return table


# Symbols, where case tells (mW and MW), and Chinese units.
_SYMBOLS = _table(
    """
    m 1 m, 米, 公尺
    m 1000 km, 公里, 千米
    m 500 里, 华里
    m 0.1 dm, 分米
    m 0.01 cm, 厘米, 公分
    m 0.001 mm, 毫米
    m 0.000001 μm, µm, um, 微米
    m 0.000000001 nm, 纳米
    m 1609.344 mi, 英里
    m 1852 nmi, 海里
    m 0.3048 ft, ft., 英尺
    m 0.0254 in, in., 英寸
    m 0.9144 yd, yd., 码
    m 9460730472580800 ly, 光年
    m² 1 m^2, sq m, sq. m, 平方米, 平米
    m² 1000000 km^2, sq km, sq. km, 平方公里, 平方千米
    m² 0.0001 cm^2, 平方厘米
    m² 10000 ha, 公顷
    m² 2000/3 亩
    m² 2589988.110336 sq mi, sq. mi, mi^2, 平方英里
    m² 0.09290304 sq ft, sq. ft, ft^2, 平方英尺
    m³ 1 m^3, 立方米
    m³ 1000000000 km^3, 立方公里, 立方千米
    m³ 0.000001 cm^3, cc, 立方厘米
    m³ 0.001 L, l, 升, 公升
    m³ 0.000001 mL, ml, 毫升
    kg 1 kg, 公斤, 千克
    kg 0.001 g, 克
    kg 0.000001 mg, 毫克
    kg 0.000000001 μg, µg, ug, mcg, 微克
    kg 1000 t, 吨, 公吨
    kg 0.5 斤, 市斤
    kg 0.05 两
    kg 0.45359237 lb, lbs, lb., lbs., 磅
    kg 0.028349523125 oz, oz., 盎司
    s 1 s, sec, sec., 秒, 秒钟
    s 0.001 ms, 毫秒
    s 0.000001 μs, µs, 微秒
    s 0.000000001 ns, 纳秒
    s 60 min, min., mins, 分钟
    s 3600 h, hr, hrs, hr., hrs., 小时, 个小时, 钟头, 个钟头
    s 86400 d, 天, 日
    s 604800 周, 星期, 个星期
    m/s 1 m/s, 米/秒, 米每秒
    m/s 1/3.6 km/h, kph, kmh, km/hr, 公里/小时, 千米/小时, 公里每小时, 千米每小时, 公里/时
    m/s 0.44704 mph
    m/s 1852/3600 kn, 节
    W 1 W, 瓦, 瓦特
    W 1000 kW, 千瓦
    W 1000000 MW, 兆瓦
    W 1000000000 GW, 吉瓦
    W 1000000000000 TW
    W 0.001 mW, 毫瓦
    J 1 J, 焦耳
    J 1000 kJ, 千焦
    J 1000000 MJ, 兆焦
    J 3600 Wh
    J 3600000 kWh, 千瓦时, 千瓦·时
    J 3600000000 MWh, 兆瓦时
    J 3600000000000 GWh
    J 4.184 cal
    J 4184 kcal, 千卡
    J 0.0000000000000000001602176634 eV
    V 1 V, 伏, 伏特
    V 1000 kV, 千伏
    V 0.001 mV
    A 1 A, 安培
    A 0.001 mA
    Hz 1 Hz, 赫兹, 赫
    Hz 1000 kHz, 千赫
    Hz 1000000 MHz, 兆赫
    Hz 1000000000 GHz, 吉赫
    Pa 1 Pa, 帕
    Pa 100 hPa, 百帕
    Pa 1000 kPa, 千帕
    Pa 1000000 MPa, 兆帕
    Pa 100000 bar
    N 1 N, 牛顿
    N 1000 kN
    K 1 K, 开尔文
    mol 1 mol, 摩尔
    mol 0.001 mmol
    B 1 B, 字节
    B 1000 KB, kB
    B 1000000 MB
    B 1000000000 GB
    B 1000000000000 TB
    B 1000000000000000 PB
    B 1024 KiB
    B 1048576 MiB
    B 1073741824 GiB
    B 1099511627776 TiB
    """
)
# Words; case does not tell. An s at the end may be there or not.
_NAMES = _table(
    """
    m 1 metre, meter
    m 1000 kilometre, kilometer
    m 0.01 centimetre, centimeter
    m 0.001 millimetre, millimeter
    m 0.000001 micrometre, micrometer, micron
    m 0.000000001 nanometre, nanometer
    m 1609.344 mile
    m 1852 nautical mile
    m 0.3048 foot, feet
    m 0.0254 inch, inche
    m 0.9144 yard
    m 9460730472580800 light-year, light year
    m² 1 square metre, square meter
    m² 1000000 square kilometre, square kilometer
    m² 10000 hectare
    m² 4046.8564224 acre
    m² 2589988.110336 square mile
    m² 0.09290304 square foot, square feet
    m³ 1 cubic metre, cubic meter
    m³ 1000000000 cubic kilometre, cubic kilometer
    m³ 0.028316846592 cubic foot, cubic feet
    m³ 0.001 litre, liter
    m³ 0.000001 millilitre, milliliter
    kg 1 kilogram, kilogramme, kilo
    kg 0.001 gram, gramme
    kg 0.000001 milligram
    kg 0.000000001 microgram
    kg 1000 tonne, metric ton
    kg 0.45359237 pound
    kg 0.028349523125 ounce
    s 1 second
    s 0.001 millisecond
    s 60 minute
    s 3600 hour
    s 86400 day
    s 604800 week
    m/s 1 metre per second, meter per second, metres per second, meters per second
    m/s 1/3.6 kilometres per hour, kilometers per hour, kilometres an hour, kilometers an hour
    m/s 0.44704 miles per hour, miles an hour
    m/s 1852/3600 knot
    W 1 watt
    W 1000 kilowatt
    W 1000000 megawatt
    W 1000000000 gigawatt
    J 3600000 kilowatt hour, kilowatt-hour
    J 1 joule
    J 4184 kilocalorie
    V 1 volt
    V 1000 kilovolt
    A 1 ampere, amp
    Hz 1 hertz
    Hz 1000 kilohertz
    Hz 1000000 megahertz
    Hz 1000000000 gigahertz
    Pa 1 pascal
    N 1 newton
    K 1 kelvin
    B 1 byte
    B 1000 kilobyte
    B 1000000 megabyte
    B 1000000000 gigabyte
    B 1000000000000 terabyte
    """
)
_CELSIUS = _Unit("K", Decimal(1), Decimal("273.15"))
_FAHRENHEIT = _Unit("K", Decimal(5) / Decimal(9), Decimal("459.67"))
_TEMPERATURES = {
    **dict.fromkeys(("°C", "° C", "degrees Celsius", "degrees C", "degree Celsius"), _CELSIUS),
    **dict.fromkeys(("degrees centigrade", "摄氏度", "攝氏度", "°c"), _CELSIUS),
    **dict.fromkeys(("°F", "° F", "degrees Fahrenheit", "degrees F", "华氏度"), _FAHRENHEIT),
}
_CALENDAR = {
    "year": "Y", "years": "Y", "year-old": "Y", "years old": "Y", "years of age": "Y", "yr": "Y",
    "yrs": "Y", "年": "Y", "岁": "Y", "歲": "Y", "周岁": "Y", "个年头": "Y",
    "month": "M", "months": "M", "months old": "M", "month-old": "M", "个月": "M", "個月": "M",
}  # fmt: skip


def normalise_quantity(text: str) -> str | None:
    """``12 km`` -> ``12000 m``, ``25 °C`` -> ``298.15 K``, ``18 years`` -> ``P18Y``.

    Several parts of one dimension are added (``5 ft 11 in``). Values that have no finite decimal
    are rounded to 12 significant digits. Units that mean several things (ton, gallon, barrel)
    give None.
    """
    shown = plain(text.replace("º", "°")).replace("˚", "°")
    shown = re.sub(r"^零下(?=.*(?:摄氏度|°C)$)", "-", shown)
    if len(shown) > 100:
        return None
    if not re.search(r"\d\s?[a-zA-Z]{1,3}$", shown):  # 20 m are metres here, not millions
        number = normalise_number(shown)
        if number is not None:
            return number
    with localcontext() as context:
        context.prec = 40
        return _single(shown) or _several(shown)


def _single(text: str) -> str | None:
    """One number and one unit: the shortest unit at the end whose rest is a number."""
    match = re.match(r"(?:摄氏|攝氏)(.+)度$", text)
    if match:
        value = parse_number(match[1])
        return None if value is None else _show(value, _CELSIUS)
    for start in range(len(text) - 1, 0, -1):
        unit = _unit(text[start:])
        period = _CALENDAR.get(text[start:].casefold())
        if unit is None and period is None:
            continue
        before = text[start - 1]
        if text[start].isascii() and text[start].isalpha() and before.isalpha():
            continue  # inside a word
        if before == "-" and text[start].isalpha():
            before, value = " ", parse_number(text[: start - 1].strip())
        else:
            value = parse_number(text[:start].strip())
        if value is None or "%" in text[:start]:
            continue
        if unit is not None:
            return _show(value, unit)
        if value >= 0 and value % 1 == 0:
            return f"P{canonical(value)}{period}"
    return None


def _several(text: str) -> str | None:
    parts = [
        part for part in re.split(r"(?<=[^\d\s.,/^-])\s*(?:,|and)?\s*(?=\d)", text) if part.strip()
    ]
    if not 2 <= len(parts) <= 3:
        return None
    total, base, last = Decimal(0), "", None
    for part in parts:
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s?(\D+)", part.strip())
        unit = _unit(match[2].strip()) if match else None
        if match is None or unit is None or unit.offset or (base and unit.base != base):
            return None
        if last is not None and unit.factor >= last:
            return None
        total += Decimal(match[1]) * unit.factor
        base, last = unit.base, unit.factor
    return f"{_rounded(total)} {base}"


def _unit(text: str) -> _Unit | None:
    folded = text.casefold()
    return (
        _SYMBOLS.get(text)
        or _TEMPERATURES.get(text)
        or _NAMES.get(folded)
        or _NAMES.get(folded.removesuffix("s"))
    )


def _show(value: Decimal, unit: _Unit) -> str | None:
    if unit is _FAHRENHEIT:
        kelvin = (value + unit.offset) * 5 / 9
    else:
        kelvin = value * unit.factor + unit.offset
    if unit.base == "K" and kelvin < 0:
        return None
    return f"{_rounded(kelvin)} {unit.base}"


def _rounded(value: Decimal) -> str:
    """Exact where 24 digits suffice, else 12 significant digits."""
    if len(value.normalize().as_tuple().digits) > 24:
        with localcontext() as context:
            context.prec = 12
            value = +value
    return canonical(value)
