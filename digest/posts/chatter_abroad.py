"""What text generators say around a text, in other languages than English; pure tables."""

NAMES = r"""
de_text = (?:(?:vollständige[rns]?|komplette[rns]?|fertige[rns]?|ausführliche[rns]?|kurze[rns]?
|neue[rns]?|gewünschte[rns]?|überarbeitete[rns]?|prägnante[rns]?|knappe[rns]?|umfassende[rns]?
|detaillierte[rns]?|\d+[- ]wörter),? (?:und )?){0,4}(?:blog-?|fach-?)?(?:artikels?|beitrags?
|beitrag|zusammenfassung|text(?:es)?|entwurf|kurzfassung|teaser|überblick|beschreibung
|übersetzung|version)
fr_text = (?:(?:bref|brève|court|courte|complet|complète|nouvel|nouvelle) )?(?:articles?|résumés?
|textes?|brouillon|billets?|synthèse|description|traduction|version|extrait)
es_text = (?:(?:breve|corto|completo|nuevo|siguiente) )?(?:artículos?|resumen|resúmenes|textos?
|borrador|entrada|descripción|traducción|versión|extracto|publicación)
pt_text = (?:(?:breve|curto|novo) )?(?:artigos?|resumos?|textos?|rascunho|postagem|descrição
|tradução)
it_text = (?:(?:breve|nuovo) )?(?:articolo|riassunto|testo|bozza|descrizione|traduzione|sintesi)
opener = (?:gerne|natürlich|klar|selbstverständlich|sicher|alles klar|kein problem|verstanden
|na klar|sehr gerne|aber gerne|bien sûr|certainement|volontiers|avec plaisir|d'accord|très bien
|absolument|pas de problème|entendu|claro|claro que sí|por supuesto|con gusto|entendido
|desde luego|perfecto|sin problema|de acuerdo|com certeza|claro que sim|entendi|certo|certamente
|volentieri|va bene|natuurlijk|zeker|prima|graag gedaan|конечно|хорошо|понял)
"""

