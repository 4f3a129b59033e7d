"""What pages hang on the ends of a text ("Read more", "Share this"), and whether it was cut; pure.

The one table of these words. Alone they are prose ("you should read more"), so they count only
behind an ellipsis, a sentence end or a bracket, or in front of an arrow.
"""

import re

from digest.posts import patterns, sentences

_PARTS = patterns.named(r"""
more = continue reading|read (?:more|on|full (?:article|post|story))|learn more|see more|show more
|view (?:more|post|article)|keep reading|click (?:here )?to (?:read|continue|view|see)[\w ]{0,24}
|read (?:the )?(?:rest|full|whole|complete|entire)[\w ]{0,40}
|mehr lesen|weiterlesen|weiter lesen|mehr erfahren|mehr dazu|zum (?:ganzen )?(?:artikel|beitrag)
|jetzt lesen|lesen sie (?:hier )?(?:weiter|mehr)|artikel lesen
|lire (?:la suite|plus|l'article)|en savoir plus|continuer (?:la lecture|à lire)|voir plus
|leer (?:más|mas|el artículo)|(?:seguir|continuar|sigue|continúa) leyendo|ver más|saber más
|(?:ler|leia|saiba|ver) mais|continu(?:e|ar) (?:a )?(?:lendo|ler)
|leggi (?:tutto|di più|ancora)|continua (?:a leggere|la lettura)|per saperne di più
|lees (?:meer|verder)|verder lezen|læs (?:mere|videre)|les (?:mer|videre)
|läs (?:mer|vidare|hela)|lue lisää|jatka lukemista|czytaj (?:dalej|więcej)
|číst (?:dále|více|dál)|celý článek|čítať ďalej|čítaj viac|olvasd tovább|tovább olvasom
|cite(?:ște|şte) mai (?:mult|departe)|beri dalje|devamını oku
|читать (?:далее|дальше|полностью)|подробнее|читати (?:далі|більше)|докладніше
|прочети (?:повече|още)|διαβάστε (?:περισσότερα|το υπόλοιπο)
|続きを読む|続きをみる|もっと読む|全文を読む|詳しくはこちら
|阅读全文|阅读更多|继续阅读|查看全文|閱讀全文|閱讀更多|繼續閱讀
|더 ?보기|더 ?읽기|계속 읽기|전체 읽기|자세히 (?:보기|읽기)
|اقرأ المزيد|ادامه مطلب|بیشتر بخوانید|مزید پڑھیں|קרא עוד|להמשך קריאה
|baca (?:selengkapnya|lebih lanjut|juga)|xem thêm|đọc tiếp|đọc thêm
|อ่านต่อ|อ่านเพิ่มเติม|और पढ़ें|आगे पढ़ें
more_of = continue reading|read more about|weiterlesen|lire la suite de|leer más
word = more|continue|mehr|suite|viac|tovább|далее|devamı|更多|المزيد|selengkapnya|meer|más|mais
arrow = [\s»›→⟶➔>⇒…._\[\]()|«←-]
ellipsis = …|\.{2,}
mark = (?<=[.!?…。！？)\]"”’])
behind = (?<=[.!?…。！？:;)\]"”’])|(?<=\.\.)|(?<=^)|(?=[\[(])
post = the post|this (?:post|article),? ["“]|der beitrag|l['’]article|la entrada|o post
|l['’]articolo|il post|het bericht|artikkelen|inlägget|artykuł|запись|投稿|postingan
first = appeared first on|first appeared on|was originally published|erschien zuerst auf
|est apparu en premier sur|(?:se publicó|aparece|apareció) primero en|apareceu primeiro em
|proviene da|sembra essere il primo su|verscheen eerst op|dukket først opp på|dök först upp på
|pochodzi z serwisu|впервые появилась|に最初に表示されました|pertama kali tampil pada
network = facebook|twitter|x|linkedin|reddit|whatsapp|mastodon|bluesky|e-?mail
aside = (?:estimated )?reading time:? ?(?:about )?\d{1,3} min(?:ute)?s?
|\d{1,3} min(?:ute)?s? read|(?:geschätzte )?lesezeit:? ?(?:etwa |ca\. )?\d{1,3} min(?:uten?)?
|temps de lecture ?:? ?\d{1,3} min(?:utes?)?|tiempo de lectura:? ?\d{1,3} min(?:utos?)?
|skip to (?:main )?content|table of contents|(?:zum|direkt zum) inhalt(?: springen)?
|listen to (?:this|the) (?:article|post)|getting your trinity audio player ready
|loading(?=…|\.\.\.)|[×✕]|(?:share|follow us|tweet) on <network>\b
|controls?: [^.]{0,60}[←↑→↓][^.]{0,80}|mobile: use buttons?[^.]{0,40}
order = (?:please )?(?:enable|turn on|activate) javascript[^.]{0,80}
|you need (?:to enable )?javascript[^.]{0,80}|your browser does not support[^.]{0,60}
|(?:this (?:site|website|page) uses|we use|wir verwenden|accept (?:all )?) ?cookies(?: (?:to
|um) (?:improve
|enhance|ensure|give|personali|offer|provide|analy|ihnen|die)[^.]{0,120})?
|subscribe to (?:our|the|my) (?:newsletter|blog|feed)[^.]{0,60}
|sign up for (?:our|the) newsletter[^.]{0,60}
""")  # noqa: RUF001 - marks and letters as they are printed


