"""What text generators say around a text, in English; pure tables, read by `patterns`.

``SURE`` sentences are chatter wherever a text begins with them. ``LIKELY`` ones are also written
by people; they count beside others only. ``AFTER`` is what follows a text. Each pattern is matched
at the beginning of one sentence, and all are bounded.
"""

NAMES = r"""
noun = (?:(?:blog|news|meta|seo|feature|technical)[ -])?(?:articles?|(?:blog)?posts?
|deep[ -]dives?|guides?|summar(?:y|ies)|excerpts?|pieces?|drafts?|write-?ups?|outlines?
|descriptions?|essays?|teasers?|abstracts?|translations?|rewrites?|synopsis|tl;?dr
|(?:re)?worked version|versions?|paragraphs?|texts?|content|titles?|headlines?|overviews?
|introductions?)
plain = complete|full|entire|final|finished|comprehensive|thorough(?:ly)?|authoritative|detailed
|(?:well|carefully|fully)[- ]\w+|researched|in-depth|polished|revised|rewritten|updated|improved
|edited|concise|brief|short|clear|engaging|compelling|informative|professional|original
|structured|long-form|high-quality|expert-level|seo[- ]\w+|requested|suggested|possible|sample
|succinct|catchy|plain-text|one|two|three|single|quick|deep|technical|actual
quality = (?:(?:<plain>|\w+-(?:sentence|paragraph|words?)|\d+[- ]words?),? (?:and )?)
the = (?:(?:a|an|the|your|my|this|that|some|one)\b ?)?
given = (?:of|for|from|about|on|to|based on|using|in|with|under|as|that|you|which|tailored
|optimi[sz]ed|suitable)\b[^.]{0,80}?\b(?:the (?:provided|given|linked|following|above|full
|original)?\s?(?:blog )?(?:article|post|text|content|transcript|document|page)|requested
|requirements|following|provided|(?:you|you've|you have) (?:asked|shared|provided|gave|given
|pasted|mentioned|described)|(?:your|the) (?:request|instructions|prompt|brief|blog|newsletter
|specifications|guidelines|topic|audience)|\d+[- ](?:words?|characters|sentences)|(?:one|two
|three|a few) sentences?|key (?:points|takeaways)|seo)\b.{0,120}
write = (?:writ(?:e|ing)|draft(?:ing)?|craft(?:ing)?|compos(?:e|ing)|produc(?:e|ing)|generat(?:e
|ing)|creat(?:e|ing)|put(?:ting)? together|deliver(?:ing)?|summari[sz](?:e|ing)|rewrit(?:e|ing)
|provid(?:e|ing)|develop(?:ing)?|compil(?:e|ing))
i_will = (?:now,? |so,? |then,? )?(?:let me|i'll|i will|i'm going to|i am going to|i can|i'd
|i shall|allow me to|let's|i'm
|i am|now i'll)(?: now| then| just)?(?: proceed to| go ahead and| begin| start| proceed with)?
here = (?:here(?:'s| is| are|'re)|below(?: is| are|'s| you(?:'ll| will| can)? find)
|(?:please )?find below|i've (?:written
|prepared|created|drafted|put together)|i have (?:written|prepared|created|drafted))
enough = (?:enough|sufficient|ample|plenty of|solid|good|strong|all the)\b[^.]{0,40}\b(?:context
|information|research|material|background|data|sources|details|knowledge|understanding)\b
expertise = (?:(?:deep|extensive|strong|solid|thorough|broad|existing|own|internal|general
|training|comprehensive),? ){1,3}(?:and )?(?:\w+ ){0,2}?(?:expertise|knowledge)
assistant = an? (?:(?:large|advanced|helpful|generative|artificial intelligence|ai|text-based
|virtual|digital|openai|google) ?[- ]?)*(?:language model|ai|llm|artificial intelligence
|assistant|chatbot
|virtual assistant|ai (?:assistant|model|system|writer))
know = expertise|knowledge|training
source = articles?|(?:blog )?posts?|text|content|links?|url|document|attachments?|transcript
made = (?:blog ?)?posts?|articles?|summar(?:y|ies)|excerpts?|drafts?|versions?|teasers?|rewrites?
|write-?ups?|translations?|meta descriptions?|deep[ -]dives?|pieces?|synopsis|abstracts?
plainly = own|existing|background|internal|extensive|general|training|deep|broad|prior
from = using|drawing (?:up)?on|drawing from|based on|relying on|from|leveraging|with|on
all = everything|all|what
failed = (?:wasn't|was not|couldn't|could not|am not|am unable|didn't)[^.]{0,20}\b(?:retriev|find
|access
|get|locat)\w*
cannot = (?:can't|cannot|can not|am unable to|am not able to|won't be able to|could not|couldn't
|was unable to|was not able to|wasn't able to|'m unable to|'m not able to|will not|won't
|must decline to
|do not have the ability to|don't have the ability to)
what = (?:help (?:you )?with|assist (?:you )?with|comply with|fulfill|complete|process|answer
|continue with) (?:that|this|your|the|such|those|these)\b(?: request| task| prompt| topic)?
|(?:assist|help you|comply|do that|help)(?=\W*$)|(?:access|open|browse|view|visit|read|retrieve
|fetch) (?:to )?(?:(?:the|this|that|external|your|any|provided|specific|full
|linked) ){1,4}(?:urls?|links?|articles?|web ?(?:sites?|pages?)|content|posts?|attachments?)\b
|browse the (?:internet|web)\b|(?:provide|generate|create|write|produce|summari[sz]e|give|offer
|draft|share)\b (?:you )?(?:with )?<the><quality>{0,3}(?:(?:accurate|summary|meaningful|reliable
|specific) ?)*(?:<noun>|content|anything|information|response)\b
sorry = (?:(?:i'm|i am|we're|we are)? ?(?:very |so |really )?(?:sorry|afraid)|i apologi[sz]e
|my apologies|apologies|unfortunately)
tell = (?:write|create|generate|provide|produce|compose|craft|draft|summari[sz]e|rewrite
|paraphrase|condense|translate|give me|shorten|extract)
writer = (?:ai\b|assistant|copywriter|(?:\w+ )?writer|editor|journalist|blogger|language model
|chatbot|seo \w+|summari[sz]er|translator|content \w+)
paste = (?:provide|paste|share|send|upload|supply|copy)
opener = (?:sure(?: thing)?|certainly|absolutely|of course|definitely|great(?: question| choice
| topic)?|no problem|got it|understood|okay|ok|alright|all right|perfect|excellent|happy to help
|glad to help|thanks?(?: you)? for (?:sharing|providing|the)[^.!,:]{0,60}|yes|good|wonderful
|i(?:'d| would) be (?:happy|glad|delighted) to(?: help)?(?: you)?(?: with (?:that|this))?
|(?:this is|what) an? (?:great|fascinating|interesting|important|good) (?:topic|question|subject)
|you're right|i hope (?:this|that) helps|i can help(?: you)?(?: with (?:that|this))?|noted
|with pleasure|as requested|sounds good
|(?:i'm |i am )?(?:happy|glad|delighted) to (?:put (?:that|this|it) together|do (?:that|this|so)
|take (?:that|this) on)(?: for you)?
|i understand|i see)
"""