SURE = {
    "preamble": r"""
(?:hier|im folgenden|nachfolgend) (?:ist |kommt )?(?:eine?n? )?(?:[\w-]+ ){0,3}?(?:zusammenfassung
|beschreibung|kurzfassung|kurzbeschreibung|teaser|entwurf|vorspann) (?:des|vom|zum
|für (?:den|deinen|ihren)) (?:[\w-]+ )?(?:artikels?|beitrags?|textes|text|newsletters?
|blogs?)[^.:]{0,40}:$
hier (?:ist|kommt) (?:eine|die|ihre|deine) (?:überarbeitete|gekürzte|neue|verbesserte|angepasste
|straffere|kürzere|knappere) (?:fassung|version|variante)\b[^.:]{0,60}[:.]?$
ich habe (?:den|ihren|deinen|diesen) (?:text|artikel|beitrag)\b[^.]{0,12}\b(?:auf|in
|wie) (?:[\w-]+ ){1,3}(?:gekürzt|zusammengefasst|gestrafft|umformuliert|überarbeitet)\W*$
(?:auszug|anrisstext|kurzbeschreibung|meta-?beschreibung|ausgabe):$
(?:hier (?:die|der|das|ist|sind|kommt|finden sie|findest du)|im folgenden (?:finden sie|findest du)
|unten (?:finden sie|findest du)|nachfolgend) (?:der|die|das|ein|eine|mein|dein|deine|ihr
|ihre)?\s?<de_text>\b(?:\W*$|.{0,100}(?:artikels?|beitrags?|textes|wörter[n]?|sätzen|angefragt
|gewünscht|für (?:sie|dich|deinen|ihren))\b.{0,60}$)
ich habe (?:nun |jetzt |bereits )?(?:genug|genügend|ausreichend)[^.]{0,60}\b(?:kontext
|informationen|material|recherche|hintergrund)[^.]{0,120}(?:schreib|verfass|erstell|zusammen)
(?:die )?suchergebnisse (?:waren|sind|haben)\b[^.]{0,80}\b(?:ich habe|ich verfüge|fachwissen
|expertise|kann ich|werde ich)\b
(?:ich verfüge|ich habe)[^.]{0,40}\b(?:fachwissen|expertise
|fachkenntnisse)[^.]{0,40}\b(?:zu diesem|in diesem|über dieses|schreib|verfass|erstell)
(?:ich (?:schreibe|verfasse|erstelle)
|lass(?:en sie)? mich)\b[^.]{0,20}\b<de_text>\b[^.]{0,30}\b(?:jetzt|nun|für sie|für dich
|schreiben|verfassen|erstellen|zusammenfassen)
ich (?:schreibe|verfasse|erstelle) (?:jetzt|nun)\b.{0,60}\b(?:artikel|beitrag|text
|zusammenfassung)
(?:voici|vous trouverez ci-dessous|ci-dessous) (?:un|une|le|la|les|l'|votre|mon
|une (?:proposition|suggestion) de)?\s?<fr_text>\b(?:[^.]{0,30}\W*$|.{0,100}\b(?:l'article
|du texte|mots|demandé|phrases
|de l'article|suivant)\b.{0,60}$)
(?:j'ai|je dispose)[^.]{0,20}\b(?:suffisamment|assez)[^.]{0,50}\b(?:contexte|d'informations
|éléments|informations)[^.]{0,120}\b(?:rédiger|écrire|rédige|résumer)
les résultats de (?:la |ma )?recherche\b[^.]{0,80}\b(?:j'ai|je (?:vais|peux|dispose)|expertise
|connaissances)\b
je (?:rédige|écris|résume)\b[^.]{0,40}\b(?:article|résumé|texte)\b[^.]{0,20}\bmaintenant\b
je vais (?:maintenant |donc )?(?:rédiger|écrire|résumer)\b[^.]{0,60}\b(?:maintenant|pour vous
|l'article|le résumé|article complet|résumé)\b
(?:aquí (?:está|tienes|tiene|van?)|este es|a continuación(?:,)? (?:se presenta|te presento
|encontrarás|tienes)?) ?(?:un|una|el|la|tu|su)?\s?<es_text>\b(?:[^.]{0,30}\W*$
|.{0,100}\b(?:del artículo|del texto|palabras|solicitado|solicitaste|pediste|frases)\b.{0,60}$)
tengo[^.]{0,20}\b(?:suficiente|bastante)[^.]{0,50}\b(?:contexto
|información)[^.]{0,120}\b(?:escribir|redactar|resumir)
los resultados de (?:la |mi )?búsqueda\b[^.]{0,80}\b(?:tengo|puedo|voy a|experiencia
|conocimientos?)\b
voy a (?:escribir|redactar|resumir)\b[^.]{0,60}\b(?:ahora|el artículo|artículo completo|resumen)\b
(?:aqui está|segue(?: abaixo)?|abaixo está) (?:um|uma|o|a)?\s?<pt_text>\b.{0,80}:?$
ecco (?:un|una|il|la|l')?\s?<it_text>\b.{0,80}:?$
hier is (?:een|de|het|uw|je)\s?(?:korte |volledige |beknopte )?(?:samenvatting|artikel|tekst
|blogpost)\b.{0,80}:?$
вот (?:краткое |полная |полный |готовая )?(?:содержание|изложение|резюме|статья|текст
|перевод)\b.{0,80}:?$
(?:以下は|こちらが|以下に)[^。]{0,60}(?:要約|記事|文章|概要|まとめ)[^。]{0,20}(?:です|ます)
(?:以下是|下面是|这是|這是)[^。]{0,60}(?:摘要|总结|總結|文章|概述|翻译|翻譯|简介)[^。]{0,12}[:：]?$
(?:다음은|아래는)[^.]{0,60}(?:요약|글|기사|본문|번역)[^.]{0,20}(?:입니다|이에요)
""",  # noqa: RUF001 - letters of other scripts
    "refusal": r"""
ich kann (?:diese[rn]?|deine[rn]?|ihre[rn]?) (?:anfrage|bitte
|aufgabe)[^.]{0,20}\bnicht (?:erfüllen|bearbeiten|ausführen|beantworten)
als (?:ein |eine )?(?:großes |reines )?(?:ki|sprachmodell|ki-\w+|künstliche intelligenz
|ai)\b(?:[- ]?(?:sprachmodell|assistent|modell|assistentin))?[^.]{0,40}\b(?:ich|mir|mein)
(?:es tut mir (?:sehr )?leid|tut mir leid|entschuldigung|leider)\b[^.]{0,30}\b(?:ich
|mir)\b[^.]{0,120}\b(?:nicht (?:helfen|zugreifen|erfüllen|zusammenfassen|öffnen|abrufen
|bearbeiten|erstellen|lesen)|keinen zugriff|dabei nicht)
ich (?:kann|habe)[^.]{0,60}\b(?:nicht auf (?:das internet|den artikel|links|urls|externe)
|keinen zugriff auf (?:das internet|den artikel|den inhalt|externe|links))
bitte (?:stellen sie|stelle|geben sie|füge|fügen sie|kopiere)[^.]{0,20}\b(?:den
|das) (?:vollständigen )?(?:text|artikel|inhalt)
en tant qu(?:e |')(?:un |une )?(?:ia|intelligence artificielle|modèle de langage|grand modèle
|assistant (?:ia|virtuel))\b[^.]{0,60}\b(?:je|j'|mes|ma|mon)
(?:je suis (?:vraiment )?désolée?|désolée?
|malheureusement)\b[^.]{0,30}\bje\b[^.]{0,30}\bne (?:peux|puis|suis)[^.]{0,60}\b(?:accéder|aider
|répondre|résumer|satisfaire|fournir|lire)
(?:désolée?,? (?:mais )?)?je (?:n'ai pas accès|ne peux pas accéder) (?:à|au)
como (?:un |una )?(?:ia|inteligencia artificial|modelo de lenguaje|asistente (?:de ia|virtual)
|gran modelo|modelo de linguagem)\b[^.]{0,60}\b(?:no|não|puedo|posso|tengo|tenho|mis?)\b
(?:lo siento|lo lamento|lamentablemente|desculpe|sinto muito)\b[^.]{0,70}\b(?:no|não) (?:puedo
|tengo|posso|tenho)[^.]{0,60}\b(?:acceder|acceso|ayudar|cumplir|resumir|acessar|acesso
|proporcionar|leer|solicitud)
no (?:puedo acceder|tengo acceso) a
(?:mi dispiace|purtroppo)\b[^.]{0,30}\bnon (?:posso|sono in grado)[^.]{0,60}\b(?:aiutar|acced
|riassumere|fornire|leggere|richiesta)
(?:het spijt me|sorry)\b[^.]{0,20}\bik kan\b[^.]{0,60}\bniet (?:helpen|openen|voldoen|samenvatten
|toegang)
как (?:языковая модель|искусственный интеллект|ии)\b[^.]{0,60}\b(?:я|мне|у меня)\b
(?:申し訳ありませんが|申し訳ございませんが|すみませんが)[^。]{0,80}(?:できません|アクセス|対応)
(?:aiとして|ai言語モデルとして|大規模言語モデルとして)[^。]{0,60}
(?:抱歉|对不起|對不起|很抱歉)[^。]{0,40}(?:无法|無法|不能)[^。]{0,30}(?:访问|訪問|提供|帮助|協助
|协助|总结|完成|打开)
作为(?:一个|一名)?(?:ai|人工智能|大型?语言模型)[^。]{0,20}我
(?:죄송합니다|죄송하지만)[^.]{0,60}(?:수 없|접근|도와)
(?:저는 )?(?:ai 언어 모델|인공지능)(?:로서|으로서)
""",  # noqa: RUF001 - letters of other scripts
    "prompt": r"""
(?:bitte )?(?:schreibe?n?|verfasse?n?|erstelle?n?|fasse?n?|formuliere?n?
|übersetze?n?)(?: sie)?\b[^.]{0,100}\b(?:folgende[nrsm]?|des artikels|diese[ns] (?:artikel|text
|beitrag)s?|den artikel|(?:mit|von|in) (?:maximal |etwa |höchstens )?\d+ (?:wörtern|worten|sätzen
|zeichen))
du bist (?:ein|eine) (?:hilfreiche[rs]?|erfahrene[rs]?|professionelle[rs]?)[^.]{0,30}(?:assistent
|redakteur|texter|autor|journalist)
(?:veuillez )?(?:rédige[zr]?|écris|écrivez|écrire|résume[zr]?|générez?|crée[zr]?|traduis
|traduisez)\b[^.]{0,100}\b(?:suivants?|suivantes?|cet article|ce texte|l'article ci-dessous
|en (?:environ |moins de )?\d+ (?:mots|phrases))
(?:por favor,? )?(?:escrib[ae]|redact[ae]|resum[ae]|resume|genera|crea|traduce|escreva|resuma
|redija)\b[^.]{0,100}\b(?:siguientes?|seguintes?|este (?:artículo|texto|artigo)
|en (?:unas )?\d+ palabras|em \d+ palavras)
(?:riassumi|scrivi)\b[^.]{0,60}\b(?:seguente|in \d+ parole|questo articolo)
(?:vat|schrijf)\b[^.]{0,60}\b(?:volgende (?:artikel|tekst)|in \d+ woorden)
(?:напиши(?:те)?|кратко перескажи(?:те)?|резюмируй(?:те)?)\b[^.]{0,60}\b(?:следующ|стать|текст)
(?:以下|次)の(?:記事|文章|テキスト)を[^。]{0,30}(?:要約|まとめ|書い)[^。]{0,10}(?:ください|せよ)?
(?:请|請)?(?:用\d+字)?(?:总结|總結|概括|撰写|写一篇|翻译)(?:以下|下面|一下)?[^。]{0,20}(?:文章|内容
|摘要)[:：]
(?:다음|아래) (?:글|기사|문서|내용)[을를][^.]{0,20}요약
""",  # noqa: RUF001 - letters of other scripts
}

