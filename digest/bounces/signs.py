"""By what a bounce, an automatic answer and the letter that is brought back are recognised."""

import re

from digest.bounces.wordings import any_of

ADDRESS = re.compile(
    r"[A-Za-z0-9._%+/=~!#$&'*?^`{|}-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"
)
_DID_NOT = r"(?:could|can|was|has|were|did) ?(?:not|n't|n\u2019t)"
REPLY = re.compile(r"(?<![\d.,:/-])[45]\d\d[ -](?=.{3})|(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])")
"""Where a line says what a server answered."""

ROBOT = any_of((
    r"mailer[-_. ]?daemon", r"postmaster", r"mail[-_. ]?(?:delivery|administrator|system|router)",
    r"mdaemon", r"maildelivery", r"double-bounce", r"bounces?@", r"delivery (?:sub)?system",
    r"microsoft ?(?:outlook|exchange)", r"symantec", r"mailsweeper", r"groupwise",
    r"smtp gateway", r"exchange administrator", r"smtp32", r"jetmail", r"mail error",
))  # fmt: skip
"""Who writes bounces."""

SUBJECT = any_of((
    r"undeliver", r"unable to deliver", r"returned mail", r"returned to sender", r"\bnd[nr]\b",
    r"deliver(?:y|ed)?\b.{0,30}(?:fail|status|problem|error|report|delay|incomplete|unsuccess)",
    r"fail(?:ed|ure)\b.{0,24}(?:deliver|mail|notice|transmit)", r"^failure notice",
    r"(?:mail|message)\b.{0,20}(?:returned|delay|fail|could not|not delivered|undeliver|error)",
    r"non.?(?:delivery|remise)", r"nondeliverable", r"could(?: not|n't) be delivered",
    r"not (?:been )?delivered", r"warning: (?:could not send|message|e-?mail)", r"mail failure",
    r"delivery (?:notification|warning)", r"unzustellbar", r"nicht zustellbar", r"zustellung",
    r"fehler bei der", r"nicht zugestellt", r"non remis", r"[ée]chec", r"devuelto",
    r"impossible de (?:remettre|distribuer)", r"no se (?:puede|pudo)", r"no entregad",
    r"error de entrega", r"mancata consegna", r"impossibile", r"n[ãa]o (?:foi )?entregue",
    r"falha na entrega", r"onbestelbaar", r"niet (?:worden )?bezorgd", r"не доставлен",
    r"недостав", r"退信", r"无法", r"失败", r"配信(?:不能|失敗|エラー)", r"エラー",
))  # fmt: skip
"""What stands above bounces."""

BODY = any_of((
    rf"{_DID_NOT} (?:be |yet |been )*(?:deliver|sent|reach)",
    rf"{_DID_NOT} (?:receive|your|some|the following)",
    r"undeliver(?:able|ed)", r"unable to deliver", r"wasn't able to deliver", r"not delivered",
    r"failed (?:addresses|recipients?)", r"failed permanently", r"failed to deliver",
    r"delivery (?:to the following|has failed|failed|failure|errors?|attempts?|problems?)",
    r"permanent (?:error|fatal|failure)", r"returned (?:mail|message|to (?:you|sender))",
    r"invalid final delivery", r"did not receive", r"error (?:was detected|description)",
    r"encountered an error", r"konnte nicht", r"nicht zugestellt", r"n'a pas pu",
    r"no pudo ser", r"non [èe] stato", r"n[ãa]o (?:p[ôo]de|foi|pode)", r"delivery of email",
    r"не (?:был|мож|удалось)", r"mailbox (?:is full|exceeds)", r"无法", r"配信できません",
))  # fmt: skip
"""What stands in bounces."""