SURE = {
    "preamble": r"""
<here> <the>(?:[\w'-]+,? ){0,6}?<noun> for (?:your|the) (?:[\w-]+ ){0,3}?(?:newsletter|readers
|audience|website|blog|site|page)\W*$
(?:as (?:you )?(?:asked|requested)|per your request),? <the><quality>{0,5}<noun>\b[^.:]{0,60}:$
i(?:'ve| have) (?:condensed|shortened|summari[sz]ed|rewritten|trimmed|tightened
|boiled)\b[^.]{0,12}\b(?:the|your|this) (?:\w+ )?<source>\b[^.]{0,40}\b(?:(?:you|per your) (?:asked
|requested|request|instructions|wanted)|for you|(?:to|into) (?:\w+ ){1,3}(?:sentences?|words
|characters|paragraphs?))\b
<i_will> keep (?:it|this|the \w+)\b[^.]{0,60}\b(?:words|characters|sentences?|paragraphs?)\W*$
i(?:'ve| have)? (?:read|reviewed|went|gone|looked|skimmed|analy[sz]ed)\b[^.]{0,20}\b(?:the|your
|this) (?:\w+ )?<source>\b[^.:]{0,60}\bhere(?:'s| is| are)\b[^.:]{0,40}:$
(?:the following|this|below) is an? (?:ai|machine|llm|gpt|chatgpt|automatically
|auto)[- ](?:generated|written|assisted|produced) <noun>\b
(?:(?:blog|short|seo|post|article|social|suggested) )?(?:excerpt|teaser|meta[- ]description|output
|blurb):$
<here> (?:an?|the|your|my|some|\w+) (?:[\w'-]+,? ){0,4}?<made>(?: (?:in full|below
|(?:that )?you can (?:use|publish)))?:\W*$
<here> <the>(?:[\w'-]+,? ){0,4}?<made> (?:of|for) (?:the|your|this) (?:\w+ )?(?:blog )?<source>\b
[^.]{0,100}, <here> <the>(?:[\w'-]+,? ){0,4}?<made>(?: in full| below)?:\W*$
(?:[^.]{0,100}\b)?<from> (?:my )?(?:<plainly> ){1,3}<know>\b[^.]{0,80}\b(?:<i_will> <write>\b
|<here>)
(?:[^.]{0,80}\b)?<i_will> <write>\b[^.]{0,60}\b<from> (?:my )?(?:<plainly> ){1,3}<know>\b
(?:now )?(?:i |we )?(?:now )?(?:have|i've)[^.]{0,10}\b<all> (?:that )?i need(?:ed)? to <write>\b
(?:[^.]{0,60}\b)?i(?:'m| am) (?:now )?ready to <write> (?:the|this|your) (?:\w+ )?<made>\b
i <failed>[^.]{0,40}\b(?:search|sources?|results)\b[^.]{0,60}\b(?:i can|i will
|i'll)[^.]{0,20}\b<write>
the search (?:api|tool|function|service)[^.]{0,60}\b(?:i can|i will|i'll)[^.]{0,20}\b<write>
<here> <the><quality>{0,5}<noun>(?:,? <given>)?\W*$
<here> <the><quality>{0,5}<noun>,? (?:that )?(?:you(?:'ve| have)?|as) (?:asked|requested|wanted
|provided)\b
<i_will> <write> (?:this|it|everything|these|that) (?:up )?(?:as|into) <the><quality>{0,5}<noun>
<i_will> <write> <the><quality>{1,5}<noun> (?:on|about) (?:this|the) (?:topic|subject)\b
<i_will> (?:proceed with|go with|fall back on|rely on|draw (?:up)?on|draw from|use
|work from) my (?:own )?(?:\w+ )?<know>\b
[^.]{0,80}\b<i_will> <write> (?:this|it|the)\b[^.]{0,30}\b(?:from|based on
|using) my (?:\w+ )?<know>\b
(?:i |we )?(?:i've |have |now |already ){0,3}(?:have|got|gathered|collected
|found)?\b[^.]{0,20}<enough>[^.]{0,160}\b<write>\b
(?:the |my |these |web |initial |online ){0,3}search(?:es)?\b[^.]{0,20}\b(?:were|was|are|did
|didn't|returned|yielded|came|gave|provided|weren't|wasn't
|turned)\b[^.]{0,120}\b(?:(?:i (?:do )?have|i've)\b[^.]{0,30}\b(?:expertise|knowledge
|understanding|background|context|information)|(?:i'll|i can|i will)\b[^.]{0,40}\b(?:writ\w+|draw
|provide|create|produce|rely|proceed)|my (?:own )?\w*\s?(?:expertise|knowledge)|writing|let me
|i know (?:this|the) (?:topic|subject|domain|area|field))\b
[^.]{0,60}\b(?:i have|i've|with|have) <expertise> (?:on|in|about|of|for) (?:this|the
|that) (?:topic|domain|subject|area|space|field|matter)
(?:drawing|based|relying|building) (?:up)?on (?:my )(?:\w+ )?(?:<expertise>|expertise|knowledge
|training|research|search results)\b.{0,160}\b(?:here|i'll|i will|<write>|<noun>)\b
based on (?:the|my|these) (?:search results|research|information (?:i|provided|gathered)
|sources)\b.{0,160}\b(?:here|i'll|i will|i can|<write>)\b
(?:now )?<write> (?:it|this|<the><quality>{0,5}<noun>)(?:,? (?:\w+ ){0,3}?(?:now|below
|immediately))\W*$
<i_will> <write>\b[^.]{0,120}\b<noun>\b[^.]{0,80}\b(?:now|for you|you(?:'ve)? (?:requested|asked)
|(?:using|based on|from|drawing on) (?:my|the (?:search|provided|information|available
|research)))\b
<i_will> now <write> (?:(?:it|this)\W*$|(?:the|a|an|your) <quality>{0,5}<noun>)\b
<i_will> <write>\b[^.]{0,60}\b(?:from|with|using|drawing on
|based on) my (?:own )?(?:\w+ )?(?:expertise|knowledge|training)\b
(?:i )?(?:have|will)[^.]{0,80}\bexpertise\b[^.]{0,80}\b<write>\b
<write>\b[^.]{0,80}\busing my (?:own )?(?:\w+ )?(?:expertise|knowledge|training)\b
<i_will> (?:help you )?(?:<write>
|give you) (?:you )?(?:with )?<the><quality>{0,4}<noun>,? <given>\W*$
(?:note: |disclaimer: )?(?:this|the) (?:summary|excerpt|response|answer|text|article) (?:was|is
|has been) (?:generated
|written|created|produced) by (?:an )?(?:ai|chatgpt|gpt|claude|gemini)\b
the user (?:wants|asks|asked|is asking|has asked|requests|requested|has provided) (?:me to
|(?:for )?(?:an?|the) <quality>{0,3}<noun>)\b
""",
    "refusal": r"""
(?:it (?:seems|looks|appears)(?: like| that)?|i (?:notice|see)(?: that)?|there (?:is|are|was|isn't
|aren't|seems|appears|doesn't|does not|don't))\b[^.]{0,30}\b(?:no|not|any|isn't|wasn't
|didn't)\b[^.]{0,24}\b(?:article|text|content|link|document
|transcript)s?\b[^.]{0,30}\b(?:(?:included|attached|provided|shared|pasted) (?:in|with) (?:your
|the) (?:message|request|prompt|chat)|in your (?:message|request|prompt)|(?:included|attached
|provided)\W*$|to (?:summari[sz]e|work with|rewrite|excerpt|condense)\W*$)
i (?:would |will )?need (?:the|your) (?:\w+ )?(?:text|content|article)\b[^.]{0,30}\b(?:summar|write)
(?:<sorry>,? (?:but )?)?i ?<cannot> (?:open|access|view|browse|visit) (?:\w+ )?(?:links
|urls)(?:\W*$| or\b| directly)
<sorry>,? (?:but )?i ?<cannot> (?:summari[sz]e|rewrite|translate|paraphrase) (?:this|that|the
|your|it)\b
i ?<cannot> (?:summari[sz]e|rewrite) [^.]{0,30}\bwithout\b
the (?:\w+ )?<source>(?:'s)?(?: content| text| body)? (?:was|is|has)(?: not
|n't)[^.]{0,20}\b(?:provided|included|available|accessible|attached|given
|shared)\b[^.]{0,20}\b<cannot>
to summari[sz]e[^.]{0,60}, i(?:'d| would|'ll| will)? need\b
(?:i am|i'm) (?:just |only |\w+, )?<assistant>(?=\W*$|,
| and | so | that | trained | made | developed )
(?:it (?:seems|looks|appears)(?: like| that)?
|i think) [^.]{0,30}\b<source>\b[^.]{0,30}\b(?:missing|empty
|blank|not (?:provided|included|attached)|cut off|didn't come through)
i (?:don't|do not|can't) see (?:any|the|an|a) (?:\w+ )?<source>\b
(?:as|i am|i'm|being) (?:just |only |merely )?<assistant>(?=\W*$|,| and | so | i | without[ ]
| developed | trained | created | made | designed )(?:[^.]{0,200}\b(?:i|my|me)\b|\W*$)
(?:[^.]{0,80}\b)?(?:my|as of my) (?:last )?(?:knowledge|training)(?: data)?(?: cut-?off| update
| only goes| goes| extends)
(?:[^.]{0,60}\b)?i (?:do not|don't|currently don't|can't) (?:currently )?(?:have )?(?:the ability
|access|real-time|direct access|browsing|browse)\b[^.]{0,80}\b(?:internet|web|urls?|links?
|articles?|content|websites?|pages?|browse|data|information|events)\b
(?:<sorry>,? )?(?:but |however,? )?(?:i |we )?(?:<cannot>|i<cannot>|not able to) (?:<what>)
<sorry>,? (?:but |however,? )?i ?<cannot> (?:access|open|browse|visit
|retrieve) [^.]{0,30}\b(?:internet|web|pages?|files?|documents?|urls?|links?)\b
<sorry>,?(?: but)? (?:i|there|the|this|it|no)\b[^.]{0,60}\b(?:article|text|content|link
|page)\b[^.]{0,30}\b(?:not|isn't|wasn't|empty|missing|provided|available|blank|to summari[sz]e)\b
(?:please|could you|can you|kindly)(?: please)? <paste> (?:me )?(?:with )?(?:the|your
|its) (?:full |actual |complete |entire |original )*(?:text|content|article(?:'s)? (?:text
|content)|article|body|(?:blog )?post)\b.{0,20}(?:you(?:'d| would)|so|and i|here|text|content
|to be|\W*$)
(?:if|once|when) you[^.]{0,20}\b<paste>\b[^.]{0,30}\b(?:text|article|content|link|url|post
|details)\b[^.]{0,100}\bi(?:'ll|'d| can| will| would)\b
(?:i'd|i would|i'll) be (?:happy|glad) to (?:help|assist|summari[sz]e|write|provide
|create)\b[^.]{0,60}\b(?:you|text|article|content|summary|once|if|that|this)\b
(?:there is|there's|i see|i notice|it (?:looks|seems|appears))[^.]{0,60}\b(?:no|not|didn't|haven't
|forgot|without)\b[^.]{0,30}\b(?:provide|attach|include|paste|share)[^.]{0,20}\b<source>
no (?:article|text|content) (?:was|has been|is) (?:provided|given|included|supplied)
""",
    "prompt": r"""
(?:given|based on|using|from) (?:the )?(?:following|above|below
|provided)[^.]{0,20}\b<source>\b[^.]{0,20}, ?<tell>\b
(?:ignore|disregard|forget) (?:all |any )?(?:the |your |my )?(?:previous|prior|above
|earlier) (?:instructions
|prompts?|messages)(?=[.!]*$|,? and (?:<tell>|output
|print|return|reply|respond)\b)
(?:tl;?dr|summary|excerpt) of (?:the|this) (?:article|post|text)\b.{0,40}:$
(?:summary|excerpt|abstract|meta description|teaser|description) ?\(\d+[^)]{0,20}\):?$
<tell> an? <quality>{1,4}<noun> for (?:an?|the|this|my|our) (?:blog|article|post|newsletter)
act as an? [^.]{0,60}\b(?:writer?|expert)\b[^.]{0,80}\b(?:write|summar|article|description)
(?:system|human|user|assistant): you are an? [^.]{0,60}\b<writer>
(?:please |can you |could you |your (?:task|job|goal) is to |you are to |task: |prompt:[ ]
|instructions?: |user: |i want you to[ ]
|i need you to ){0,2}<tell>\b[^.]{0,100}\b(?:the following(?=\W*$)|(?:following|provided|given
|below) (?:blog |news )?(?:article|text|post|content|transcript|passage|document|paragraph|story
|input|information)|(?:this|the) (?:blog )?(?:article|post|text)(?: below| above|:| in\b|\W*$))
(?:please |can you |could you |your (?:task|job|goal) is to |you are to |task: |prompt:[ ]
|instructions?: |user: |i want you to[ ]
|i need you to ){0,2}<tell>\b(?: me)?(?: an?)? <quality>{0,4}(?:\d+[- ](?:word|character
|sentence)s?|\w+-(?:sentence|paragraph)) <quality>{0,4}<noun> (?:of|for|about|on|that
|summari[sz]ing|describing|from|titled)\b
(?:please |can you |could you |your (?:task|job|goal) is to |task:[ ]
|prompt: )<tell>\b[^.]{0,60}\b<noun>\b
(?:you are|act as|imagine you are|you're) an? (?:helpful|professional|expert|skilled|experienced
|seasoned|world-class|senior|talented|creative|ai|seo)\b[^.]{0,40}?\b<writer>
""",
}

