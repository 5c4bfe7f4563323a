"""Given names and surnames that very many people bear.

One of these standing alone says who is meant inside a document but not across documents. The
lists are the usual heads of frequency tables (English-speaking countries and romanised Chinese);
they need not be complete: what is missing costs precision only where two documents mean
different people by one lone name.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SURNAMES = _words(
    """
    adams alexander allen anderson armstrong arnold bailey baker barnes bell bennett berry black
    boyd bradley brooks brown bryant burns bush butler campbell carpenter carr carroll carter
    chapman clark clarke cohen cole coleman collins cook cooper cox crawford cruz cunningham
    daniels davidson davies davis day dean diaz dixon douglas duncan dunn edwards elliott ellis
    evans ferguson fernandez fisher fletcher flores ford foster fowler fox francis franklin
    fraser freeman fuller garcia gardner gibson gomez gonzales gonzalez gordon graham grant gray
    green greene griffin griffiths hall hamilton hansen harper harris harrison hart harvey
    hawkins hayes henderson henry hernandez hicks hill hoffman holmes howard hudson hughes hunt
    hunter hussein jackson jacobs james jenkins jensen johansson johnson johnston jones jordan
    kaur kelley kelly kennedy khan kim king knight kumar lane larson lawrence lawson lee lewis
    long lopez marshall martin martinez mason matthews mccarthy mcdonald meyer miller mills
    mitchell moore morales morgan morris morrison murphy murray myers nelson newman nguyen
    nichols north oliver olson ortiz owens palmer park parker patel patterson payne perez
    perkins perry peters peterson phillips pierce porter powell price ramirez ramos reed reyes
    reynolds rice richards richardson riley rivera roberts robertson robinson rodriguez rogers
    rose ross russell ryan sanchez sanders schmidt schneider schultz scott sharma shaw simmons
    simpson singh smith snyder spencer stephens stevens stewart stone sullivan taylor thomas
    thompson torres tran tucker turner wagner walker wallace walsh ward warren washington
    watkins watson weaver webb weber welch wells west wheeler white williams williamson willis
    wilson wood woods wright young bai cai cao chan chang chen cheng cheung cui deng ding dong
    du fan fang feng fu gao gu guo han hao he hou hu huang jia jiang jin kong lai lam lau leung
    li liang liao lin liu lu luo lv ma mao meng ng pan peng qian qin qiu ren shao shen shi song
    su sun tan tang tian tsai wan wang wei wen wong wu xia xiang xiao xie xiong xu xue yan yang
    yao ye yin yu yuan zeng zhang zhao zheng zhong zhou zhu zou abe ito kobayashi nakamura saito
    sato suzuki takahashi tanaka watanabe yamamoto choi kang
    """
)

GIVEN_NAMES = _words(
    """
    aaron abby adam ahmed alan albert alex alexander alexandra alfred ali alice alison allan
    allen amanda amy andrea andrew andy angela ann anna anne annie anthony antonio arthur ashley
    barbara ben benjamin bernard beth betty bill billy bob bobby brandon brenda brian bruce carl
    carlos carol caroline catherine charles charlie charlotte chloe chris christian christina
    christine christopher cindy claire craig cynthia dan daniel danny dave david dean deborah
    debra dennis diana diane dick don donald donna dorothy doug douglas dylan ed eddie edith
    edward eleanor elena elizabeth ella ellen emily emma eric erica erin ethan eva evan evelyn
    fatima fiona frances francis frank fred frederick gary george georgia gerald gloria gordon
    grace greg gregory hannah harold harriet harry heather helen henry holly howard hugh ian
    isaac isabel isabella ivan jack jackie jacob jake james jamie jane janet janice jason jean
    jeanne jeff jeffrey jennifer jenny jeremy jerry jesse jessica jill jim jimmy joan joe joel
    john johnny jon jonathan jordan jose joseph josh joshua joyce juan judith judy julia julian
    julie justin karen kate katherine kathleen kathryn kathy katie keith kelly ken kenneth kevin
    kim kyle larry laura lauren lawrence leo leon leonard lily linda lisa liz louis louise lucas
    lucy luis luke lydia maggie marc marco margaret maria marie mark martha martin mary matt
    matthew max maya megan melissa mia michael michelle mike mohamed mohammed monica nancy
    natalie nathan neil nicholas nick nicole nina noah nora oliver olivia oscar pamela pat
    patricia patrick paul paula pedro peggy penny peter phil philip phillip rachel ralph ray
    raymond rebecca richard rick rob robert robin roger ron ronald rose roy russell ruth ryan
    sally sam samantha samuel sandra sara sarah scott sean sebastian shannon sharon shirley
    simon sofia sophia sophie stephanie stephen steve steven stuart sue susan ted teresa terry
    theodore theresa thomas tim timothy tina todd tom tony tracy tyler vanessa victor victoria
    vincent virginia walter wayne wendy will william zoe
    """
)
