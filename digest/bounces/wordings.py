"""The words in which mail systems say why: about us, not now, or that there is no such mailbox.

They were gathered from the manuals and the visible answers of common systems, in the languages in
which they write. What is about us is looked for first, then what may pass: a reader is only taken
for gone when nothing milder is said.
"""

import re
from collections.abc import Iterable


def any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of these phrases, in capitals or not."""
    together = "|".join(f"(?:{phrase})" for phrase in phrases)
    return re.compile(together, re.IGNORECASE | re.MULTILINE)


_WHO = r"\b(?:user|recipient|mailbox|account|address|alias|member|customer|addressee)s?\b"
_KIND = r"(?:local |virtual |destination |recipient |final delivery |e?-?mail |delivery )*"
_BAD = (
    r"(?:unknown|invalid|non-?existent|bad|inactive|disabled|illegal|incorrect|wrong|unrouteable)"
)
_NOUN = r"(?:user|recipient|mailbox|account|address|person|domain|host|alias|here)"
_NOT = r"(?:not|n't|n\u2019t|never)"
_WHERE = r"\b(?:host|domain)(?: name)?\b"
_BOX = r"(?:mail ?box|mail ?folder|inbox|box|folder|account)"
_ENGINE = r"\b(?:server|service|system|directory|database|backend|ldap)s?"
_WER = r"(?:empf(?:ä|ae?)nger|adresse|postfach|benutzer|konto|mailbox)"
_QUI = r"(?:destinataire|utilisateur|adresse|compte|bo[îi]te)"
_QUIEN = r"(?:usuario|direcci[óo]n|destinatario|cuenta|buz[óo]n|casilla)"
_CHI = r"(?:utente|indirizzo|destinatario|casella)"
_QUEM = r"(?:usu[áa]rio|endere[çc]o|destinat[áa]rio|caixa)"
_WIE = r"(?:gebruiker|adres|ontvanger|postvak)"
_KTO = r"(?:пользовател|адрес|ящик|получател)"

OURS = any_of((
    r"\bspam(?! folder)", r"unsolicited", r"\bjunk\b", r"(?:black|block|deny) ?-?list",
    r"\bdns[bw]l\b", r"\brbl\b", r"spamhaus", r"spamcop", r"barracudacentral", r"\bsorbs\b",
    r"proofpoint", r"cloudmark", r"senderbase", r"senderscore", r"reputation",
    r"poor (?:sender|ip)", r"\bblocked\b", r"\bbanned\b", r"\bdmarc\b", r"\bdkim\b", r"\bspf\b",
    r"\bvirus", r"malware", r"phish", r"suspicious", r"not (?:been )?authori[sz]ed",
    r"unauthori[sz]ed", r"not (?:allowed|permitted) to (?:send|relay|post)",
    r"authentication (?:is )?required", r"relay(?:ing)? (?:access )?(?:is )?(?:denied|not)",
    r"unable to relay", r"not relay", r"access (?:is )?denied", r"\bpolic(?:y|ies)\b",
    r"content (?:was |is )?(?:rejected|refused|filter|not accept)", r"(?:message|mail) content",
    r"(?:by|due to|for) (?:the )?(?:content|header) (?:check|filter|rule)", r"refused by filter",
    r"sender(?:'s)? (?:address )?(?:rejected|denied|refused|blocked|verif|unknown|not|domain)",
    r"(?:reverse|ptr|rdns)\b.{0,20}(?:dns|record|lookup|host)", r"bad (?:sender|helo)",
    r"helo\b.{0,40}(?:reject|invalid|denied)", r"complain(?:t|ts)\b", r"\bbatv\b", r"\babus",
    r"(?:message|mail|e-?mail|size)\b(?!.{0,20}box).{0,40}too (?:big|large)",
    r"(?:message|mail|e-?mail)\b(?! ?box).{0,40}exceed.{0,30}(?:message size|maximum|size limit)",
    r"(?:maximum|allowed|permitted) (?:incoming )?message size", r"message (?:size|too large)",
    r"larger than (?:the )?(?:current )?(?:system|size|maximum) limit",
    r"attachment.{0,40}(?:not allowed|block|forbid|reject|type)",
    r"only accepts? (?:mail|messages) from", r"(?:is |delivery )restricted",
    r"(?:not|n't) accept(?:ing|ed)?\b.{0,12}\b(?:e?-?mail|messages)s? from\b", r"approved senders",
    r"accept mail from (?:certain|this|your)", r"\bmoderat(?:ed|or)\b", r"bulk ?mail",
    r"classified as (?:bulk|commercial|marketing)", r"mass ?mail",
    r"(?:message|mail) (?:was )?considered", r"looks like (?:a bot|automated)",
    r"\bAUP#", r"\bTSS?0\d", r"\bUBE\b", r"\brejected (?:for|due to) local", r"too many spam",
    r"administrative prohibition", r"(?<!permission )\bdenied\b", r"unknown sender",
    r"verification failed", r"(?:invalid|bad) sender", r"sender.s (?:e-?mail )?address",
    r"\byour (?:ip\b|domain|server|host|helo|reverse)", r"will not accept delivery of",
    r"not (?:allowed|permitted) to receive\b.{0,20}\bfrom", r"AccessDenied|NotAuthorized",
    r"\b(?:RLY|RTR|HVU|DYN):", r"\b(?:DT|MI|IP|SC):(?:SPM|SPB|SPF|SFQ|BAD|DMC|STC)\b",
    r"\(BL\)", r"richtlinie", r"gesperrt", r"verweigert", r"nicht berechtigt", r"unerw[üu]nscht",
    r"no (?:est[áa] )?autorizad", r"non autoris[ée]", r"ind[ée]sirable", r"спам",
    r"垃圾邮件", r"迷惑メール",
))  # fmt: skip

SOFT = any_of((
    rf"{_BOX}.{{0,30}}\bfull\b", rf"\bfull\b.{{0,20}}{_BOX}", r"quota", r"disk full",
    r"out of (?:disk )?space", r"no (?:more )?(?:disk )?space", r"space (?:is )?not enough",
    r"insufficient (?:system |disk )*(?:storage|space|resources)", r"storage (?:is )?full",
    r"not enough (?:disk |storage )*space", r"too much mail", r"mailbox (?:size )?limit",
    r"exceed(?:s|ed|ing)?\b.{0,40}(?:storage|allowed size|allocation|space|mailbox|limit)",
    r"(?:storage|allowed size|allocation|space|mailbox)\b.{0,30}exceed", r"account is over",
    r"(?:over|above|reached|hit)\b.{0,12}(?:size|storage|mailbox) limit",
    r"temporar", r"tempor[äa]", r"transient", r"try (?:again )?later", r"gr[ea]y ?-?list",
    r"later\b.{0,20}\btry", r"deferred", r"delayed", r"\bdelay\b", r"postponed",
    r"(?:will|to) be retried", r"will (?:continue|keep)", r"timed? ?-?out", r"undergoing",
    r"(?:host|server|system) (?:is )?(?:down|busy|unavailable)", r"not currently available",
    r"connection\b.{0,20}\b(?:refused|reset|lost|closed|dropped|failed|terminated)",
    rf"(?:could|can|was|does)(?: ?{_NOT}) (?:connect|establish|open|reach|contact|respond)",
    r"(?:lost|no|refused) (?:the )?connection", r"unable to (?:connect|establish|contact|reach)",
    r"(?:wasn't|not) able to (?:connect|establish|reach)", r"no answer", r"not respond",
    r"unreachable", r"connect(?:ion)? (?:failed|error)",
    r"no route", r"retry (?:time|limit)", r"in the queue",
    r"queue(?:d)? (?:for )?too long", r"not been collected", r"\bexpired\b(?! account)",
    r"too many (?:\w+ )?(?:connections|messages|recipients|hops|errors|sessions|concurrent)",
    r"slow down",
    r"rate ?-?limit", r"at too (?:high|fast) a rate", r"throttl", r"too (?:fast|quickly)",
    r"\bloop(?:s|ing|ed)?\b", r"hop count", r"overload", r"internal (?:server )?error",
    r"system (?:error|resources|is full|failure)", r"resources.{0,20}unavailable",
    r"(?:name|dns|mx) (?:server|service|lookup)\b.{0,30}(?:fail|timed|tempor)",
    r"found, try again",
    r"(?:local )?configuration (?:error|problem)", r"i/?o error", r"software caused",
    r"certificate", r"\btls\b", r"\bssl\b", r"starttls", r"handshake", r"permission denied",
    r"protocol (?:error|violation)", r"syntax error", r"bare (?:lf|newline)", r"smtputf8",
    r"can(?:not|'t) (?:create|write|append|open)", r"not yet been delivered",
    rf"{_ENGINE} (?:is |was )?(?:currently )?(?:not available|unavailable|offline|locked)",
    r"\b(?:directory|ldap|look-?up) fail",
    r"lookup failed\b.{0,30}(?:server|ldap|connect|time)", r"in progress", r"maintenance",
    r"\bretr(?:y|ied|ying)\b", r"\b(?:mailbox|account|database) (?:is )?locked\b",
    r"vor(?:ü|ue?)bergehend", r"zur ?zeit", r"sp[äa]ter (?:erneut|noch)", r"kontingent",
    rf"{_WER}.{{0,40}}(?:voll\b|[üu]berschritten|ersch[öo]pft)", r"speicher(?:platz|grenze)",
    rf"{_QUI}.{{0,40}}pleine", r"espace (?:disque )?insuffisant", r"d[ée]lais? d[ée]pass",
    rf"{_QUIEN}.{{0,40}}llen[oa]", r"cuota", r"agotado", rf"{_CHI}.{{0,30}}piena",
    rf"{_QUEM}.{{0,30}}cheia", r"vol is\b", r"переполнен", r"превышен", r"временн",
    r"momentan", r"tijdelijk", r"tymczasow", r"tillf[äa]llig", r"midlertidig", r"do[čc]asn",
    r"v[äa]liaikais", r"[áa]tmeneti", r"ge[çc]ici", r"тимчасов", r"προσωριν", r"privremen",
    r"dočasne", r"稍后", r"暂时", r"일시적", r"tạm thời", r"مؤقت", r"זמני",
    r"空间不足", r"已满", r"容量", r"いっぱい", r"一時的", r"용량", r"가득",
    r"posta kutusu.{0,20}dolu",
    r"\bpln[áa]\b", r"megtelt", r"täynnä", r"\bfuld\b", r"przepełnion", r"переповнен", r"πλήρ",
    r"\bplin[ăa]\b", r"ممتلئ", r"đầy",
))  # fmt: skip

GONE = any_of((
    rf"{_WHO}.{{0,60}}\b(?:unknown|invalid|undeliverable|inactive|nonexist|doesn.t exist)",
    rf"{_WHO}.{{0,60}}{_NOT} (?:be |been )?(?:found|known|exist|recogni[sz]ed|valid|active|listed)",
    rf"{_WHO}.{{0,30}}{_NOT} (?:local|here|in (?:our|the|this))\b", r"no such local",
    rf"{_WHO}.{{0,60}}no longer (?:exist|valid|active|available|in use|with|on\b|accept)",
    rf"{_WHO}.{{0,60}}\b(?:is|was|been) (?:disabled|inactive|deactivated|closed|terminated)",
    rf"{_WHO}.{{0,60}}\b(?:is|was|been) (?:deleted|removed|discontinued|suspended|wrong)",
    rf"{_BAD}(?: or {_BAD})? {_KIND}(?:user|recipient|mailbox|account|address)",
    rf"(?:unknown|invalid) {_KIND}(?:alias|login|userid|receiver)",
    rf"\bno (?:such|valid|known) {_KIND}{_NOUN}",
    r"no (?:mailbox|user|account|recipients?)\b.{0,12}\b(?:here|by|with|for|of|found|were)",
    rf"{_WHO}.{{0,20}}(?:does not|doesn.t) have an? .{{0,60}}(?:account|mailbox)",
    r"there is no (?:such|user|mailbox|account)", rf"{_WHO}.{{0,20}}has moved",
    r"delivery error: dd (?:this|sorry|not)",
    r"not (?:a )?(?:valid|known|existing|our) (?:user|customer|mailbox|recipient|account|address)",
    r"\buser(?:name)? not (?:known|found|here)", r"not listed in (?:domino|public|the)",
    r"mailbox (?:is )?(?:unavailable|not available|inactive|disabled|closed|not found)",
    r"recipient name is not recogni[sz]ed", r"unrouteable address", r"\bnosuchuser\b",
    rf"{_WHERE}.{{0,40}}(?:{_NOT} (?:be )?(?:found|exist|known|valid|resolve)|unknown)",
    rf"{_WHERE}.{{0,40}}does not accept (?:any |e-?)?mail\b(?! from)",
    rf"{_WHERE}.{{0,40}}(?:invalid|no longer (?:exists|in use)|unresolv|doesn.t exist)",
    r"unknown (?:host|domain)", r"nxdomain",
    r"invalid dns mx", r"null mx", r"bad destination (?:host|mailbox|system)",
    r"recipient (?:address )?(?:rejected|refused|not accepted)", r"no one by that name",
    r"(?:recipient|e-?mail) address (?:is |was )?(?:rejected|wrong|not valid|invalid)",
    r"recipnotfound", r"deactivated",
    r"(?:no longer|not) (?:employed|work(?:s|ing)?) ", r"did not exactly match",
    rf"{_WER}.{{0,80}}(?:unbekannt|existiert nicht|ung[üu]ltig|deaktiviert|nicht mehr)",
    rf"{_WER}.{{0,80}}nicht (?:gefunden|bekannt|vorhanden|existiert|existent|g[üu]ltig)",
    r"unbekannte[rns]? (?:empf(?:ä|ae?)nger|benutzer|adresse)", r"wurde nicht gefunden",
    rf"{_QUI}.{{0,80}}(?:inconnu|n.existe pas|n.est pas|introuvable|invalide|d[ée]sactiv)",
    rf"{_QUIEN}.{{0,80}}(?:desconocid|no existe|inexistente|no v[áa]lid|inv[áa]lid|deshabilitad)",
    rf"{_QUIEN}.{{0,80}}no (?:se )?(?:ha )?(?:podido |pudo )?encontra", r"n[ãa]o existe",
    rf"{_CHI}.{{0,60}}(?:sconosciut|inesistente|non esiste|non .{{0,9}}trovat|disattivat)",
    rf"{_QUEM}.{{0,60}}(?:desconhecid|inexistente|n[ãa]o (?:foi )?encontrad|inv[áa]lid)",
    rf"{_WIE}.{{0,60}}(?:onbekend|bestaat niet|niet gevonden|ongeldig)", r"nie istnieje",
    r"nieznany (?:u[żz]ytkownik|adres)", rf"{_KTO}.{{0,60}}не (?:найден|существует)",
    rf"{_KTO}.{{0,60}}(?:неизвест|недоступ|отключ|заблокирован)", r"нет такого",
    r"不存在", r"无此用户", r"收件人.{0,20}(?:未找到|无效)", r"存在しません", r"見つかりません",
    r"宛先.{0,30}(?:不明|ありません)", r"찾을 수 없", r"존재하지 않",
    r"kullan.c.\b.{0,40}(?:bulunamad|mevcut de.il)", r"(?:finns|hittades) inte", r"neexistuj",
    r"nem l[ée]tezik", r"(?:findes|finnes|eksisterer) ikke", r"ei (?:löydy|ole olemassa)",
    r"δεν υπάρχει", r"nu exist[ăa]", r"не існує", r"غير موجود", r"không tồn tại", r"לא קיים",
    r"non-?existent (?:hosts?|domains?|users?|mailbox(?:es)?|address(?:es)?)",
))  # fmt: skip

LATE = any_of((
    r"warning.{0,80}(?:delay|not yet)", r"this is (?:just |only )?a warning",
    r"warning (?:message )?only",
    r"not yet been delivered", r"(?:has been|was|is|been) (?:delayed|deferred|postponed)",
    r"delivery (?:delayed|incomplete)", r"delivery attempts? will continue", r"still trying",
    r"will (?:continue|keep|try|retry|be retried)", r"no action is required", r"delayed mail",
    r"(?:delivery|message|mail) (?:is )?delay", r"do not need to resend", r"noch nicht zugestellt",
    r"verz[öo]gert", r"wird weiter(?:hin)? versucht", r"retard[ée]", r"retrasad", r"in ritardo",
    r"mail warning", r"delivery warning", r"advisory-only", r"задерж",
))  # fmt: skip