LIKELY = {
    "handed": r"""
<here> [^.:]{0,80}\b<noun>\b[^.:]{0,60}:$
<the><quality>{1,5}<noun>\b[^.:]{0,60}:$
""",
    "request": r"""
(?:could|can|would|will) you (?:please |kindly )?(?:<paste>|re-?send|re-?post|check|double-check
|try)\b[^.]{0,80}\?$
""",
    "opener": r"""
<opener>\W*$
""",
    "handover": r"""
i apologi[sz]e for (?:the|any) (?:confusion|misunderstanding|oversight|error|mistake)\W*$
(?:and )?here (?:it is|you go|they are|we go|goes)\W*$
here (?:it is|you go|they are)\b.{0,40}:$
""",
    "promise": r"""
(?:writing|drafting|producing) (?:it )?now\W*$
<i_will> <write> (?:<the><quality>{1,5}<noun>|(?:this|it|the <noun>))\b
<write> <the><quality>{1,5}<noun>\b.{0,30}$
<write> the <noun>\W*$
""",
    "research": r"""
(?:now )?(?:i |we )?(?:now )?(?:have|i've)[^.]{0,10}\b(?:everything|all|what) (?:that )?i need\b
(?:the |my )?research (?:is |was )?(?:complete|done|finished)\b
no (?:relevant |useful |good )?(?:search )?results\b
i <failed>[^.]{0,40}\b(?:sources?|results|articles|information)\b[^.]{0,30}\bi know\b
(?:now )?(?:i |we )?(?:now )?(?:have|i've|got|gathered)[^.]{0,20}<enough>
the (?:search )?results (?:are|were) (?:limited|sparse|unhelpful|irrelevant|thin|few)\b
[^.]{0,40}\b(?:i have|i've) <expertise>\b
(?:let me|i'll|i will|i'm going to) (?:now )?(?:search|look up|research|gather|fetch|check|find
|browse|look for|try)\b
(?:the |my )?(?:web )?search (?:results?|tool)\b[^.]{0,40}\b(?:sparse|unhelpful|limited
|irrelevant|not helpful|insufficient|thin|inconclusive|unavailable|empty)\b
(?:the |my |web ){0,2}search(?:es)?(?: tool| engine| results?)? (?:returned|yielded|gave
|found) (?:nothing|no|little|few|limited)\b
given the (?:limited|lack of|sparse)[^.]{0,40}\b(?:results|information|sources)\b
""",
    "constraint": r"""
(?:do not|don't|never) (?:use|include|mention|add|exceed|write|start|repeat)\b
(?:use|write in|keep|adopt|maintain) (?:it |an? |the )?[^.]{0,40}\b(?:tone|style|voice|under
|concise|short|below|simple|language|words|sentences)\b
(?:return|respond|reply|answer|output)\b[^.]{0,20}\b(?:only|with|in|format|just|as)\b
(?:the|your) (?:summary|article|text|output|response|title|excerpt|post) (?:should|must|needs to
|has to)\b
(?:tone|length|format|audience|target audience|keywords?|style|language|word count):[ ]
(?:make sure|ensure|focus on|avoid|include|limit)\b
(?:title|article|text|content|url|link|topic|input)(?=:)
""",
}