ANSWER = any_of((
    r"^\s*(?:(?:re|aw|fwd?):\s*)?\[?auto(?:matic|mated)?[- :]?(?:reply|respon|antwort|notif)",
    r"^\s*auto:", r"out of (?:the )?office", r"^\s*ooo\b", r"away from (?:my|the|email)",
    r"on (?:annual |parental |maternity )?(?:vacation|holiday|leave)\b", r"vacation reply",
    r"abwesen", r"automatische (?:antwort|beantwortung)", r"nicht im (?:b[üu]ro|haus)",
    r"r[ée]ponse automatique", r"absence du bureau", r"absen(?:t|ce)\b", r"respuesta autom",
    r"risposta automatica", r"fuori (?:sede|ufficio)", r"resposta autom", r"afwezig",
    r"automatisch antwoord", r"автоответ", r"автоматическ\w* ответ",
    r"自动(?:回复|答复)", r"自動(?:返信|応答|回覆)",
    r"자동 ?(?:회신|응답)", r"부재 ?중", r"automatyczna odpowied", r"autorespon", r"nieobecno",
    r"automatick[áa] odpov", r"mimo kancel", r"autosvar",
    r"automatisk (?:svar|besvar)", r"fr[åa]v[æa]r",
    r"automaattinen vastaus", r"poissa\b", r"otomatik yan", r"ofis d.[şs].\b",
    r"automatikus v[áa]lasz", r"αυτόματη απάντηση", r"εκτός γραφείου", r"автоматична відпов",
    r"r[ăa]spuns automat", r"automatski odgovor", r"samodejni odgovor", r"automātisk[āa] atbilde",
    r"automaatvastus", r"automatinis atsakymas", r"automatische? reactie", r"رد تلقائي",
    r"תשובה אוטומטית", r"trả lời tự động",
    r"^\s*thank you for (?:your|contacting)", r"^\s*(?:please )?confirm your (?:message|e-?mail)",
    r"^\s*(?:not )?read\s?:", r"^\s*(?:nicht |ungelesen )?gel(?:esen|[öo]scht)\s?:", r"^\s*lu\s?:",
    r"we (?:have )?received your", r"\bticket\b.{0,20}#?\d", r"read receipt",
))  # fmt: skip
"""What stands above what mail programs answer by themselves."""

_RULE = r"^[ \t>*|]*(?:-{2,}|={2,}|_{5,}|\*{3,}|\|-{5,})[ \t]*"
SEPARATOR = any_of((
    rf"{_RULE}(?:this is a copy|the (?:body|header)|below this line|original|included)",
    rf"{_RULE}(?:your (?:original )?message|returned|forwarded|attachment is|end of|copy of)",
    rf"{_RULE}(?:message (?:text|header|content|follows)|unsent|undelivered|start of returned)",
    rf"{_RULE}(?:here is|enclosed|header of|mensaje|message d'origine|urspr[üu]ngliche)",
    r"^[ \t]*(?:the )?original message (?:follows|headers?|is|as received)",
    r"^[ \t]*(?:a copy of|below is) (?:the|your|a copy of the) (?:original |returned )?message",
    r"^[ \t]*your (?:original )?message (?:reads|follows|is below|begins)",
    r"^[ \t]*included (?:below )?is a copy", r"^[ \t]*(?:the )?header of the original",
    r"^[ \t]*(?:the )?(?:unsent message below|text of your message|first \d+ lines)",
    r"^[ \t]*a summary of the undelivered", r"^[ \t]*urspr[üu]ngliche nachricht",
    r"^[ \t]*message (?:text|headers?) follows?", r"^[ \t]*original[ -]mail[ -]?header",
    r"^[ \t]*here is a copy of", r"^[ \t]*es folgt (?:eine|die) ",
))  # fmt: skip
"""Where a bounce ends and the letter that it brings back begins."""

HEADERS = re.compile(
    r"^[ \t>]{0,4}(?:Return-Path|Received|Message-ID|DKIM-\w+|From|MIME-Version|X-[\w-]{2,40})"
    r":[ \t]?.{1,400}\r?\n(?:[ \t>]{0,4}(?:[A-Za-z][A-Za-z0-9-]{1,60}:|[ \t]+\S).{0,998}\r?\n){2}",
    re.MULTILINE | re.IGNORECASE,
)
"""The headers of a letter in the midst of a text: at least three lines of them."""

FRAME = any_of((
    r"^[> ]*(?:subject|to|from|cc|date|sent|message-id|betreff|an|von|objet|received)\s*:",
    r"^(?:this (?:report|message|is)|for further|if you|please|i'm |we're |we are|hi\b|hello)",
    r"^(?:delivery attempts|<?postmaster|the following data|file\b|tools\b|base64)",
))  # fmt: skip
"""Lines that say nothing about why."""