def _either(table: str) -> re.Pattern[str]:
    return patterns.either(patterns.filled(table, parts=_PARTS))


_READ_MORE = _either(r"""
<behind>\s*[\[(]?\s*<more><arrow>{0,6}$
<ellipsis>\s*[\[(]?\s*<word><arrow>{0,6}$
[\[(]\s*<word>\s*<ellipsis>?\s*[\])]$
(?:\s|^)<more>\s*[»›→⟶➔⇒>]+\s*$
<behind>\s*<more_of>\b\W.{1,160}[→»”"]\s*$
(?<=[.!?…])\s*(?:read|view|see) (?:the )?(?:full|whole|rest|complete|entire|original)\b.{0,80}$
""")  # noqa: RUF001 - arrows and quotation marks as they are printed
_FIRST_ON = _either(r"""
(?:<mark>\s*|\s(?-i:(?=[A-ZÀ-Þ])))<post>(?:(?!the post ).){0,300}?<first>.{0,120}$
""")
_WIDGET = _either(r"""
\s*link to article: \S{1,300}$
(?:<behind>\s*|\s*[|∞⚓#*]\s*)(?:permalink|leave a comment|(?:\d+ )?comments?|\[comments\]
|discuss this article in our forums|\[link\](?: \[comments\])?|share (?:this(?: (?:post
|article))?|(?:on|via) <network>[\w :,]{0,40})
|tweet|kommentar hinterlassen|filed under:?[\w ,&|]{0,80}|subscribe(?: now)?
|originally (?:published|posted) (?:at|on)\b.{0,120}
|click here to (?:subscribe|comment))\s*[»|.]*\s*$
""")
_CONTROL = _either(r"""
<aside>(?:[\s.…!·|:]*$|\s*[.…!·|:]+\s*|\s+(?-i:(?=[A-ZÀ-ÞА-Я0-9"“])))
<order>(?:\.\s*|$)
""")
_CUT_MARK = _either(r"""
\s*(?:[\[(]\s*<ellipsis>\s*[\])]|<ellipsis>)[\s"'”’)]{0,4}$
""")  # noqa: RUF001 - quotation marks as they are printed
_GLUED_MARK = _either(r"""
\w<ellipsis>["'”’)]?$
""")  # noqa: RUF001 - quotation marks as they are printed
_OPEN_END = _either(r"""
\b(?:a|an|the|and|or|but|of|to|in|on|at|by|for|with|from|into|as|is|are|was|were|be|been|that
|which|who|whose|than|because|while|if|its|their|our|your|my|his|these|those|this|not|can|will)$
\b(?:der|die|das|dem|den|des|ein|eine|einen|einem|einer|und|oder|aber|mit|von|zu|zum|zur|für|im
|am|ist|sind|dass|wenn|weil|sich)$
\b(?:le|la|les|un|une|du|de|des|et|ou|dans|pour|avec|sur|par|que|qui|est|sont)$
\b(?:el|los|las|una|y|o|en|con|por|para|como|es|son|di|il|che|per|um|uma|e|com|não|os)$
[,;(\[{–—]$
""")  # noqa: RUF001 - dashes as they are printed
_STYLE = 100  # characters; in shorter texts three dots at the end are a manner of writing
_AUTOMATIC = frozenset({47, 48, 49, 50, 51, 55})  # words; Ghost cuts at 50 with its marks
_REACHES = ((_READ_MORE, 260), (_FIRST_ON, 600), (_WIDGET, 320))  # characters from the end


def without_tail(text: str) -> str:
    """Return the text without "Read more" and its like; the ellipsis before it stays."""
    while (shorter := _shorter(text)) != text:
        text = shorter
    return text


def without_controls(text: str) -> str:
    """Return the text without controls of the page at its beginning."""
    start = 0
    while (control := _CONTROL.match(text, start)) and control.end() > start:
        start = control.end()
    return text[start:]


def without_cut_mark(text: str) -> str:
    """Return the text without the ellipsis at its end."""
    return _CUT_MARK.sub("", text) if has_cut_mark(text) else text


def has_cut_mark(text: str) -> bool:
    """Whether the text ends in an ellipsis."""
    return bool(_CUT_MARK.search(text[-16:]))


def is_cut(text: str) -> bool:
    """Whether somebody cut this text off: it says so, has a usual length, or ends in an "and"."""
    if has_cut_mark(text):
        is_style = len(text) <= _STYLE and _GLUED_MARK.search(text[-16:])
        return not is_style or _goes_on(without_cut_mark(text))
    if sentences.is_whole(text):
        return False
    if _goes_on(text):
        return True
    return len(text.split()) in _AUTOMATIC and any(sentences.ends(text))


def _goes_on(text: str) -> bool:
    return bool(_OPEN_END.search(text[-24:]))


def _shorter(text: str) -> str:
    for pattern, reach in _REACHES:
        start = max(0, len(text) - reach)
        found = pattern.search(text, start)
        if found:
            return text[: found.start()].rstrip()
    return text