AFTER = r"""
(?:would you like|do you want) me to\b.{0,160}\?$
(?:please )?(?:let me know|feel free to (?:ask|let me know|tell me)
|just let me know)\b[^.]{0,10}\bif you(?:'d| would|'ll)? (?:like|want|need
|prefer)\b[^.]{0,20}\b(?:me to (?:adjust|expand|shorten|revise|change|modify|rewrite|refine
|elaborate|tweak|create|write|provide|add|make|generate|continue)|(?:any )?(?:changes|adjustments
|revisions|edits|modifications|tweaks))\b.{0,120}$
[\[(]?(?:word|character) count: ?\d+(?: words| characters)?[\])]?\W*$
[\[(]\d{2,3} words?[\])]\W*$
let me know if you(?:'d like|'d prefer| want| need| would like| prefer) [^.]{0,30}\b(?:versions?
|variants?|drafts?|summary|options?|changes|tweaks|tone|alternatives?|wording|edits)\W*$
(?:please )?feel free to (?:ask for|request|suggest) (?:any |some |further )?(?:changes|edits
|revisions|adjustments|tweaks)\b.{0,60}$
(?:i )?hope (?:this|that|it) helps\W*$
i hope this (?:summary|article|draft|version|excerpt|description)\b.{0,80}$
"""