LIKELY = {
    "opener": r"""
<opener>\W*$
(?:もちろんです|承知しました|承知いたしました|かしこまりました
|当然可以|当然|好的|물론입니다|네, 알겠습니다)\W*$
""",
    "handover": r"""
(?:hier ist (?:er|sie|es)|le voici|la voici|aquí está|aquí lo tienes)\W*$
""",
    "promise": r"""
ich (?:werde|schreibe|verfasse|erstelle)\b[^.]{0,60}\b(?:umfassend|ausführlich|vollständig
|fundiert)\w*[^.]{0,20}\b(?:artikel|beitrag|text|zusammenfassung)
je (?:vais|rédige|écris)\b[^.]{0,60}\b(?:article|résumé|texte)\b[^.]{0,20}\b(?:complet|détaillé
|approfondi)
(?:voy a|escribiré|redactaré)\b[^.]{0,60}\b(?:artículo|resumen|texto)\b
(?:schreibe|verfasse) (?:jetzt|nun)\b.{0,60}$
""",
    "research": r"""
ich habe (?:genug|genügend|ausreichend)\b[^.]{0,60}
(?:die )?suchergebnisse waren (?:wenig|nicht|kaum|spärlich|dürftig)
les résultats de (?:la )?recherche (?:étaient|sont) (?:peu|limités|insuffisants)
los resultados de (?:la )?búsqueda (?:fueron|eran|son) (?:escasos|limitados|poco)
""",
}

AFTER = r"""
sag(?:en sie)? (?:mir )?(?:einfach |gerne? )?bescheid,? (?:wenn|falls|ob)\b.{0,60}\b(?:anpass
|änder|kürz|erweiter|umformulier)\w*(?: soll)?\W*$
(?:möchten sie|möchtest du|soll ich)\b.{0,120}\?$
(?:lass(?:en sie)? (?:es )?mich wissen|sag(?:en sie)? mir bescheid),? (?:wenn|falls
|ob)\b.{0,60}\b(?:anpass|änder|kürz|erweiter).{0,60}$
(?:souhaitez-vous|voulez-vous|veux-tu) que je\b.{0,120}\?$
(?:¿)?(?:quieres|te gustaría|desea|le gustaría) que (?:lo |la |te )?\b.{0,120}\?$
"""
